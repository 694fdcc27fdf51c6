/** The Queue port on one database with one owner: wakes itself, never polls. Knows nothing of what a job does. */
import { setTimeout as wait } from "node:timers/promises";
import type { Job } from "../domain/job.ts";
import type { Claim, Clock, Queue } from "../ports.ts";
import type { Database } from "./database.ts";
import {
  allJobs,
  countJobs,
  endJob,
  failJob,
  handBack,
  handBackAll,
  insertJob,
  jobsInLine,
  jobsOn,
  nextDue,
  releaseJobs,
  type Taken,
  takeJob,
} from "./queue-rows.ts";

export type RetryPolicy = {
  /** Handlers that may throw before the job is given up. */
  readonly failures: number;
  /** Processes that may end under it before the job is given up: it may well be what ends them. */
  readonly crashes: number;
  /** @param failures so far, 1 after the first */
  readonly delayMs: (failures: number) => number;
};

/** 2, 6, 18, 54, 162, 486, 600 s: about 22 minutes in all, longer than most outages of an API. */
const patient: RetryPolicy = {
  failures: 8,
  crashes: 10,
  delayMs: (failures) => Math.min(600_000, 2_000 * 3 ** (failures - 1)),
};

/** Between two tries of a write that the database refused (a full disk, say). */
const mendMs = 5_000;

/** Urgent jobs at once, of those that are over in seconds. */
const maxUrgent = 16;

type Work = Parameters<Queue["work"]>[0];

/** Jobs that were active when the last owner ended are handed back before anything else is accepted or taken. */
export const createQueue = (
  database: Database,
  deps: { readonly clock: Clock; readonly log: (line: string) => void; readonly retry?: RetryPolicy },
): Queue => {
  const { log } = deps;
  const retry = deps.retry ?? patient;
  const now = () => deps.clock().getTime();
  const closing = new AbortController();
  const running = new Map<string, { readonly job: Job; readonly done: Promise<void> }>();
  const listeners: (() => void)[] = [];
  const idlers = new Set<PromiseWithResolvers<void>>();
  let work: Work | undefined;
  let filling: Promise<void> | undefined;
  let again = false;
  let timer: NodeJS.Timeout | undefined;

  const opened = handBackAll(database).then((ids) => {
    if (ids.length > 0) log(`handed back after an unclean end: ${ids.join(", ")}`);
  });

  const moved = (): void => {
    for (const listener of listeners) listener();
  };

  const wake = (): void => {
    moved();
    again = true;
    if (work) filling ??= fillAll(work);
  };

  const fillAll = async (to: Work): Promise<void> => {
    while (again && !closing.signal.aborted) {
      again = false;
      await keepTrying("taking the next job", () => fill(to));
    }
    filling = undefined;
  };

  const fill = async (to: Work): Promise<void> => {
    await opened;
    while (!closing.signal.aborted) {
      const urgent = [...running.values()].filter(({ job }) => job.urgent);
      if (urgent.filter(({ job }) => !job.lasting).length >= maxUrgent) return;
      const least = running.size - urgent.length < to.concurrency ? 0 : 1;
      const taken = await takeJob(database, now(), least);
      if (!taken) return schedule(least);
      if (closing.signal.aborted) return handBack(database, taken.job.id);
      const { id } = taken.job;
      const done = handle(to, taken).then(() => {
        running.delete(id);
        wake();
        return keepTrying("looking whether all is done", tellIdlers);
      });
      moved();
      running.set(id, { job: taken.job, done });
    }
  };

  const schedule = async (least: 0 | 1): Promise<void> => {
    const due = await nextDue(database, least);
    clearTimeout(timer);
    if (due !== undefined && !closing.signal.aborted) timer = setTimeout(wake, Math.max(1, due - now()));
  };

  const handle = async (to: Work, taken: Taken): Promise<void> => {
    const { id } = taken.job;
    const spent = whySpent(taken, retry);
    if (spent) return giveUp(to, taken.job, spent);
    const failure = await attempt(to, { job: taken.job, attempt: taken.takes - 1, signal: closing.signal });
    if (!failure) return keepTrying(`ending job ${id}`, () => endJob(database, id, "done", now()));
    if (closing.signal.aborted) return keepTrying(`handing back job ${id}`, () => handBack(database, id));
    const failures = taken.failures + 1;
    const last = failures >= retry.failures;
    const delay = retry.delayMs(failures);
    const text = describe(failure.error);
    log(
      `job ${id} failed, ${last ? "for the last time" : `tried again in ${delay / 1_000} s`} (${failures} of ${retry.failures}): ${text}`,
    );
    await keepTrying(`counting a failure of job ${id}`, () =>
      failJob(database, id, text, last ? undefined : now() + delay),
    );
    if (last) await giveUp(to, taken.job, failure.error);
  };

  const attempt = async (to: Work, claim: Claim): Promise<{ readonly error: unknown } | undefined> => {
    try {
      await to.handler(claim);
      return undefined;
    } catch (error) {
      return { error };
    }
  };

  const giveUp = async (to: Work, job: Job, why: unknown): Promise<void> => {
    try {
      await to.onExhausted(job, why);
    } catch (error) {
      log(`nobody could be told that job ${job.id} was given up: ${describe(error)}`);
    }
    await keepTrying(`giving up job ${job.id}`, () => endJob(database, job.id, "exhausted", now()));
  };

  /** A job's end that cannot be written keeps its key; if the queue closes first, the next start hands the job back. */
  const keepTrying = async (what: string, write: () => Promise<void>): Promise<void> => {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        log(`${what} failed: ${describe(error)}`);
        if (closing.signal.aborted) return;
        await wait(mendMs);
      }
    }
  };

  const tellIdlers = async (): Promise<void> => {
    if (idlers.size === 0) return;
    const { waiting, active } = await countJobs(database);
    if (waiting + active > 0) return;
    for (const idler of idlers) idler.resolve();
    idlers.clear();
  };

  return {
    accept: async (job, delivery) => {
      await opened;
      if (closing.signal.aborted) throw new Error("the queue is closed");
      const { into, ...known } = delivery;
      const taken = await insertJob(database, job, known, { now: now(), into });
      if (taken !== "duplicate") wake();
      return taken;
    },
    work: (options) => {
      if (work) throw new Error("the queue has its handler already");
      work = options;
      wake();
    },
    jobs: async () => {
      await opened;
      return allJobs(database);
    },
    line: async () => {
      await opened;
      return jobsInLine(database, now());
    },
    onMove: (listener) => void listeners.push(listener),
    jobsOn: async (key) => {
      await opened;
      return jobsOn(database, key);
    },
    release: async (key) => {
      await opened;
      await releaseJobs(database, key);
      wake();
    },
    counts: () => countJobs(database),
    idle: async () => {
      const idler = Promise.withResolvers<void>();
      idlers.add(idler);
      await opened;
      await tellIdlers();
      return idler.promise;
    },
    close: async () => {
      closing.abort(new Error("the queue is closing"));
      clearTimeout(timer);
      await opened;
      await filling;
      await Promise.all([...running.values()].map(({ done }) => done));
      for (const idler of idlers) idler.reject(new Error("the queue was closed"));
      idlers.clear();
    },
  };
};

const whySpent = (taken: Taken, retry: RetryPolicy): Error | undefined => {
  if (taken.failures >= retry.failures) return new Error(messageIn(taken.lastError ?? "the job failed too often"));
  if (taken.crashes >= retry.crashes)
    return new Error(`the App ended ${taken.crashes} times while it was working on this: it may be what ends it`);
  return undefined;
};

/** Of what `describe` has made. */
const messageIn = (described: string): string => (described.split("\n")[0] ?? "").replace(/^\w*Error: /, "");

/** Stacks and causes, but no other property: an HTTP client's error carries the request's headers. */
const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? text : `${text}\ncaused by ${describe(error.cause)}`;
};
