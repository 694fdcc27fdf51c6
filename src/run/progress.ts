/** The one live status comment of a thread: one writer, throttled, told of run events by whoever records them. */
import type { RunEvent } from "../domain/event.ts";
import { addToLedger } from "../domain/ledger.ts";
import type { Outcome, Spend } from "../domain/outcome.ts";
import { renderStatus, type StatusView, statusMarker } from "../domain/render-status.ts";
import type { RepositoryRef } from "../domain/repository.ts";
import { agentOfChild } from "../domain/subagent.ts";
import { mateOfChild } from "../domain/team.ts";
import type { Clock, GitHub, Store } from "../ports.ts";

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

type Deps = {
  readonly github: GitHub;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** At most one edit in this time (GitHub asks for restraint). */
  readonly intervalMs: number;
  readonly watch?: Watch | undefined;
};

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
  if (event.type === "tasks") return { ...view, tasks: event.tasks };
  return view;
};

const withNotice = (view: StatusView, notice: string | undefined): StatusView =>
  notice === undefined ? view : { ...view, notice: view.notice === undefined ? notice : `${view.notice} ${notice}` };

export const createProgress = (
  deps: Deps,
  thread: { readonly repository: RepositoryRef; readonly number: number },
  initial: StatusView,
): Progress => {
  let view = initial;
  let written: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let chain: Promise<void> = Promise.resolve();
  let lastAt = Number.NEGATIVE_INFINITY;

  const write = async (): Promise<void> => {
    const body = renderStatus(view);
    if (body === written) return;
    const session = await deps.github.open(thread.repository, "acknowledge");
    try {
      const known = await deps.store.statusComment(thread.repository, thread.number);
      const id = await session.upsertComment(thread.number, statusMarker, body, known);
      if (id !== known) await deps.store.keepStatusComment(thread.repository, thread.number, id);
      written = body;
    } finally {
      await session.close();
    }
  };
  /** A live edit that fails is made up for by the next one; only the last word must succeed. */
  const writeSoon = (): void => {
    timer = undefined;
    lastAt = deps.clock().getTime();
    chain = chain.then(write).catch((error: unknown) => deps.log(`status comment not written: ${String(error)}`));
  };
  const schedule = (): void => {
    if (timer) return;
    const wait = Math.max(0, lastAt + deps.intervalMs - deps.clock().getTime());
    timer = setTimeout(writeSoon, wait);
  };
  const stop = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    await chain;
  };

  schedule();
  deps.watch?.(view, []);
  return {
    tell(events, spend) {
      view = { ...events.reduce(fold, view), spend, ledger: events.reduce(addToLedger, view.ledger ?? {}) };
      deps.watch?.(view, events);
      schedule();
    },
    async finish(outcome, notice) {
      await stop();
      view = { ...withNotice(view, notice), phase: "ended", spend: outcome.spend, outcome };
      deps.watch?.(view, []);
      await write();
    },
    stop,
  };
};
