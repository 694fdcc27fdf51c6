/** Files of a git directory by commit, as values: read with few processes, never through a working tree. */
import type { CommitReader, FilesRead, Workspace } from "../ports.ts";
import { requireCommit, runGit, tryGit } from "./git.ts";
import { type Entry, isFile, listCommit } from "./listing.ts";

type NamedWhere = Parameters<Workspace["readNamed"]>[2];

export type Reader = CommitReader & {
  readNamed(commit: string, where: NamedWhere): ReturnType<Workspace["readNamed"]>;
  mergeBase(a: string, b: string): Promise<string | undefined>;
};

const maxTextBytes = 1024 * 1024;

/** More names than this do not go into a command line, whose length has a bound: the whole commit is listed instead. */
const mostNamed = 1_000;

export const createReader = (gitDir: string): Reader => ({
  listSources: async (commit, isWanted) =>
    (await listCommit(gitDir, requireCommit(commit)))
      .filter((entry) => isFile(entry) && isWanted(entry.path) && !isTooLarge(entry))
      .map(({ path, sha }) => ({ path, sha })),
  /** One look for the entries and one for what they hold, however many they are. */
  readFiles: async (commit, paths) => {
    const wanted = new Set(paths.filter(isPlainPath));
    if (wanted.size === 0) return { texts: new Map(), tooLarge: [] };
    const below = wanted.size > mostNamed ? {} : { below: [...wanted] };
    const entries = await listCommit(gitDir, requireCommit(commit), below);
    return textsOf(
      gitDir,
      entries.filter((entry) => isFile(entry) && wanted.has(entry.path)),
    );
  },
  readNamed: async (commit, { folder, name, most }) => {
    const entries = await listCommit(gitDir, requireCommit(commit), { below: [folder] });
    const files = entries.filter((entry) => {
      const [any, file, deeper] = entry.path.slice(folder.length + 1).split("/");
      return isFile(entry) && any !== "" && file === name && deeper === undefined;
    });
    return { ...(await textsOf(gitDir, files.slice(0, most))), more: Math.max(0, files.length - most) };
  },
  mergeBase: async (a, b) => {
    const { exitCode, stdout, stderr } = await tryGit(gitDir, ["merge-base", requireCommit(a), requireCommit(b)]);
    if (exitCode > 1 && /^fatal: Not a valid commit name/m.test(stderr)) return undefined;
    if (exitCode > 1) throw new Error(`git merge-base ended with ${exitCode}: ${stderr.trim()}`);
    return stdout.toString("latin1").trim() || undefined;
  },
});

const textsOf = async (gitDir: string, files: readonly Entry[]): Promise<FilesRead> => ({
  texts: await readBlobs(
    gitDir,
    files.filter((file) => !isTooLarge(file)),
  ),
  tooLarge: files.filter(isTooLarge).map(({ path }) => path),
});

const isTooLarge = ({ size }: Entry): boolean => size > maxTextBytes;

/** By path. https://git-scm.com/docs/git-cat-file, "BATCH OUTPUT" */
const readBlobs = async (gitDir: string, entries: readonly Entry[]): Promise<Map<string, string>> => {
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

/** Of names that git can have; the memory files lie in a dot folder, so the tools' own rule is none for here. */
const isPlainPath = (path: string): boolean =>
  !path.includes("\0") && path.split("/").every((segment) => !["", ".", ".."].includes(segment));
