/** Whether checks that ended are a matter for a run yet, asked before one is opened; and the last word once all of them pass. */
import { isFailure, turnedOut } from "../domain/failed-check.ts";
import type { Job } from "../domain/job.ts";
import { checksLine, withCiLine } from "../domain/render/failed-checks.ts";
import type { ChecksTrigger } from "../domain/trigger.ts";
import type { ChecksAt, GitHub, Pull, RunRecord, Store } from "../ports.ts";
import { isGreen, seenBefore } from "./check-attempts.ts";
import type { Execute } from "./execute.ts";
import { notToFollow } from "./gather-checks.ts";
import { issueOf } from "./issue-of.ts";

export type ChecksDueDeps = {
  readonly github: GitHub;
  readonly store: Store;
  readonly log: (line: string) => void;
  readonly amend: Execute["amend"];
};

/** May be repeated. A run that has begun goes on, whatever the checks say by now. */
export const checksDue = async (deps: ChecksDueDeps, { id, trigger }: Job): Promise<boolean> => {
  if (trigger.kind !== "checks") throw new Error(`job ${id} is about no checks`);
  const runs = await deps.store.runsOf(trigger.repository, await issueOf(deps.store, trigger));
  if (runs.some(({ job }) => job.id === id)) return true;
  const reason = await whyNot(deps, trigger, runs);
  if (reason !== undefined) deps.log(`checks ${id} on #${trigger.thread.number} start nothing: ${reason}`);
  return reason === undefined;
};

/** Whether people wait for the end of a job: of checks that ended they do once a run has begun. */
export const wasOpened = async (store: Store, job: Job): Promise<boolean> => {
  if (job.trigger.kind !== "checks") return true;
  const runs = await store.runsOf(job.trigger.repository, await issueOf(store, job.trigger));
  return runs.some((run) => run.job.id === job.id);
};

const whyNot = async (
  deps: ChecksDueDeps,
  trigger: ChecksTrigger,
  runs: readonly RunRecord[],
): Promise<string | undefined> => {
  const { repository, headSha, thread } = trigger;
  const session = await deps.github.open(repository, "checks");
  try {
    const pull = await session.fetchPull(thread.number);
    const self = await deps.github.whoami();
    if (!pull.sameRepository || pull.author.id !== self.id) return "the pull request is none of ours";
    const aside = notToFollow(pull, trigger, false);
    if (aside !== undefined) return aside;
    const seen = await session.fetchChecks(headSha);
    const failed = seen.checks.filter(({ ended, conclusion }) => ended && isFailure(conclusion));
    if (failed.length === 0) return await passed(deps, trigger, runs, { pull, seen });
    // They are mended together, and their end is told, too.
    if (failed.some(({ app }) => seen.pending.includes(app))) return "others of the same App have not ended";
    const known = await seenBefore(deps.store, runs);
    if (failed.every(({ id }) => known.some((one) => one.id === id))) return "a run has seen to them";
    const author = await session.fetchAuthor(headSha);
    return author?.id === self.id ? undefined : "somebody else pushed this head";
  } finally {
    await session.close();
  }
};

/** What a run changed because of failed checks is fixed when they say so, and what it did not change was an accident. @returns why no run is needed */
const passed = async (
  deps: ChecksDueDeps,
  { repository, headSha }: ChecksTrigger,
  runs: readonly RunRecord[],
  { pull, seen }: { readonly pull: Pull; readonly seen: ChecksAt },
): Promise<string> => {
  const last = runs.find(({ outcome }) => outcome?.pull !== undefined);
  const word = last && isGreen(seen) ? await lastWord(deps.store, last, headSha, seen) : undefined;
  if (!last?.outcome || !word || last.outcome.ci === word.ci) return "none has failed";
  const body = withCiLine(pull.body, word.ci);
  if (body !== undefined && body !== pull.body) {
    const session = await deps.github.open(repository, "acknowledge");
    try {
      await session.updatePull(pull, { body });
    } finally {
      await session.close();
    }
  }
  // The status comment is of the newest run.
  if (last === runs[0]) await deps.amend(last, { ...last.outcome, ...word });
  return "what failed passes now";
};

const lastWord = async (
  store: Store,
  { id, job, outcome }: RunRecord,
  headSha: string,
  { checks }: ChecksAt,
): Promise<{ readonly ci: string; readonly summary?: string } | undefined> => {
  if (job.trigger.kind !== "checks" || outcome?.pull?.headSha !== headSha) return undefined;
  const events = await store.events(id);
  const told = events.findLast((event) => event.type === "checks");
  const work = events.findLast((event) => event.type === "committed" && event.purpose === "work");
  if (told?.type !== "checks") return undefined;
  if (work?.type === "committed") return { ci: checksLine(told.failed, { commit: work.sha, passed: true }) };
  const ci = checksLine(
    told.failed.map((one) => turnedOut(one, checks)),
    { turned: true },
  );
  return { ci, summary: "Nothing was changed, and all checks of this commit pass now." };
};
