/** A revision as a file: its id, name and header in the ways of the neighbours. Pure. */
import { createHash } from "node:crypto";
import { type Column, type Compared, isTable, type Rename, renamedAway } from "./migration-changes.ts";
import { nested, type Operations } from "./migration-operations.ts";
import { dirname, join, stem } from "./modules.ts";
import { literal } from "./templates/py.ts";

export type Neighbour = { readonly path: string; readonly id: string; readonly text: string };

export type Named = { readonly path: string; readonly id: string; readonly message: string };

const slugOf = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, "_");

/** What it does, in the verb that the neighbours use: "Create users", "Add status to invoices". */
const messageOf = (compared: Compared, renames: readonly Rename[], neighbour: Neighbour | undefined): string => {
  const verb = /(^|[_-])add_/.test(stem(neighbour?.path ?? "")) ? "Add" : "Create";
  const tables = compared.changes.filter(isTable).map(({ table }) => table);
  if (tables.length > 0) return `${verb} ${tables.join(" and ")}`;
  const [rename] = renames;
  const table = compared.changes[0]?.table ?? rename?.table ?? "tables";
  const added = compared.changes.filter(
    (change) => change.kind === "add_column" && !renamedAway(change, renames),
  ) as Column[];
  if (compared.changes.length === added.length && added.length > 0 && added.length <= 2)
    return `Add ${added.map(({ name }) => name).join(" and ")} to ${table}`;
  return `Change ${table}`;
};

const nextId = (neighbours: readonly string[], head: Neighbour | undefined, message: string): string => {
  const numbered = neighbours.length > 0 && neighbours.every((id) => /^\d{2,6}$/.test(id));
  if (!numbered)
    return createHash("sha256")
      .update(`${head?.id ?? ""} ${message}`)
      .digest("hex")
      .slice(0, 12);
  const width = neighbours[0]?.length ?? 4;
  return String(Math.max(...neighbours.map(Number)) + 1).padStart(width, "0");
};

const fileName = (template: string | undefined, id: string, message: string, now: string): string => {
  const [year = "", month = "", day = "", hour = "", minute = "", second = ""] = now.split(/[- :]/);
  const values: Readonly<Record<string, string>> = {
    rev: id,
    slug: slugOf(message),
    year,
    month,
    day,
    hour,
    minute,
    second,
  };
  return (template ?? "%(rev)s_%(slug)s")
    .replaceAll("%%", "%")
    .replace(/%\((\w+)\)(?:\.\d+)?[sd]/g, (_, key: string) => values[key] ?? "");
};

/** @param head the newest revision, whose ways are followed */
export const nameRevision = (given: {
  readonly compared: Compared;
  readonly renames: readonly Rename[];
  readonly head: Neighbour | undefined;
  readonly ids: readonly string[];
  readonly template: string | undefined;
  readonly versions: string;
}): Named => {
  const { compared, renames, head, ids, template, versions } = given;
  const message = messageOf(compared, renames, head);
  const id = nextId(ids, head, message);
  const folder = head ? dirname(head.path) : versions;
  return { path: join(folder, `${fileName(template, id, message, compared.now)}.py`), id, message };
};

const header = (named: Named, down: string | undefined, head: string | undefined, now: string): string => {
  const doc = [
    `"""${named.message}`,
    "",
    `Revision ID: ${named.id}`,
    down === undefined ? "Revises:" : `Revises: ${down}`,
    ...(head?.includes("Create Date:") ? [`Create Date: ${now}`] : []),
    '"""',
  ];
  const annotated = (name: string, fallback: string): string => {
    const written = new RegExp(`^${name}\\s*(:[^=\\n]*)?=`, "m").exec(head ?? "")?.[0];
    return written ? written.trimEnd() : `${name}${fallback} =`;
  };
  const typing = /^from (typing|collections\.abc) import [^\n]+$/gm;
  const used = [...(head ?? "").matchAll(typing)].map(([line]) => line);
  return [
    ...doc,
    "",
    ...(used.length > 0 ? [...used, ""] : []),
    "import sqlalchemy as sa",
    ...(/^from alembic import op\n(?=import sqlalchemy)/m.test(head ?? "")
      ? ["from alembic import op"]
      : ["", "from alembic import op"]),
    "",
    `${annotated("revision", "")} ${literal(named.id)}`,
    `${annotated("down_revision", "")} ${down === undefined ? "None" : literal(down)}`,
    `${annotated("branch_labels", "")} None`,
    `${annotated("depends_on", "")} None`,
  ].join("\n");
};

const body = (statements: readonly string[]): string =>
  statements.map((statement) => `    ${nested(statement)}`).join("\n");

export const revisionText = (given: {
  readonly named: Named;
  readonly down: string | undefined;
  readonly head: string | undefined;
  readonly now: string;
  readonly operations: Operations;
}): string => {
  const { named, down, head, now, operations } = given;
  const returns = head === undefined || /^def upgrade\(\) -> None:/m.test(head) ? " -> None" : "";
  return [
    header(named, down, head, now),
    "",
    "",
    `def upgrade()${returns}:`,
    body(operations.up),
    "",
    "",
    `def downgrade()${returns}:`,
    body(operations.down),
    "",
  ].join("\n");
};
