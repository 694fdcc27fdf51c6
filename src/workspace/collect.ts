/** What a run's writable folders hold against the commit, read on the host by our own hashing. Everything in them is hostile: links, pipes, names, depth. */
import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { blobSha, type Changeset, type FileChange, type FileMode, type Refusal } from "../domain/changeset.ts";
import { canonPath } from "../domain/policy.ts";
import { type OpenFolder, openBelow, openRoot } from "./folder-walk.ts";
import { type Entry, type FileEntry, isFile } from "./listing.ts";

const maxFileBytes = 1024 * 1024;
const maxDepth = 32;
const maxChanges = 300;
const maxVisited = 50_000;
const maxRefusals = 200;

/** What a file was when it was last hashed: while none of it changed, nor did its bytes. */
type Known = { readonly stat: string; readonly sha: string };
export type HashMemory = Map<string, Known>;

/** What the commit holds below the roots: read once, since every collection is held against it. */
export type Baseline = {
  readonly files: ReadonlyMap<string, FileEntry>;
  /** What is no file and was left out of the worktree: mode by path. */
  readonly special: ReadonlyMap<string, string>;
  /** Every path and every folder above it, by its lower case. */
  readonly spellings: ReadonlyMap<string, string>;
};

export const readBaseline = (entries: readonly Entry[]): Baseline => ({
  files: new Map(entries.filter(isFile).map((entry) => [entry.path, entry])),
  special: new Map(entries.filter((entry) => !isFile(entry)).map(({ path, mode }) => [path, mode])),
  spellings: new Map(entries.flatMap(({ path }) => spellings(path).map((part) => [part.toLowerCase(), part] as const))),
});

export type CollectRequest = {
  /** The folder of the run's copies. */
  readonly files: string;
  /** Repository folders in it that are collected, none within another. */
  readonly roots: readonly string[];
  readonly baseline: Baseline;
  /** Kept between collections of one run. */
  readonly memory: HashMemory;
};

type Collection = { readonly changeset: Changeset; readonly refused: readonly Refusal[] };

type Walk = CollectRequest & {
  /** Base files that were met, whatever became of them. */
  readonly met: Set<string>;
  readonly changes: FileChange[];
  readonly refused: Refusal[];
  visited: number;
  /** Of what is new. */
  readonly bySpelling: Map<string, string>;
};

export const collect = async (request: CollectRequest): Promise<Collection> => {
  const walk: Walk = {
    ...request,
    met: new Set(),
    changes: [],
    refused: [],
    visited: 0,
    bySpelling: new Map(),
  };
  const files = openRoot(request.files);
  try {
    for (const root of request.roots) await collectRoot(walk, files, root);
  } finally {
    files.close();
  }
  for (const path of request.baseline.files.keys()) if (!walk.met.has(path)) addDeletion(walk, path);
  return inOrder(walk);
};

const refuse = (walk: Walk, path: string, reason: string): void => {
  if (walk.refused.length < maxRefusals) walk.refused.push({ path: shown(path), reason });
};

/** A name may hold anything; in a list for people it is plain and short. */
const shown = (path: string): string =>
  path.replace(/[\p{C}\p{Z}\ufffd]/gu, (char) => (char === " " ? " " : "?")).slice(0, 300);

const inOrder = ({ changes, refused }: Walk): Collection => {
  const sorted = changes.sort((a, b) => (a.path < b.path ? -1 : 1));
  if (sorted.length <= maxChanges) return { changeset: sorted, refused };
  const over = {
    path: sorted[maxChanges]?.path ?? "",
    reason: `${sorted.length} files changed; at most ${maxChanges} can be in one commit, so this and the ones after it are left out`,
  };
  return { changeset: sorted.slice(0, maxChanges), refused: [...refused, over] };
};

const collectRoot = async (walk: Walk, files: OpenFolder, root: string): Promise<void> => {
  let folder: OpenFolder;
  try {
    folder = openBelow(files, root);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    // Whatever stands in its place, the files of the commit are not known to be deleted.
    meetAllBelow(walk, root);
    refuse(walk, root, "it is no folder any more");
    return;
  }
  try {
    await collectFolder(walk, folder, root);
  } finally {
    folder.close();
  }
};

const meetAllBelow = (walk: Walk, folder: string): void => {
  for (const path of walk.baseline.files.keys()) if (path.startsWith(`${folder}/`)) walk.met.add(path);
};

/** Synchronous within a folder, so that a run's few hundred files cost milliseconds; other jobs get their turn between folders. */
const collectFolder = async (walk: Walk, folder: OpenFolder, at: string): Promise<void> => {
  const names = namesIn(walk, folder, at);
  const inner: string[] = [];
  for (const name of names ?? []) {
    walk.visited += 1;
    if (walk.visited > maxVisited) {
      meetAllBelow(walk, at);
      refuse(walk, at, `there are more than ${maxVisited} files and folders; what comes after is not looked at`);
      return;
    }
    const path = `${at}/${name.toString("utf8")}`;
    const stat = lstatSync(joined(folder, name), { bigint: true, throwIfNoEntry: false });
    if (!stat) continue;
    if (stat.isDirectory()) {
      if (!isPlain(name)) refuse(walk, path, "its name is not UTF-8");
      else if (name.toString("latin1").toLowerCase() === ".git")
        refuse(walk, path, "it is a git repository of its own");
      else inner.push(name.toString("utf8"));
    } else collectEntry(walk, folder, name, path, stat);
  }
  await setImmediate();
  for (const name of inner) await collectInner(walk, folder, name, `${at}/${name}`);
};

const collectInner = async (walk: Walk, folder: OpenFolder, name: string, path: string): Promise<void> => {
  if (path.split("/").length > maxDepth) {
    refuse(walk, path, `it lies more than ${maxDepth} folders deep`);
    return;
  }
  let inner: OpenFolder;
  try {
    inner = openBelow(folder, name);
  } catch {
    meetAllBelow(walk, path);
    refuse(walk, path, "the folder cannot be opened");
    return;
  }
  try {
    await collectFolder(walk, inner, path);
  } finally {
    inner.close();
  }
};

const namesIn = (walk: Walk, folder: OpenFolder, at: string): Buffer[] | undefined => {
  try {
    return readdirSync(folder.path, { encoding: "buffer" });
  } catch {
    meetAllBelow(walk, at);
    refuse(walk, at, "the folder cannot be read");
    return undefined;
  }
};

const joined = (folder: OpenFolder, name: Buffer): Buffer => Buffer.concat([Buffer.from(`${folder.path}/`), name]);

const isPlain = (name: Buffer): boolean => Buffer.from(name.toString("utf8"), "utf8").equals(name);

const collectEntry = (walk: Walk, folder: OpenFolder, name: Buffer, path: string, stat: BigIntStats): void => {
  const before = walk.baseline.files.get(path);
  if (before) walk.met.add(path);
  const look = lookAt(walk, joined(folder, name), path, stat, before);
  if (look.is === "unchanged") return;
  const problem = look.is === "refused" ? look.reason : problemOf(walk, name, path, before);
  if (look.is === "refused" || problem !== undefined) {
    refuse(walk, path, problem ?? "");
    return;
  }
  noteSpelling(walk, path);
  // New files are not executable: nobody asked for that, and nobody would see it in a review.
  const mode: FileMode = before?.mode ?? "100644";
  walk.changes.push({ path, kind: before ? "modified" : "added", mode, content: look.bytes.toString("base64") });
};

type Look =
  | { readonly is: "unchanged" }
  | { readonly is: "refused"; readonly reason: string }
  | { readonly is: "changed"; readonly bytes: Buffer };

/** A file that is written to while the clock stands still looks as before: one is trusted only some time after its last change. */
const settledAfterMs = 100n;

const lookAt = (walk: Walk, where: Buffer, path: string, stat: BigIntStats, before: FileEntry | undefined): Look => {
  const reason = kindOf(stat) ?? sizeProblem(stat, before);
  if (reason !== undefined) return { is: "refused", reason };
  const mark = `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
  const known = walk.memory.get(path);
  if (before && known?.stat === mark && known.sha === before.sha) return { is: "unchanged" };
  // The file system's own time, whatever clock the App runs by.
  const at = BigInt(Date.now());
  const bytes = readRegular(where, stat);
  if (typeof bytes === "string") return { is: "refused", reason: bytes };
  const sha = blobSha(bytes);
  if (at - stat.ctimeMs > settledAfterMs) walk.memory.set(path, { stat: mark, sha });
  if (sha === before?.sha) return { is: "unchanged" };
  return stat.size > maxFileBytes ? { is: "refused", reason: tooLarge(stat) } : { is: "changed", bytes };
};

const kindOf = (stat: BigIntStats): string | undefined => {
  if (stat.isSymbolicLink()) return "it is a symbolic link";
  if (stat.isSocket()) return "it is a socket";
  if (stat.isFIFO()) return "it is a named pipe";
  if (!stat.isFile()) return "it is a device";
  if (stat.nlink !== 1n) return "it is one of several hard links to a file";
  if ((stat.mode & 0o6000n) !== 0n) return "it has the set-user-id or set-group-id bit";
  return undefined;
};

const tooLarge = ({ size }: BigIntStats): string => `it has ${size} bytes; files over 1 MiB are not committed`;

/** A large file of the repository is read as long as it may still be the same. */
const sizeProblem = (stat: BigIntStats, before: FileEntry | undefined): string | undefined =>
  stat.size <= maxFileBytes || stat.size === BigInt(before?.size ?? -1) ? undefined : tooLarge(stat);

/** Opened without following and without waiting, and only if it still is what `lstat` saw. */
const readRegular = (where: Buffer, seen: BigIntStats): Buffer | string => {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(where, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return "it cannot be opened";
  }
  try {
    const stat = fstatSync(descriptor, { bigint: true });
    if (!stat.isFile() || stat.ino !== seen.ino || stat.dev !== seen.dev || stat.nlink !== 1n)
      return "it changed while it was read";
    const bytes = Buffer.alloc(Number(seen.size));
    let filled = 0;
    for (let count = 1; count > 0 && filled < bytes.byteLength; filled += count)
      count = readSync(descriptor, bytes, filled, bytes.byteLength - filled, filled);
    return filled === bytes.byteLength && fstatSync(descriptor, { bigint: true }).size === seen.size
      ? bytes
      : "it changed while it was read";
  } finally {
    closeSync(descriptor);
  }
};

const problemOf = (walk: Walk, name: Buffer, path: string, before: FileEntry | undefined): string | undefined => {
  if (!isPlain(name)) return "its name is not UTF-8";
  const canon = canonPath(path);
  if (!canon.ok || canon.path !== path) return "its name is none that tools may write";
  if (before) return undefined;
  if (!/^[\x20-\x7e]+$/.test(path)) return "a new file's path has ASCII characters only";
  const special = specialAbove(walk, path);
  if (special) return special;
  const other = collisionOf(walk, path);
  return other === undefined ? undefined : `its name differs from ${shown(other)} in upper and lower case only`;
};

const specialAbove = (walk: Walk, path: string): string | undefined => {
  for (let up = path; up !== ""; up = up.slice(0, Math.max(0, up.lastIndexOf("/")))) {
    const mode = walk.baseline.special.get(up);
    if (mode !== undefined)
      return `${up === path ? "it" : shown(up)} is a ${mode === "160000" ? "submodule" : "symbolic link"} in the repository`;
  }
  return undefined;
};

const spellings = (path: string): string[] => path.split("/").map((_, index, all) => all.slice(0, index + 1).join("/"));

const noteSpelling = (walk: Walk, path: string): void => {
  for (const part of spellings(path)) walk.bySpelling.set(part.toLowerCase(), part);
};

const collisionOf = (walk: Walk, path: string): string | undefined =>
  spellings(path)
    .map((part) => ({ part, known: spellingOf(walk, part.toLowerCase()) }))
    .find(({ part, known }) => known !== undefined && known !== part)?.known;

const spellingOf = (walk: Walk, key: string): string | undefined =>
  walk.bySpelling.get(key) ?? walk.baseline.spellings.get(key);

const addDeletion = (walk: Walk, path: string): void => {
  const canon = canonPath(path);
  if (canon.ok && canon.path === path) walk.changes.push({ path, kind: "deleted" });
  else refuse(walk, path, "it was deleted, and its name is none that tools may change");
};
