import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startWorker } from "../../src/app/worker.ts";
import type { Queue } from "../../src/ports.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { createQueue } from "../../src/store/queue.ts";
import { deliveryOf, jobOf } from "../store/support.ts";

let folder: string;
let database: Database;
let queue: Queue;
let log: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "architect-worker-"));
  log = [];
  database = openDatabase(join(folder, "architect.db"));
  queue = createQueue(database, {
    clock: () => new Date(),
    log: (line) => void log.push(line),
    retry: { failures: 2, crashes: 3, delayMs: () => 0 },
  });
});
afterEach(async () => {
  await queue.close();
  await database.close();
  await rm(folder, { recursive: true });
});

const start = (parts: Pick<Parameters<typeof startWorker>[0], "execute" | "giveUp">) =>
  startWorker({ queue, concurrency: 2, log: (line) => void log.push(line), ...parts });

test("a job is executed once, and the log says when it was taken and when it ended", async () => {
  const executed: string[] = [];
  start({ execute: async (job) => void executed.push(job.id), giveUp: async () => {} });
  await queue.accept(jobOf("a"), deliveryOf("a"));
  await queue.idle();
  expect(executed).toEqual(["a"]);
  expect(log).toEqual(["job a taken: label on acme/shop#1", "job a ended"]);
});

test("a failure stands in the log once for each try, and whoever gives up gets the last one", async () => {
  const given: unknown[] = [];
  start({
    execute: async () => {
      throw new Error("the disk is full");
    },
    giveUp: async (job, error) => void given.push([job.id, (error as Error).message]),
  });
  await queue.accept(jobOf("a"), deliveryOf("a"));
  await queue.idle();
  expect(given).toEqual([["a", "the disk is full"]]);
  expect(log.filter((line) => line.includes("the disk is full"))).toHaveLength(2);
  expect(log).toContain("job a taken: label on acme/shop#1, take 2");
  expect(log).toContain("job a on acme/shop#1 is given up");
});

test("closing the queue aborts what is executed", async () => {
  const running = Promise.withResolvers<void>();
  const aborted: boolean[] = [];
  start({
    execute: async (_, signal) => {
      running.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      aborted.push(signal.aborted);
      signal.throwIfAborted();
    },
    giveUp: async () => {},
  });
  await queue.accept(jobOf("a"), deliveryOf("a"));
  await running.promise;
  await queue.close();
  expect(aborted).toEqual([true]);
  expect(await queue.counts()).toEqual({ waiting: 1, active: 0 });
});
