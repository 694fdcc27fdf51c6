/** The thread behind `prepare`: builds what it is told to in `workerData`, answers once, and ends. */
import { renameSync, rmSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { RefusedError } from "../domain/errors.ts";
import { writeGitDir } from "./git-dir.ts";
import { checkListing, type Entry, listCommit } from "./listing.ts";
import { materialise } from "./materialise.ts";
import type { PrepareAnswer, PrepareRequest } from "./prepare.ts";

const build = async (target: string, make: (unfinished: string) => Promise<void>): Promise<void> => {
  const unfinished = `${target}.${process.pid}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  await make(unfinished);
  renameSync(unfinished, target);
};

const buildAll = async ({ gitDir, commit, tree, git }: PrepareRequest): Promise<void> => {
  const list = (id: string): Promise<Entry[]> => listCommit(gitDir, id, { folders: true });
  const [worktree, base] = await Promise.all([list(commit), git && git.base !== commit ? list(git.base) : undefined]);
  if (tree) {
    checkListing(worktree);
    await build(tree.target, (target) => materialise({ ...tree, gitDir, commit, target }, worktree));
  }
  if (git) await build(git.target, async (target) => writeGitDir({ ...git, target }, base ?? worktree, worktree));
};

const answer = (value: PrepareAnswer): void => parentPort?.postMessage(value);

buildAll(workerData as PrepareRequest).then(
  () => answer({ ok: true }),
  (error: unknown) =>
    answer({
      ok: false,
      refused: error instanceof RefusedError,
      message: error instanceof Error ? error.message : String(error),
    }),
);
