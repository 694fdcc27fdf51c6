/** Shows on each thread what of it waits in the queue, as the queue moves. Knows neither what a run does nor how a comment is written. */
import type { Job } from "../domain/job.ts";
import type { GitHub, Queue, Store } from "../ports.ts";
import type { Desk, Desks } from "./desk.ts";
import { issueOf } from "./issue-of.ts";
import { mayWrite } from "./rights.ts";
import { type InQueue, waitingIn } from "./waiting.ts";

export type BoardDeps = {
  readonly github: GitHub;
  readonly store: Store;
  readonly queue: Pick<Queue, "line" | "onMove">;
  readonly desks: Desks;
  readonly log: (line: string) => void;
  /** After a move of the queue: what is taken at once never waits. */
  readonly settleMs: number;
};

export type Board = {
  /** Resolves when every comment says what is so. */
  idle(): Promise<void>;
  /** Looks at the queue no more. */
  close(): Promise<void>;
};

export const createBoard = (deps: BoardDeps): Board => {
  const heard = new Map<string, boolean>();
  let told: ReadonlySet<Desk> = new Set();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let chain: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    const waiting = waitingIn(await deps.queue.line());
    await learn(deps, heard, waiting);
    const byDesk = new Map<Desk, InQueue[]>();
    for (const one of waiting.filter(({ job }) => heard.get(job.id))) {
      const desk = await deskOf(deps, one.job);
      byDesk.set(desk, [...(byDesk.get(desk) ?? []), one]);
    }
    if (closed) return;
    for (const desk of new Set([...told, ...byDesk.keys()])) desk.wait(byDesk.get(desk) ?? []);
    told = new Set(byDesk.keys());
  };
  const start = (): void => {
    timer = undefined;
    chain = chain.then(look).catch((error: unknown) => deps.log(`the queue is not shown: ${String(error)}`));
  };
  const moved = (): void => {
    if (!closed) timer ??= setTimeout(start, deps.settleMs);
  };
  const now = async (): Promise<void> => {
    if (timer !== undefined) {
      clearTimeout(timer);
      start();
    }
    await chain;
  };

  deps.queue.onMove(moved);
  moved();
  return {
    idle: async () => {
      await now();
      await Promise.all(deps.desks.all().map((desk) => desk.idle()));
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await chain;
      await deps.desks.close();
    },
  };
};

/** Asks once for each job whether who asked for it may: others see nothing of the queue. */
const learn = async (
  { github, log }: BoardDeps,
  heard: Map<string, boolean>,
  waiting: readonly InQueue[],
): Promise<void> => {
  const ids = new Set(waiting.map(({ job }) => job.id));
  for (const id of heard.keys()) if (!ids.has(id)) heard.delete(id);
  for (const { job } of waiting) {
    if (heard.has(job.id)) continue;
    try {
      heard.set(job.id, await asksRightly(github, job));
    } catch (error) {
      log(`${job.key} is not shown as queued: ${String(error)}`);
    }
  }
};

const asksRightly = async (github: GitHub, { trigger }: Job): Promise<boolean> => {
  const session = await github.open(trigger.repository, "acknowledge");
  try {
    return mayWrite(await session.permissionOf(trigger.sender));
  } finally {
    await session.close();
  }
};

const deskOf = async ({ store, desks }: BoardDeps, { trigger }: Job): Promise<Desk> =>
  desks.at({
    repository: trigger.repository,
    number: trigger.thread.number,
    issue: await issueOf(store, trigger),
  });
