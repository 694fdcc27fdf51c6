/** One SQLite file with one owner, behind so small a surface that Postgres can stand beside it; knows no table by name. */
import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { ConfigError } from "../domain/errors.ts";
import { findHolder } from "./holder.ts";
import { migrations as released } from "./schema.ts";

type SqlValue = string | number | null | Uint8Array;
type Row = { readonly [column: string]: SqlValue };

/** One statement with `$1 … $n`; rows of a SELECT or RETURNING, otherwise none. */
export type Query = <R extends Row>(sql: string, params?: readonly SqlValue[]) => Promise<R[]>;

/** Statements and transactions run one after another in the order of their calls; each is durable when it resolves. */
export interface Database {
  readonly query: Query;
  /**
   * All or nothing. `work` awaits its own `query` and nothing else: everyone else waits for it, so a call of the
   * database from inside would wait for itself.
   */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** Resolves when what was asked before has been written. May be called again. */
  close(): Promise<void>;
}

type Unit = {
  readonly atomic: boolean;
  readonly work: (query: Query) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/** Bounds how long one commit holds the event loop. */
const maxUnitsPerCommit = 256;
/** How long a commit waits for company that the one before it had: less than a flush takes. */
const lingerMs = 2;
/** https://sqlite.org/rescode.html#busy */
export const sqliteBusy = 5;
const walLimitBytes = 64 * 1024 * 1024;

/** Whoever owns the database has the one writer's lock on this file beside it. */
export const lockOf = (file: string): string => `${file}.lock`;

export const inUse = (file: string): string => {
  const holder = findHolder(lockOf(file));
  return `${file} is in use by another running Backend Architect${holder === undefined ? "" : ` (${holder})`}`;
};

/**
 * Opens or creates the file (mode 0600) and brings its tables up to date.
 * @throws ConfigError when another process owns it, it cannot be opened, or a newer program wrote it
 */
export const openDatabase = (file: string, migrations: readonly string[] = released): Database => {
  const opened: DatabaseSync[] = [];
  const open = (path: string, timeout: number): DatabaseSync => {
    const sqlite = new DatabaseSync(path, { timeout, enableForeignKeyConstraints: true });
    opened.push(sqlite);
    // By path: closing a descriptor of our own would drop the locks that this process holds on the file.
    chmodSync(path, 0o600);
    return sqlite;
  };
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const lock = open(lockOf(file), 0);
    takeLock(lock, file);
    const sqlite = open(file, 5_000);
    sqlite.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${walLimitBytes};`);
    migrate(sqlite, file, migrations);
    return serve(sqlite, lock);
  } catch (error) {
    for (const sqlite of opened) sqlite.close();
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file} cannot be opened as a database: ${String(error)}`, { cause: error });
  }
};

/** The kernel frees the lock when the process ends, however it ends: no stale lock can be left behind. */
const takeLock = (lock: DatabaseSync, file: string): void => {
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    if ((error as { errcode?: unknown }).errcode !== sqliteBusy) throw error;
    throw new ConfigError(
      `${inUse(file)}: stop that one first, or give this one a data folder of its own with ARCHITECT_DATA`,
      { cause: error },
    );
  }
};

const migrate = (sqlite: DatabaseSync, file: string, migrations: readonly string[]): void => {
  sqlite.exec("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)");
  const found = Number(
    sqlite.prepare("SELECT COALESCE(MAX(version), 0) AS version FROM schema_version").get()?.["version"],
  );
  if (found > migrations.length)
    throw new ConfigError(
      `${file} was written by a newer Backend Architect (schema ${found}, this one knows ${migrations.length}): start the newer version again, or restore a back-up from before the update`,
    );
  for (const [index, script] of migrations.entries()) {
    const version = index + 1;
    if (version <= found) continue;
    sqlite.exec(`BEGIN IMMEDIATE; ${script}; INSERT INTO schema_version (version) VALUES (${version}); COMMIT;`);
  }
};

/**
 * Units that were asked for about the same time share one transaction, and so one fsync: under load a delivery costs a
 * fraction of a flush instead of a whole one. One that comes alone after one that came alone waits for nobody.
 */
const serve = (sqlite: DatabaseSync, lock: DatabaseSync): Database => {
  const statements = new Map<string, StatementSync>();
  const pending: Unit[] = [];
  let flushing: Promise<void> | undefined;
  /** Units of the last commit. */
  let company = 1;
  let closing: Promise<void> | undefined;

  const run = (sql: string, params: readonly SqlValue[]): Row[] => {
    let statement = statements.get(sql);
    if (!statement) {
      statement = sqlite.prepare(sql);
      statements.set(sql, statement);
    }
    return statement.all(Object.fromEntries(params.map((value, index) => [`$${index + 1}`, value]))) as Row[];
  };

  const perform = async (unit: Unit): Promise<() => void> => {
    let open = true;
    const query: Query = async <R extends Row>(sql: string, params: readonly SqlValue[] = []) => {
      if (!open) throw new Error("a transaction's query was used after the transaction had ended");
      return run(sql, params) as unknown as R[];
    };
    if (unit.atomic) sqlite.exec("SAVEPOINT unit");
    try {
      const value = await unit.work(query);
      if (unit.atomic) sqlite.exec("RELEASE unit");
      return () => unit.resolve(value);
    } catch (error) {
      // A full disk or an I/O error has rolled back everything already: then the whole batch has failed.
      if (!sqlite.isTransaction) throw error;
      if (unit.atomic) sqlite.exec("ROLLBACK TO unit; RELEASE unit");
      return () => unit.reject(error);
    } finally {
      open = false;
    }
  };

  const commit = async (batch: readonly Unit[]): Promise<void> => {
    try {
      sqlite.exec("BEGIN IMMEDIATE");
      const settle: (() => void)[] = [];
      for (const unit of batch) settle.push(await perform(unit));
      sqlite.exec("COMMIT");
      for (const tell of settle) tell();
    } catch (error) {
      if (sqlite.isTransaction) sqlite.exec("ROLLBACK");
      for (const unit of batch) unit.reject(new Error("the database could not write", { cause: error }));
    }
  };

  const flush = async (): Promise<void> => {
    while (pending.length > 0) {
      const until = performance.now() + lingerMs;
      do await new Promise((resolve) => setImmediate(resolve));
      while (pending.length < company && performance.now() < until);
      const batch = pending.splice(0, maxUnitsPerCommit);
      company = batch.length;
      await commit(batch);
    }
    flushing = undefined;
  };

  const ask = (atomic: boolean, work: Unit["work"]): Promise<unknown> => {
    if (closing) return Promise.reject(new Error("the database is closed"));
    return new Promise((resolve, reject) => {
      pending.push({ atomic, work, resolve, reject });
      flushing ??= flush();
    });
  };

  return {
    query: <R extends Row>(sql: string, params: readonly SqlValue[] = []) =>
      ask(false, (query) => query(sql, params)) as Promise<R[]>,
    transaction: <T>(work: (query: Query) => Promise<T>) => ask(true, work) as Promise<T>,
    close: () => {
      closing ??= (async () => {
        await flushing;
        statements.clear();
        sqlite.close();
        lock.close();
      })();
      return closing;
    },
  };
};
