/** Stored runs for those who only look. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigError } from "../../src/domain/errors.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import { openArchive } from "../../src/store/archive.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { jobOf } from "./support.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "archive-"));
  file = join(folder, "architect.db");
});

afterEach(() => rmSync(folder, { recursive: true }));

const at = "2026-11-25T12:00:00.000Z";
const events: readonly RunEvent[] = [
  { type: "phase", at, phase: "working" },
  {
    ...{ type: "checkpoint", at, refused: [] },
    changeset: [{ path: "a.py", kind: "added", mode: "100644", content: Buffer.from("x = 1\n").toString("base64") }],
  },
];

const openStore = (ids: readonly string[] = ["aaaa0000-1", "aaaa1111-2", "bbbb0000-3"]) => {
  const left = [...ids];
  return createStore(openDatabase(file), { clock: () => new Date(at), ids: () => left.shift() ?? "none" });
};

const withRuns = async () => {
  const store = openStore();
  for (const [index, id] of ["1", "2", "3"].entries()) {
    const run = await store.openRun(jobOf(id), index + 1);
    await store.appendEvents(run.id, events);
  }
  return store;
};

test("finds runs, newest first, by the beginning of an id, and their events as they were stored", async () => {
  await (await withRuns()).close();
  const archive = openArchive(file);
  expect(archive?.count).toBe(3);
  expect(archive?.runs(2).map(({ id }) => id)).toEqual(["bbbb0000-3", "aaaa1111-2"]);
  expect(archive?.find("aaaa").map(({ id }) => id)).toEqual(["aaaa1111-2", "aaaa0000-1"]);
  expect(archive?.find("cccc")).toEqual([]);
  expect(await archive?.events("aaaa0000-1")).toEqual(events);
  archive?.close();
});

test("is not opened while somebody owns the store, and keeps nobody from looking too", async () => {
  const store = await withRuns();
  expect(() => openArchive(file)).toThrow(ConfigError);
  expect(() => openArchive(file)).toThrow(/in use by another running Backend Architect: look again when it has ended/);
  await store.close();
  const [first, second] = [openArchive(file), openArchive(file)];
  expect([first?.count, second?.count]).toEqual([3, 3]);
  expect(() => openDatabase(file)).toThrow(/in use/);
  first?.close();
  second?.close();
  await openStore().close();
});

test("makes nothing where there is nothing", () => {
  expect(openArchive(file)).toBeUndefined();
  expect([existsSync(file), existsSync(`${file}.lock`)]).toEqual([false, false]);
});

test("says so where the file is none of ours", () => {
  writeFileSync(file, "not a database, but long enough to be taken for the head of one ".repeat(4));
  expect(() => openArchive(file)).toThrow(/cannot be read as a store of runs/);
});
