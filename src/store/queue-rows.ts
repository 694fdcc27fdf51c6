/** The queue's rows: each change of a job's state as one transaction. Knows SQL, and nothing of handlers or timers. */
import type { Job } from "../domain/job.ts";
import type { Database } from "./database.ts";

export type Delivery = { readonly event: string; readonly digest: string; readonly dedupe?: string };

/** A job that was just made active. */
export type Taken = {
  readonly job: Job;
  /** How often it was taken, this time included. */
  readonly takes: number;
  /** Handlers that threw. */
  readonly failures: number;
  /** Processes that ended while it was active. */
  readonly crashes: number;
  readonly lastError: string | null;
};

const digestWindowMs = 7 * 24 * 3_600_000;

/** @returns false when the delivery, its body or its dedupe key was here before: then nothing has changed */
export const insertJob = (database: Database, job: Job, delivery: Delivery, now: number): Promise<boolean> => {
  const body = JSON.stringify(job);
  return database.transaction(async (query) => {
    const fresh = await query(
      `INSERT INTO deliveries (id, event, digest, dedupe, job_key, accepted_at)
       SELECT $1, $2, $3, $4, $5, CAST($6 AS BIGINT)
       WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE digest = $3 AND event = $2 AND accepted_at > CAST($7 AS BIGINT))
       ON CONFLICT DO NOTHING
       RETURNING id`,
      [job.id, delivery.event, delivery.digest, delivery.dedupe ?? null, job.key, now, now - digestWindowMs],
    );
    if (fresh.length === 0) return false;
    await query(
      `INSERT INTO jobs (id, job_key, place, urgent, state)
       VALUES ($1, $2, (SELECT COALESCE(MAX(place), 0) + 1 FROM jobs), $3,
               CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE job_key = $2) THEN 'behind' ELSE 'ready' END)`,
      [job.id, job.key, job.urgent ? 1 : 0],
    );
    await query("INSERT INTO job_bodies (id, body) VALUES ($1, $2)", [job.id, body]);
    return true;
  });
};

/** Makes the oldest job active that is ready and due, urgent ones first. @param least 1: no other than an urgent one */
export const takeJob = (database: Database, now: number, least: 0 | 1 = 0): Promise<Taken | undefined> =>
  database.transaction(async (query) => {
    const [row] = await query<{
      id: string;
      takes: number;
      failures: number;
      crashes: number;
      last_error: string | null;
    }>(
      `UPDATE jobs SET state = 'active', takes = takes + 1
       WHERE id = (SELECT id FROM jobs WHERE state = 'ready' AND not_before <= $1 AND urgent >= $2
                   ORDER BY urgent DESC, place LIMIT 1)
       RETURNING id, takes, failures, crashes, last_error`,
      [now, least],
    );
    if (!row) return undefined;
    const [stored] = await query<{ body: string }>("SELECT body FROM job_bodies WHERE id = $1", [row.id]);
    if (!stored) throw new Error(`job ${row.id} has no body`);
    const { takes, failures, crashes } = row;
    return { job: JSON.parse(stored.body) as Job, takes, failures, crashes, lastError: row.last_error };
  });

/** Takes a job out of the queue and lets the next one of its key come forward. */
export const endJob = (database: Database, id: string, as: "done" | "exhausted", now: number): Promise<void> =>
  database.transaction(async (query) => {
    const [row] = await query<{ job_key: string }>("DELETE FROM jobs WHERE id = $1 RETURNING job_key", [id]);
    if (!row) return;
    await query("UPDATE deliveries SET ended_at = $2, ended_as = $3 WHERE id = $1", [id, now, as]);
    await query(
      `UPDATE jobs SET state = 'ready'
       WHERE id = (SELECT id FROM jobs WHERE job_key = $1 AND state = 'behind' ORDER BY place LIMIT 1)`,
      [row.job_key],
    );
  });

/** Counts a failure. The job stays in front of its key: ready at `notBefore`, or active where there is no further try. */
export const failJob = async (
  database: Database,
  id: string,
  error: string,
  notBefore: number | undefined,
): Promise<void> => {
  await database.query(
    `UPDATE jobs SET failures = failures + 1, last_error = $2, state = $3, not_before = $4 WHERE id = $1`,
    [id, error, notBefore === undefined ? "active" : "ready", notBefore ?? 0],
  );
};

/** An active job that was stopped by us: no failure, no crash. */
export const handBack = async (database: Database, id: string): Promise<void> => {
  await database.query("UPDATE jobs SET state = 'ready', not_before = 0 WHERE id = $1", [id]);
};

/** At start, active jobs belong to a process that is gone. @returns their ids */
export const handBackAll = async (database: Database): Promise<string[]> => {
  const rows = await database.query<{ id: string }>(
    "UPDATE jobs SET state = 'ready', not_before = 0, crashes = crashes + 1 WHERE state = 'active' RETURNING id",
  );
  return rows.map((row) => row.id);
};

/** When the first of the jobs is due that wait for nothing but their time: past where that came just now. */
export const nextDue = async (database: Database, least: 0 | 1): Promise<number | undefined> => {
  const [row] = await database.query<{ due: number | null }>(
    "SELECT MIN(not_before) AS due FROM jobs WHERE state = 'ready' AND urgent >= $1",
    [least],
  );
  return row?.due ?? undefined;
};

export const countJobs = async (database: Database): Promise<{ waiting: number; active: number }> => {
  const rows = await database.query<{ active: number; jobs: number }>(
    "SELECT CASE WHEN state = 'active' THEN 1 ELSE 0 END AS active, COUNT(*) AS jobs FROM jobs GROUP BY 1",
  );
  const of = (active: number) => rows.find((row) => row.active === active)?.jobs ?? 0;
  return { waiting: of(0), active: of(1) };
};

export const jobsOn = async (database: Database, key: string): Promise<Job[]> => {
  const rows = await database.query<{ body: string }>(
    "SELECT body FROM job_bodies JOIN jobs ON jobs.id = job_bodies.id WHERE job_key = $1 ORDER BY place",
    [key],
  );
  return rows.map(({ body }) => JSON.parse(body) as Job);
};
