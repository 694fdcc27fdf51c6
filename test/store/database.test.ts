import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "../../src/domain/errors.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";

let folder: string;
let file: string;
const opened: Database[] = [];

const open = (migrations?: readonly string[]): Database => {
  const database = openDatabase(file, migrations);
  opened.push(database);
  return database;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "architect-database-"));
  file = join(folder, "data", "architect.db");
});
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
  await rm(folder, { recursive: true });
});

describe("opening", () => {
  test("makes folder and files for their owner alone", async () => {
    const database = open();
    await database.query("SELECT 1 AS one");
    const modes = await Promise.all(
      [join(folder, "data"), file, `${file}-wal`, `${file}.lock`].map(async (path) => (await stat(path)).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
  });

  test("a second owner fails at once with a sentence, and can open it when the first has closed", async () => {
    const first = open();
    expect(() => open()).toThrow(ConfigError);
    expect(() => open()).toThrow(/in use by another running Backend Architect: stop that one first/);
    await first.close();
    const second = open();
    expect(await second.query("SELECT COUNT(*) AS runs FROM runs")).toEqual([{ runs: 0 }]);
  });

  test("another process's lock is respected while it lives and gone when it is killed", async () => {
    const child = spawn(process.execPath, [fileURLToPath(new URL("./owner.ts", import.meta.url)), file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    expect(() => open()).toThrow(/in use by another running Backend Architect/);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await open().query("SELECT COUNT(*) AS jobs FROM jobs")).toEqual([{ jobs: 0 }]);
  });

  test("a database that a newer program wrote is refused and left as it is", async () => {
    await open(["CREATE TABLE a (x TEXT)", "CREATE TABLE b (x TEXT)", "CREATE TABLE c (x TEXT)"]).close();
    expect(() => open(["CREATE TABLE a (x TEXT)"])).toThrow(
      /written by a newer Backend Architect \(schema 3, this one knows 1\): start the newer version again/,
    );
  });

  test("an older database is brought forward with what is in it", async () => {
    const first = open(["CREATE TABLE a (x TEXT)"]);
    await first.query("INSERT INTO a VALUES ('kept')");
    await first.close();
    const second = open(["CREATE TABLE a (x TEXT)", "ALTER TABLE a ADD COLUMN y TEXT DEFAULT 'new'"]);
    expect(await second.query("SELECT x, y FROM a")).toEqual([{ x: "kept", y: "new" }]);
  });

  test("a step that fails leaves the schema as it was", async () => {
    await open(["CREATE TABLE a (x TEXT)"]).close();
    expect(() => open(["CREATE TABLE a (x TEXT)", "CREATE TABLE b (x TEXT); CREATE TABLE a (x TEXT)"])).toThrow(
      /table a already exists/,
    );
    const database = open(["CREATE TABLE a (x TEXT)"]);
    await expect(database.query("SELECT x FROM b")).rejects.toThrow(/no such table: b/);
  });

  test("a file that is no database is a ConfigError that names it", async () => {
    await open().close();
    await writeFile(file, "not a database, but a long enough text to be looked at by SQLite".repeat(100));
    expect(() => open()).toThrow(ConfigError);
    expect(() => open()).toThrow(new RegExp(`${file} cannot be opened as a database: .*file is not a database`));
  });

  test("every commit is flushed to the disk", async () => {
    expect(await open().query("SELECT * FROM pragma_synchronous")).toEqual([{ synchronous: 2 }]);
  });
});

describe("statements and transactions", () => {
  const table = ["CREATE TABLE notes (id TEXT PRIMARY KEY, body BYTEA)"];

  test("values come back as they went in", async () => {
    const database = open(table);
    const bytes = new Uint8Array([0, 255, 10, 0]);
    expect(
      await database.query("INSERT INTO notes VALUES ($1, $2) RETURNING id, body, length($1) AS n", [
        "é\u{1F600}",
        bytes,
      ]),
    ).toEqual([{ id: "é\u{1F600}", body: bytes, n: 2 }]);
  });

  test("a transaction that throws leaves nothing, and its neighbours in the same commit stay", async () => {
    const database = open(table);
    const results = await Promise.allSettled([
      database.query("INSERT INTO notes (id) VALUES ('before')"),
      database.transaction(async (query) => {
        await query("INSERT INTO notes (id) VALUES ('inside')");
        throw new Error("changed my mind");
      }),
      database.query("INSERT INTO notes (id) VALUES ('before')"),
      database.query("INSERT INTO notes (id) VALUES ('after')"),
    ]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(await database.query("SELECT id FROM notes ORDER BY id")).toEqual([{ id: "after" }, { id: "before" }]);
  });

  test("writes that are asked for together share one commit", async () => {
    const database = open(table);
    const walBytes = async () => (await stat(`${file}-wal`)).size;
    const start = await walBytes();
    await database.query("INSERT INTO notes (id) VALUES ('alone')");
    const one = (await walBytes()) - start;
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => database.query("INSERT INTO notes (id) VALUES ($1)", [`n${n}`])),
    );
    const fifty = (await walBytes()) - start - one;
    expect(fifty).toBeLessThan(5 * one);
  });

  test("a failed commit fails every write that was in it, and later ones go on", async () => {
    const database = open([
      "CREATE TABLE a (id TEXT PRIMARY KEY); CREATE TABLE b (a TEXT REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED)",
    ]);
    const results = await Promise.allSettled([
      database.query("INSERT INTO a VALUES ('x')"),
      database.query("INSERT INTO b VALUES ('missing')"),
    ]);
    expect(results.map((result) => result.status)).toEqual(["rejected", "rejected"]);
    expect(await database.query("SELECT id FROM a")).toEqual([]);
    await database.query("INSERT INTO a VALUES ('y')");
    expect(await database.query("SELECT id FROM a")).toEqual([{ id: "y" }]);
  });

  test("a query kept beyond its transaction is refused", async () => {
    const database = open(table);
    const kept = await database.transaction(async (query) => ({ query }));
    await expect(kept.query("SELECT 1")).rejects.toThrow(/after the transaction had ended/);
  });

  test("closing waits for what was asked before, and refuses what comes after", async () => {
    const database = open(table);
    const write = database.query("INSERT INTO notes (id) VALUES ('last')");
    const close = database.close();
    await expect(database.query("SELECT 1")).rejects.toThrow("the database is closed");
    await Promise.all([write, close, database.close()]);
    const after = new DatabaseSync(file);
    expect(after.prepare("SELECT id FROM notes").all()).toEqual([{ id: "last" }]);
    after.close();
  });
});
