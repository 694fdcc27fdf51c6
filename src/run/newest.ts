/** Ends the check of a pull request for which a newer one has come: only the newest counts. Knows nothing of what a check does. */
import type { Job } from "../domain/job.ts";
import type { Queue } from "../ports.ts";

export type Newest = {
  /** From now on its signal is aborted once a newer job is about the same pull request. */
  watch(job: Job): { readonly signal: AbortSignal; leave(): void };
};

export const createNewest = (queue: Pick<Queue, "jobsOn" | "onMove">, log: (line: string) => void): Newest => {
  const watched = new Map<string, { readonly job: Job; readonly controller: AbortController }>();
  const look = async (): Promise<void> => {
    for (const { job, controller } of watched.values()) {
      const jobs = await queue.jobsOn(job.key);
      const later = jobs.slice(jobs.findIndex(({ id }) => id === job.id) + 1);
      if (later.some(({ trigger }) => trigger.thread.number === job.trigger.thread.number))
        controller.abort(new Error("a newer check of the pull request has come"));
    }
  };
  queue.onMove(() => {
    look().catch((error: unknown) => log(`newer checks are looked for with the queue's next move: ${String(error)}`));
  });
  return {
    watch: (job) => {
      const controller = new AbortController();
      watched.set(job.id, { job, controller });
      return { signal: controller.signal, leave: () => void watched.delete(job.id) };
    },
  };
};
