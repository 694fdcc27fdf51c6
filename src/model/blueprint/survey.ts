/** Reads a backend through the tools: rounds of parallel look-ups, then a layout, or questions about what was not there. */
import { type GrepLine, glob, grepLines, linesOf, nextPage, pathsOf, read, textOf } from "./calls.ts";
import type { Call, Plan, Result } from "./conversation.ts";
import { dirname, join, stem } from "./modules.ts";
import { blankOpaque, importsOf } from "./python.ts";
import { type Grepped, type Interest, layoutOf, noApp, otherStore, type Survey, unclear } from "./read-layout.ts";
import { unreadPrefixes } from "./routing.ts";
import { canonical, dependenciesOf } from "./wiring.ts";

const notOurs = /(^|\/)(tests?|alembic|migrations|versions|node_modules|site-packages|\.?venv|env|examples?|scripts)\//;
const ours = (path: string): boolean => !notOurs.test(path) && !/(^|\/)(test_\w+|conftest)\.py$/.test(path);

const makesApp = /^[^#\n]*(=|return)\s*(fastapi\.)?FastAPI\(/m;

/** The application that the boundary's folders belong to, or the only one. */
const chooseApp = (paths: readonly string[], allowed: readonly string[]): string | readonly string[] => {
  const near = paths.filter((path) =>
    allowed.some((folder) => folder === dirname(path) || dirname(folder) === dirname(path)),
  );
  const chosen = near.length > 0 ? near : paths;
  return chosen.length === 1 ? (chosen[0] ?? "") : chosen;
};

/** Files that make an application outside comments and docstrings; more than one are read to tell. */
function* findApp(lines: readonly GrepLine[], allowed: readonly string[]): Plan<string | readonly string[]> {
  const made = lines.filter((line) => ours(line.path) && makesApp.test(line.text));
  const paths = [...new Set(made.map((line) => line.path))];
  const chosen = chooseApp(paths, allowed);
  if (typeof chosen === "string" || chosen.length === 0) return chosen;
  const some = chosen.slice(0, 8);
  const texts = yield { text: "More than one file seems to make an application: do they?", calls: some.map(read) };
  const real = chosen.filter((_, at) => {
    const text = textOf(texts[at]);
    return text === undefined || makesApp.test(blankOpaque(text));
  });
  return chooseApp(real, allowed);
}

/** Folders that a file's imports reach: `wide` holds the file's own package; `unknown` are names that may lie beside it. */
const reachOf = (main: string, text: string, packages: ReadonlySet<string>): { wide: string; unknown: string[] } => {
  const own = dirname(main);
  const parts = own === "" ? [] : own.split("/");
  let depth = parts.length;
  const unknown = new Set<string>();
  for (const { module } of importsOf(text)) {
    const dots = /^\.+/.exec(module)?.[0].length ?? 0;
    const first = module.split(".")[0] ?? "";
    const at = parts.indexOf(first);
    if (dots > 1) depth = Math.min(depth, Math.max(0, parts.length - dots + 1));
    else if (dots === 0 && at >= 0) depth = Math.min(depth, at + 1);
    else if (dots === 0 && !packages.has(canonical(first)) && !outside.test(first)) unknown.add(first);
  }
  return { wide: parts.slice(0, depth).join("/"), unknown: [...unknown].slice(0, 12) };
};

/** What most applications import and no repository calls its own package. */
const outside =
  /^(__future__|abc|asyncio|collections|contextlib|dataclasses|datetime|enum|functools|http|importlib|json|logging|os|pathlib|re|signal|subprocess|sys|tempfile|threading|time|traceback|types|typing|urllib|uuid|warnings|fastapi|starlette|pydantic|pydantic_settings|sqlalchemy|uvicorn|slowapi|sentry_sdk|dotenv)$/;

const parentTables = (lines: readonly GrepLine[], tables: readonly string[]): string[] =>
  lines
    .filter((line) => tables.some((table) => new RegExp(`__tablename__.*["']${table}["']`).test(line.text)))
    .map((line) => line.path);

/** One model, schema, service and route of the same thing where there is one: the best to learn from. */
const sampleOf = (paths: readonly string[], grepped: Grepped): string[] => {
  const models = [
    ...new Set(grepped.database.filter((line) => /^\s+__tablename__\s*[:=]/.test(line.text)).map((line) => line.path)),
  ];
  const routes = [
    ...new Set(grepped.routing.filter((line) => /=\s*APIRouter\(/.test(line.text)).map((line) => line.path)),
  ];
  const core = (path: string): string =>
    stem(path)
      .replace(/_(service|model|schema|routes?|router)s?$/, "")
      .replace(/s$/, "");
  const withDatabase = routes.filter(
    (path) => grepped.database.some((line) => line.path === path) || models.some((model) => core(model) === core(path)),
  );
  const serves = (route: string, model: string): boolean =>
    core(route) === core(model) || dirname(route) === dirname(model);
  const first =
    models.find((model) => withDatabase.some((route) => serves(route, model))) ??
    models.find((model) => routes.some((route) => serves(route, model))) ??
    models[0];
  const stemOf = first === undefined ? undefined : core(first);
  const twins = stemOf === undefined ? [] : paths.filter((path) => core(path) === stemOf && !/__init__/.test(path));
  const beside = paths.filter(
    (path) =>
      first !== undefined &&
      dirname(path) === dirname(first) &&
      /^(routers?|views?|schemas?|services?)$/.test(stem(path)),
  );
  const singles = paths.filter((path) => /(^|\/)(models|schemas|services|crud)\.py$/.test(path));
  return [
    ...(first ? [first] : []),
    ...beside,
    ...twins,
    ...singles,
    ...withDatabase.slice(0, 2),
    ...routes.slice(0, 1),
  ];
};

const filesToRead = (paths: readonly string[], grepped: Grepped, interest: Interest): string[] => {
  const where = (lines: readonly GrepLine[], pattern: RegExp): string[] =>
    lines.filter((line) => pattern.test(line.text)).map((line) => line.path);
  const routing = where(grepped.routing, /include_router\(/);
  const crossing = where(grepped.crossing, /Limiter\(|state\.limiter|problem\+json|current_|BaseSettings|hash|verify/);
  const sessions = [
    ...where(
      grepped.database,
      /->.*\[\s*AsyncSession|^\w+\s*(:[^=]*)?=\s*Annotated\[\s*AsyncSession|create_async_engine\(/,
    ),
    ...where(grepped.database, /\[\s*AsyncSession|^\w+\s*=.*AsyncSession|BaseSettings/),
  ];
  const named = paths.filter(
    (path) => interest.routers.includes(stem(path)) && grepped.routing.some((line) => line.path === path),
  );
  if (!interest.database) return unique([...routing, ...named, ...sessions, ...crossing], 12);
  const database = [
    ...where(grepped.database, /class \w+\(.*\b(DeclarativeBase|SQLModel)\b|declarative_base\(|as_declarative\(/),
    ...sampleOf(paths, grepped).slice(0, 1),
    ...unique(sessions, 6),
    ...where(grepped.database, /class \w*Mixin/),
    ...parentTables(grepped.database, [...interest.tables, ...(interest.users ? ["users", "user"] : [])]),
    ...paths.filter((path) => /(^|\/)models\/__init__\.py$/.test(path)),
  ];
  return unique([...routing, ...database, ...named, ...sampleOf(paths, grepped), ...crossing], 16);
};

const unique = (paths: readonly string[], most: number): string[] => [...new Set(paths)].filter(ours).slice(0, most);

const routingPattern = "include_router\\(|APIRouter\\(";
const databasePattern = [
  "__tablename__|DeclarativeBase|declarative_base|as_declarative|SQLModel|\\[\\s*AsyncSession|: AsyncSession|class \\w*Mixin\\b|create_async_engine\\(|BaseSettings",
  otherStore.source,
].join("|");
const crossingPattern =
  "Limiter\\(|state\\.limiter|problem\\+json|exception_handler|BaseSettings|def \\w*(hash|verify)\\w*\\(|(def |Depends\\()\\w*current_\\w*user|Current\\w*User|EmailStr";

/** Every page of searches whose results are longer than one answer may be. */
function* allPages(calls: readonly Call[], results: readonly Result[]): Plan<GrepLine[]> {
  const found = results.flatMap(linesOf);
  let open = calls.flatMap((call, at) => nextPage(call, results[at]));
  for (let round = 0; open.length > 0 && round < 5; round++) {
    const more = yield { text: "There are more lines.", calls: open };
    found.push(...more.flatMap(linesOf));
    open = open.flatMap((call, at) => nextPage(call, more[at]));
  }
  return found.filter((line) => ours(line.path));
}

/** The rounds: where the application is; what its package holds; what it says. */
export function* survey(allowed: readonly string[], interest: Interest): Plan<Survey> {
  const [, found, projects] = yield {
    text: "First I look where the FastAPI application is and which packages it declares.",
    calls: [
      { name: "TaskList", input: {} },
      grepLines("FastAPI\\("),
      glob("**/{pyproject.toml,requirements*.txt,ruff.toml}"),
    ],
  };
  const main = yield* findApp(linesOf(found), allowed);
  if (typeof main !== "string") return main.length === 0 ? noApp(allowed) : severalApps(main);
  const declared = pathsOf(projects)
    .filter((path) => `${dirname(main)}/`.startsWith(dirname(path) === "" ? "" : `${dirname(path)}/`))
    .slice(0, 4);
  const [mainResult, ...projectResults] = yield {
    text: `The application is in ${main}.`,
    calls: [read(main), ...declared.map(read)],
  };
  const mainText = textOf(mainResult);
  if (mainText === undefined)
    return unclear(`I could not read ${main} in whole. Is it an ordinary text file of less than 2,000 lines?`);
  const projectTexts = declared.flatMap((path, at): [string, string][] => {
    const text = textOf(projectResults[at]);
    return text === undefined ? [] : [[path, text]];
  });
  const { wide: folder, unknown } = reachOf(main, mainText, dependenciesOf(projectTexts).names);
  const beside = yield* packagesBeside(folder, unknown);
  const patterns = [routingPattern, databasePattern, ...(interest.crossing ? [crossingPattern] : [])];
  const searches = [folder, ...beside].map((where) => grepLines(patterns.join("|"), where));
  const listings = [folder, ...beside].map((where) => glob("**/*.py", where));
  const results = yield {
    text: "Next: its package's files, how routers are included, and what the database code looks like.",
    calls: [...listings, ...searches],
  };
  const listed = results.slice(0, listings.length).flatMap(pathsOf);
  const lines = yield* allPages(searches, results.slice(listings.length));
  const grepped: Grepped = {
    routing: lines.filter((line) => /include_router\(|APIRouter\(/.test(line.text)),
    database: lines.filter((line) => new RegExp(databasePattern).test(line.text)),
    crossing: lines.filter((line) => new RegExp(crossingPattern).test(line.text)),
  };
  const paths = unique([main, ...listed, ...lines.map((line) => line.path)], Number.POSITIVE_INFINITY).sort();
  const files = new Map<string, string>([[main, mainText]]);
  const wanted = filesToRead(paths, grepped, interest).filter((path) => path !== main);
  yield* readInto(files, wanted, "Now I read what the new code has to fit into, all at once.");
  for (const [path, text] of projectTexts) files.set(path, text);
  yield* readPrefixes(files, [folder, ...beside]);
  return layoutOf({ main, folder, beside, paths, files, declared, interest, grepped });
}

function* readInto(files: Map<string, string>, wanted: readonly string[], text: string): Plan {
  if (wanted.length === 0) return;
  const contents = yield { text, calls: wanted.map(read) };
  for (const [at, result] of contents.entries()) {
    const content = textOf(result);
    if (content !== undefined) files.set(wanted[at] ?? "", content);
  }
}

/** Packages of these names in the folders above: what an import of one of them can mean. */
function* packagesBeside(folder: string, names: readonly string[]): Plan<string[]> {
  if (names.length === 0 || folder === "") return [];
  const above = folder
    .split("/")
    .map((_, at, parts) => parts.slice(0, at).join("/"))
    .reverse();
  const pattern = `${names.length > 1 ? `{${names.join(",")}}` : names[0]}/**/*.py`;
  const found = yield {
    text: "It imports from packages that may lie beside its own.",
    calls: above.map((where) => glob(pattern, where)),
  };
  const folders = found.flatMap((result, at) =>
    pathsOf(result).flatMap((path) => {
      const where = above[at] ?? "";
      const inner = where === "" ? path : path.slice(where.length + 1);
      return names.filter((name) => inner.startsWith(`${name}/`)).map((name) => join(where, name));
    }),
  );
  return [...new Set(folders)].filter((path) => ours(`${path}/`)).slice(0, 4);
}

/** Settings that hold a URL prefix which routers are included with, where they were not read yet. */
function* readPrefixes(files: Map<string, string>, folders: readonly string[]): Plan {
  const names = unreadPrefixes(files);
  if (names.length === 0) return;
  const results = yield {
    text: "Which prefix do routers get?",
    calls: folders.map((folder) => grepLines(`^\\s*(${names.join("|")})\\s*(:[^=]*)?=`, folder)),
  };
  const paths = unique(
    results.flatMap(linesOf).map((line) => line.path),
    4,
  ).filter((path) => !files.has(path));
  yield* readInto(files, paths, "The files that say so.");
}

const severalApps = (paths: readonly string[]): Survey =>
  unclear(
    `There are ${paths.length} FastAPI applications and my boundary points to none of them alone. Which one is meant?`,
    paths.slice(0, 8),
  );
