/** The work on a repository as values: new texts of files, what they amount to in the report, and who has to do the rest. */

import type { Boundary } from "../../domain/policy.ts";
import { decideCreate, decideWrite } from "../../domain/policy.ts";
import type { Handoff, Report, ReportDecision } from "../../domain/report.ts";
import { addImport, addToAll, appendPiece } from "./edit-python.ts";
import type { Unclear } from "./fields.ts";
import type { Layout, Place } from "./layout.ts";
import { dirname, join, moduleOf, resolveModule, stem } from "./modules.ts";
import { importsOf } from "./python.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { type Format, moduleText, type Piece } from "./templates/py.ts";

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
  /** Serves the application and asserts what it answers. */
  readonly rehearsal: Rehearsal;
};

export type Built =
  | { readonly ok: true; readonly work: Work }
  | { readonly ok: false; readonly unclear: readonly Unclear[] };

export const refuse = (question: string, options: readonly string[] = []): Built => ({
  ok: false,
  unclear: [{ question, options }],
});

/** Line length and Python version as the repository sets them for its formatter. */
export const formatterOf = (files: ReadonlyMap<string, string>): Pick<Format, "width" | "utc"> => {
  const settings = [...files].filter(([path]) => path.endsWith(".toml")).map(([, text]) => text);
  const width = settings.map((text) => /^line[-_]length\s*=\s*(\d{2,3})/m.exec(text)?.[1]).find(Boolean);
  const minor = settings
    .map((text) => /requires-python\s*=\s*"[>=~^ ]*3\.(\d+)|target-version\s*=\s*"py3(\d+)"/.exec(text))
    .map((match) => match?.[1] ?? match?.[2])
    .find(Boolean);
  const anywhere = [...files.values()].some((text) => /from datetime import [^\n]*\bUTC\b/.test(text));
  return { width: Number(width ?? 88), utc: anywhere || Number(minor ?? 0) >= 11 };
};

export const formatOf = (layout: Layout): Format => ({
  ...formatterOf(layout.files),
  firstParty: moduleOf(layout, layout.app.path).split(".")[0] ?? "",
});

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
  const { packageFolder, routes } = draft.layout;
  const perEntity = routes.kind === "folder" && routes.suffix.startsWith("/") ? routes.folder : undefined;
  const folders = new Set<string>();
  for (const { path } of draft.changes.values()) {
    const inside = packageFolder !== "" && path.startsWith(`${packageFolder}/`);
    const rest = inside ? path.slice(packageFolder.length + 1) : path;
    const own = join(inside ? packageFolder : "", rest.includes("/") ? (rest.split("/")[0] ?? "") : "");
    // The next entity's folder is another one: what is allowed is where they all stand.
    folders.add(perEntity !== undefined && path.startsWith(`${perEntity}/`) ? perEntity : own);
  }
  const inRoot = outside.map(({ path }) => path).filter((path) => !path.includes("/"));
  const wanted = [...folders]
    .filter((folder) => folder !== "" && ![...folders].some((other) => other !== "" && folder.startsWith(`${other}/`)))
    .sort();
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
      inRoot.length === 0
        ? `These lines in ${configFile} on the default branch would allow it:\n\n${lines.join("\n")}`
        : `${inRoot.join(" and ")} ${inRoot.length > 1 ? "stand" : "stands"} in the repository's root, which cannot be allowed: only folders can. How shall this go on?`,
    ].join(" "),
    options:
      inRoot.length === 0
        ? [`add the lines to ${configFile} and label the issue again`, "the backend is somewhere else (say where)"]
        : [
            "include the routers in a module below a folder, and that one in the root",
            "use a language model for this issue",
          ],
  };
};
