/** Reads a backend through the tools: rounds of parallel look-ups, then a layout, or questions about what was not there. */
import { type GrepLine, glob, grepLines, linesOf, nextPage, pathsOf, read, textOf } from "./calls.ts";
import type { Call, Plan, Result } from "./conversation.ts";
import { dirname, stem } from "./modules.ts";
import { type Grepped, type Interest, layoutOf, noApp, type Survey, unclear } from "./read-layout.ts";

const beside = /(^|\/)(tests?|alembic|migrations|versions|node_modules|site-packages|\.?venv|env|examples?|scripts)\//;
const ours = (path: string): boolean => !beside.test(path) && !/(^|\/)(test_\w+|conftest)\.py$/.test(path);

/** The application that the boundary's folders belong to, or the only one. */
const chooseApp = (lines: readonly GrepLine[], allowed: readonly string[]): string | string[] => {
  const made = lines.filter((line) => ours(line.path) && /(=|return)\s*(fastapi\.)?FastAPI\(/.test(line.text));
  const paths = [...new Set(made.map((line) => line.path))];
  const near = paths.filter((path) =>
    allowed.some((folder) => folder === dirname(path) || dirname(folder) === dirname(path)),
  );
  const chosen = near.length > 0 ? near : paths;
  return chosen.length === 1 ? (chosen[0] ?? "") : chosen;
};

const parentTables = (lines: readonly GrepLine[], tables: readonly string[]): string[] =>
  lines
    .filter((line) => tables.some((table) => new RegExp(`__tablename__.*["']${table}["']`).test(line.text)))
    .map((line) => line.path);

/** One model, schema, service and route of the same thing where there is one: the best to learn from. */
const sampleOf = (paths: readonly string[], grepped: Grepped): string[] => {
  const models = [
    ...new Set(grepped.database.filter((line) => /__tablename__/.test(line.text)).map((line) => line.path)),
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
  const first = models.find((model) => withDatabase.some((route) => core(route) === core(model))) ?? models[0];
  const stemOf = first === undefined ? undefined : core(first);
  const twins = stemOf === undefined ? [] : paths.filter((path) => core(path) === stemOf && !/__init__/.test(path));
  const singles = paths.filter((path) => /(^|\/)(models|schemas|services|crud)\.py$/.test(path));
  return [...(first ? [first] : []), ...twins, ...singles, ...withDatabase.slice(0, 2), ...routes.slice(0, 1)];
};

const filesToRead = (paths: readonly string[], grepped: Grepped, interest: Interest): string[] => {
  const where = (lines: readonly GrepLine[], pattern: RegExp): string[] =>
    lines.filter((line) => pattern.test(line.text)).map((line) => line.path);
  const routing = where(grepped.routing, /include_router\(/);
  const crossing = where(grepped.crossing, /Limiter\(|state\.limiter|problem\+json|current_|BaseSettings|hash|verify/);
  const sessions = where(grepped.database, /\[\s*AsyncSession|^\w+\s*=.*AsyncSession|create_async_engine|BaseSettings/);
  const named = paths.filter(
    (path) => interest.routers.includes(stem(path)) && grepped.routing.some((line) => line.path === path),
  );
  if (!interest.database) return unique([...routing, ...named, ...sessions, ...crossing], 12);
  const database = [
    ...where(grepped.database, /DeclarativeBase|declarative_base|SQLModel/),
    ...sessions,
    ...where(grepped.database, /class \w*Mixin/),
    ...parentTables(grepped.database, [...interest.tables, ...(interest.users ? ["users", "user"] : [])]),
    ...paths.filter((path) => /(^|\/)models\/__init__\.py$/.test(path)),
  ];
  return unique([...routing, ...database, ...named, ...sampleOf(paths, grepped), ...crossing], 16);
};

const unique = (paths: readonly string[], most: number): string[] => [...new Set(paths)].filter(ours).slice(0, most);

const routingPattern = "include_router\\(|APIRouter\\(";
const databasePattern =
  "__tablename__|DeclarativeBase|declarative_base|SQLModel|\\[\\s*AsyncSession|: AsyncSession|class \\w*Mixin\\b|create_async_engine\\(|BaseSettings";
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
  const main = chooseApp(linesOf(found), allowed);
  if (Array.isArray(main)) return main.length === 0 ? noApp(allowed) : severalApps(main);
  const folder = dirname(main);
  const declared = pathsOf(projects)
    .filter((path) => `${folder}/`.startsWith(dirname(path) === "" ? "" : `${dirname(path)}/`))
    .slice(0, 4);
  const searches = [
    grepLines(routingPattern, folder),
    grepLines(interest.crossing ? `${databasePattern}|${crossingPattern}` : databasePattern, folder),
  ];
  const [listed, mainText, ...rest] = yield {
    text: `The application is in ${main}. Next: its package's files, how routers are included, and what the database code looks like.`,
    calls: [glob("**/*.py", folder), read(main), ...declared.map(read), ...searches],
  };
  const lines = yield* allPages(searches, rest.slice(declared.length));
  const grepped: Grepped = {
    routing: lines.filter((line) => /include_router\(|APIRouter\(/.test(line.text)),
    database: lines.filter((line) => new RegExp(databasePattern).test(line.text)),
    crossing: lines.filter((line) => new RegExp(crossingPattern).test(line.text)),
  };
  const paths = unique([main, ...pathsOf(listed), ...lines.map((line) => line.path)], Number.POSITIVE_INFINITY).sort();
  const wanted = filesToRead(paths, grepped, interest).filter((path) => path !== main);
  const contents = yield {
    text: "Now I read what the new code has to fit into, all at once.",
    calls: wanted.map(read),
  };
  const files = new Map<string, string>();
  const all = [main, ...wanted, ...declared];
  for (const [at, result] of [mainText, ...contents, ...rest.slice(0, declared.length)].entries()) {
    const text = textOf(result);
    if (text !== undefined) files.set(all[at] ?? "", text);
  }
  if (!files.has(main))
    return unclear(`I could not read ${main} in whole. Is it an ordinary text file of less than 2,000 lines?`);
  return layoutOf({ main, paths, files, declared, interest, grepped });
}

const severalApps = (paths: readonly string[]): Survey =>
  unclear(
    `There are ${paths.length} FastAPI applications and my boundary points to none of them alone. Which one is meant?`,
    paths.slice(0, 8),
  );
