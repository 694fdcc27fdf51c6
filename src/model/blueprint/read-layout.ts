/** From what was read of a backend to its layout, or to the question that is left. Pure. */

import type { GrepLine } from "./calls.ts";
import {
  baseOf,
  columnsOf,
  dataclassIn,
  guardOf,
  placeOf,
  type Sources,
  sessionOf,
  type Table,
  tablesOf,
} from "./conventions.ts";
import { type Features, featuresOf, type Kind } from "./features.ts";
import type { Unclear } from "./fields.ts";
import type { Layout, Place } from "./layout.ts";
import { dirname, importRootOf, join, moduleOf, stem } from "./modules.ts";
import { assignmentsOf, classesOf } from "./python.ts";
import { sitesOf } from "./routing.ts";
import { dependenciesOf, errorsOf, hashingOf, limiterOf, problemsOf, settingsOf } from "./wiring.ts";

export type Survey =
  | { readonly ok: true; readonly layout: Layout }
  | { readonly ok: false; readonly unclear: readonly Unclear[] };

/** What a request needs to be looked at. */
export type Interest = {
  readonly database: boolean;
  readonly users: boolean;
  /** Does it need limiter, handlers and hashing? */
  readonly crossing: boolean;
  readonly tables: readonly string[];
  /** Names of routers' files that may serve it already. */
  readonly routers: readonly string[];
};

export type Grepped = { readonly routing: GrepLine[]; readonly database: GrepLine[]; readonly crossing: GrepLine[] };

export const unclear = (question: string, options: readonly string[] = []): Survey => ({
  ok: false,
  unclear: [{ question, options }],
});

export const noApp = (allowed: readonly string[]): Survey =>
  unclear(
    `I found no line that makes a FastAPI application (\`app = FastAPI(…)\`) in this repository. Where is the backend? I may write below ${allowed.join(", ") || "no folder"}.`,
    ["it is in another repository", "it is written with another framework", "create the application first"],
  );

const appOf = (path: string, text: string): { variable: string; factory: boolean } => {
  const made = assignmentsOf(text, true).find((one) => /^(fastapi\.)?FastAPI\s*\(/.test(one.value));
  const top = assignmentsOf(text).find((one) =>
    /^(fastapi\.)?FastAPI\s*\(|^(create|make|build|get)_\w*app\w*\(/.test(one.value),
  );
  return top
    ? { variable: top.name, factory: false }
    : {
        variable:
          [...text.slice(0, text.search(/(fastapi\.)?FastAPI\s*\(/)).matchAll(/^def (\w+)\(/gm)].at(-1)?.[1] ??
          made?.name ??
          stem(path),
        factory: true,
      };
};

type Found = {
  readonly main: string;
  /** Where the application's package was looked through, and the packages beside it that it imports from. */
  readonly folder: string;
  readonly beside: readonly string[];
  readonly paths: readonly string[];
  readonly files: ReadonlyMap<string, string>;
  readonly declared: readonly string[];
  readonly interest: Interest;
  readonly grepped: Grepped;
};

const sampleTable = (sources: Sources): Table | undefined => {
  const usable = tablesOf(sources.files).filter((table) => columnsOf(sources, table) !== undefined);
  return usable.sort((a, b) => Number(/user/i.test(a.table)) - Number(/user/i.test(b.table)))[0];
};

/** Other ways to keep data, as code that uses them begins. */
export const otherStore =
  /^\s*(from|import) (databases|asyncpg|motor|beanie|tortoise|ormar|odmantic|mongoengine|pymongo|peewee|pony|piccolo|gino|psycopg2?|sqlite3)\b|\bMetaData\(/;

/** What only the first version has, and what demands it. */
const oldSettings = /^from pydantic import [^\n]*\b(BaseSettings|root_validator)\b/m;
const oldPin =
  /^\s*["']?pydantic(\[[^\]\n]*\])?["']?\s*(==?\s*["']?[\^~=]*\s*1\.[\w.*]+|~=\s*1\.[\w.*]+|[^\n"']*<\s*=?\s*(1\.|2(\.0)*(?![\w.]))[\w.]*)/m;

const places = (found: Found): string =>
  [found.folder === "" ? "the repository" : `${found.folder}/`, ...found.beside.map((folder) => `${folder}/`)].join(
    " or ",
  );

const databaseProblem = (sources: Sources, found: Found): Survey | undefined => {
  if (!found.interest.database) return undefined;
  const lines = found.grepped.database;
  const sqlmodel = lines.find((line) => /\bSQLModel\b/.test(line.text));
  const legacy = lines.find((line) => /declarative_base\(|as_declarative\(/.test(line.text));
  const other = lines.find((line) => otherStore.test(line.text));
  const said = (line: GrepLine, what: string): Survey =>
    unclear(
      `\`${line.path}\` line ${line.line} uses ${what}. I write SQLAlchemy 2 models on a \`DeclarativeBase\` class with \`Mapped\` columns only. How shall this go on?`,
      ["there is a DeclarativeBase elsewhere (say where)", "use a language model for this issue"],
    );
  if (!baseOf(sources)) {
    if (sqlmodel) return said(sqlmodel, "SQLModel");
    if (legacy) return said(legacy, `\`${/\w*as_declarative|\w*declarative_base/.exec(legacy.text)?.[0]}()\``);
    if (other) return said(other, `\`${otherStore.exec(other.text)?.[2] ?? "MetaData"}\``);
    return unclear(
      `I found no class that inherits from \`DeclarativeBase\` in ${places(found)}. Where is the Base class of the models?`,
      ["add one under core/", "the project keeps its data elsewhere"],
    );
  }
  const old = [...found.files].find(([path, text]) => (path.endsWith(".py") ? oldSettings : oldPin).test(text));
  if (old)
    return unclear(
      `${old[0]} asks for Pydantic 1 (\`${(old[0].endsWith(".py") ? oldSettings : oldPin).exec(old[1])?.[0].trim()}\`). I write schemas of Pydantic 2 only. How shall this go on?`,
      ["move the project to Pydantic 2 first", "use a language model for this issue"],
    );
  const dataclass = dataclassIn(sources);
  if (dataclass !== undefined)
    return unclear(
      `The models in ${dataclass} are dataclasses (\`MappedAsDataclass\`). Their columns follow rules of their own (\`init\`, the order of defaults), which I do not write. How shall this go on?`,
      ["use a language model for this issue"],
    );
  if (!lines.some((line) => /AsyncSession/.test(line.text)))
    return unclear(
      "The database code has no `AsyncSession`: I write asynchronous SQLAlchemy only. Is there an asynchronous session dependency?",
      ["add one", "use a language model for this issue"],
    );
  return undefined;
};

export const layoutOf = (found: Found): Survey => {
  const { main, files } = found;
  const paths = new Set(found.paths);
  const roots = [...files].filter(([path]) => path.endsWith(".py"));
  const importRoot = importRootOf(main, roots.map(([, text]) => text).join("\n"), paths);
  const sources: Sources = { modules: { importRoot, paths }, files };
  const problem = databaseProblem(sources, found);
  if (problem) return problem;
  const { variable, factory } = appOf(main, files.get(main) ?? "");
  const sites = sitesOf(sources, { path: main, variable });
  const [site] = sites;
  if (!site) return noApp([]);
  if (sites.length > 1)
    return unclear(
      `${sites.length} routers could take the new one, and none is nearer to it than the others. Which one does?`,
      [
        ...sites.slice(0, 8).map((one) => `${one.path}: ${one.variable} (${siteSays(one)})`),
        "none of them: use a language model for this issue",
      ],
    );
  const packageFolder =
    importRoot === found.folder
      ? dirname(site.path)
          .split("/")
          .slice(0, importRoot === "" ? 1 : importRoot.split("/").length + 1)
          .join("/")
      : found.folder;
  const folder = packageFolder;
  const inside = (path: string): string => (path.startsWith(`${folder}/`) ? path.slice(folder.length) : path);
  const below = (names: string): string[] =>
    found.paths.filter((path) => new RegExp(`(^|/)(${names})(/\\w+)?\\.py$`).test(inside(path)));
  const routeFiles = [
    ...new Set(found.grepped.routing.filter((line) => /=\s*APIRouter\(/.test(line.text)).map((line) => line.path)),
  ].filter(
    (path) =>
      path !== site.path &&
      stem(path) !== "__init__" &&
      !found.grepped.routing.some((line) => line.path === path && /include_router\(/.test(line.text)),
  );
  const samples = [...routeFiles.filter((path) => files.has(path)), ...files.keys()];
  const table = sampleTable(sources);
  const session = sessionOf(
    sources,
    samples,
    found.grepped.database.map((line) => line.text),
  );
  const seen = found.grepped.database.some((line) => /^\s+__tablename__\s*[:=]/.test(line.text));
  const columns = found.interest.database && (table || !seen) ? columnsOf(sources, table) : undefined;
  if (found.interest.database && !session) return noSession(found);
  if (found.interest.database && !columns) return noKey(sources, table ?? tablesOf(files)[0]);
  const features = featuresOf(routeFiles, found.paths, folder);
  const placed = placer(features);
  const wiring = { sources, main, grepped: found.grepped.crossing };
  const packages = dependenciesOf([...files].filter(([path]) => !path.endsWith(".py")));
  const base = baseOf(sources);
  return {
    ok: true,
    layout: {
      files,
      paths,
      importRoot,
      packageFolder,
      app: { path: main, module: moduleOf(sources.modules, main), variable, factory },
      site,
      session,
      columns,
      base: base ? { name: base.name, module: base.module } : undefined,
      models: placed("models", modelFiles(found, below("models?")), join(folder, "models"), ["models", "model"]),
      schemas: placed("schemas", below("schemas?"), join(folder, "schemas"), ["schemas", "schema"]),
      services: placed("services", below("services?|crud"), join(folder, "services"), ["services", "service", "crud"]),
      routes: placed("routes", routeFiles, routesFolder(site, sources.modules), ["routes", "routers"]),
      core: found.beside.find((path) => stem(path) === "core") ?? join(folder, "core"),
      style: styleOf(sources, samples),
      tables: tablesOf(files).map((one) => ({
        table: one.table,
        type: one.found.name,
        path: one.path,
        module: moduleOf(sources.modules, one.path),
      })),
      packages: packages.names,
      dependencyFile: packages.file,
      limiter: limiterOf(wiring),
      ...problemsOf(wiring),
      errors: problemsOf(wiring).problems === "wired" ? errorsOf(sources) : undefined,
      hashing: hashingOf(wiring, packages.names),
      guard: guardOf(sources, routeFiles),
      settings: settingsOf(sources),
    },
  };
};

/** Where files of each kind go: in a folder of the new entity's own, where its neighbours have one; else with their like. */
const placer =
  (features: Features | undefined) =>
  (kind: Kind, files: readonly string[], folder: string, single: readonly string[]): Place => {
    const own = { routes: "router", models: "models", schemas: "schemas", services: "service" }[kind];
    const elsewhere = files.filter((path) => !features?.homes.has(dirname(path)) && stem(path) !== "__init__");
    const name = features?.files[kind] ?? (elsewhere.length === 0 ? own : undefined);
    return features && name !== undefined
      ? { kind: "folder", folder: features.folder, suffix: `/${name}`, plural: features.plural }
      : placeOf(
          elsewhere,
          { folder, suffix: kind === "services" ? "_service" : "", plural: kind === "routes" },
          single,
        );
  };

const noSession = (found: Found): Survey => {
  const method = found.grepped.database
    .map((line) => /AsyncSession\b[^#]*Depends\(\s*(\w+(?:\.\w+)+)/.exec(line.text)?.[1])
    .find(Boolean);
  return method
    ? unclear(
        `Routes here take their session from \`Depends(${method})\`. I follow a function that stands in a module by itself (\`Depends(get_session)\`) and no method. How shall this go on?`,
        ["add such a function", "use a language model for this issue"],
      )
    : unclear(
        "I found `AsyncSession`, but no dependency that gives one to a route (`async def get_session() -> AsyncIterator[AsyncSession]`, or an `Annotated[AsyncSession, Depends(…)]`). Which is it?",
        ["add one", "use a language model for this issue"],
      );
};

const noKey = (sources: Sources, table: Table | undefined): Survey => {
  const base = baseOf(sources);
  const where = table ?? base;
  const line = where?.found.fields.find((field) => field.name === "id")?.source.split("\n")[0];
  return unclear(
    `I cannot read how primary keys are written${where ? `: ${where.path} has ${line ? `\`${line}\`` : `no \`id\` in ${where.found.name}`}, and I found no table with an \`id: Mapped[int]\`, \`Mapped[str]\` or \`Mapped[UUID]\`` : ""}. How shall this go on?`,
    ["use a language model for this issue", "give the Base class or a mixin a typed id"],
  );
};

const siteSays = (site: Layout["site"]): string => {
  const { prefix } = site.neighbour ?? {};
  const below = site.prefix + (prefix && !prefix.perRouter ? prefix.value : "");
  return prefix?.perRouter ? `it includes ${below}${prefix.value}` : below === "" ? "no prefix" : `below ${below}`;
};

const modelFiles = (found: Found, below: readonly string[]): string[] => {
  const tables = found.grepped.database
    .filter((line) => /^\s+__tablename__\s*[:=]/.test(line.text))
    .map((line) => line.path);
  return tables.length > 0 ? [...new Set(tables)] : [...below];
};

const routesFolder = (site: Layout["site"], modules: { importRoot: string }): string => {
  const module = site.neighbour?.importModule ?? "";
  return module === "" || module.startsWith(".")
    ? join(dirname(site.path), "routes")
    : join(modules.importRoot, module.replaceAll(".", "/"));
};

const styleOf = (sources: Sources, samples: readonly string[]): Layout["style"] => {
  const texts = samples.map((path) => sources.files.get(path) ?? "");
  const rootPath = texts.map((text) => /@\w+\.(?:get|post)\(\s*["'](\/?)["']/.exec(text)).find(Boolean)?.[1] ?? "";
  const schemas = [...sources.files]
    .filter(([path]) => /schema/.test(path))
    .flatMap(([path, text]) => classesOf(text).map((one) => ({ path, one })));
  const output =
    ["Response", "Read", "Out", "Public"].find((end) => schemas.some(({ one }) => one.name.endsWith(end))) ??
    "Response";
  return { rootPath, schemaBase: undefined, output };
};
