/** The work on a repository as values: new texts of files, what they amount to in the report, and who has to do the rest. */

import type { Boundary } from "../../domain/policy.ts";
import { decideCreate, decideWrite } from "../../domain/policy.ts";
import type { Handoff, Report, ReportDecision } from "../../domain/report.ts";
import { unifiedDiff } from "./diff.ts";
import { addImport, addToAll, appendPiece } from "./edit-python.ts";
import type { Unclear } from "./fields.ts";
import type { Layout, Limiter, Place, Symbol } from "./layout.ts";
import { dirname, join, moduleOf, resolveModule, stem } from "./modules.ts";
import { importsOf } from "./python.ts";
import { addDependency, wireApp } from "./register.ts";
import { errorClasses, hashingModule, installModule, limiterModule, problemHandlers } from "./templates/core.ts";
import { type Format, moduleText, type Piece } from "./templates/py.ts";
import type { Limit } from "./templates/routes.ts";

export type Step = "core" | "schemas" | "model" | "service" | "routes";

export type Change = {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
  readonly step: Step;
};

export type Work = {
  readonly feature: string;
  readonly summary: string;
  readonly changes: readonly Change[];
  readonly endpoints: Report["endpoints_created"];
  readonly models: Report["models_created"];
  readonly security: readonly string[];
  readonly decisions: readonly ReportDecision[];
  readonly concerns: readonly string[];
  readonly handoffs: readonly Handoff[];
  readonly commands: readonly string[];
  /** A Python program that serves the application and asserts what it answers. */
  readonly rehearsal: string;
};

export type Built =
  | { readonly ok: true; readonly work: Work }
  | { readonly ok: false; readonly unclear: readonly Unclear[] };

export const refuse = (question: string, options: readonly string[] = []): Built => ({
  ok: false,
  unclear: [{ question, options }],
});

/** Line length and Python version as the repository sets them for its formatter. */
export const formatOf = (layout: Layout): Format => {
  const settings = [...layout.files].filter(([path]) => path.endsWith(".toml")).map(([, text]) => text);
  const width = settings.map((text) => /^line[-_]length\s*=\s*(\d{2,3})/m.exec(text)?.[1]).find(Boolean);
  const minor = settings
    .map((text) => /requires-python\s*=\s*"[>=~^ ]*3\.(\d+)|target-version\s*=\s*"py3(\d+)"/.exec(text))
    .map((match) => match?.[1] ?? match?.[2])
    .find(Boolean);
  const anywhere = [...layout.files.values()].some((text) => /from datetime import [^\n]*\bUTC\b/.test(text));
  return {
    width: Number(width ?? 88),
    utc: anywhere || Number(minor ?? 0) >= 11,
    firstParty: moduleOf(layout, layout.app.path).split(".")[0] ?? "",
  };
};

export const pathIn = (place: Place, one: string, many: string): string =>
  place.kind === "file" ? place.path : join(place.folder, `${place.plural ? many : one}${place.suffix}.py`);

/** A draft of changes that later pieces may add to; every path once. */
export type Draft = { readonly layout: Layout; readonly format: Format; readonly changes: Map<string, Change> };

export const textIn = (draft: Draft, path: string): string | undefined =>
  draft.changes.get(path)?.after ?? draft.layout.files.get(path);

export const put = (draft: Draft, path: string, after: string, step: Step): void => {
  draft.changes.set(path, {
    path,
    before: draft.layout.files.get(path),
    after,
    step: draft.changes.get(path)?.step ?? step,
  });
};

/** A piece as a new file, or at the end of the one that is there; a new folder becomes a package as its neighbours are. */
export const place = (draft: Draft, path: string, docstring: string, given: Piece, step: Step): void => {
  const there = textIn(draft, path);
  const own = moduleOf(draft.layout, path);
  const piece = { code: given.code, imports: given.imports.filter((one) => one.module !== own) };
  put(
    draft,
    path,
    there === undefined ? moduleText(docstring, piece, draft.format) : appendPiece(there, piece, draft.format),
    step,
  );
  const folder = dirname(path);
  const known = [...draft.layout.paths, ...draft.changes.keys()];
  const init = join(folder, "__init__.py");
  const parent = join(dirname(folder), "__init__.py");
  if (
    known.some((other) => other !== path && dirname(other) === folder) ||
    !known.includes(parent) ||
    known.includes(init)
  )
    return;
  put(draft, init, "", step);
};

/** The models package names its models: for Alembic, and for `from app.models import …`. */
export const exportModel = (draft: Draft, name: string, path: string): void => {
  const init = join(dirname(path), "__init__.py");
  const text = textIn(draft, init);
  if (!text || init === path) return;
  const neighbour = importsOf(text).find((one) => {
    const file = resolveModule(draft.layout, one.module, init);
    return file !== undefined && dirname(file) === dirname(path) && file !== init;
  });
  if (!neighbour) return;
  const module = neighbour.module.replace(/\w+$/, stem(path));
  put(draft, init, addToAll(addImport(text, { name, module }, draft.format), name, draft.format), "model");
};

const freePath = (draft: Draft, names: readonly string[]): string =>
  names.map((name) => join(draft.layout.core, `${name}.py`)).find((path) => !draft.layout.paths.has(path)) ??
  join(draft.layout.core, `${names[0]}_added.py`);

const moduleFor = (draft: Draft, path: string): string => moduleOf(draft.layout, path);

export type Wired = {
  readonly errors: { readonly notFound: Symbol; readonly conflict: Symbol };
  /** A limit in the repository's way. */
  readonly limit: (rate: string) => NonNullable<Limit>;
  /** Is what `limit` writes in force once this changeset is merged, and nothing else is done? */
  readonly inForce: boolean;
  readonly handoffs: readonly Handoff[];
  readonly concerns: readonly string[];
};

const limitWith =
  (limiter: Exclude<Limiter, { kind: "absent" }>): Wired["limit"] =>
  (rate) => ({
    decorator: `@${limiter.name}.limit("${rate}")`,
    imports: [{ name: limiter.name, module: limiter.module }],
  });

/** Error classes that services raise, the limiter and the handlers: what is missing is written under `core/`. */
export const wire = (draft: Draft, boundary: Boundary, wants: { limit: boolean }): Wired => {
  const { layout } = draft;
  const installers: Symbol[] = [];
  const missing: string[] = [];
  let errors = layout.errors;
  if (layout.problems === "absent") {
    const path = freePath(draft, ["problems", "problem_details"]);
    const module = moduleFor(draft, path);
    const classes = errorClasses();
    const handlers = problemHandlers();
    const code = errors ? handlers.code : `${classes.code}\n\n\n${handlers.code}`;
    place(
      draft,
      path,
      "Errors as RFC 9457 problem details (application/problem+json).",
      { code, imports: [...handlers.imports, ...classes.imports] },
      "core",
    );
    errors ??= { notFound: { name: "NotFoundError", module }, conflict: { name: "ConflictError", module } };
    installers.push({ name: "install_problem_details", module });
    missing.push("problem-details handlers");
  } else if (layout.problems === "loose" && layout.problemInstaller) {
    installers.push(layout.problemInstaller);
    missing.push("problem-details handlers");
  }
  if (!errors) {
    const path = freePath(draft, ["errors", "service_errors"]);
    place(draft, path, "What services raise.", errorClasses(), "core");
    errors = {
      notFound: { name: "NotFoundError", module: moduleFor(draft, path) },
      conflict: { name: "ConflictError", module: moduleFor(draft, path) },
    };
  }
  let limit: Wired["limit"];
  let loose: Symbol | undefined;
  if (layout.limiter.kind === "absent") {
    const path = freePath(draft, ["rate_limit", "request_limit"]);
    const module = moduleFor(draft, path);
    if (wants.limit) {
      place(
        draft,
        path,
        "Rate limits by client address. Without the package slowapi nothing is limited.",
        limiterModule(),
        "core",
      );
      installers.push({ name: "install_rate_limit", module });
      missing.push("rate limiter");
    }
    limit = (rate) => ({ decorator: `@rate_limit("${rate}")`, imports: [{ name: "rate_limit", module }] });
  } else {
    limit = limitWith(layout.limiter);
    if (layout.limiter.kind === "loose" && wants.limit) {
      loose = { name: layout.limiter.name, module: layout.limiter.module };
      missing.push("rate limiter");
    }
  }
  const rest = installAll(draft, boundary, installers, loose, missing);
  const packages =
    wants.limit && layout.limiter.kind === "absent" && !layout.packages.has("slowapi") ? dependencyHandoff(layout) : [];
  const wired = layout.limiter.kind === "wired" || (rest.done && packages.length === 0);
  return {
    errors,
    limit,
    inForce: wired,
    handoffs: [...rest.handoffs, ...packages],
    concerns: [
      ...rest.concerns,
      ...(packages.length > 0
        ? [
            "The package slowapi is not among the dependencies: no rate limit is in force until it is added (see the hand-offs).",
          ]
        : []),
    ],
  };
};

const installAll = (
  draft: Draft,
  boundary: Boundary,
  installers: readonly Symbol[],
  loose: Symbol | undefined,
  missing: readonly string[],
): { done: boolean; handoffs: Handoff[]; concerns: string[] } => {
  const { layout, format } = draft;
  if (installers.length === 0 && !loose) return { done: true, handoffs: [], concerns: [] };
  const path = freePath(draft, ["setup", "install", "standards"]);
  place(draft, path, "What the application installs once.", installModule(installers, loose), "core");
  const install = { name: "install", module: moduleFor(draft, path) };
  const main = layout.app.path;
  const before = textIn(draft, main) ?? "";
  const after = wireApp({ ...layout, files: new Map([...layout.files, [main, before]]) }, install, format);
  const what = missing.join(" and ");
  if (after !== undefined && decideWrite(main, boundary).allowed) {
    put(draft, main, after, "core");
    return { done: true, handoffs: [], concerns: [] };
  }
  const task = `Call \`install(app)\` from ${install.module} in ${main}, right after the application is made: it puts the ${what} in force. The file is outside the agent's boundary.`;
  return {
    done: false,
    handoffs: [
      {
        to: "maintainer",
        task,
        ...(after === undefined ? {} : { patch: { path: main, diff: unifiedDiff(main, before, after) } }),
      },
    ],
    concerns: [
      `The ${what} written under ${layout.core} ${missing.length > 1 ? "are" : "is"} not in force until ${main} calls install(app): see the hand-offs.`,
    ],
  };
};

const dependencyHandoff = (layout: Layout): Handoff[] => {
  const path = layout.dependencyFile;
  const text = path === undefined ? undefined : layout.files.get(path);
  const task = `Add slowapi to the dependencies${path ? ` in ${path}` : ""}; until then no rate limit is in force.`;
  const after = path === undefined || text === undefined ? undefined : addDependency(path, text, "slowapi>=0.1.9");
  return [
    {
      to: "maintainer",
      task,
      ...(path !== undefined && text !== undefined && after !== undefined
        ? { patch: { path, diff: unifiedDiff(path, text, after) } }
        : {}),
    },
  ];
};

/** `hash_password`, the repository's or ours, and the bytes that it reads at most. */
export const hashing = (
  draft: Draft,
): { hash: Symbol; bytes: number | undefined; measure: string; algorithm: string } => {
  const { hashing: kind } = draft.layout;
  if (kind.kind === "existing")
    return {
      hash: kind.hash,
      bytes: undefined,
      measure: `Passwords are hashed by the repository's own ${kind.hash.name} (${kind.hash.module})`,
      algorithm: `the repository's ${kind.hash.name}`,
    };
  const path = freePath(draft, ["security", "passwords", "password_hashing"]);
  place(draft, path, "Password hashing.", hashingModule(kind.kind), "core");
  const hash = { name: "hash_password", module: moduleFor(draft, path) };
  const said = {
    argon2: {
      bytes: undefined,
      measure: "Argon2id password hashing (argon2-cffi, RFC 9106 parameters)",
      algorithm: "Argon2id",
    },
    bcrypt: {
      bytes: 72,
      measure: "bcrypt password hashing (cost=12); passwords over 72 bytes are refused, not cut",
      algorithm: "bcrypt with cost 12",
    },
    scrypt: {
      bytes: undefined,
      measure: "scrypt password hashing (standard library, N=2^17, r=8, p=1)",
      algorithm: "scrypt of the standard library",
    },
  }[kind.kind];
  return { hash, ...said };
};

/** Questions for every file that lies outside the boundary, with the lines of configuration that would allow it. */
export const boundaryProblem = (draft: Draft, boundary: Boundary, configFile: string): Unclear | undefined => {
  const outside = [...draft.changes.values()].filter(
    (change) =>
      !(change.before === undefined && !draft.layout.paths.has(change.path) ? decideCreate : decideWrite)(
        change.path,
        boundary,
      ).allowed,
  );
  if (outside.length === 0) return undefined;
  const { packageFolder } = draft.layout;
  const folders = new Set<string>();
  for (const { path } of draft.changes.values()) {
    const rest = packageFolder === "" ? path : path.slice(packageFolder.length + 1);
    folders.add(rest.includes("/") ? join(packageFolder, rest.split("/")[0] ?? "") : packageFolder);
  }
  const wanted =
    folders.has(packageFolder) && packageFolder !== ""
      ? [packageFolder]
      : [...folders].filter((folder) => folder !== "").sort();
  const lines = [
    "boundaries:",
    "  backend-system-architect:",
    "    allowed:",
    ...wanted.map((folder) => `      - ${folder}`),
  ];
  const list = outside.map(({ path }) => path).join(", ");
  return {
    question: [
      `I found the backend in ${packageFolder || "the repository's root"} and would write ${list}; that is outside the folders that I may write (${boundary.allowed.join(", ") || "none"}).`,
      wanted.length > 0
        ? `These lines in ${configFile} on the default branch would allow it:\n\n${lines.join("\n")}`
        : "Files in the repository's root cannot be allowed: only folders can.",
    ].join(" "),
    options: [`add the lines to ${configFile} and label the issue again`, "the backend is somewhere else (say where)"],
  };
};
