/** What stands round the routes: what the repository lacks is written under `core/`, and what cannot be written is handed over. */
import type { Boundary } from "../../domain/policy.ts";
import { decideWrite } from "../../domain/policy.ts";
import type { Handoff } from "../../domain/report.ts";
import { unifiedDiff } from "./diff.ts";
import type { Import, Layout, Limiter } from "./layout.ts";
import { join, moduleOf } from "./modules.ts";
import { addDependency, wireApp } from "./register.ts";
import { errorClasses, hashingModule, installModule, limiterModule, problemHandlers } from "./templates/core.ts";
import type { Limit } from "./templates/routes.ts";

import { type Draft, place, put, textIn } from "./work.ts";

export const freePath = (draft: Draft, names: readonly string[]): string =>
  names.map((name) => join(draft.layout.core, `${name}.py`)).find((path) => !draft.layout.paths.has(path)) ??
  join(draft.layout.core, `${names[0]}_added.py`);

export const moduleFor = (draft: Draft, path: string): string => moduleOf(draft.layout, path);

export type Wired = {
  readonly errors: { readonly notFound: Import; readonly conflict: Import };
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
  const installers: Import[] = [];
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
  let loose: Import | undefined;
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
      ...(missing.includes("problem-details handlers") ? [`${everyError}${ownHandlers(layout)}`] : []),
      ...(packages.length > 0
        ? [
            "The package slowapi is not among the dependencies: no rate limit is in force until it is added (see the hand-offs).",
          ]
        : []),
    ],
  };
};

const everyError =
  "install(app) gives every error of the application as application/problem+json, those of the routes that were there, too: a 422 then lists what is wrong under `errors`, and its `detail` is a sentence. Clients that read the old shape have to follow.";

/** The framework keeps one handler for a class of errors: the one that is added last. */
const ownHandlers = (layout: Layout): string => {
  const own = [...layout.files].find(([, text]) =>
    /exception_handler\(\s*(\w+\.)?(\w*HTTPException|RequestValidationError)\b/.test(text),
  )?.[0];
  return own === undefined
    ? ""
    : ` ${own} adds handlers of its own for the same errors: which hold is decided by the order.`;
};

const installAll = (
  draft: Draft,
  boundary: Boundary,
  installers: readonly Import[],
  loose: Import | undefined,
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
): { hash: Import; verify: Import | undefined; bytes: number | undefined; measure: string; algorithm: string } => {
  const { hashing: kind } = draft.layout;
  if (kind.kind === "existing")
    return {
      hash: kind.hash,
      verify: kind.verify,
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
  return { hash, verify: { name: "verify_password", module: moduleFor(draft, path) }, ...said };
};
