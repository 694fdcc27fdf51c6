/** What is in force round the routes of a backend: packages, rate limiter, problem details, password hashing, settings. */
import type { GrepLine } from "./calls.ts";
import type { Sources } from "./conventions.ts";
import type { Hashing, Import, Layout, Limiter } from "./layout.ts";
import { moduleOf, resolveModule } from "./modules.ts";
import { assignmentsOf, blankOpaque, classesOf, closeOf, importsOf } from "./python.ts";

export type Wiring = { readonly sources: Sources; readonly main: string; readonly grepped: readonly GrepLine[] };

export const canonical = (name: string): string => name.toLowerCase().replace(/[._]+/g, "-");

/** Names in requirements files and in pyproject's dependency tables; `pkg[extra]` gives `pkg` and `pkg[extra]`. */
export const dependenciesOf = (
  files: readonly (readonly [string, string])[],
): { names: ReadonlySet<string>; file: string | undefined } => {
  const names = new Set<string>();
  let file: string | undefined;
  for (const [path, text] of files) {
    const found: string[] = [];
    if (path.endsWith(".txt")) found.push(...text.split("\n").filter((line) => /^[A-Za-z]/.test(line)));
    else {
      for (const list of text.matchAll(/^dependencies\s*=\s*\[/gm)) {
        const inside = text.slice(list.index + list[0].length, closeOf(text, list.index + list[0].length - 1));
        found.push(
          ...[...inside.matchAll(/"([A-Za-z][^"]*)"|'([A-Za-z][^']*)'/g)].map((match) => match[1] ?? match[2] ?? ""),
        );
      }
      const poetry = /\[tool\.poetry\.dependencies\]([\s\S]*?)(?=\n\[|$)/.exec(text)?.[1] ?? "";
      found.push(...[...poetry.matchAll(/^([A-Za-z][\w.-]*)\s*=/gm)].map((match) => match[1] ?? ""));
    }
    for (const entry of found) {
      const match = /^([A-Za-z][\w.-]*)(?:\[([^\]]*)\])?/.exec(entry.trim());
      if (!match) continue;
      names.add(canonical(match[1] ?? ""));
      for (const extra of (match[2] ?? "").split(","))
        if (extra.trim()) names.add(`${canonical(match[1] ?? "")}[${extra.trim()}]`);
    }
    if (file === undefined && names.has("fastapi")) file = path;
  }
  return { names, file: file ?? files[0]?.[0] };
};

/** Does the application's file reach this one: is it the same, or does it call something imported from it? */
const reached = ({ sources, main }: Wiring, path: string): boolean => {
  if (path === main) return true;
  const text = sources.files.get(main) ?? "";
  const code = blankOpaque(text);
  return importsOf(text).some(
    (one) =>
      resolveModule(sources.modules, one.module, main) === path &&
      one.names.some(({ as }) => new RegExp(`^[ \\t]*(\\w+\\s*=\\s*)?(await\\s+)?${as}\\(`, "m").test(code)),
  );
};

export const limiterOf = (wiring: Wiring): Limiter => {
  for (const [path, text] of wiring.sources.files) {
    const made = assignmentsOf(text).find((one) => /^(slowapi\.)?Limiter\s*\(/.test(one.value));
    if (!made) continue;
    const set = [...wiring.sources.files]
      .filter(([, other]) => /\.state\.limiter\s*=/.test(blankOpaque(other)))
      .map(([where]) => where);
    return {
      kind: set.some((where) => reached(wiring, where)) ? "wired" : "loose",
      name: made.name,
      module: moduleOf(wiring.sources.modules, path),
    };
  }
  return { kind: "absent" };
};

/** Handlers that answer with application/problem+json, and the function that installs them on an application. */
export const problemsOf = (wiring: Wiring): Pick<Layout, "problems" | "problemInstaller"> => {
  for (const [path, text] of wiring.sources.files) {
    if (!path.endsWith(".py") || !text.includes("application/problem+json") || !/exception_handler/.test(text))
      continue;
    const installer = /^def (\w+)\(\s*\w+\s*:\s*(?:fastapi\.)?FastAPI\s*\)/m.exec(text)?.[1];
    const module = moduleOf(wiring.sources.modules, path);
    if (reached(wiring, path)) return { problems: "wired", problemInstaller: undefined };
    return { problems: "loose", problemInstaller: installer ? { name: installer, module } : undefined };
  }
  return { problems: "absent", problemInstaller: undefined };
};

/** Exception classes of the repository that take a detail and nothing else, where a service raises them already. */
export const errorsOf = (sources: Sources): Layout["errors"] => {
  const classes = [...sources.files].flatMap(([path, text]) =>
    [
      ...text.matchAll(
        /^class (\w+)\((\w*(?:Error|Exception|Problem)\w*)\):\n(?:[ \t]+"""[^"]*"""\n+)?[ \t]+def __init__\(self, (?:detail|message): str\)/gm,
      ),
    ].map((match) => ({
      name: match[1] ?? "",
      module: moduleOf(sources.modules, path),
    })),
  );
  const raised = (name: string): boolean =>
    [...sources.files.values()].some((text) => new RegExp(`raise ${name}\\(`).test(text));
  const find = (pattern: RegExp): Import | undefined => classes.find(({ name }) => pattern.test(name) && raised(name));
  const notFound = find(/^NotFound\w*$/);
  const conflict = find(/^(Conflict|AlreadyExists|Duplicate)\w*$/);
  return notFound && conflict ? { notFound, conflict } : undefined;
};

export const hashingOf = ({ sources, grepped }: Wiring, packages: ReadonlySet<string>): Hashing => {
  for (const line of grepped) {
    const name =
      /^def ((?:get_|make_)?(?:hash_(?:password|pwd)|password_hash|hash_passwd))\(\s*\w+\s*:\s*str\s*\)/.exec(
        line.text,
      )?.[1];
    if (!name) continue;
    const module = moduleOf(sources.modules, line.path);
    const verify = grepped
      .map((other) =>
        other.path === line.path ? /^def (verify_(?:password|pwd)|check_password)\(/.exec(other.text)?.[1] : undefined,
      )
      .find(Boolean);
    return {
      kind: "existing",
      hash: { name, module },
      ...(verify ? { verify: { name: verify, module } satisfies Import } : {}),
    };
  }
  return { kind: packages.has("argon2-cffi") ? "argon2" : packages.has("bcrypt") ? "bcrypt" : "scrypt" };
};

/** The environment variable that the settings class reads the database URL from. */
export const settingsOf = (sources: Sources): Layout["settings"] => {
  for (const text of sources.files.values())
    for (const found of classesOf(text)) {
      if (!found.bases.some((base) => /BaseSettings$/.test(base))) continue;
      const field = found.fields.find((one) =>
        /^(sqlalchemy_)?(async_)?(database|db|pg|postgres|postgresql)_(url|uri|dsn)$|^sqlalchemy_database_ur[il]$/i.test(
          one.name,
        ),
      );
      const prefix = /env_prefix\s*=\s*["'](\w*)["']|["']env_prefix["']\s*:\s*["'](\w*)["']/.exec(text);
      if (field) return { env: `${prefix?.[1] ?? prefix?.[2] ?? ""}${field.name}`.toUpperCase() };
    }
  for (const text of sources.files.values()) {
    if (!/create_async_engine\(/.test(text)) continue;
    const env = /(?:environ(?:\.get)?|getenv)[([]\s*["'](\w+)["']/.exec(text)?.[1];
    if (env) return { env };
  }
  return undefined;
};
