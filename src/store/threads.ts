/** How review threads ended, one row for each comment that was answered. Knows SQL, and nothing of reviews. */
import type { ThreadEntry } from "../domain/thread-ledger.ts";
import type { Store } from "../ports.ts";
import type { Database } from "./database.ts";

export const createThreads = (database: Database): Pick<Store, "keepThread" | "threadsOf"> => ({
  keepThread: async (repository, pull, entry) => {
    await database.query(
      `INSERT INTO review_threads (repository_id, comment_id, pull, place, body)
       VALUES ($1, $2, $3, (SELECT COALESCE(MAX(place), 0) + 1 FROM review_threads), $4)
       ON CONFLICT (repository_id, comment_id) DO UPDATE SET body = excluded.body`,
      [repository.id, entry.comment, pull, JSON.stringify(entry)],
    );
  },

  threadsOf: async (repository, pull) => {
    const rows = await database.query<{ body: string }>(
      "SELECT body FROM review_threads WHERE repository_id = $1 AND pull = $2 ORDER BY place",
      [repository.id, pull],
    );
    return rows.map(({ body }) => JSON.parse(body) as ThreadEntry);
  },
});
