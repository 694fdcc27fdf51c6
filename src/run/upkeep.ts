/** After a merge: our open pull requests that only the memory files keep from being merged get the base merged in, stacked ones go where their base went, and other conflicts are said once. No model is asked. */
import { ConflictError, RefusedError } from "../domain/errors.ts";
import { issueOfBranch, type Job } from "../domain/job.ts";
import { conflictMarker, mergeMessage, renderConflict, renderResolved } from "../domain/render/merges.ts";
import type { MergedTrigger } from "../domain/trigger.ts";
import type { GitHubSession, Pull } from "../ports.ts";
import { type CheckPushDeps, checkHead } from "./check-push.ts";
import { fetchHeads } from "./fetch-heads.ts";
import { type MergePlan, planMerge } from "./merge-plan.ts";

type Work = {
  readonly deps: CheckPushDeps;
  readonly session: GitHubSession;
  readonly trigger: MergedTrigger;
};

/** Newest first; the rest has its turn at the next merge. */
const maxPulls = 50;

/** May be repeated: what is merged is contained, and what was said is said by the same comment. */
export const upkeep = async (deps: CheckPushDeps, { id, trigger }: Job): Promise<void> => {
  if (trigger.kind !== "merged") throw new Error(`job ${id} is of no merge`);
  const session = await deps.github.open(trigger.repository, "publish");
  try {
    const work: Work = { deps, session, trigger };
    await retarget(work);
    const pulls = await ownPulls(work, trigger.base);
    if (pulls.length > maxPulls)
      deps.log(`merge ${id}: of ${pulls.length} pull requests to ${trigger.base} the newest ${maxPulls} are looked at`);
    const some = pulls.slice(0, maxPulls);
    if (some.length === 0) return;
    const heads = await fetchHeads(deps, trigger.repository, [trigger.base, ...some.map(({ branch }) => branch)]);
    for (const pull of some) await keep(work, pull, { head: heads.get(pull.branch), base: heads.get(trigger.base) });
  } finally {
    await session.close();
  }
};

const ownPulls = async ({ deps, session }: Work, base: string): Promise<readonly Pull[]> => {
  const self = await deps.github.whoami();
  return (await session.openPulls(base)).filter(
    (pull) => pull.sameRepository && pull.author.id === self.id && issueOfBranch(pull.branch) !== undefined,
  );
};

/** What stood on the branch that was merged goes on to where that one went. */
const retarget = async (work: Work): Promise<void> => {
  const { branch, base } = work.trigger;
  if (branch === undefined || branch === base || issueOfBranch(branch) === undefined) return;
  for (const pull of await ownPulls(work, branch)) await work.session.updatePull(pull, { base });
};

const keep = async (
  work: Work,
  pull: Pull,
  { head, base }: { readonly head: string | undefined; readonly base: string | undefined },
): Promise<void> => {
  const { deps, session, trigger } = work;
  if (head === undefined || base === undefined) return;
  const plan = await planOf(work, head, base);
  const moved = { base: trigger.base, sha: base, branch: pull.branch };
  if (plan.kind === "conflict") {
    await session.upsertComment(pull.number, conflictMarker, renderConflict(moved, plan.files), undefined);
    return;
  }
  if (plan.kind === "ours") await mergeIn(work, pull, { head, base, plan });
  // An attempt that ended between the merge and its check.
  if (plan.kind === "contained" && !(await session.hasCheck(head, `pull-${pull.number}`)))
    await checkHead(deps, session, trigger.repository, { number: pull.number, headSha: head });
  await session.reviseComment(pull.number, conflictMarker, renderResolved(moved));
  deps.log(`#${pull.number} and ${trigger.base} at ${base.slice(0, 12)}: ${plan.kind}`);
};

/** A squash leaves nothing of a stack's lower commits on the base but what they came to. */
const planOf = async ({ deps, trigger }: Work, head: string, base: string): Promise<MergePlan> => {
  const { repository, branch, headSha } = trigger;
  const plan = await planMerge(deps.workspace, repository, { ours: { commit: head }, theirs: base });
  if (plan.kind === "contained" || plan.kind === "ours") return plan;
  const stacked = branch !== undefined && issueOfBranch(branch) !== undefined;
  // Of what does not stand on the merged branch, or has it on the base as it was, git alone sees all there is.
  const isIn = async (commit: string) => (await deps.workspace.mergeBase(repository, headSha, commit)) === headSha;
  if (!stacked || !(await isIn(head)) || (await isIn(base))) return plan;
  const since = await planMerge(deps.workspace, repository, { ours: { commit: head }, theirs: base, since: headSha });
  // Left to itself, it would show what was merged as its own changes, or as a conflict.
  return since.kind === "clean" ? { ...since, kind: "ours" } : since;
};

const mergeIn = async (
  { deps, session, trigger }: Work,
  pull: Pull,
  known: { readonly head: string; readonly base: string; readonly plan: Extract<MergePlan, { kind: "ours" }> },
): Promise<void> => {
  const { head, base, plan } = known;
  try {
    const sha = await session.commitTree({
      tree: base,
      parents: [head, base],
      message: mergeMessage(trigger.base, pull.branch, plan.notes !== undefined),
      entries: plan.entries,
    });
    await session.pointBranch(pull.branch, sha, head);
    await checkHead(deps, session, trigger.repository, { number: pull.number, headSha: sha });
  } catch (error) {
    // Somebody was quicker, or the repository's rules are against it: the next merge looks again.
    if (!(error instanceof ConflictError || error instanceof RefusedError)) throw error;
    deps.log(`#${pull.number} is left as it is: ${error.message}`);
  }
};
