/** Stored runs for whoever only looks at them: the file is opened read-only, and only while nobody owns it. */
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { ConfigError } from "../domain/errors.ts";
import type { RunEvent } from "../domain/event.ts";
import type { RunRecord } from "../ports.ts";
import { inUse, lockOf, sqliteBusy } from "./database.ts";
import { unpackEvent, unpackFile } from "./event-body.ts";
import { type RunRow, runColumns, toRecord } from "./runs.ts";

export type Archive = {
  readonly count: number;
  /** Newest first. */
  runs(limit: number): RunRecord[];
  /** Those whose id begins so. @param beginning hexadecimal digits and hyphens */
  find(beginning: string): RunRecord[];
  events(runId: string): Promise<RunEvent[]>;
  close(): void;
};

/**
 * Undefined where there is no such file. Several may look at once; who wants to own it waits until they closed.
 * @throws ConfigError where another process owns it, or it is none of ours
 */
export const openArchive = (file: string): Archive | undefined => {
  if (!existsSync(file)) return undefined;
  const opened: DatabaseSync[] = [];
  const open = (path: string): DatabaseSync => {
    const sqlite = new DatabaseSync(path, { readOnly: true, timeout: 0 });
    opened.push(sqlite);
    return sqlite;
  };
  const close = (): void => {
    for (const sqlite of opened.splice(0).reverse()) sqlite.close();
  };
  try {
    // A copy of a store has none, and no owner.
    if (existsSync(lockOf(file))) shareLock(open(lockOf(file)), file);
    return createArchive(open(file), close);
  } catch (error) {
    close();
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file} cannot be read as a store of runs: ${String(error)}`, { cause: error });
  }
};

/** A reader's lock on the file whose writer's lock the owner has. */
const shareLock = (lock: DatabaseSync, file: string): void => {
  try {
    lock.exec("BEGIN");
    lock.prepare("SELECT COUNT(*) FROM sqlite_master").get();
  } catch (error) {
    if ((error as { errcode?: unknown }).errcode !== sqliteBusy) throw error;
    throw new ConfigError(`${inUse(file)}: look again when it has ended`, { cause: error });
  }
};

const createArchive = (sqlite: DatabaseSync, close: () => void): Archive => {
  const rows = (sql: string, ...params: (string | number)[]) => sqlite.prepare(sql).all(...params);
  const records = (sql: string, ...params: (string | number)[]) =>
    (rows(`SELECT ${runColumns} FROM runs ${sql}`, ...params) as RunRow[]).map(toRecord);
  return {
    count: Number(sqlite.prepare("SELECT COUNT(*) AS runs FROM runs").get()?.["runs"]),
    runs: (limit) => records("ORDER BY place DESC LIMIT ?", limit),
    find: (beginning) => records("WHERE id LIKE ? || '%' ORDER BY place DESC", beginning),
    events: async (runId) => {
      const files = new Map<string, string>();
      for (const { hash, body } of rows("SELECT hash, body FROM run_files WHERE run_id = ?", runId))
        files.set(String(hash), await unpackFile(body as Uint8Array));
      const stored = rows("SELECT body FROM run_events WHERE run_id = ? ORDER BY place", runId);
      return Promise.all(stored.map(({ body }) => unpackEvent(body as Uint8Array, files)));
    },
    close,
  };
};
