/** Which mode a run has, told from what was asked for. */
import type { Command } from "../domain/command.ts";
import { asksForCode, asksForPaper } from "../domain/paper.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { RunRecord, Store } from "../ports.ts";
import type { Mode } from "./mode.ts";
import { answering } from "./modes/answer.ts";
import { paper } from "./modes/paper.ts";
import { planning } from "./modes/plan.ts";
import { reviewing } from "./modes/review.ts";

/** @returns undefined for the runs that implement */
const modeOf = (trigger: Trigger): Mode | undefined => {
  if (trigger.kind === "label") return asksForPaper(`${trigger.title}\n${trigger.body}`) ? paper : undefined;
  if (trigger.kind !== "command") return undefined;
  const { command } = trigger;
  if (command.verb !== "design") return byVerb[command.verb];
  const { request } = command;
  return asksForPaper(request.trim() ? `design ${request}` : `${trigger.title}\n${trigger.body}`) ? paper : undefined;
};

const byVerb: Readonly<Partial<Record<Command["verb"], Mode>>> = {
  ask: answering,
  plan: planning,
  review: reviewing,
};

/** What is said on a pull request that holds a design without code is about that design, unless code is asked for. */
export const modeFor = async (store: Pick<Store, "runsOf">, run: RunRecord): Promise<Mode | undefined> => {
  const { trigger } = run.job;
  const mode = modeOf(trigger);
  return mode ?? (isFollowUp(trigger) && (await stemsFromPaper(store, run)) ? paper : undefined);
};

const isFollowUp = (trigger: Trigger): boolean =>
  trigger.kind === "review" ||
  (trigger.kind === "command" &&
    trigger.thread.kind === "pull" &&
    trigger.command.verb === "design" &&
    !asksForCode(trigger.command.request));

const stemsFromPaper = async (store: Pick<Store, "runsOf">, { id, issue, job }: RunRecord): Promise<boolean> => {
  const earlier = await store.runsOf(job.trigger.repository, issue);
  const last = earlier.find(
    (run) => run.id !== id && run.outcome?.kind === "published" && !isFollowUp(run.job.trigger),
  );
  return last !== undefined && modeOf(last.job.trigger) === paper;
};
