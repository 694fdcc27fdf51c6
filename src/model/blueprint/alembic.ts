/** Where a repository keeps its Alembic migrations, how they are run and named, read through the tools. Knows no model of it. */
import { glob, grepLines, linesOf, pathsOf, read, textOf } from "./calls.ts";
import { tablesOf } from "./conventions.ts";
import type { Call, Plan } from "./conversation.ts";
import { dirname, join, stem } from "./modules.ts";
import { importsOf } from "./python.ts";
import { settingsOf } from "./wiring.ts";

export type Alembic = {
  readonly ini: string;
  /** Folder that `alembic` is called in. */
  readonly root: string;
  readonly versions: string;
  /** `%%(rev)s_%%(slug)s`, as alembic.ini writes it; undefined for Alembic's own. */
  readonly fileTemplate: string | undefined;
  /** `Base.metadata`, and the import lines of env.py that it and the models need. */
  readonly metadata: { readonly expression: string; readonly imports: readonly string[] };
  /** Does env.py drive an asynchronous engine? */
  readonly asynchronous: boolean;
  /** Environment variable that the settings read the database's URL from. */
  readonly variable: string | undefined;
};

export type Found =
  | { readonly ok: true; readonly alembic: Alembic; readonly files: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly reason: string };

export const missing = "I found no alembic.ini: the repository keeps no Alembic migrations that I could add to";

const ours = (path: string): boolean => !/(^|\/)(node_modules|site-packages|\.?venv|env)\//.test(path);

export const lookForAlembic: Call = glob("**/{alembic.ini,env.py}");

/** What a look for alembic.ini came to. */
export const iniIn = (paths: readonly string[]): string | undefined =>
  paths.filter((path) => ours(path) && path.endsWith("alembic.ini"))[0];

/** `key = value` of an ini file, wherever it stands. */
const setting = (text: string, key: string): string | undefined =>
  new RegExp(`^${key}\\s*=\\s*(.+?)\\s*$`, "m").exec(text)?.[1];

const locationOf = (ini: string, text: string): string | undefined => {
  const written = setting(text, "script_location")?.replace(/^%\(here\)s\/?/, "");
  return written === undefined || /[%:$]/.test(written) || written.startsWith("/")
    ? undefined
    : join(dirname(ini), written.replace(/^\.\//, ""));
};

const foreign = /^(alembic|sqlalchemy|logging|asyncio|os|sys|pathlib|typing|collections|__future__)\b/;

const metadataOf = (env: string): Alembic["metadata"] | undefined => {
  const expression = /\btarget_metadata\s*=\s*(?!target_metadata\b|None\b)([A-Za-z_][\w.]*)/.exec(env)?.[1];
  if (expression === undefined) return undefined;
  const imports = importsOf(env)
    .filter(({ module }) => !foreign.test(module))
    .map(({ module, names }) =>
      names.length === 0
        ? `import ${module}`
        : `from ${module} import ${names.map(({ name, as }) => (name === as ? name : `${name} as ${as}`)).join(", ")}`,
    );
  const [first = ""] = expression.split(".");
  return imports.some((line) => new RegExp(`\\b${first}\\b`).test(line)) ? { expression, imports } : undefined;
};

/**
 * @param known what was read already, and the settings' variable where it is known @param paths what the look came to
 * @param others to be read in the same turn
 */
export function* findAlembic(
  known: { readonly files: ReadonlyMap<string, string>; readonly variable?: string | undefined },
  paths: readonly string[],
  others: readonly string[] = [],
): Plan<Found> {
  const ini = iniIn(paths);
  if (ini === undefined) return { ok: false, reason: missing };
  const likely = join(dirname(ini), "alembic/env.py");
  const wanted = [ini, ...(paths.includes(likely) ? [likely] : []), ...others];
  const contents = yield { text: "How are migrations run here?", calls: wanted.map(read) };
  const files = new Map(known.files);
  for (const [at, path] of wanted.entries()) {
    const text = textOf(contents[at]);
    if (text !== undefined) files.set(path, text);
  }
  const text = files.get(ini);
  if (text === undefined) return { ok: false, reason: `I could not read ${ini}` };
  const location = locationOf(ini, text);
  if (location === undefined || setting(text, "version_locations"))
    return { ok: false, reason: `I cannot tell from ${ini} where the migrations lie` };
  const envPath = join(location, "env.py");
  let env = files.get(envPath);
  if (env === undefined && paths.includes(envPath)) {
    const [other] = yield { text: "Their environment lies elsewhere.", calls: [read(envPath)] };
    env = textOf(other);
  }
  const metadata = env === undefined ? undefined : metadataOf(env);
  if (env === undefined || !metadata)
    return { ok: false, reason: `I cannot tell from ${envPath} which metadata the migrations follow` };
  files.set(envPath, env);
  const modules = { importRoot: dirname(ini), paths: new Set<string>() };
  return {
    ok: true,
    files,
    alembic: {
      ini,
      root: dirname(ini),
      versions: join(location, "versions"),
      fileTemplate: setting(text, "file_template"),
      metadata,
      asynchronous: /\basync\b|run_sync/.test(env),
      variable: known.variable ?? settingsOf({ modules, files })?.env,
    },
  };
}

export type Revision = {
  readonly path: string;
  readonly id: string;
  readonly down: readonly string[];
};

export const revisionPattern = "^(down_)?revision\\s*(:[^=]*)?=";

const quotedIn = (text: string): string[] => [...text.matchAll(/["']([\w.-]+)["']/g)].map((match) => match[1] ?? "");

/** From the lines of a search for `revisionPattern`. */
export const revisionsIn = (lines: readonly { readonly path: string; readonly text: string }[]): Revision[] =>
  [...new Set(lines.map(({ path }) => path))].flatMap((path) => {
    const value = (key: string): string | undefined =>
      lines.find((line) => line.path === path && new RegExp(`^${key}\\s*(:[^=]*)?=`).test(line.text))?.text;
    const id = quotedIn((value("revision") ?? "").replace(/^[^=]*=/, ""))[0];
    return id === undefined
      ? []
      : [{ path, id, down: quotedIn((value("down_revision") ?? "").replace(/^[^=]*=/, "")) }];
  });

/** Revisions that no other one follows. */
export const headsOf = (revisions: readonly Revision[]): Revision[] =>
  revisions.filter(({ id }) => !revisions.some(({ down }) => down.includes(id)));

/** Names of the tables that files define. */
export const tablesIn = (files: ReadonlyMap<string, string>, paths: readonly string[]): string[] =>
  tablesOf(files).flatMap(({ path, table }) => (paths.includes(path) ? [table] : []));

export const searches: readonly Call[] = [
  lookForAlembic,
  glob("**/{pyproject.toml,ruff.toml}"),
  grepLines("__tablename__|BaseSettings|create_async_engine\\(|create_engine\\("),
];

/** Files that the searches lead to: models that were changed, settings, and how the formatter is set. */
export const ledTo = (
  [, projects, code]: readonly Parameters<typeof linesOf>[0][],
  changed: readonly string[],
): { readonly models: string[]; readonly others: string[] } => {
  const lines = linesOf(code).filter(({ path }) => ours(path) && !/(^|\/)tests?\//.test(path));
  const where = (pattern: RegExp): string[] => [
    ...new Set(lines.filter(({ text }) => pattern.test(text)).map(({ path }) => path)),
  ];
  return {
    models: where(/__tablename__/).filter((path) => changed.includes(path)),
    others: [
      ...where(/BaseSettings|create_(async_)?engine\(/)
        .filter((path) => stem(path) !== "env")
        .slice(0, 3),
      ...pathsOf(projects).filter(ours).slice(0, 2),
    ],
  };
};
