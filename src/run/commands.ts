/** Commands that start no run: answered at once, whatever is at work. A run hears of them through what is stored. */
import { needsOpen } from "../domain/command.ts";
import {
  answerMarker,
  nothingToStop,
  renderClosed,
  renderHelp,
  renderRefusal,
  renderReviewClosed,
  renderStanding,
} from "../domain/command-answer.ts";
import { type Job, keyOf } from "../domain/job.ts";
import { spentIn } from "../domain/ledger.ts";
import { type CommandTrigger, isUpkeep } from "../domain/trigger.ts";
import type { Clock, GitHub, GitHubSession, Permission, Queue, Store } from "../ports.ts";
import { allow, standsAllowed } from "./allow.ts";
import { isTold } from "./desk.ts";
import type { Halts } from "./halts.ts";
import { issueOf } from "./issue-of.ts";
import { mayWrite } from "./rights.ts";
import { type InQueue, waitingIn } from "./waiting.ts";

export type CommandDeps = {
  readonly github: GitHub;
  readonly store: Store;
  readonly queue: Pick<Queue, "jobsOn" | "line" | "release">;
  readonly halts: Pick<Halts, "halt">;
  readonly clock: Clock;
  /** That a command may name. */
  readonly models: readonly string[];
  /** Commands run inside walls. */
  readonly sandboxed: boolean;
  readonly log: (line: string) => void;
};

/** By people with write access; others get no answer. May be repeated after a crash: what was said is not said again. */
export const runCommand = async (deps: CommandDeps, { id, trigger }: Job): Promise<void> => {
  if (trigger.kind !== "command") throw new Error(`job ${id} is no command`);
  const session = await deps.github.open(trigger.repository, "acknowledge");
  try {
    const permission = await session.permissionOf(trigger.sender);
    if (!mayWrite(permission)) {
      deps.log(`command ${id} ignored: @${trigger.sender.login} has no write access`);
      return;
    }
    const refusal = renderRefusal(trigger.command, deps.models);
    const text = refusal ?? (await carryOut(deps, session, trigger, permission));
    if (text === undefined) return;
    // An answer might make it ask again.
    if (trigger.sender.type === "Bot") {
      deps.log(`command ${id} is carried out and not answered: ${trigger.sender.login} is a bot`);
      return;
    }
    const marker = answerMarker(trigger.commentId);
    const { number } = trigger.thread;
    const shown = await session.upsertComment(number, marker, `${marker}\n${text}`, undefined);
    if (shown === undefined)
      deps.log(`command ${id} on #${number} is answered, but the thread takes no comment of ours`);
  } finally {
    await session.close();
  }
};

/** @returns what is answered; nothing where people see it happen */
const carryOut = async (
  deps: CommandDeps,
  session: GitHubSession,
  trigger: CommandTrigger,
  permission: Permission,
): Promise<string | undefined> => {
  const { verb } = trigger.command;
  if (trigger.closed && verb === "review" && trigger.thread.kind === "pull") return renderReviewClosed(trigger.closed);
  if (trigger.closed && needsOpen(trigger.command))
    return renderClosed(trigger.closed, { thread: trigger.thread, issue: await issueOf(deps.store, trigger) });
  if (verb === "stop") return (await stop(deps, trigger)) ? undefined : nothingToStop;
  if (verb === "allow") return allow(deps, session, trigger, permission);
  if (verb === "status") return standing(deps, session, trigger);
  return renderHelp(deps.models);
};

/** What a moved base has left to be done there is none. */
const isRun = ({ trigger }: Job): boolean => !isUpkeep(trigger);

/** Stored first, so that no restart forgets it. @returns whether there was a run to be stopped */
const stop = async ({ store, queue, halts, clock }: CommandDeps, trigger: CommandTrigger): Promise<boolean> => {
  const { repository, sender } = trigger;
  const issue = await issueOf(store, trigger);
  const jobs = (await queue.jobsOn(keyOf(repository, issue))).filter(isRun);
  for (const job of jobs) {
    const { id, outcome } = await store.openRun(job, issue);
    if (outcome) continue;
    await store.appendEvents(id, [{ type: "stop", at: clock().toISOString(), by: sender.login }]);
    halts.halt(id);
  }
  // One that is held back would stand in the line until its time.
  await queue.release(keyOf(repository, issue));
  return jobs.length > 0;
};

const standing = async (
  { store, queue, github }: CommandDeps,
  session: GitHubSession,
  trigger: CommandTrigger,
): Promise<string> => {
  const { repository, thread } = trigger;
  const issue = await issueOf(store, trigger);
  const key = keyOf(repository, issue);
  const runs = await store.runsOf(repository, issue);
  const jobs = (await queue.jobsOn(key)).filter(isRun);
  const live = runs.find(({ outcome, job }) => outcome === undefined && jobs.some(({ id }) => id === job.id));
  const events = live ? await store.events(live.id) : [];
  const list = events.findLast((event) => event.type === "tasks" && event.child === undefined);
  const shownOn = live?.job.trigger.thread ?? thread;
  const comment = await store.statusComment(repository, shownOn.number);
  return renderStanding({
    outcome: runs.find(({ outcome }) => outcome && isTold(outcome))?.outcome,
    since: live?.startedAt,
    spend: spentIn(events),
    tasks: list?.type === "tasks" ? list.tasks : [],
    waiting: await heardOf(
      session,
      waitingIn(await queue.line()).filter(({ job }) => job.key === key),
    ),
    allowed: await standsAllowed(store, session, trigger),
    url: comment === undefined ? undefined : `${github.threadUrl(repository, shownOn)}#issuecomment-${comment}`,
  });
};

/** What others than writers ask for will not be done. */
const heardOf = async (session: GitHubSession, waiting: readonly InQueue[]): Promise<readonly InQueue[]> => {
  const may = await Promise.all(waiting.map(({ job }) => session.permissionOf(job.trigger.sender)));
  return waiting.filter((_, index) => mayWrite(may[index] ?? "none"));
};
