/** What was found missing as operations up and down, in the line length of the repository. Pure. */
import {
  type Column,
  type Compared,
  isTable,
  type ModelChange,
  type Part,
  type Rename,
  renamedAway,
  type Table,
} from "./migration-changes.ts";
import { fold, literal } from "./templates/py.ts";

/** `String(length=36)` → `sa.String(36)`. */
const typeText = (type: string): string =>
  `sa.${type
    .replace(/^VARCHAR/, "String")
    .replace(/\blength=(\d+)/, "$1")
    .replace(/\bprecision=(\d+), scale=(\d+)/, "$1, $2")
    .replace(/'((?:[^'"\\])*)'/g, '"$1"')}`;

const sqlLiteral = (value: string | number | boolean): string =>
  typeof value === "boolean"
    ? `sa.${value ? "true" : "false"}()`
    : `sa.text(${literal(typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`)})`;

const columnText = (column: Column, indent: number, width: number, filled = false): string => {
  const args = [
    literal(column.name),
    typeText(column.type ?? ""),
    ...(column.key ? ["primary_key=True"] : [`nullable=${column.nullable ? "True" : "False"}`]),
    ...(filled && column.default !== null ? [`server_default=${sqlLiteral(column.default)}`] : []),
  ];
  return fold(width, indent, "sa.Column(", args, ")");
};

const list = (names: readonly string[]): string => `[${names.map(literal).join(", ")}]`;

/** Of a constraint that the model leaves without a name: as the house writes them. */
const nameOf = (part: Part, prefix: string, rest: readonly string[]): string =>
  part.name ?? [prefix, part.table, ...rest].join("_");

export const foreignName = (part: Part): string => nameOf(part, "fk", [(part.to?.[0] ?? "").split(".")[0] ?? ""]);
export const uniqueName = (part: Part): string => nameOf(part, "uq", part.columns);

export type Operations = { readonly up: string[]; readonly down: string[] };

const indexLines = (part: Part, width: number): { create: string; drop: string } => ({
  create: fold(
    width,
    4,
    "op.create_index(",
    [
      literal(part.name ?? `ix_${part.table}_${part.columns.join("_")}`),
      literal(part.table),
      list(part.columns),
      ...(part.unique ? ["unique=True"] : []),
    ],
    ")",
  ),
  drop: fold(
    width,
    4,
    "op.drop_index(",
    [literal(part.name ?? `ix_${part.table}_${part.columns.join("_")}`), `table_name=${literal(part.table)}`],
    ")",
  ),
});

export const nested = (text: string): string => text.replaceAll("\n", "\n    ");

const createTable = (change: Table, width: number): Operations => {
  const inside = (head: string, args: readonly string[]): string => nested(fold(width - 1, 8, head, args, ")"));
  const items = [
    ...change.columns.map((column) => nested(columnText(column, 8, width - 1))),
    ...change.foreign.map((part) =>
      inside("sa.ForeignKeyConstraint(", [
        list(part.columns),
        list(part.to ?? []),
        `name=${literal(foreignName(part))}`,
        ...(part.ondelete ? [`ondelete=${literal(part.ondelete)}`] : []),
      ]),
    ),
    ...change.unique.map((part) =>
      inside("sa.UniqueConstraint(", [...part.columns.map(literal), `name=${literal(uniqueName(part))}`]),
    ),
    ...change.checks.map((part) =>
      inside("sa.CheckConstraint(", [literal(part.sql ?? ""), ...(part.name ? [`name=${literal(part.name)}`] : [])]),
    ),
  ];
  const indexes = change.indexes.map((part) => indexLines(part, width));
  return {
    up: [
      ["op.create_table(", `    ${literal(change.table)},`, ...items.map((item) => `    ${item},`), ")"].join("\n"),
      ...indexes.map(({ create }) => create),
    ],
    down: [...indexes.map(({ drop }) => drop).reverse(), `op.drop_table(${literal(change.table)})`],
  };
};

const inBatch = (table: string, lines: readonly string[]): string[] =>
  lines.length === 0
    ? []
    : [[`with op.batch_alter_table(${literal(table)}) as batch:`, ...lines.map((line) => `    ${line}`)].join("\n")];

const alterColumn = (name: string, args: readonly string[], width: number): string =>
  nested(fold(width, 8, "batch.alter_column(", [literal(name), ...args], ")"));

type Steps = { readonly up: string; readonly down: string };

const stepOf = (change: Exclude<ModelChange, Table>, width: number): Steps | undefined => {
  switch (change.kind) {
    case "add_column":
      return {
        up: nested(`batch.add_column(${columnText(change, 8, width - 18, !change.nullable)})`),
        down: `batch.drop_column(${literal(change.name)})`,
      };
    case "modify_nullable": {
      const type = `existing_type=${typeText(change.type ?? "")}`;
      const set = (nullable: boolean): string =>
        alterColumn(change.name, [type, `nullable=${nullable ? "True" : "False"}`], width);
      return { up: set(change.nullable), down: set(!change.nullable) };
    }
    case "modify_type": {
      const [was, now] = [typeText(change.was ?? ""), typeText(change.type ?? "")];
      const set = (from: string, to: string): string =>
        alterColumn(change.name, [`existing_type=${from}`, `type_=${to}`], width);
      return { up: set(was, now), down: set(now, was) };
    }
    case "add_constraint":
    case "remove_constraint": {
      const name = literal(uniqueName(change));
      const create = `batch.create_unique_constraint(${name}, ${list(change.columns)})`;
      const drop = `batch.drop_constraint(${name}, type_="unique")`;
      return change.kind === "add_constraint" ? { up: create, down: drop } : { up: drop, down: create };
    }
    case "modify_check": {
      const name = literal(change.name ?? "");
      const create = (sql: string): string =>
        nested(fold(width, 8, "batch.create_check_constraint(", [name, literal(sql)], ")"));
      const drop = `batch.drop_constraint(${name}, type_="check")`;
      const [before, after] = [change.was, change.sql];
      return {
        up: [...(before ? [drop] : []), ...(after ? [create(after)] : [])].join("\n    "),
        down: [...(after ? [drop] : []), ...(before ? [create(before)] : [])].join("\n    "),
      };
    }
    default:
      return undefined;
  }
};

const isIndex = (change: ModelChange): boolean => change.kind === "add_index" || change.kind === "remove_index";

const alterTable = (
  table: string,
  changes: readonly Exclude<ModelChange, Table>[],
  renames: readonly Rename[],
  width: number,
): Operations => {
  const renamed = renames.map(({ from, to }) => ({
    up: `batch.alter_column(${literal(from)}, new_column_name=${literal(to)})`,
    down: `batch.alter_column(${literal(to)}, new_column_name=${literal(from)})`,
  }));
  const steps = [...renamed, ...changes.flatMap((change) => stepOf(change, width) ?? [])];
  const indexes = changes.flatMap((change) =>
    isIndex(change) && "columns" in change
      ? [{ kind: change.kind, ...indexLines({ ...change, columns: change.columns } as Part, width) }]
      : [],
  );
  const gone = indexes.filter(({ kind }) => kind === "remove_index");
  const made = indexes.filter(({ kind }) => kind === "add_index");
  return {
    up: [
      ...gone.map(({ drop }) => drop),
      ...inBatch(
        table,
        steps.map(({ up }) => up),
      ),
      ...made.map(({ create }) => create),
    ],
    down: [
      ...made.map(({ drop }) => drop),
      ...inBatch(table, steps.map(({ down }) => down).reverse()),
      ...gone.map(({ create }) => create),
    ],
  };
};

/** Statements of `upgrade()` and `downgrade()`. */
export const operationsOf = (compared: Compared, renames: readonly Rename[], width: number): Operations => {
  const { changes, order } = compared;
  const created = changes.filter(isTable).sort((a, b) => order.indexOf(a.table) - order.indexOf(b.table));
  const others = changes.filter((change) => !isTable(change) && !renamedAway(change, renames)) as Exclude<
    ModelChange,
    Table
  >[];
  const made = new Set(created.map(({ table }) => table));
  const altered = [...new Set([...others.map(({ table }) => table), ...renames.map(({ table }) => table)])].filter(
    (table) => !made.has(table),
  );
  const texts = [
    ...created.map((table) => createTable(table, width)),
    ...altered.map((table) =>
      alterTable(
        table,
        others.filter((change) => change.table === table),
        renames.filter((rename) => rename.table === table),
        width,
      ),
    ),
  ];
  return { up: texts.flatMap(({ up }) => up), down: [...texts].reverse().flatMap(({ down }) => down) };
};
