/** After a base branch moved: our open pull requests that only the memory files keep from being merged get the base merged in, stacked ones go where their base went, and other conflicts are said once. No model is asked. */
import { createHash } from "node:crypto";
import { takeInMove } from "../domain/base-trigger.ts";
import { issueOfBranch, type Job, keyOf } from "../domain/job.ts";
import { conflictMarker, renderConflict, renderResolved } from "../domain/render/merges.ts";
import { isUpkeep, type MergedTrigger, type UpkeepTrigger } from "../domain/trigger.ts";
import type { GitHubSession, Pull, Queue, Store } from "../ports.ts";
import type { CheckPushDeps } from "./check-push.ts";
import { fetchHeads } from "./fetch-heads.ts";
import { checkAsMerged, mergeIn } from "./merge-in.ts";
import { type MergePlan, planMerge } from "./merge-plan.ts";
import { isOwnPull } from "./own-pull.ts";
import type { Turns } from "./turns.ts";

export type UpkeepDeps = CheckPushDeps & {
  readonly queue: Pick<Queue, "accept" | "jobsOn">;
  readonly store: Pick<Store, "linkPull">;
  readonly turns: Turns;
};

type Work = {
  readonly deps: UpkeepDeps;
  readonly session: GitHubSession;
  readonly trigger: UpkeepTrigger;
};

/** Newest first; the rest has its turn when the base moves again. */
const maxPulls = 50;

/** May be repeated: what is merged is contained, and what was said is said by the same comment. */
export const createUpkeep = (deps: UpkeepDeps): ((job: Job) => Promise<void>) => {
  /** Where all of ours were held against a base: a merge is announced as the push that it is, too. */
  const seen = new Map<string, string>();
  return async (job) => {
    const { id, trigger } = job;
    if (!isUpkeep(trigger)) throw new Error(`job ${id} is of no base that moved`);
    const { repository, base, only, tip } = trigger;
    const place = `${repository.id}:${base}`;
    if (trigger.kind === "moved" && only === undefined && seen.get(place) === tip) return;
    const session = await deps.github.open(repository, "publish");
    try {
      const looked = await lookAt({ deps, session, trigger }, job);
      const at = looked ?? tip;
      if (only === undefined && at !== undefined) seen.set(place, at);
    } finally {
      await session.close();
    }
  };
};

/** @returns where the base stands, unless no pull request of ours goes there */
const lookAt = async (work: Work, job: Job): Promise<string | undefined> => {
  const { deps, trigger } = work;
  const { repository, base, only } = trigger;
  if (trigger.kind === "merged" && only === undefined) await retarget(work, trigger);
  const pulls = (await ownPulls(work, base)).filter(({ number }) => only === undefined || number === only);
  if (pulls.length > maxPulls)
    deps.log(`job ${job.id}: of ${pulls.length} pull requests to ${base} the newest ${maxPulls} are looked at`);
  const some = pulls.slice(0, maxPulls);
  if (some.length === 0) return undefined;
  const heads = await fetchHeads(deps, repository, [base, ...some.map(({ branch }) => branch)]);
  for (const pull of some) {
    const at = { head: heads.get(pull.branch), base: heads.get(base) };
    await inTurn(work, job, pull, () => keep(work, pull, at));
  }
  return heads.get(base);
};

const ownPulls = async ({ deps, session }: Work, base: string): Promise<readonly Pull[]> => {
  const self = await deps.github.whoami();
  return (await session.openPulls(base)).filter((pull) => isOwnPull(pull, self));
};

/** One with a run at work, or waiting, has its turn behind that; and a run that comes now waits for this. */
const inTurn = async ({ deps, trigger }: Work, job: Job, pull: Pull, act: () => Promise<void>): Promise<void> => {
  const { queue, turns } = deps;
  const key = keyOf(trigger.repository, issueOfBranch(pull.branch) ?? pull.number);
  // The queue keeps its key for this job.
  if (trigger.only !== undefined) return turns.during(key, act);
  const done = await turns.ifFree(key, async () => {
    if ((await queue.jobsOn(key)).length > 0) return false;
    await act();
    return true;
  });
  if (!done) await defer(deps, trigger, job, { key, pull: pull.number });
};

const defer = async (
  { queue }: UpkeepDeps,
  trigger: UpkeepTrigger,
  { id, acceptedAt }: Job,
  { key, pull }: { readonly key: string; readonly pull: number },
): Promise<void> => {
  const later: Job = {
    id: `${id}#${pull}`,
    key,
    acceptedAt,
    trigger: { ...trigger, thread: { kind: "pull", number: pull }, only: pull },
  };
  const digest = createHash("sha256").update(later.id).digest("hex");
  await queue.accept(later, { event: "upkeep", digest, into: (waiting) => takeInMove(waiting, later) });
};

/** What stood on the branch that was merged goes on to where that one went. */
const retarget = async (work: Work, { branch, base, repository }: MergedTrigger): Promise<void> => {
  const { deps, session } = work;
  if (branch === undefined || branch === base || issueOfBranch(branch) === undefined) return;
  for (const pull of await ownPulls(work, branch)) {
    const moved = await session.updatePull(pull, { base });
    await deps.store.linkPull(repository, moved, issueOfBranch(pull.branch) ?? pull.number);
  }
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
  // A part of a stack holds all of what it stands on.
  if (plan.kind === "ours" || (plan.kind === "clean" && issueOfBranch(trigger.base) !== undefined))
    await mergeIn(deps, session, trigger.repository, { pull, head, base, plan });
  if (plan.kind === "contained")
    await checkAsMerged(deps, session, trigger.repository, { number: pull.number, headSha: head });
  await session.reviseComment(pull.number, conflictMarker, renderResolved(moved));
  deps.log(`#${pull.number} and ${trigger.base} at ${base.slice(0, 12)}: ${plan.kind}`);
};

/** A squash leaves nothing of a stack's lower commits on the base but what they came to. */
const planOf = async ({ deps, trigger }: Work, head: string, base: string): Promise<MergePlan> => {
  const { repository } = trigger;
  const plan = await planMerge(deps.workspace, repository, { ours: { commit: head }, theirs: base });
  if (plan.kind === "contained" || plan.kind === "ours" || trigger.kind === "moved") return plan;
  const { branch, headSha } = trigger;
  const stacked = branch !== undefined && issueOfBranch(branch) !== undefined;
  // Of what does not stand on the merged branch, or has it on the base as it was, git alone sees all there is.
  const isIn = async (commit: string) => (await deps.workspace.mergeBase(repository, headSha, commit)) === headSha;
  if (!stacked || !(await isIn(head)) || (await isIn(base))) return plan;
  const since = await planMerge(deps.workspace, repository, { ours: { commit: head }, theirs: base, since: headSha });
  // Left to itself, it would show what was merged as its own changes, or as a conflict.
  return since.kind === "clean" ? { ...since, kind: "ours" } : since;
};
