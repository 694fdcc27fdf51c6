/** What the host knows of a repository: a bare mirror that no sandbox ever sees, and the histories beside it that they may see. Knows no tree on a disk. */
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fullName, type RepositoryRef } from "../domain/repository.ts";
import type { Merge, Workspace } from "../ports.ts";
import { runGit } from "./git.ts";
import { createHistory, type History, tipOf } from "./history.ts";
import type { Locks } from "./lock.ts";
import { mergeIn, patchIn } from "./merge.ts";
import { createReader, type Reader } from "./reader.ts";
import { type Credentials, openRemote, type RemoteRules } from "./remote.ts";
import { askTogether } from "./together.ts";

export type MirrorDeps = {
  readonly folders: { readonly mirrors: string; readonly history: string; readonly merges: string };
  readonly rules: RemoteRules;
  readonly lock: Locks;
};

export const createMirrors = ({ folders, rules, lock }: MirrorDeps) => {
  const gitDirOf = ({ id }: RepositoryRef): string => join(folders.mirrors, `${id}.git`);
  const historyOf = (repository: RepositoryRef): History =>
    createHistory(join(folders.history, String(repository.id)), gitDirOf(repository));

  /** Into the default branch's history, and into the mirror for every other branch. */
  const bring = async (repository: RepositoryRef, branches: readonly string[], credentials: Credentials) => {
    const remote = openRemote(credentials, rules);
    const there = await remote.list(branches);
    const mirror = await openMirror(gitDirOf(repository));
    const history = historyOf(repository);
    const isDefault = (branch: string): boolean => branch === repository.defaultBranch;
    const tip = (branch: string) => (isDefault(branch) ? history.tip(branch) : tipOf(mirror, branch));
    const known = await Promise.all(
      [...there].map(async ([branch, sha]) => ((await tip(branch)) === sha ? [] : [branch])),
    );
    const missing = known.flat();
    const others = missing.filter((branch) => !isDefault(branch));
    if (missing.some(isDefault)) await history.fetch(remote, repository.defaultBranch);
    if (others.length > 0) await remote.fetch(mirror, others);
    const tips = await Promise.all([...there.keys()].map(async (branch) => [branch, await tip(branch)] as const));
    return new Map(tips.flatMap(([branch, sha]) => (sha === undefined ? [] : [[branch, sha] as const])));
  };

  const bringPull = async (repository: RepositoryRef, pull: number, credentials: Credentials) => {
    const mirror = await openMirror(gitDirOf(repository));
    const ref = pullRef(pull);
    if (!(await openRemote(credentials, rules).fetchPull(mirror, ref))) return undefined;
    return (await runGit(mirror, ["rev-parse", "--verify", `${ref}^{commit}`])).toString("latin1").trim();
  };

  const readerOf = (repository: RepositoryRef): Reader => createReader(gitDirOf(repository));

  /** One by one, each file would cost two processes. */
  const readTogether = askTogether(
    ({ repository, commit }: { readonly repository: RepositoryRef; readonly commit: string }) =>
      `${repository.id} ${commit}`,
    ({ repository, commit }, paths) => readerOf(repository).readFiles(commit, paths),
  );

  return {
    gitDir: gitDirOf,
    history: historyOf,
    fetch: (repository: RepositoryRef, branches: readonly string[], credentials: Credentials) =>
      lock(`mirror ${repository.id}`, () => bring(repository, branches, credentials)).catch((error: unknown) => {
        throw new Error(`Could not fetch ${fullName(repository)}`, { cause: error });
      }),
    fetchPull: (repository: RepositoryRef, pull: number, credentials: Credentials) =>
      lock(`mirror ${repository.id}`, () => bringPull(repository, pull, credentials)).catch((error: unknown) => {
        throw new Error(`Could not fetch pull request #${pull} of ${fullName(repository)}`, { cause: error });
      }),
    readFile: async (repository: RepositoryRef, commit: string, path: string): Promise<string | undefined> =>
      (await readTogether({ repository, commit }, path)).texts.get(path),
    readerOf,
    merge: (repository: RepositoryRef, ours: Ours, theirs: string, since?: string): Promise<Merge> =>
      mergeIn(gitDirOf(repository), folders.merges, ours, theirs, since),
    patchOf: (repository: RepositoryRef, ours: Ours, maxBytes: number): Promise<string | undefined> =>
      patchIn(gitDirOf(repository), folders.merges, ours, maxBytes),
  };
};

/** Read-only at the host, and written by it alone, whatever lies in a fork. */
const pullRef = (pull: number): string => {
  if (!Number.isSafeInteger(pull) || pull < 1) throw new Error(`${pull} is no number of a pull request`);
  return `refs/pull/${pull}/head`;
};
type Ours = Parameters<Workspace["merge"]>[1];

export type Mirrors = ReturnType<typeof createMirrors>;

const openMirror = async (gitDir: string): Promise<string> => {
  if (existsSync(join(gitDir, "HEAD"))) return gitDir;
  const unfinished = `${gitDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await runGit(undefined, ["init", "--quiet", "--bare", "--template=", "--", unfinished]);
  await rename(unfinished, gitDir);
  return gitDir;
};
