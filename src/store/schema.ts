/** The tables, as steps from an empty file to today's: a step that was released is never edited, only followed by another. */

/**
 * One text for SQLite and Postgres: BIGINT, TEXT and BYTEA exist in the one and are taken by the other. Times that are
 * compared are milliseconds since 1970, times that are shown are ISO 8601.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    event TEXT NOT NULL,
    digest TEXT NOT NULL,
    dedupe TEXT,
    job_key TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_as TEXT CHECK (ended_as IN ('done', 'exhausted'))
  );
  CREATE UNIQUE INDEX deliveries_dedupe ON deliveries (dedupe);
  CREATE INDEX deliveries_digest ON deliveries (digest, event, accepted_at);

  -- Live jobs only. 'behind' waits for its key, 'ready' for a free place and its time, 'active' has a handler.
  CREATE TABLE jobs (
    id TEXT PRIMARY KEY REFERENCES deliveries (id),
    place BIGINT NOT NULL UNIQUE,
    job_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('behind', 'ready', 'active')),
    not_before BIGINT NOT NULL DEFAULT 0,
    takes BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    crashes BIGINT NOT NULL DEFAULT 0,
    last_error TEXT
  );
  CREATE INDEX jobs_turn ON jobs (state, place);
  CREATE INDEX jobs_line ON jobs (job_key, place);

  CREATE TABLE job_bodies (
    id TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    body TEXT NOT NULL
  );

  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    job_id TEXT NOT NULL UNIQUE,
    repository_id BIGINT NOT NULL,
    issue BIGINT NOT NULL,
    place BIGINT NOT NULL,
    job TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    outcome TEXT
  );
  CREATE INDEX runs_issue ON runs (repository_id, issue, place);

  CREATE TABLE run_events (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (run_id, place)
  );

  -- Files of checkpoints, each once for a run however many checkpoints hold it.
  CREATE TABLE run_files (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (run_id, hash)
  );

  CREATE TABLE pulls (
    repository_id BIGINT NOT NULL,
    pull BIGINT NOT NULL,
    issue BIGINT NOT NULL,
    PRIMARY KEY (repository_id, pull)
  );

  CREATE TABLE status_comments (
    repository_id BIGINT NOT NULL,
    thread BIGINT NOT NULL,
    comment_id BIGINT NOT NULL,
    PRIMARY KEY (repository_id, thread)
  );
  `,
  `
  -- 1: waits for no free place.
  ALTER TABLE jobs ADD COLUMN urgent BIGINT NOT NULL DEFAULT 0;
  `,
  `
  -- What people wrote while a run was going. The text is NULL once a run has dealt with it; the row stays, so that a
  -- comment that is delivered again is not told again.
  CREATE TABLE remarks (
    repository_id BIGINT NOT NULL,
    comment_id BIGINT NOT NULL,
    issue BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    place BIGINT NOT NULL,
    body TEXT,
    PRIMARY KEY (repository_id, comment_id)
  );
  CREATE INDEX remarks_open ON remarks (repository_id, issue, place) WHERE body IS NOT NULL;
  `,
  `
  -- Each turn that was paid for, as its event says, so that sums need no transcripts.
  CREATE TABLE spends (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    micro_usd BIGINT NOT NULL,
    tokens BIGINT NOT NULL
  );
  CREATE INDEX spends_run ON spends (run_id);
  CREATE INDEX spends_time ON spends (at);
  `,
  `
  -- The one commit of a pull request that somebody with the right to allowed to be run.
  CREATE TABLE allowed_heads (
    repository_id BIGINT NOT NULL,
    pull BIGINT NOT NULL,
    head TEXT NOT NULL,
    by_id BIGINT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (repository_id, pull)
  );
  `,
  `
  -- How review threads ended: the last answer of ours to each comment. 'place' is that of the first one.
  CREATE TABLE review_threads (
    repository_id BIGINT NOT NULL,
    comment_id BIGINT NOT NULL,
    pull BIGINT NOT NULL,
    place BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (repository_id, comment_id)
  );
  CREATE INDEX review_threads_pull ON review_threads (repository_id, pull, place);
  `,
  `
  -- 1: takes no other job in.
  ALTER TABLE jobs ADD COLUMN sealed BIGINT NOT NULL DEFAULT 0;
  `,
  `
  -- Runs that began, and for whom: how many more may is asked of these.
  CREATE TABLE run_starts (
    run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    repository_id BIGINT NOT NULL,
    issue BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    bot BIGINT NOT NULL,
    at BIGINT NOT NULL,
    place BIGINT NOT NULL
  );
  CREATE INDEX run_starts_time ON run_starts (repository_id, at);
  CREATE INDEX run_starts_issue ON run_starts (repository_id, issue, place);
  -- Which run's people were told of a bound that was reached.
  CREATE TABLE told_bounds (
    repository_id BIGINT NOT NULL,
    issue BIGINT NOT NULL,
    bound TEXT NOT NULL,
    since TEXT NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (repository_id, issue, bound, since)
  );
  `,
  `
  -- Where a pull request of ours went when it was last seen.
  ALTER TABLE pulls ADD COLUMN base TEXT;
  CREATE INDEX pulls_base ON pulls (repository_id, base);
  `,
];
