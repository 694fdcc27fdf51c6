/** What the host knows of a repository: a bare mirror that no sandbox ever sees, and the histories beside it that they may see. Knows no tree on a disk. */
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fullName, type RepositoryRef } from "../domain/repository.ts";
import type { FilesRead, Workspace } from "../ports.ts";
import { requireCommit, runGit, tryGit } from "./git.ts";
import { createHistory, type History, tipOf } from "./history.ts";
import { type Entry, isFile, listCommit } from "./listing.ts";
import type { Locks } from "./lock.ts";
import { type Credentials, openRemote, type RemoteRules } from "./remote.ts";
import { askTogether } from "./together.ts";

export type MirrorDeps = {
  readonly folders: { readonly mirrors: string; readonly history: string };
  readonly rules: RemoteRules;
  readonly lock: Locks;
};

const maxTextBytes = 1024 * 1024;

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

  /** One look for the entries and one for what they hold, however many they are. */
  const readFiles = async (repository: RepositoryRef, commit: string, paths: readonly string[]): Promise<FilesRead> => {
    const wanted = new Set(paths.filter(isPlainPath));
    if (wanted.size === 0) return { texts: new Map(), tooLarge: [] };
    const gitDir = gitDirOf(repository);
    const entries = await listCommit(gitDir, requireCommit(commit), { below: [...wanted] });
    return textsOf(
      gitDir,
      entries.filter((entry) => isFile(entry) && wanted.has(entry.path)),
    );
  };
  const readNamed: Workspace["readNamed"] = async (repository, commit, { folder, name, most }) => {
    const gitDir = gitDirOf(repository);
    const entries = await listCommit(gitDir, requireCommit(commit), { below: [folder] });
    const files = entries.filter((entry) => {
      const [any, file, deeper] = entry.path.slice(folder.length + 1).split("/");
      return isFile(entry) && any !== "" && file === name && deeper === undefined;
    });
    return { ...(await textsOf(gitDir, files.slice(0, most))), more: Math.max(0, files.length - most) };
  };

  /** One by one, each file would cost two processes. */
  const readTogether = askTogether(
    ({ repository, commit }: { readonly repository: RepositoryRef; readonly commit: string }) =>
      `${repository.id} ${commit}`,
    ({ repository, commit }, paths) => readFiles(repository, commit, paths),
  );

  return {
    gitDir: gitDirOf,
    history: historyOf,
    fetch: (repository: RepositoryRef, branches: readonly string[], credentials: Credentials) =>
      lock(`mirror ${repository.id}`, () => bring(repository, branches, credentials)).catch((error: unknown) => {
        throw new Error(`Could not fetch ${fullName(repository)}`, { cause: error });
      }),
    readFile: async (repository: RepositoryRef, commit: string, path: string): Promise<string | undefined> =>
      (await readTogether({ repository, commit }, path)).texts.get(path),
    readFiles,
    readNamed,
    mergeBase: async (repository: RepositoryRef, a: string, b: string): Promise<string | undefined> => {
      const { exitCode, stdout, stderr } = await tryGit(gitDirOf(repository), [
        "merge-base",
        requireCommit(a),
        requireCommit(b),
      ]);
      if (exitCode > 1) throw new Error(`git merge-base ended with ${exitCode}: ${stderr.trim()}`);
      return stdout.toString("latin1").trim() || undefined;
    },
  };
};

export type Mirrors = ReturnType<typeof createMirrors>;

const textsOf = async (gitDir: string, files: readonly Entry[]): Promise<FilesRead> => ({
  texts: await readBlobs(
    gitDir,
    files.filter((file) => !isTooLarge(file)),
  ),
  tooLarge: files.filter(isTooLarge).map(({ path }) => path),
});

const isTooLarge = ({ size }: Entry): boolean => size > maxTextBytes;

/** By path. https://git-scm.com/docs/git-cat-file, "BATCH OUTPUT" */
export const readBlobs = async (gitDir: string, entries: readonly Entry[]): Promise<Map<string, string>> => {
  const texts = new Map<string, string>();
  if (entries.length === 0) return texts;
  const input = `${entries.map(({ sha }) => sha).join("\n")}\n`;
  const bytes = await runGit(gitDir, ["cat-file", "--batch"], { input });
  let at = 0;
  for (const { path, sha, size } of entries) {
    const head = `${sha} blob ${size}\n`;
    if (bytes.toString("latin1", at, at + head.length) !== head)
      throw new Error(`git cat-file answered something else than the ${size} bytes of ${sha}`);
    at += head.length;
    texts.set(path, bytes.toString("utf8", at, at + size));
    at += size + 1;
  }
  return texts;
};

/** Dot folders too: they are read here, never written, and git takes the name literally. */
/** Of names that git can have; the memory files lie in a dot folder, so the tools' own rule is none for here. */
const isPlainPath = (path: string): boolean =>
  !path.includes("\0") && path.split("/").every((segment) => !["", ".", ".."].includes(segment));

const openMirror = async (gitDir: string): Promise<string> => {
  if (existsSync(join(gitDir, "HEAD"))) return gitDir;
  const unfinished = `${gitDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await runGit(undefined, ["init", "--quiet", "--bare", "--template=", "--", unfinished]);
  await rename(unfinished, gitDir);
  return gitDir;
};
