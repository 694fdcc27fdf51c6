/** Two commits of a local repository beside each other: what changed, and texts by blob. Reads objects alone; runs nothing of the repository. */
import { resolve } from "node:path";
import type { Changeset, FileChange } from "../domain/changeset.ts";
import { ConfigError } from "../domain/errors.ts";
import type { SourceFile } from "../ports.ts";
import { tryGit } from "./git.ts";
import { type Entry, isFile, listCommit } from "./listing.ts";
import { readBlobs } from "./mirror.ts";

export type Comparison = {
  /** The newest common ancestor of the ref and HEAD, and HEAD. */
  readonly base: string;
  readonly head: string;
  /** Regular files that differ; those over 1 MiB are left out. */
  readonly changeset: Changeset;
  /** At the base, or at the head. */
  sources(at: "base" | "head", isWanted: (path: string) => boolean): readonly SourceFile[];
  /** By blob id. */
  read(files: readonly SourceFile[]): Promise<ReadonlyMap<string, string>>;
  /** Text of a file at the base. */
  before(path: string): Promise<string | undefined>;
};

const maxBytes = 1024 * 1024;

/** @throws ConfigError where there is no repository, or no such commit */
export const openComparison = async (folder: string, ref: string): Promise<Comparison> => {
  const gitDir = await gitDirOf(resolve(folder));
  const commitOf = async (name: string): Promise<string> => {
    const found = await tryGit(gitDir, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
    const sha = found.stdout.toString("latin1").trim();
    if (sha === "")
      throw new ConfigError(`check: ${folder} has no commit ${name}; fetch it first, or name another one`);
    return sha;
  };
  const [head, other] = [await commitOf("HEAD"), await commitOf(ref)];
  const common = await tryGit(gitDir, ["merge-base", other, head]);
  const base = common.stdout.toString("latin1").trim();
  if (base === "")
    throw new ConfigError(`check: ${ref} and HEAD have no common commit here; a shallow clone needs more history`);
  const read = async (commit: string): Promise<ReadonlyMap<string, Entry>> =>
    new Map(
      (await listCommit(gitDir, commit))
        .filter((entry) => isFile(entry) && entry.size <= maxBytes)
        .map((entry) => [entry.path, entry]),
    );
  const files = { base: await read(base), head: await read(head) };
  return {
    base,
    head,
    changeset: await changesBetween(gitDir, files.base, files.head),
    sources: (at, isWanted) =>
      [...files[at].values()].filter(({ path }) => isWanted(path)).map(({ path, sha }) => ({ path, sha })),
    read: async (wanted) => {
      const entries = wanted.flatMap(({ path, sha }) => {
        const found = [files.head.get(path), files.base.get(path)].find((entry) => entry?.sha === sha);
        return found ? [found] : [];
      });
      const texts = await readBlobs(gitDir, entries);
      return new Map(entries.map(({ path, sha }) => [sha, texts.get(path) ?? ""]));
    },
    before: async (path) => {
      const entry = files.base.get(path);
      return entry && (await readBlobs(gitDir, [entry])).get(path);
    },
  };
};

const gitDirOf = async (folder: string): Promise<string> => {
  const found = await tryGit(undefined, ["-C", folder, "rev-parse", "--path-format=absolute", "--git-common-dir"]);
  const gitDir = found.stdout.toString("utf8").trim();
  if (found.exitCode !== 0 || gitDir === "")
    throw new ConfigError(
      `check: ${folder} must be a folder of a git repository. ${found.stderr.trim().slice(0, 300)}`,
    );
  return gitDir;
};

const changesBetween = async (
  gitDir: string,
  base: ReadonlyMap<string, Entry>,
  head: ReadonlyMap<string, Entry>,
): Promise<Changeset> => {
  const written = [...head.values()].filter(({ path, sha, mode }) => {
    const before = base.get(path);
    return before?.sha !== sha || before.mode !== mode;
  });
  const texts = await readBlobs(gitDir, written);
  const changes = written.map(
    ({ path, mode }): FileChange => ({
      path,
      kind: base.has(path) ? "modified" : "added",
      mode: mode === "100755" ? "100755" : "100644",
      content: Buffer.from(texts.get(path) ?? "").toString("base64"),
    }),
  );
  const deleted = [...base.keys()]
    .filter((path) => !head.has(path))
    .map((path): FileChange => ({ path, kind: "deleted" }));
  return [...changes, ...deleted].sort((a, b) => (a.path < b.path ? -1 : 1));
};
