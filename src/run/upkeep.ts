/** After a merge: our open pull requests that only the memory files keep from being merged get the base merged in, stacked ones go where their base went, and other conflicts are said once. No model is asked. */
import { createHash } from "node:crypto";
import { issueOfBranch, type Job, keyOf } from "../domain/job.ts";
import { checkKeyOf } from "../domain/render/check-run.ts";
import { conflictMarker, renderConflict, renderResolved } from "../domain/render/merges.ts";
import type { MergedTrigger } from "../domain/trigger.ts";
import type { GitHubSession, Pull, Queue } from "../ports.ts";
import { type CheckPushDeps, checkHead } from "./check-push.ts";
import { fetchHeads } from "./fetch-heads.ts";
import { mergeIn } from "./merge-in.ts";
import { type MergePlan, planMerge } from "./merge-plan.ts";

export type UpkeepDeps = CheckPushDeps & { readonly queue: Pick<Queue, "accept" | "jobsOn"> };

type Work = {
  readonly deps: UpkeepDeps;
  readonly session: GitHubSession;
  readonly trigger: MergedTrigger;
};

/** Newest first; the rest has its turn at the next merge. */
const maxPulls = 50;

/** May be repeated: what is merged is contained, and what was said is said by the same comment. */
export const upkeep = async (deps: UpkeepDeps, job: Job): Promise<void> => {
  const { id, trigger } = job;
  if (trigger.kind !== "merged") throw new Error(`job ${id} is of no merge`);
  const session = await deps.github.open(trigger.repository, "publish");
  try {
    const work: Work = { deps, session, trigger };
    if (trigger.only === undefined) await retarget(work);
    const pulls = await freePulls(work, job);
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

/** One with a run at work, or waiting, has its turn behind that: a branch that the App moved under its own run would end it. */
const freePulls = async (work: Work, job: Job): Promise<readonly Pull[]> => {
  const { deps, trigger } = work;
  const pulls = await ownPulls(work, trigger.base);
  if (trigger.only !== undefined) return pulls.filter(({ number }) => number === trigger.only);
  const free: Pull[] = [];
  for (const pull of pulls) {
    const key = keyOf(trigger.repository, issueOfBranch(pull.branch) ?? pull.number);
    if ((await deps.queue.jobsOn(key)).length === 0) free.push(pull);
    else await defer(work, job, { key, pull: pull.number });
  }
  return free;
};

const defer = async (
  { deps, trigger }: Work,
  { id, acceptedAt }: Job,
  { key, pull }: { readonly key: string; readonly pull: number },
): Promise<void> => {
  const later: Job = { id: `${id}#${pull}`, key, acceptedAt, trigger: { ...trigger, only: pull } };
  const digest = createHash("sha256").update(later.id).digest("hex");
  await deps.queue.accept(later, { event: "pull_request", digest });
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
  if (plan.kind === "ours") await mergeIn(deps, session, trigger.repository, { pull, head, base, plan });
  // An attempt that ended between the merge and its check.
  if (plan.kind === "contained" && !(await session.hasCheck(head, checkKeyOf(pull.number))))
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
