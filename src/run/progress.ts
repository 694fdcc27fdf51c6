/** What people see of a run while it is going: a view, told of run events by whoever records them. */
import type { RunEvent } from "../domain/event.ts";
import { addToLedger } from "../domain/ledger.ts";
import type { Outcome, Spend } from "../domain/outcome.ts";
import type { StatusView } from "../domain/render-status.ts";
import { agentOfChild } from "../domain/subagent.ts";
import { mateOfChild } from "../domain/team.ts";
import type { Desk } from "./desk.ts";

export type Progress = {
  /** Takes events in; the comment follows within the interval. */
  tell(events: readonly RunEvent[], spend: Spend): void;
  /** Writes the last word; resolves when people can see it. */
  finish(outcome: Outcome, notice?: string): Promise<void>;
  /** Waits for a write in flight; writes nothing more. */
  stop(): Promise<void>;
};

/** Who looks on from this machine: told at once, and of everything. */
export type Watch = (view: StatusView, events: readonly RunEvent[]) => void;

const fold = (view: StatusView, event: RunEvent): StatusView => {
  const mate = mateOfChild(event.child);
  if (mate !== undefined) {
    const mates = { ...view.mates, [mate]: event.type !== "rested" };
    return event.type === "tasks" ? { ...view, mates, tasks: event.tasks } : { ...view, mates };
  }
  // Of a subagent people see that it is at work; its own tasks stay its own.
  if (event.child !== undefined)
    return { ...view, subagent: event.type === "handed-back" ? undefined : agentOfChild(event.child) };
  if (event.type === "started") return { ...withNotice(view, event.takesUp?.why), model: event.model };
  if (event.type === "work-kind")
    return { ...view, limits: { ...view.limits, toolCalls: event.toolCalls }, found: event.found };
  if (event.type === "phase") return { ...view, phase: event.phase };
  if (event.type === "proposed") return { ...view, pull: event.pull, branch: event.pull.branch };
  if (event.type === "tasks") return { ...view, tasks: event.tasks };
  return view;
};

const withNotice = (view: StatusView, notice: string | undefined): StatusView =>
  notice === undefined ? view : { ...view, notice: view.notice === undefined ? notice : `${view.notice} ${notice}` };

export const createProgress = (
  deps: { readonly watch?: Watch | undefined },
  desk: Desk,
  runId: string,
  initial: StatusView,
): Progress => {
  let view = initial;
  const show = (events: readonly RunEvent[]): void => {
    deps.watch?.(view, events);
    desk.show({ runId, view });
  };
  show([]);
  return {
    tell(events, spend) {
      view = { ...events.reduce(fold, view), spend, ledger: events.reduce(addToLedger, view.ledger ?? {}) };
      show(events);
    },
    async finish(outcome, notice) {
      view = { ...withNotice(view, notice), phase: "ended", spend: outcome.spend, outcome };
      deps.watch?.(view, []);
      await desk.end({ runId, view });
    },
    stop: () => desk.leave(runId),
  };
};
