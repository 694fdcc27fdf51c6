/** What tables and migrations have to do with each other: a changed table needs one, an old one stays as it is, a destructive one is told. */
import { bytesOf, type Changeset } from "../domain/changeset.ts";
import type { Facts, ModelFact } from "../domain/facts.ts";
import type { Finding } from "../domain/finding.ts";
import type { Report } from "../domain/report.ts";

const isMigration = (path: string): boolean =>
  /(^|\/)versions\/[^/]+\.py$/.test(path) || /(^|\/)migrations\/\d[^/]*\.py$/.test(path);

const columnsOf = ({ fields }: ModelFact): string =>
  JSON.stringify(fields.map(({ name, type, value }) => [name, type, value]).sort());

/** Tables that came, went, or have other columns. */
const changedTables = (base: Facts, head: Facts): readonly string[] => {
  const columns = ({ models }: Facts) => new Map(models.map((one) => [one.table, columnsOf(one)]));
  const [before, now] = [columns(base), columns(head)];
  return [...new Set([...before.keys(), ...now.keys()])].filter((table) => before.get(table) !== now.get(table)).sort();
};

/** @param changeset of this run; `added` are files that the branch does not have, those of earlier runs included */
export const checkMigrations = (
  changeset: Changeset,
  {
    base,
    head,
    added,
    handoffs,
  }: {
    readonly base: Facts;
    readonly head: Facts;
    readonly added: readonly string[];
    /** Of the report; undefined where nobody was asked for one. */
    readonly handoffs: Report["handoffs"] | undefined;
  },
): readonly Finding[] => {
  const tables = changedTables(base, head);
  const written = changeset.filter(({ path, kind }) => kind === "added" && isMigration(path));
  const open = handoffs?.some(({ to }) => to === "database-engineer");
  const missing: Finding[] =
    tables.length > 0 && !added.some(isMigration) && !open
      ? [
          {
            rule: "migration-missing",
            severity: handoffs ? "error" : "concern",
            message: `the tables ${tables.join(", ")} changed, and no migration says how a database follows${handoffs ? ": have database-engineer write one, or name it under handoffs" : ""}`,
          },
        ]
      : [];
  return [...missing, ...edited(changeset, added), ...written.flatMap(destructive)];
};

const edited = (changeset: Changeset, added: readonly string[]): readonly Finding[] =>
  changeset
    .filter(({ path, kind }) => kind !== "added" && isMigration(path) && !added.includes(path))
    .map(({ path, kind }) => ({
      rule: "old-migration-changed",
      severity: "concern",
      message: `is a migration that databases may have run already, and was ${kind}: a change belongs into a new one`,
      path,
    }));

const drops =
  /\bop\.drop_(table|column|constraint)\b|\b(DROP\s+(TABLE|COLUMN|SCHEMA|DATABASE)|TRUNCATE\b|DELETE\s+FROM)/i;

/** Below `upgrade`, where it happens to every database. */
const destructive = (change: Changeset[number]): readonly Finding[] => {
  const lines = bytesOf(change).toString("utf8").split("\n");
  const from = lines.findIndex((line) => /^(async\s+)?def\s+upgrade\b/.test(line));
  const rest = from < 0 ? [] : lines.slice(from + 1);
  const end = rest.findIndex((line) => /^(async\s+)?def\s|^class\s/.test(line));
  const at = (end < 0 ? rest : rest.slice(0, end)).findIndex((line) => drops.test(line.replace(/#.*$/, "")));
  return at < 0
    ? []
    : [
        {
          rule: "destructive-migration",
          severity: "concern",
          message: "takes data away that nothing brings back: look at it, and back up before it runs",
          path: change.path,
          line: from + at + 2,
        },
      ];
};
