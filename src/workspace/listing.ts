/** What a commit holds, as git lists it, and whether it can be put on a disk. Knows nothing of disks. */

import type { FileMode } from "../domain/changeset.ts";
import { RefusedError } from "../domain/errors.ts";
import { runGit } from "./git.ts";

export type Entry = {
  readonly path: string;
  /** 100644, 100755, 120000 (symbolic link), 160000 (submodule) or 040000 (folder, only with `folders`). */
  readonly mode: string;
  readonly sha: string;
  /** Bytes of a blob; 0 of everything else. */
  readonly size: number;
};

export type FileEntry = Entry & { readonly mode: FileMode };

/** Symbolic links and submodules are left out of a worktree: nothing in it leads elsewhere. */
export const isFile = (entry: Entry): entry is FileEntry => entry.mode === "100644" || entry.mode === "100755";

/** Paths are bytes in git; one that is not UTF-8 keeps its bytes here as U+FFFD and is refused by `checkListing`. */
const parseEntry = (record: string): Entry => {
  const tab = record.indexOf("\t");
  const [mode = "", , sha = "", size = ""] = record.slice(0, tab).split(/ +/);
  // Histories before 2005's end have files of mode 100664: git itself reads them as 100644.
  const read = mode === "100664" ? "100644" : mode;
  return { path: record.slice(tab + 1), mode: read, sha, size: size === "-" ? 0 : Number(size) };
};

/**
 * In git's order: by the bytes of the whole path.
 * @param folders lists folders too, with the ids of their trees
 * @param below only what lies in these folders, or is one of these
 */
export const listCommit = async (
  gitDir: string,
  commit: string,
  options: { readonly folders?: boolean; readonly below?: readonly string[] } = {},
): Promise<Entry[]> => {
  const flags = options.folders ? ["-t"] : [];
  const below = options.below ? ["--", ...options.below] : [];
  const output = await runGit(gitDir, ["ls-tree", "-r", "-z", "-l", "--full-tree", ...flags, commit, ...below]);
  const records = output.toString("utf8").split("\0");
  records.pop();
  return records.map(parseEntry);
};

const maxFiles = 100_000;

/** @throws RefusedError where the commit cannot be put on a disk as it is */
export const checkListing = (entries: readonly Entry[]): void => {
  const files = entries.filter((entry) => entry.mode !== "040000");
  if (files.length > maxFiles)
    throw new RefusedError(
      `The repository has ${files.length.toLocaleString("en")} files; at most ${maxFiles.toLocaleString("en")} can be worked with.`,
    );
  const seen = new Map<string, string>();
  for (const { path } of entries) {
    const problem = problemOf(path);
    if (problem)
      throw new RefusedError(
        `The repository has a path that is never put on a disk, ${problem}: ${JSON.stringify(path)}.`,
      );
    const key = path.toLowerCase();
    const other = seen.get(key);
    if (other !== undefined && other !== path)
      throw new RefusedError(
        `The repository has two paths that differ in upper and lower case only: ${JSON.stringify(other)} and ${JSON.stringify(path)}. Rename one of them.`,
      );
    seen.set(key, path);
  }
};

/** As git itself guards a checkout: https://git-scm.com/docs/git-config, core.protectHFS and core.protectNTFS. */
const gitFolder = /^(\.git[ .]*|git~\d+[ .]*)(:.*)?$/i;
// What a Mac's file system drops from a name: https://github.com/git/git/blob/v2.39.0/utf8.c#L653 (next_hfs_char)
const dropped = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

const problemOf = (path: string): string | undefined => {
  if (path.includes("\ufffd")) return "its name is not UTF-8";
  if (Buffer.byteLength(path) > 4_000) return "it is longer than 4,000 bytes";
  for (const segment of path.split("/")) {
    if (segment === "" || segment === "." || segment === "..") return `it has a "${segment}" segment`;
    if (gitFolder.test(segment.replace(dropped, ""))) return "it would be a git folder";
    if (Buffer.byteLength(segment) > 255) return "one of its names is longer than 255 bytes";
  }
  return undefined;
};
