/** The thread behind `prepare.ts`: builds what it is asked to, and answers each question once. */
import { parentPort } from "node:worker_threads";
import { RefusedError } from "../domain/errors.ts";
import { writeGitDir } from "./git-dir.ts";
import { checkListing, type Entry, listCommit } from "./listing.ts";
import { materialise } from "./materialise.ts";
import type { PrepareAnswer, PrepareQuestion, PrepareRequest } from "./prepare.ts";

const say = (answer: PrepareAnswer): void => parentPort?.postMessage(answer);

const buildAll = async ({ gitDir, commit, tree, git }: PrepareRequest, onChecked: () => void): Promise<void> => {
  const list = (id: string): Promise<Entry[]> => listCommit(gitDir, id, { folders: true });
  const [worktree, base] = await Promise.all([list(commit), git && git.base !== commit ? list(git.base) : undefined]);
  if (tree) checkListing(worktree);
  onChecked();
  if (tree) await materialise({ ...tree, gitDir, commit }, worktree);
  if (git) writeGitDir(git, base ?? worktree, worktree);
};

const answer = async ({ id, request }: PrepareQuestion): Promise<PrepareAnswer> => {
  try {
    await buildAll(request, () => say({ id, ok: "checked" }));
    return { id, ok: true };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, ok: false, refused: error instanceof RefusedError, message };
  }
};

parentPort?.on("message", (question: PrepareQuestion) => {
  void answer(question).then(say);
});
