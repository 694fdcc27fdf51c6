/** Which runs began, for whom and when, and which bounds people were told of. Knows SQL, and no bound. */
import type { Clock, Store } from "../ports.ts";
import type { Database, Query } from "./database.ts";

export const createStarts = (database: Database, clock: Clock): Pick<Store, "begin"> => ({
  begin: (run, decide) =>
    database.transaction(async (query) => {
      const [known] = await query("SELECT run_id FROM run_starts WHERE run_id = $1", [run.id]);
      if (known) return {};
      const now = clock();
      const day = now.toISOString().slice(0, 10);
      const { begun, lastByPerson } = await countsOf(query, run, Date.parse(day));
      const bound = decide(begun);
      if (bound === undefined) {
        await query(
          `INSERT INTO run_starts (run_id, repository_id, issue, person_id, bot, at, place)
           VALUES ($1, $2, $3, $4, $5, $6, (SELECT COALESCE(MAX(place), 0) + 1 FROM run_starts))`,
          [run.id, run.repository.id, run.issue, run.person, run.bot ? 1 : 0, now.getTime()],
        );
        return {};
      }
      const name = bound === "person" ? `person ${run.person}` : bound;
      const since = bound === "botsInARow" ? String(lastByPerson) : day;
      const at = [run.repository.id, run.issue, name, since];
      await query(
        `INSERT INTO told_bounds (repository_id, issue, bound, since, run_id) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING`,
        [...at, run.id],
      );
      const [told] = await query<{ run_id: string }>(
        "SELECT run_id FROM told_bounds WHERE repository_id = $1 AND issue = $2 AND bound = $3 AND since = $4",
        at,
      );
      return { bound, told: told?.run_id !== run.id };
    }),
});

const countsOf = async (query: Query, { repository, issue, person }: Parameters<Store["begin"]>[0], since: number) => {
  const [today] = await query<{ day: number; issue: number | null; person: number | null }>(
    `SELECT COUNT(*) AS day, SUM(CASE WHEN issue = $3 THEN 1 ELSE 0 END) AS issue,
            SUM(CASE WHEN person_id = $4 THEN 1 ELSE 0 END) AS person
     FROM run_starts WHERE repository_id = $1 AND at >= $2`,
    [repository.id, since, issue, person],
  );
  const [last] = await query<{ place: number }>(
    "SELECT COALESCE(MAX(place), 0) AS place FROM run_starts WHERE repository_id = $1 AND issue = $2 AND bot = 0",
    [repository.id, issue],
  );
  const lastByPerson = last?.place ?? 0;
  const [row] = await query<{ bots: number }>(
    "SELECT COUNT(*) AS bots FROM run_starts WHERE repository_id = $1 AND issue = $2 AND place > $3",
    [repository.id, issue, lastByPerson],
  );
  const begun = {
    ...{ day: today?.day ?? 0, issue: today?.issue ?? 0, person: today?.person ?? 0 },
    botsInARow: row?.bots ?? 0,
  };
  return { begun, lastByPerson };
};
