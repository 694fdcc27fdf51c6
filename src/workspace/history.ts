/**
 * The object stores that git inside the walls reads: each holds the history of one branch and nothing else. A branch
 * that was rewritten gets a new store (a generation), so that what it no longer leads to is not there to be read.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { makeFolder } from "./disk.ts";
import { isBranchName, runGit, tryGit } from "./git.ts";
import { fetchLocally, type Remote } from "./remote.ts";

export type HistoryStore = { readonly gitDir: string; readonly objects: string };

const storeAt = (gitDir: string): HistoryStore => ({ gitDir, objects: join(gitDir, "objects") });

/** Readable for the sandbox's user whatever the umask is. */
const initStore = (gitDir: string): Promise<Buffer> =>
  runGit(undefined, ["init", "--quiet", "--bare", "--template=", "--shared=0644", "--", gitDir]);

/** Read as the file that it is, which costs no process; a ref that git packed is asked for. */
export const tipOf = async (gitDir: string, branch: string): Promise<string | undefined> => {
  if (!isBranchName(branch)) throw new Error(`${JSON.stringify(branch)} is no name that a git branch can have`);
  const loose = await readFile(join(gitDir, "refs/heads", branch), "latin1").catch(() => "");
  if (/^[0-9a-f]{40}\n$/.test(loose)) return loose.trim();
  if (!existsSync(join(gitDir, "packed-refs"))) return undefined;
  const ref = `refs/heads/${branch}^{commit}`;
  const { exitCode, stdout } = await tryGit(gitDir, ["rev-parse", "--quiet", "--verify", ref]);
  return exitCode === 0 ? stdout.toString("latin1").trim() : undefined;
};

const has = async (gitDir: string, commit: string): Promise<boolean> =>
  (await tryGit(gitDir, ["cat-file", "-e", `${commit}^{commit}`])).exitCode === 0;

const isAncestor = async (gitDir: string, older: string, newer: string): Promise<boolean> =>
  (await tryGit(gitDir, ["merge-base", "--is-ancestor", older, newer])).exitCode === 0;

/** Stores of one repository. @param mirror finds what the stores hold there, without a copy */
export const createHistory = (folder: string, mirror: string) => {
  const keyOf = (branch: string): string => createHash("sha256").update(branch).digest("hex").slice(0, 12);

  /** Newest first. */
  const generations = async (branch: string): Promise<string[]> => {
    const key = keyOf(branch);
    const names = await readdir(folder).catch(() => []);
    const numbers = names.flatMap((name) =>
      /^[0-9a-f]{12}-\d+$/.test(name) && name.startsWith(key) ? [Number(name.slice(13))] : [],
    );
    return numbers.sort((a, b) => b - a).map((number) => join(folder, `${key}-${number}`));
  };

  const findWith = async (branch: string, commit: string): Promise<HistoryStore | undefined> => {
    for (const gitDir of await generations(branch))
      if ((await tipOf(gitDir, branch)) === commit || (await has(gitDir, commit))) return storeAt(gitDir);
    return undefined;
  };

  const addStore = async (branch: string, fill: (gitDir: string) => Promise<void>): Promise<HistoryStore> => {
    const [newest] = await generations(branch);
    const next = join(
      folder,
      `${keyOf(branch)}-${newest === undefined ? 1 : Number(newest.slice(newest.lastIndexOf("-") + 1)) + 1}`,
    );
    const unfinished = `${next}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await makeFolder(folder, 0o755);
    await initStore(unfinished);
    await fill(unfinished);
    await rename(unfinished, next);
    const store = storeAt(next);
    // The mirror first finds objects here: nothing that a store holds is fetched or kept twice.
    await mkdir(join(mirror, "objects/info"), { recursive: true });
    await appendFile(join(mirror, "objects/info/alternates"), `${relative(join(mirror, "objects"), store.objects)}\n`);
    return store;
  };

  const replaceIfRewritten = async (store: string, branch: string, old: string | undefined): Promise<void> => {
    const now = await tipOf(store, branch);
    if (old === undefined || now === undefined || (await isAncestor(store, old, now))) return;
    await addStore(branch, (gitDir) => fetchLocally(store, gitDir, branch));
  };

  return {
    tip: async (branch: string): Promise<string | undefined> => {
      const [newest] = await generations(branch);
      return newest === undefined ? undefined : tipOf(newest, branch);
    },
    /** From the repository's host, straight into the branch's own store. */
    async fetch(remote: Remote, branch: string): Promise<void> {
      const [newest] = await generations(branch);
      if (newest === undefined) {
        await addStore(branch, (gitDir) => remote.fetch(gitDir, [branch]));
        return;
      }
      const old = await tipOf(newest, branch);
      await remote.fetch(newest, [branch]);
      await replaceIfRewritten(newest, branch, old);
    },
    /**
     * The store that shows `commit` as part of `branch`. Of a branch that has none yet, or an old one, it is filled
     * from the mirror.
     */
    async open(branch: string, commit: string): Promise<HistoryStore> {
      const known = await findWith(branch, commit);
      if (known) return known;
      const [newest] = await generations(branch);
      if (newest === undefined) await addStore(branch, (gitDir) => fetchLocally(mirror, gitDir, branch));
      else {
        const old = await tipOf(newest, branch);
        await fetchLocally(mirror, newest, branch);
        await replaceIfRewritten(newest, branch, old);
      }
      const found = await findWith(branch, commit);
      if (found) return found;
      throw new Error(`commit ${commit} is not part of the branch ${branch} as it was fetched`);
    },
  };
};

export type History = ReturnType<typeof createHistory>;
