/** What models have that migrations lack, as values, and what about it nobody but a person can answer. Pure. */
import { z } from "zod";
import type { Unclear } from "./fields.ts";

const columnSchema = z.object({
  name: z.string(),
  /** As SQLAlchemy writes it; null for a type that is not its own. */
  type: z.string().nullable(),
  nullable: z.boolean(),
  key: z.boolean(),
  default: z.union([z.string(), z.number(), z.boolean()]).nullable(),
});

const partSchema = z.object({
  name: z.string().nullable(),
  table: z.string(),
  columns: z.array(z.string()),
  unique: z.boolean().optional(),
  sql: z.string().nullish(),
  was: z.string().nullish(),
  to: z.array(z.string()).optional(),
  ondelete: z.string().nullish(),
});

const tableSchema = z.object({
  columns: z.array(columnSchema),
  foreign: z.array(partSchema),
  unique: z.array(partSchema),
  checks: z.array(partSchema),
  indexes: z.array(partSchema),
});

const changeSchema = z.union([
  tableSchema.extend({ kind: z.enum(["add_table", "remove_table"]), table: z.string() }),
  columnSchema.extend({
    kind: z.enum(["add_column", "remove_column", "modify_nullable", "modify_type", "modify_default", "modify_comment"]),
    table: z.string(),
    was: z.string().nullish(),
  }),
  partSchema.extend({
    kind: z.enum([
      "add_index",
      "remove_index",
      "add_constraint",
      "remove_constraint",
      "add_fk",
      "remove_fk",
      "modify_check",
    ]),
    columns: z.array(z.string()).default([]),
  }),
]);

export const comparedSchema = z.object({
  changes: z.array(changeSchema),
  /** Tables in the order in which they can be made. */
  order: z.array(z.string()),
  /** UTC, `2026-11-25 12:00:00`. */
  now: z.string(),
});

export type Compared = z.infer<typeof comparedSchema>;
export type ModelChange = Compared["changes"][number];
export type Column = z.infer<typeof columnSchema>;
export type Part = z.infer<typeof partSchema>;

export type Rename = { readonly table: string; readonly from: string; readonly to: string };

export type Table = Extract<ModelChange, { kind: "add_table" | "remove_table" }>;

export const isTable = (change: ModelChange): change is Table =>
  change.kind === "add_table" || change.kind === "remove_table";

/** What cannot be written without an answer: types of the repository's own, values for rows that exist, things that go. */
export const unclearIn = (changes: readonly ModelChange[], renames: readonly Rename[]): Unclear[] =>
  changes.flatMap((change): Unclear[] => {
    if (isTable(change)) {
      if (change.kind === "remove_table")
        return [{ question: `The models have no table \`${change.table}\` any more. Shall its rows go?`, options: [] }];
      const own = change.columns.find((column) => column.type === null);
      return own ? [ownType(change.table, own.name)] : [];
    }
    if ("nullable" in change) {
      if (renames.some((rename) => rename.table === change.table && [rename.from, rename.to].includes(change.name)))
        return [];
      if (change.type === null) return [ownType(change.table, change.name)];
      if (change.kind === "remove_column")
        return [
          {
            question: `The models have no column \`${change.name}\` of \`${change.table}\` any more. Shall its values go?`,
            options: ["yes, drop it", "no, it got another name (say which)"],
          },
        ];
      if (change.kind === "add_column" && !change.nullable && change.default === null)
        return [
          {
            question: `Rows of \`${change.table}\` that exist need a value for the new column \`${change.name}\`. Which one?`,
            options: ["make the column optional", "a default in the model"],
          },
        ];
      return [];
    }
    return change.kind === "add_fk" || change.kind === "remove_fk"
      ? [
          {
            question: `The foreign keys of \`${change.table}\` change. What about rows that refer to nothing?`,
            options: [],
          },
        ]
      : [];
  });

const ownType = (table: string, column: string): Unclear => ({
  question: `The column \`${column}\` of \`${table}\` has a type of the repository's own. How is it written in a migration?`,
  options: ["use a language model for this migration"],
});

export const renamedAway = (change: ModelChange, renames: readonly Rename[]): boolean =>
  "nullable" in change &&
  (change.kind === "add_column" || change.kind === "remove_column") &&
  renames.some((rename) => rename.table === change.table && [rename.from, rename.to].includes(change.name));
