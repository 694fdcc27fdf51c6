/** The one live comment of each thread: composed of the run at work there, what waits, and what was done before; one writer, throttled. */
import { askedFor } from "../domain/asked-for.ts";
import { noSpend } from "../domain/budget.ts";
import { RefusedError } from "../domain/errors.ts";
import { ledgerOf } from "../domain/ledger.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Earlier, Waiting } from "../domain/render/line.ts";
import { renderIdle, renderQueued, renderStatus, type StatusView, statusMarker } from "../domain/render-status.ts";
import type { RepositoryRef } from "../domain/repository.ts";
import type { Clock, GitHub, RunRecord, Store } from "../ports.ts";
import { tasksIn } from "./settle.ts";
import type { InQueue } from "./waiting.ts";

export type DeskDeps = {
  readonly github: GitHub;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** At most one edit in this time (GitHub asks for restraint). */
  readonly intervalMs: number;
  /** Address of a run's own page; where left out, none has one. */
  readonly pageOf?: ((runId: string) => string) | undefined;
};

/** `issue`: whose runs are told of on it. */
export type DeskPlace = { readonly repository: RepositoryRef; readonly number: number; readonly issue: number };

export type Shown = { readonly runId: string; readonly view: StatusView };

export type Desk = {
  readonly place: DeskPlace;
  /** The run at work here; the comment follows within the interval. */
  show(shown: Shown): void;
  /** The last word of a run; resolves when people can see it. */
  end(shown: Shown): Promise<void>;
  /** The run is at work no more, and its end was not told. Waits for a write in flight. */
  leave(runId: string): Promise<void>;
  /** What waits here; the comment follows within the interval. */
  wait(waiting: readonly InQueue[]): void;
  /** Resolves when nothing is left to be written. */
  idle(): Promise<void>;
};

export type Desks = {
  /** The same one for the same thread. */
  at(place: DeskPlace): Desk;
  all(): readonly Desk[];
  /** Writes nothing more. */
  close(): Promise<void>;
};

type OwnDesk = Desk & {
  /** No run is at work here, none waits, and nothing is left to be written. */
  atRest(): boolean;
  close(): Promise<void>;
};

/** Beyond this many, those at rest that were asked for longest ago are put away: a thread that comes back gets another one. */
const maxDesks = 1_000;

export const createDesks = (deps: DeskDeps): Desks => {
  const desks = new Map<string, OwnDesk>();
  const tidy = (): void => {
    for (const [key, desk] of desks) {
      if (desks.size <= maxDesks) return;
      if (desk.atRest()) desks.delete(key);
    }
  };
  return {
    at: (place) => {
      const key = `${place.repository.id}#${place.number}`;
      const desk = desks.get(key) ?? createDesk(deps, place);
      desks.delete(key);
      tidy();
      desks.set(key, desk);
      return desk;
    },
    all: () => [...desks.values()],
    close: async () => {
      await Promise.all([...desks.values()].map((desk) => desk.close()));
    },
  };
};

const createDesk = (deps: DeskDeps, place: DeskPlace): OwnDesk => {
  let shown: Shown | undefined;
  let waiting: readonly InQueue[] = [];
  let written: string | undefined;
  let muted = false;
  let timer: NodeJS.Timeout | undefined;
  let chain: Promise<void> = Promise.resolve();
  let lastAt = Number.NEGATIVE_INFINITY;

  const write = async (compose: () => Promise<string | undefined>): Promise<void> => {
    const body = await compose();
    if (body === undefined || body === written) return;
    if (await writeComment(deps, place, body)) {
      written = body;
      muted = false;
      return;
    }
    if (!muted)
      deps.log(
        `#${place.number} takes no comment of ours (it is locked or gone, or we have no right to it): nothing is said there`,
      );
    muted = true;
  };
  const writeNow = async (): Promise<void> => (muted ? undefined : write(now));
  const now = (): Promise<string | undefined> => compose(deps, place, shown, waiting);
  /** One after the other. */
  const queued = (work: () => Promise<void>): Promise<void> => {
    lastAt = deps.clock().getTime();
    const done = chain.then(work);
    chain = done.catch(() => undefined);
    return done;
  };
  /** A live edit that fails is made up for by the next one; only the last word must succeed. */
  const soon = (): void => {
    timer = undefined;
    queued(writeNow).catch((error: unknown) => deps.log(`status comment not written: ${String(error)}`));
  };
  const schedule = (): void => {
    timer ??= setTimeout(soon, Math.max(0, lastAt + deps.intervalMs - deps.clock().getTime()));
  };
  const rest = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    await chain;
  };

  return {
    place,
    show(next) {
      if (next.runId !== shown?.runId) muted = false;
      shown = next;
      schedule();
    },
    async end(last) {
      await rest();
      shown = last;
      await queued(() => write(async () => renderStatus(await surrounded(deps, place, last, waiting))));
    },
    async leave(runId) {
      if (shown?.runId === runId && shown.view.outcome === undefined) shown = undefined;
      await rest();
    },
    wait(next) {
      // By now it may be open again; so it may at a run's beginning and end.
      if (next.length > waiting.length) muted = false;
      waiting = next;
      schedule();
    },
    async idle() {
      if (timer !== undefined) {
        clearTimeout(timer);
        soon();
      }
      await chain;
    },
    atRest: () => timer === undefined && waiting.length === 0 && (!shown || shown.view.outcome !== undefined),
    close: rest,
  };
};

/** @returns whether the thread takes it */
const writeComment = async ({ github, store }: DeskDeps, place: DeskPlace, body: string): Promise<boolean> => {
  const { repository, number } = place;
  const session = await github.open(repository, "acknowledge").catch((error: unknown) => {
    if (error instanceof RefusedError) return undefined;
    throw error;
  });
  if (!session) return false;
  try {
    const known = await store.statusComment(repository, number);
    const id = await session.upsertComment(number, statusMarker, body, known);
    if (id !== undefined && id !== known) await store.keepStatusComment(repository, number, id);
    return id !== undefined;
  } finally {
    await session.close();
  }
};

/** @returns nothing where nothing was ever said and there is nothing to say */
const compose = async (
  deps: DeskDeps,
  place: DeskPlace,
  shown: Shown | undefined,
  waiting: readonly Waiting[],
): Promise<string | undefined> => {
  if (shown && !shown.view.outcome) return renderStatus(await surrounded(deps, place, shown, waiting));
  const [first, ...rest] = waiting;
  if (first) return renderQueued([first, ...rest], await endedOn(deps, place, undefined));
  const ended = await runsOn(deps, place);
  const [last] = ended;
  // Told already, and perhaps not stored yet: then an earlier run is the last one that is.
  if (shown && (shown.runId === last?.id || !ended.some(({ id }) => id === shown.runId)))
    return renderStatus(await surrounded(deps, place, shown, waiting));
  const isThere = (await deps.store.statusComment(place.repository, place.number)) !== undefined;
  if (!isThere) return undefined;
  if (!last?.outcome) return renderIdle();
  return renderStatus(await surrounded(deps, place, { runId: last.id, view: await viewOf(deps, last) }, waiting));
};

const surrounded = async (
  deps: DeskDeps,
  place: DeskPlace,
  { runId, view }: Shown,
  waiting: readonly Waiting[],
): Promise<StatusView> => ({
  ...view,
  page: deps.pageOf?.(runId),
  waiting,
  earlier: await endedOn(deps, place, runId),
});

/** Newest first; what was refused by silence is not told of here. */
const runsOn = async ({ store }: DeskDeps, { repository, number, issue }: DeskPlace): Promise<readonly RunRecord[]> => {
  const runs = await store.runsOf(repository, issue);
  return runs.filter(
    ({ outcome, job }) => job.trigger.thread.number === number && outcome !== undefined && isTold(outcome),
  );
};

/** Not by silence. */
export const isTold = ({ kind, status }: Outcome): boolean => kind !== "refused" || status !== undefined;

const endedOn = async (deps: DeskDeps, place: DeskPlace, but: string | undefined): Promise<readonly Earlier[]> =>
  (await runsOn(deps, place)).flatMap(({ id, job, outcome }) =>
    outcome === undefined || id === but ? [] : [{ ...askedFor(job.trigger), outcome, page: deps.pageOf?.(id) }],
  );

/** As its transcript has it. */
const viewOf = async ({ store }: DeskDeps, { id, job, outcome }: RunRecord): Promise<StatusView> => {
  const events = await store.events(id);
  const started = events.findLast((event) => event.type === "started" && event.child === undefined);
  return {
    phase: "ended",
    tasks: tasksIn(events),
    ledger: ledgerOf(events),
    spend: outcome?.spend ?? noSpend,
    asked: askedFor(job.trigger),
    ...(started?.type === "started" ? { model: started.model } : {}),
    outcome,
  };
};
