/** What people wrote while a run was going, until a run has dealt with it. Knows SQL, and nothing of who may steer. */
import type { Remark } from "../domain/remark.ts";
import type { Store } from "../ports.ts";
import type { Database } from "./database.ts";

/** Anybody may comment on a public repository: so many of one person wait on one issue, the rest is not kept. */
const maxOpenOfOne = 20;

export const createRemarks = (database: Database): Pick<Store, "keepRemark" | "openRemarks" | "settleRemarks"> => ({
  keepRemark: async (repository, issue, remark) => {
    const kept = await database.query(
      `INSERT INTO remarks (repository_id, comment_id, issue, author_id, place, body)
       SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT),
              (SELECT COALESCE(MAX(place), 0) + 1 FROM remarks), $5
       WHERE (SELECT COUNT(*) FROM remarks
              WHERE repository_id = $1 AND issue = $3 AND author_id = $4 AND body IS NOT NULL) < CAST($6 AS BIGINT)
       ON CONFLICT DO NOTHING
       RETURNING place`,
      [repository.id, remark.commentId, issue, remark.author.id, JSON.stringify(remark), maxOpenOfOne],
    );
    return kept.length > 0;
  },

  openRemarks: async (repository, issue) => {
    const rows = await database.query<{ body: string }>(
      "SELECT body FROM remarks WHERE repository_id = $1 AND issue = $2 AND body IS NOT NULL ORDER BY place",
      [repository.id, issue],
    );
    return rows.map(({ body }) => JSON.parse(body) as Remark);
  },

  settleRemarks: (repository, commentIds) =>
    database.transaction(async (query) => {
      for (const commentId of commentIds)
        await query("UPDATE remarks SET body = NULL WHERE repository_id = $1 AND comment_id = $2", [
          repository.id,
          commentId,
        ]);
    }),
});
