/** The queue's rows: each change of a job's state as one transaction. Knows SQL, and nothing of handlers or timers. */
import type { Job } from "../domain/job.ts";
import type { InLine } from "../ports.ts";
import type { Database, Query } from "./database.ts";

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

/**
 * @param into what a waiting job becomes where it takes the new one in
 * @returns "duplicate" when the delivery or its body was here before, or its dedupe key and no waiting job takes it in:
 * then nothing has changed
 */
export const insertJob = (
  database: Database,
  job: Job,
  delivery: Delivery,
  { now, into }: { readonly now: number; readonly into?: ((waiting: Job) => Job | undefined) | undefined },
): Promise<"accepted" | "merged" | "duplicate"> => {
  const body = JSON.stringify(job);
  return database.transaction(async (query) => {
    const [before] = await query(
      "SELECT id FROM deliveries WHERE id = $1 OR (digest = $2 AND event = $3 AND accepted_at > $4) LIMIT 1",
      [job.id, delivery.digest, delivery.event, now - digestWindowMs],
    );
    if (before) return "duplicate";
    const [announced] =
      delivery.dedupe === undefined
        ? []
        : await query("SELECT id FROM deliveries WHERE dedupe = $1", [delivery.dedupe]);
    const merged = into && (await mergeJob(query, job.key, into));
    if (!merged && announced) return "duplicate";
    const fresh = await query(
      `INSERT INTO deliveries (id, event, digest, dedupe, job_key, accepted_at, ended_at, ended_as)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT DO NOTHING
       RETURNING id`,
      [
        ...[job.id, delivery.event, delivery.digest, announced ? null : (delivery.dedupe ?? null), job.key, now],
        ...(merged ? [now, "done"] : [null, null]),
      ],
    );
    if (fresh.length === 0) throw new Error(`delivery ${job.id} came twice at the same moment`);
    if (merged) return "merged";
    const notBefore = heldUntil(job);
    const [inTheWay] = await query(
      `SELECT id FROM jobs WHERE job_key = $1 AND ($2 > $3 OR takes > 0 OR not_before <= $3) LIMIT 1`,
      [job.key, notBefore, now],
    );
    // One that is held back stands in nobody's way.
    if (!inTheWay) await query("UPDATE jobs SET state = 'behind' WHERE job_key = $1", [job.key]);
    await query(
      `INSERT INTO jobs (id, job_key, place, urgent, state, not_before)
       VALUES ($1, $2, (SELECT COALESCE(MAX(place), 0) + 1 FROM jobs), $3, $4, $5)`,
      [job.id, job.key, job.urgent ? 1 : 0, inTheWay ? "behind" : "ready", notBefore],
    );
    await query("INSERT INTO job_bodies (id, body) VALUES ($1, $2)", [job.id, body]);
    return "accepted";
  });
};

const heldUntil = ({ notBefore }: Job): number => (notBefore === undefined ? 0 : Date.parse(notBefore));

/** @returns whether one of the key's jobs that have not begun took it in, the newest first */
const mergeJob = async (query: Query, key: string, into: (waiting: Job) => Job | undefined): Promise<boolean> => {
  const rows = await query<{ id: string; body: string }>(
    `SELECT jobs.id AS id, body FROM jobs JOIN job_bodies ON job_bodies.id = jobs.id
     WHERE job_key = $1 AND takes = 0 AND sealed = 0 ORDER BY place DESC`,
    [key],
  );
  for (const { id, body } of rows) {
    const merged = into(JSON.parse(body) as Job);
    if (!merged) continue;
    await query("UPDATE job_bodies SET body = $2 WHERE id = $1", [id, JSON.stringify(merged)]);
    await query("UPDATE jobs SET not_before = $2 WHERE id = $1", [id, heldUntil(merged)]);
    return true;
  }
  return false;
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
       WHERE id = (SELECT id FROM jobs WHERE job_key = $1 AND state = 'behind'
                   ORDER BY CASE WHEN not_before > $2 THEN 1 ELSE 0 END, place LIMIT 1)`,
      [row.job_key, now],
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

/** Of a key, those that have not begun are held back no longer, and take nothing more in. */
export const releaseJobs = async (database: Database, key: string): Promise<void> => {
  await database.query("UPDATE jobs SET not_before = 0, sealed = 1 WHERE job_key = $1 AND takes = 0", [key]);
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

export const allJobs = async (database: Database): Promise<Job[]> => {
  const rows = await database.query<{ body: string }>(
    "SELECT body FROM job_bodies JOIN jobs ON jobs.id = job_bodies.id ORDER BY place",
  );
  return rows.map(({ body }) => JSON.parse(body) as Job);
};

/** All but the urgent ones. */
export const jobsInLine = async (database: Database, now: number): Promise<InLine[]> => {
  const rows = await database.query<{ body: string; state: InLine["state"]; failures: number; not_before: number }>(
    `SELECT body, state, failures, not_before FROM job_bodies JOIN jobs ON jobs.id = job_bodies.id
     WHERE urgent = 0 ORDER BY place`,
  );
  return rows.map(({ body, state, failures, not_before: due }) => ({
    ...{ job: JSON.parse(body) as Job, state, failures },
    ...(due > now ? { notBefore: new Date(due).toISOString() } : {}),
  }));
};

export const jobsOn = async (database: Database, key: string): Promise<Job[]> => {
  const rows = await database.query<{ body: string }>(
    "SELECT body FROM job_bodies JOIN jobs ON jobs.id = job_bodies.id WHERE job_key = $1 ORDER BY place",
    [key],
  );
  return rows.map(({ body }) => JSON.parse(body) as Job);
};
