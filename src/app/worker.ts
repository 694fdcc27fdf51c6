/** Lets the queue work: one job in, one run out. Knows neither what a run does nor how a queue keeps its order. */
import type { Job } from "../domain/job.ts";
import type { Queue } from "../ports.ts";

/**
 * Starts taking jobs; `queue.close()` ends it. What `execute` throws is the queue's: it says so in the log once and tries
 * again, and after the last try `giveUp` tells people.
 */
export const startWorker = (deps: {
  readonly queue: Queue;
  readonly execute: (job: Job, signal: AbortSignal) => Promise<void>;
  readonly giveUp: (job: Job, error: unknown) => Promise<void>;
  readonly concurrency: number;
  readonly log: (line: string) => void;
}): void => {
  const { queue, execute, giveUp, concurrency, log } = deps;
  queue.work({
    concurrency,
    handler: async ({ job, attempt, signal }) => {
      log(`job ${job.id} taken: ${job.trigger.kind} on ${job.key}${attempt > 0 ? `, take ${attempt + 1}` : ""}`);
      await execute(job, signal);
      log(`job ${job.id} ended`);
    },
    onExhausted: async (job, error) => {
      log(`job ${job.id} on ${job.key} is given up`);
      await giveUp(job, error);
    },
  });
};
