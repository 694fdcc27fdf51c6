/** The Store port: runs, their transcripts, and which thread belongs to which. Knows SQL, and nothing of how a run works. */
import { tokensOf } from "../domain/budget.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Job } from "../domain/job.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Clock, RunRecord, Store } from "../ports.ts";
import type { Database, Query } from "./database.ts";
import { type PackedEvent, packEvent, packFile, unpackEvent, unpackFile } from "./event-body.ts";
import { createRemarks } from "./remarks.ts";
import { createStarts } from "./starts.ts";
import { createThreads } from "./threads.ts";

export type RunRow = {
  readonly id: string;
  readonly job: string;
  readonly issue: number;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly outcome: string | null;
};

export const runColumns = "id, job, issue, started_at, ended_at, outcome";

/** @param deps.ids makes the id of a new run. Closing the store closes the database under it. */
export const createStore = (
  database: Database,
  deps: { readonly clock: Clock; readonly ids: () => string },
): Store => ({
  openRun: (job, issue) =>
    database.transaction(async (query) => {
      await query(
        `INSERT INTO runs (id, job_id, repository_id, issue, place, job, started_at)
         VALUES ($1, $2, $3, $4, (SELECT COALESCE(MAX(place), 0) + 1 FROM runs), $5, $6)
         ON CONFLICT (job_id) DO UPDATE SET job = excluded.job`,
        [deps.ids(), job.id, job.trigger.repository.id, issue, JSON.stringify(job), deps.clock().toISOString()],
      );
      const [row] = await query<RunRow>(`SELECT ${runColumns} FROM runs WHERE job_id = $1`, [job.id]);
      if (!row) throw new Error(`the run of job ${job.id} was not stored`);
      return toRecord(row);
    }),

  appendEvents: createAppend(database),

  events: async (runId) => {
    const rows = await database.query<{ body: Uint8Array }>(
      "SELECT body FROM run_events WHERE run_id = $1 ORDER BY place",
      [runId],
    );
    const files = new Map<string, string>();
    for (const row of await database.query<{ hash: string; body: Uint8Array }>(
      "SELECT hash, body FROM run_files WHERE run_id = $1",
      [runId],
    ))
      files.set(row.hash, await unpackFile(row.body));
    return Promise.all(rows.map((row) => unpackEvent(row.body, files)));
  },

  closeRun: async (runId, outcome) => {
    const closed = await database.query("UPDATE runs SET ended_at = $2, outcome = $3 WHERE id = $1 RETURNING id", [
      runId,
      deps.clock().toISOString(),
      JSON.stringify(outcome),
    ]);
    if (closed.length === 0) throw new Error(`there is no run ${runId} to close`);
  },

  spentOn: async (repository, { issue, since }) => {
    const [row] = await database.query<{ micro_usd: number | null; tokens: number | null }>(
      `SELECT SUM(micro_usd) AS micro_usd, SUM(tokens) AS tokens FROM spends JOIN runs ON runs.id = spends.run_id
       WHERE repository_id = $1 AND at >= $2 AND ($3 = 0 OR issue = $3)`,
      [repository.id, since === undefined ? 0 : Date.parse(since), issue ?? 0],
    );
    return { usd: (row?.micro_usd ?? 0) / 1_000_000, tokens: row?.tokens ?? 0 };
  },

  run: async (runId) => {
    const [row] = await database.query<RunRow>(`SELECT ${runColumns} FROM runs WHERE id = $1`, [runId]);
    return row && toRecord(row);
  },

  runsOf: async (repository, issue) => {
    const rows = await database.query<RunRow>(
      `SELECT ${runColumns} FROM runs WHERE repository_id = $1 AND issue = $2 ORDER BY place DESC`,
      [repository.id, issue],
    );
    return rows.map(toRecord);
  },

  issueOfPull: async (repository, pull) => {
    const [row] = await database.query<{ issue: number }>(
      "SELECT issue FROM pulls WHERE repository_id = $1 AND pull = $2",
      [repository.id, pull],
    );
    return row?.issue;
  },

  linkPull: async (repository, pull, issue) => {
    await database.query(
      `INSERT INTO pulls (repository_id, pull, issue, base) VALUES ($1, $2, $3, $4)
       ON CONFLICT (repository_id, pull) DO UPDATE SET issue = excluded.issue, base = excluded.base`,
      [repository.id, pull.number, issue, pull.base],
    );
  },

  pullTo: async (repository, branch) => {
    const [row] = await database.query<{ pull: number | null }>(
      "SELECT MAX(pull) AS pull FROM pulls WHERE repository_id = $1 AND (base = $2 OR $3 = 1)",
      [repository.id, branch, branch === repository.defaultBranch ? 1 : 0],
    );
    return row?.pull ?? undefined;
  },

  statusComment: async (repository, number) => {
    const [row] = await database.query<{ comment_id: number }>(
      "SELECT comment_id FROM status_comments WHERE repository_id = $1 AND thread = $2",
      [repository.id, number],
    );
    return row?.comment_id;
  },

  keepStatusComment: async (repository, number, commentId) => {
    await database.query(
      `INSERT INTO status_comments (repository_id, thread, comment_id) VALUES ($1, $2, $3)
       ON CONFLICT (repository_id, thread) DO UPDATE SET comment_id = excluded.comment_id`,
      [repository.id, number, commentId],
    );
  },

  allowedHead: async (repository, pull) => {
    const [row] = await database.query<{ head: string }>(
      "SELECT head FROM allowed_heads WHERE repository_id = $1 AND pull = $2",
      [repository.id, pull],
    );
    return row?.head;
  },

  allowHead: async (repository, pull, head, by) => {
    await database.query(
      `INSERT INTO allowed_heads (repository_id, pull, head, by_id, at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (repository_id, pull) DO UPDATE SET head = excluded.head, by_id = excluded.by_id, at = excluded.at`,
      [repository.id, pull, head, by.id, deps.clock().toISOString()],
    );
  },

  ...createRemarks(database),
  ...createStarts(database, deps.clock),
  ...createThreads(database),

  close: () => database.close(),
});

/** Events of one run are stored in the order of the calls, whether or not the caller waits for each. */
const createAppend = (database: Database): Store["appendEvents"] => {
  const tails = new Map<string, Promise<void>>();
  const write = async (runId: string, packed: readonly PackedEvent[], events: readonly RunEvent[]) => {
    const files = await newFiles(database, runId, packed);
    // A big checkpoint goes before the events, file by file, and never holds the event loop for long.
    const small = sizeOf(files) <= maxBytesAtOnce;
    if (!small) for (const file of files) await database.query(...insertFile(runId, file));
    await database.transaction(async (query) => {
      if (small) for (const file of files) await query(...insertFile(runId, file));
      for (const event of packed) await insertEvent(query, runId, event.body);
      for (const event of events) await insertSpend(query, runId, event);
    });
  };
  return async (runId, events) => {
    const before = Promise.allSettled([tails.get(runId)]);
    const tail = Promise.all([Promise.all(events.map(packEvent)), before]).then(([packed]) =>
      write(runId, packed, events),
    );
    tails.set(runId, tail);
    try {
      await tail;
    } finally {
      if (tails.get(runId) === tail) tails.delete(runId);
    }
  };
};

type PackedFile = { readonly hash: string; readonly body: Uint8Array };

/** Of one commit together with its events: one flush instead of two. */
const maxBytesAtOnce = 512 * 1024;

const sizeOf = (files: readonly PackedFile[]): number => files.reduce((sum, { body }) => sum + body.byteLength, 0);

/** Those that no earlier checkpoint of the run named; after a crash, some that nobody names yet are there already. */
const newFiles = async (
  database: Database,
  runId: string,
  events: readonly PackedEvent[],
): Promise<readonly PackedFile[]> => {
  const files = new Map(events.flatMap((event) => [...event.files]));
  if (files.size === 0) return [];
  for (const row of await database.query<{ hash: string }>("SELECT hash FROM run_files WHERE run_id = $1", [runId]))
    files.delete(row.hash);
  return Promise.all([...files].map(async ([hash, content]) => ({ hash, body: await packFile(content) })));
};

const insertFile = (runId: string, { hash, body }: PackedFile): Parameters<Query> => [
  "INSERT INTO run_files (run_id, hash, body) VALUES ($1, $2, $3)",
  [runId, hash, body],
];

const insertEvent = (query: Query, runId: string, body: Uint8Array) =>
  query(
    `INSERT INTO run_events (run_id, place, body)
     VALUES ($1, (SELECT COALESCE(MAX(place), 0) + 1 FROM run_events WHERE run_id = $1), $2)`,
    [runId, body],
  );

/** Money as whole millionths of a dollar: sums of fractions would not be exact. */
const insertSpend = async (query: Query, runId: string, event: RunEvent): Promise<void> => {
  if (event.type !== "assistant" && event.type !== "paid") return;
  const { at, usd, usage } = event;
  await query("INSERT INTO spends (run_id, at, micro_usd, tokens) VALUES ($1, $2, $3, $4)", [
    runId,
    Date.parse(at),
    Math.ceil(usd * 1_000_000),
    tokensOf(usage),
  ]);
};

export const toRecord = (row: RunRow): RunRecord => ({
  id: row.id,
  job: JSON.parse(row.job) as Job,
  issue: row.issue,
  startedAt: row.started_at,
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
  ...(row.outcome === null ? {} : { outcome: JSON.parse(row.outcome) as Outcome }),
});
