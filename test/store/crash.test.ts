import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { createQueue } from "../../src/store/queue.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "architect-crash-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a process that accepts and works, and kills it when it has said `enough` lines. @returns what it said */
const killMidway = async (file: string, enough: number): Promise<string[]> => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./owner.ts", import.meta.url)), file, "accept"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.split("\n").length > enough && !child.killed) child.kill("SIGKILL");
  }
  if (child.signalCode === null) await once(child, "exit");
  expect(child.signalCode).toBe("SIGKILL");
  return said.split("\n").slice(0, -1);
};

const idsOf = (lines: readonly string[], word: string): Set<string> =>
  new Set(lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1)));

const stateOf = async (database: Database) => {
  const deliveries = await database.query<{ id: string; ended_as: string | null }>(
    "SELECT id, ended_as FROM deliveries",
  );
  const jobs = await database.query<{ id: string; state: string; job_key: string; place: number }>(
    "SELECT id, state, job_key, place FROM jobs ORDER BY place",
  );
  return { deliveries: new Map(deliveries.map((row) => [row.id, row.ended_as])), jobs };
};

test("kill -9 loses no accepted job, ends none that was not handled, and hands the active ones back in order", async () => {
  const file = join(folder, "architect.db");
  const said: string[] = [];
  for (const enough of [40, 333, 150]) {
    said.push(...(await killMidway(file, enough)));
    const accepted = idsOf(said, "accepted");
    const handled = idsOf(said, "handled");

    const database = openDatabase(file);
    const before = await stateOf(database);
    const waiting = new Set(before.jobs.map((job) => job.id));
    for (const id of accepted) expect(before.deliveries.has(id), `delivery ${id}`).toBe(true);
    for (const [id, endedAs] of before.deliveries) {
      if (endedAs === null) expect(waiting.has(id), `job ${id}`).toBe(true);
      else expect(handled.has(id), `${id} was ended`).toBe(true);
    }

    const queue = createQueue(database, { clock: () => new Date(), log: () => {} });
    await queue.counts();
    const after = await stateOf(database);
    expect(after.jobs.map((job) => job.id)).toEqual(before.jobs.map((job) => job.id));
    const heads = new Set<string>();
    for (const job of after.jobs) {
      expect(job.state, `job ${job.id}`).toBe(heads.has(job.job_key) ? "behind" : "ready");
      heads.add(job.job_key);
    }
    await queue.close();
    await database.close();
  }

  const database = openDatabase(file);
  const queue = createQueue(database, { clock: () => new Date(), log: () => {} });
  const left = (await stateOf(database)).jobs.map((job) => job.id);
  const taken: string[] = [];
  queue.work({ concurrency: 1, handler: async ({ job }) => void taken.push(job.id), onExhausted: async () => {} });
  await queue.idle();
  expect(taken).toEqual(left);
  expect([...(await stateOf(database)).deliveries.values()].every((endedAs) => endedAs === "done")).toBe(true);
  await queue.close();
  await database.close();
});
