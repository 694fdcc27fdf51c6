/** What the steps of a run share, made when it is taken: its limits, its clock, and the comment that people watch. */
import type { AskedFor } from "../domain/asked-for.ts";
import { classifyWork, limitsFor, noSpend, timeNotice } from "../domain/budget.ts";
import type { WorkKind } from "../domain/definition.ts";
import type { RunEvent } from "../domain/event.ts";
import { ledgerOf, workedMs } from "../domain/ledger.ts";
import type { StoredPlan } from "../domain/plan.ts";
import type { Who } from "../domain/repository-rules.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { Pull } from "../ports.ts";
import type { Asked } from "./asked.ts";
import type { Start } from "./converse.ts";
import type { Desk } from "./desk.ts";
import type { Mode } from "./mode.ts";
import { createProgress } from "./progress.ts";
import { createRemarks } from "./remarks.ts";
import type { ExecuteDeps, Halted, Run } from "./run-deps.ts";
import type { ServerDesk } from "./server-desk.ts";

export type Signals = {
  /** The App's end. */
  readonly app: AbortSignal;
  readonly stop?: AbortSignal | undefined;
};

export const noSandbox = "The App runs **without a sandbox** here: commands of this run were not walled in.";

/** Of what is asked for: the command's own words, or the title. */
export const workOf = (trigger: Trigger): WorkKind => {
  const command = trigger.kind === "command" ? trigger.command : undefined;
  // What a change or a question is called says nothing of what there is to read.
  if (command?.verb === "review" || command?.verb === "ask") return "crud";
  const request = command && "request" in command ? command.request : "";
  const kind = classifyWork(request.trim() || trigger.title);
  return command?.verb === "plan" && kind === "single-endpoint" ? "crud" : kind;
};

/** @param own events that it has stored so far @param known where people look for its comment, and what they must see in it */
export const openRun = (
  deps: ExecuteDeps,
  { record, before }: Pick<Asked, "record" | "before">,
  own: readonly RunEvent[],
  known: {
    readonly desk: Desk;
    /** The pull request that it belongs to, where there is one already. */
    readonly pull?: Pull | undefined;
    readonly notices: readonly string[];
    /** Who may steer it, among those who may write. */
    readonly who?: Who | undefined;
    readonly start: Start;
    readonly mode?: Mode | undefined;
    readonly plan?: StoredPlan | undefined;
    readonly signals: Signals;
    /** As its own trigger says it. */
    readonly asked: AskedFor;
    readonly servers?: ServerDesk | undefined;
  },
): Run => {
  const { start, signals, desk, servers, pull } = known;
  const state = start.resume ?? start.left?.state;
  const notices = [
    ...(deps.sandboxed ? [] : [noSandbox]),
    ...(start.resume?.takesUp ? [start.resume.takesUp.why] : []),
    ...known.notices,
  ];
  const { trigger } = record.job;
  const limitsOf = (kind: WorkKind) => limitsFor(deps.definition, kind, deps.caps);
  const limits = limitsOf(known.plan?.plan.work ?? workOf(trigger));
  const progress = createProgress(deps, desk, record.id, {
    phase: "preparing",
    tasks: state?.tasks ?? [],
    spend: noSpend,
    ledger: ledgerOf(own),
    limits: state?.found ? limitsOf(state.found.kind) : limits,
    model: start.model.name,
    ...(notices.length > 0 ? { notice: notices.join(" ") } : {}),
    ...(pull ? { pull: { number: pull.number, url: pull.url }, branch: pull.branch } : {}),
    asked: known.asked,
  });
  const time = timeLeft(deps, own);
  return {
    ...{ record, before, progress, limits, limitsOf, start, servers, mode: known.mode, plan: known.plan },
    remarks: createRemarks(deps, record, [...before, ...own], known.who),
    ending: signals.app,
    signal: AbortSignal.any([signals.app, ...(signals.stop ? [signals.stop] : []), ...(time ? [time] : [])]),
    hurry: hurryOf(deps, own),
    halted: async () => stopIn(await deps.store.events(record.id)) ?? (time?.aborted ? timeIsUp(deps) : undefined),
    store: async (events, spend) => {
      await deps.store.appendEvents(record.id, events);
      progress.tell(events, spend);
    },
  };
};

/** Aborts when the run has been at work for as long as it may. */
const timeLeft = ({ caps: { minutes } }: ExecuteDeps, own: readonly RunEvent[]): AbortSignal | undefined => {
  if (minutes === undefined) return undefined;
  const left = minutes * 60_000 - workedMs(own);
  return left > 0 ? AbortSignal.timeout(Math.ceil(left)) : AbortSignal.abort();
};

/** Told once, when a tenth of the time is left. */
const hurryOf = ({ caps: { minutes }, clock }: ExecuteDeps, own: readonly RunEvent[]): Run["hurry"] => {
  if (minutes === undefined) return undefined;
  const at = clock().getTime() + minutes * 54_000 - workedMs(own);
  let told = false;
  return (end) => {
    if (told || clock().getTime() < at) return undefined;
    told = true;
    return timeNotice(end);
  };
};

const timeIsUp = ({ caps }: ExecuteDeps): Halted => ({
  cause: "budget",
  reason: `budget exhausted: all ${caps.minutes} minutes are used`,
});

const stopIn = (own: readonly RunEvent[]): Halted | undefined => {
  const stop = own.findLast((event) => event.type === "stop");
  return stop?.type === "stop" ? { cause: "stopped", reason: `stopped by @${stop.by}` } : undefined;
};
