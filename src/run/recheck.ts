/** One check of a pull request of ours from its delivery to its check run: of what people pushed, or once more because somebody asked or edited. No model. */

import type { Job } from "../domain/job.ts";
import { type CheckRunView, checkBegun, checkFailed, checkKeyOf, checkOvertaken } from "../domain/render/check-run.ts";
import { fullName } from "../domain/repository.ts";
import type { PushTrigger } from "../domain/trigger.ts";
import type { GitHubSession, Pull, Store } from "../ports.ts";
import { type CheckPushDeps, checkStanding, type Standing, standingOf } from "./check-push.ts";
import { issueOf } from "./issue-of.ts";
import type { Newest } from "./newest.ts";
import { isOwnPull } from "./own-pull.ts";
import { type ProveDeps, withProof } from "./prove.ts";
import { mayWrite } from "./rights.ts";

export type RecheckDeps = CheckPushDeps &
  ProveDeps & {
    readonly store: Pick<Store, "runsOf" | "issueOfPull">;
    readonly newest: Newest;
  };

/** May be repeated: the same head has the same check run, and what was cut off is run again. */
export const recheck = async (deps: RecheckDeps, job: Job, closing: AbortSignal): Promise<void> => {
  const trigger = pushOf(job);
  const watch = deps.newest.watch(job);
  const signal = AbortSignal.any([closing, watch.signal]);
  try {
    const standing = await begin(deps, trigger);
    if (!standing) return;
    const own = await isOwnHead(deps, trigger);
    const proving = withProof(deps, standing, { id: job.id, own, signal }, (proof) =>
      checkStanding(deps, standing, proof),
    );
    const view = await unlessAborted(proving, watch.signal);
    await (view ? finish(deps, trigger, view) : giveWay(deps, trigger));
  } finally {
    watch.leave();
  }
};

/** After the last try: a check that stayed at work would hold the pull request back, and nobody would know why. */
export const giveUpCheck = async (deps: RecheckDeps, job: Job, error: unknown): Promise<void> => {
  const trigger = pushOf(job);
  const reason = error instanceof Error ? error.message : String(error);
  await inSession(deps, trigger, async (session) => {
    const pull = await ownPull(deps, session, trigger);
    const at = { headSha: trigger.headSha, key: checkKeyOf(trigger.thread.number) };
    if (pull?.headSha !== at.headSha || (await session.hasCheck(at.headSha, at.key))) return;
    await session.upsertCheck({ ...at, view: checkFailed(deps.redact(reason.split("\n")[0] ?? "")) });
  });
};

const pushOf = ({ id, trigger }: Job): PushTrigger => {
  if (trigger.kind !== "push") throw new Error(`job ${id} is about no head of a pull request`);
  return trigger;
};

const inSession = async <T>(
  { github }: RecheckDeps,
  { repository }: PushTrigger,
  work: (session: GitHubSession) => Promise<T>,
): Promise<T> => {
  const session = await github.open(repository, "check");
  try {
    return await work(session);
  } finally {
    await session.close();
  }
};

/** @returns undefined where it is none of ours, or no longer open */
const ownPull = async (
  { github }: RecheckDeps,
  session: GitHubSession,
  { thread }: PushTrigger,
): Promise<Pull | undefined> => {
  const pull = await session.fetchPull(thread.number);
  return pull.state === "open" && isOwnPull(pull, await github.whoami()) ? pull : undefined;
};

/** From here on the check run is at work, so that whoever asks for it before merging waits. */
const begin = (deps: RecheckDeps, trigger: PushTrigger): Promise<Standing | undefined> =>
  inSession(deps, trigger, async (session) => {
    const { repository, sender, headSha, thread, again } = trigger;
    const pull = await ownPull(deps, session, trigger);
    if (!pull) {
      deps.log(`#${thread.number} is not checked: it is no open pull request of ours`);
      return undefined;
    }
    // Whoever pushed may write.
    if (again && !mayWrite(await session.permissionOf(sender))) {
      deps.log(`#${thread.number} is not checked: @${sender.login} has no write access to ${fullName(repository)}`);
      return undefined;
    }
    const standing = await standingOf(deps, repository, pull, headSha);
    if (standing) await session.beginCheck({ headSha, key: checkKeyOf(pull.number), view: checkBegun });
    return standing;
  });

/** What ran before the App pushed it ran on these very files. */
const isOwnHead = async ({ store }: RecheckDeps, trigger: PushTrigger): Promise<boolean> => {
  const runs = await store.runsOf(trigger.repository, await issueOf(store, trigger));
  const last = runs.find(({ outcome }) => outcome?.pull?.number === trigger.thread.number);
  return last?.outcome?.pull?.headSha === trigger.headSha;
};

const unlessAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (!signal.aborted) throw error;
    return undefined;
  }
};

const finish = (deps: RecheckDeps, trigger: PushTrigger, view: CheckRunView): Promise<void> =>
  inSession(deps, trigger, async (session) => {
    await session.upsertCheck({ headSha: trigger.headSha, key: checkKeyOf(trigger.thread.number), view });
  });

/** The newer check takes this check run over, unless it is about another head. */
const giveWay = async (deps: RecheckDeps, trigger: PushTrigger): Promise<void> => {
  deps.log(`the check of #${trigger.thread.number} at ${trigger.headSha.slice(0, 12)} gives way to a newer one`);
  const moved = await inSession(deps, trigger, async (session) => {
    const pull = await session.fetchPull(trigger.thread.number);
    return pull.headSha !== trigger.headSha;
  });
  if (moved) await finish(deps, trigger, checkOvertaken);
};
