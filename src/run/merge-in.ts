/** The base merged into a branch of ours: a commit of two parents that GitHub signs, and a check run on it. */
import { ConflictError, RefusedError } from "../domain/errors.ts";
import { checkKeyOf } from "../domain/render/check-run.ts";
import { mergeMessage } from "../domain/render/merges.ts";
import type { RepositoryRef } from "../domain/repository.ts";
import type { GitHubSession, Pull } from "../ports.ts";
import { type CheckPushDeps, checkHead } from "./check-push.ts";
import type { MergePlan } from "./merge-plan.ts";

type Mergeable = Extract<MergePlan, { kind: "clean" | "ours" }>;

/** @returns the new head; undefined where somebody moved the branch first, or the repository's rules are against it */
export const mergeIn = async (
  deps: CheckPushDeps,
  session: GitHubSession,
  repository: RepositoryRef,
  {
    pull,
    head,
    base,
    plan,
  }: { readonly pull: Pull; readonly head: string; readonly base: string; readonly plan: Mergeable },
): Promise<string | undefined> => {
  const byMeaning = plan.kind === "ours" && plan.notes !== undefined;
  try {
    const sha = await session.commitTree({
      tree: base,
      parents: [head, base],
      message: mergeMessage(pull.base, pull.branch, byMeaning),
      entries: plan.entries,
    });
    await session.pointBranch(pull.branch, sha, head);
    await checkHead(deps, session, repository, { number: pull.number, headSha: sha });
    return sha;
  } catch (error) {
    // What is to be merged is looked at again at the next merge, run or push.
    if (!(error instanceof ConflictError || error instanceof RefusedError)) throw error;
    deps.log(`#${pull.number} is left as it is: ${error.message}`);
    return undefined;
  }
};

/** Of an attempt that ended between its merge and the check of it. What people pushed is checked by a job of its own. */
export const checkAsMerged = async (
  deps: CheckPushDeps,
  session: GitHubSession,
  repository: RepositoryRef,
  { number, headSha }: { readonly number: number; readonly headSha: string },
): Promise<void> => {
  if (await session.hasCheck(headSha, checkKeyOf(number))) return;
  const [author, self] = [await session.fetchAuthor(headSha), await deps.github.whoami()];
  if (author?.id === self.id) await checkHead(deps, session, repository, { number, headSha });
};
