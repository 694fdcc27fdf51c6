/** Which folders of a commit can become writable, and what each agent's boundary makes of them. Pure but for one look at git. */
import { type Boundary, canonPath, isWithin } from "../domain/policy.ts";
import { runGit } from "./git.ts";
import { type Entry, listCommit } from "./listing.ts";

export type BoundaryFolders = {
  /** The outermost folders that any boundary allows: the run has its own copy of each. Sorted. */
  readonly roots: readonly string[];
  /** Of the roots, those that the commit does not have. */
  readonly missing: readonly string[];
  /** Folders that stay closed, with the reason as the end of a sentence. */
  readonly closed: ReadonlyMap<string, string>;
  /** What the commit holds below the roots. */
  readonly entries: readonly Entry[];
};

const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

const stepsOf = (path: string): string[] => path.split("/").map((_, index, all) => all.slice(0, index + 1).join("/"));

const outermost = (folders: Iterable<string>): string[] => {
  const all = [...new Set(folders)].sort();
  return all.filter((folder) => !isWithin(folder, all));
};

/** @throws where a boundary names what is no folder's path: a fault of whoever configured it */
export const readBoundaryFolders = async (
  gitDir: string,
  commit: string,
  boundaries: readonly Boundary[],
): Promise<BoundaryFolders> => {
  const allowed = outermost(boundaries.flatMap((boundary) => boundary.allowed.map(requireFolder)));
  if (allowed.length === 0) return { roots: [], missing: [], closed: new Map(), entries: [] };
  const [modes, entries] = await Promise.all([
    modesOf(gitDir, commit, [...new Set(allowed.flatMap(stepsOf))]),
    listCommit(gitDir, commit, { below: allowed }),
  ]);
  const closed = new Map(allowed.flatMap((folder) => reasonsOf(folder, modes)));
  const roots = allowed.filter((folder) => !closed.has(folder));
  return {
    roots,
    missing: roots.filter((folder) => !modes.has(folder)),
    closed,
    entries: entries.filter(({ path }) => isWithin(path, roots)),
  };
};

const requireFolder = (folder: string): string => {
  const canon = canonPath(folder);
  if (canon.ok && canon.path === folder) return folder;
  throw new Error(`a boundary allows ${JSON.stringify(folder)}, which is no folder's path`);
};

/** The mode of each path itself; a path that the commit does not have is left out. */
const modesOf = async (gitDir: string, commit: string, paths: readonly string[]): Promise<Map<string, string>> => {
  const output = await runGit(gitDir, ["ls-tree", "-z", "--full-tree", commit, "--", ...paths]);
  const records = output
    .toString("utf8")
    .split("\0")
    .filter((record) => record !== "");
  return new Map(records.map((record) => [record.slice(record.indexOf("\t") + 1), record.slice(0, 6)]));
};

/** Where a path leads through a symbolic link or a submodule of the commit, which no worktree has: what it is, in words. */
export const findLeftOut = async (
  gitDir: string,
  commit: string,
  { roots, entries }: BoundaryFolders,
  path: string,
): Promise<string | undefined> => {
  const steps = stepsOf(path);
  // What lies in the run's folders is known: a file that is about to be made needs no look at git.
  const modes = isWithin(path, roots)
    ? new Map(entries.filter((entry) => steps.includes(entry.path)).map((entry) => [entry.path, entry.mode]))
    : await modesOf(gitDir, commit, steps);
  const step = steps.find((one) => (modes.get(one) ?? "") in kinds);
  return step === undefined ? undefined : `/repo/${step} is ${kinds[modes.get(step) ?? ""]} in the repository`;
};

const kinds: Readonly<Record<string, string>> = { "120000": "a symbolic link", "160000": "a submodule" };

const reasonsOf = (folder: string, modes: ReadonlyMap<string, string>): [string, string][] => {
  const step = stepsOf(folder).find((path) => (modes.get(path) ?? "040000") !== "040000");
  if (step === undefined) return [];
  return [[folder, `/repo/${step} is ${kinds[modes.get(step) ?? ""] ?? "a file"} in the repository, not a folder`]];
};

export type MountPlan = { readonly at: string; readonly writable: boolean };

/**
 * Every copy of the run is shown to every agent of it, so that one sees what another wrote; writable is what the agent's
 * own boundary allows. Parents come before what is nested in them.
 */
export const planMounts = (roots: readonly string[], boundary: Boundary): MountPlan[] => {
  const forbidden = (path: string): boolean => boundary.forbidden.some((folder) => within(path, folder));
  const allowed = boundary.allowed.filter((folder) => !forbidden(folder) && roots.some((root) => within(folder, root)));
  const writable = (path: string): boolean => allowed.some((folder) => within(path, folder));
  const plans = new Map<string, MountPlan>();
  for (const root of roots) plans.set(root, { at: root, writable: writable(root) && !forbidden(root) });
  for (const folder of outermost(allowed)) plans.set(folder, { at: folder, writable: true });
  for (const folder of boundary.forbidden)
    if (writable(folder) && !plans.has(folder)) plans.set(folder, { at: folder, writable: false });
  return [...plans.values()].sort((a, b) => (a.at < b.at ? -1 : 1));
};
