/** Reads an entity back from code that was written by these templates, field by field; what people changed since is told apart by rendering it again. */
import { columnsOf, tablesOf } from "./conventions.ts";
import type { Context, Entity, Reference } from "./entity.ts";
import type { Bound, Field, FieldType } from "./fields.ts";
import type { Layout } from "./layout.ts";
import { moduleOf } from "./modules.ts";
import { namesOf } from "./names.ts";
import { assignmentsOf, classesOf, type PyClass, type PyField, splitTop, stringOf } from "./python.ts";
import type { EmailStyle } from "./templates/schemas.ts";
import { formatOf } from "./work.ts";

export type Place = { readonly path: string; readonly found: PyClass };

export type Target = {
  readonly layout: Layout;
  readonly context: Context;
  readonly email: EmailStyle;
  readonly model: Place;
  readonly create: Place;
  /** Absent for users. */
  readonly update: Place | undefined;
  readonly response: Place | undefined;
  readonly service: string | undefined;
};

const keywordsOf = (value: string, call: string): Map<string, string> => {
  const inside = new RegExp(`^${call}\\(([\\s\\S]*)\\)$`).exec(value)?.[1] ?? "";
  return new Map(
    splitTop(inside).map((part) => {
      const match = /^(\w+)\s*=(?!=)\s*([\s\S]+)$/.exec(part);
      return match ? [match[1] ?? "", match[2] ?? ""] : ["", part];
    }),
  );
};

const typeFrom = (
  annotation: string,
  column: string,
  create: PyField | undefined,
  literals: ReadonlyMap<string, readonly string[]>,
): FieldType | undefined => {
  const reference = /ForeignKey\(\s*["'](\w+)\.id["']/.exec(column)?.[1];
  if (reference) return { kind: "ref", table: reference };
  const sent = (create?.annotation ?? "").replace(/\s*\|\s*None$/, "");
  const values = literals.get(sent);
  if (values) return { kind: "enum", values };
  if (sent === "EmailStr" || /pattern=r"\^\[\^@/.test(create?.value ?? "")) return { kind: "email" };
  const numeric = /Numeric\(\s*(\d+),\s*(\d+)\s*\)/.exec(column);
  if (numeric) return { kind: "decimal", digits: Number(numeric[1]), places: Number(numeric[2]) };
  if (/\bText\b/.test(column)) return { kind: "text" };
  const simple: Readonly<Record<string, FieldType>> = {
    str: { kind: "str" },
    int: { kind: "int" },
    float: { kind: "float" },
    bool: { kind: "bool" },
    date: { kind: "date" },
    datetime: { kind: "datetime" },
    UUID: { kind: "uuid" },
  };
  return simple[annotation];
};

const plainNumber = (text: string | undefined): string | undefined => text?.replaceAll("_", "");

const boundFrom = (keywords: ReadonlyMap<string, string>, inclusive: string, exclusive: string): Bound | undefined => {
  const value = plainNumber(keywords.get(inclusive));
  const strict = plainNumber(keywords.get(exclusive));
  return value !== undefined
    ? { value, exclusive: false }
    : strict !== undefined
      ? { value: strict, exclusive: true }
      : undefined;
};

const boundsFrom = (type: FieldType, keywords: ReadonlyMap<string, string>): { min?: Bound; max?: Bound } => {
  const textual = type.kind === "str" || type.kind === "text" || type.kind === "email";
  let min = textual ? boundFrom(keywords, "min_length", "") : boundFrom(keywords, "ge", "gt");
  let max = textual ? boundFrom(keywords, "max_length", "") : boundFrom(keywords, "le", "lt");
  if (type.kind === "str" && min?.value === "1") min = undefined;
  const usual = { str: "255", email: "254", text: "10000", int: "2147483647" }[type.kind as string];
  if (max?.value === usual) max = undefined;
  if (type.kind === "int" && min?.value === "-2147483648") min = undefined;
  return { ...(min ? { min } : {}), ...(max ? { max } : {}) };
};

const fallbackFrom = (create: PyField | undefined, keywords: ReadonlyMap<string, string>): string | undefined => {
  const value = create?.value.startsWith("Field(") ? keywords.get("default") : create?.value || undefined;
  if (value === undefined || value === "None") return undefined;
  if (/^(True|False)$/.test(value)) return value.toLowerCase();
  return stringOf(value) ?? stringOf(/^Decimal\((.*)\)$/.exec(value)?.[1]) ?? value;
};

const fieldFrom = (
  column: PyField,
  create: PyField | undefined,
  literals: ReadonlyMap<string, readonly string[]>,
): Field | undefined => {
  const mapped = /^Mapped\[([\s\S]+)\]$/.exec(column.annotation)?.[1];
  if (mapped === undefined) return undefined;
  const annotation = mapped.replace(/\s*\|\s*None$/, "");
  const type = typeFrom(annotation, column.value, create, literals);
  if (!type) return undefined;
  const keywords = keywordsOf(create?.value ?? "", "Field");
  const args = keywordsOf(column.value, "mapped_column");
  const fallback = fallbackFrom(create, keywords);
  const bounds = type.kind === "enum" || type.kind === "ref" ? {} : boundsFrom(type, keywords);
  return {
    name: column.name,
    type,
    optional: mapped !== annotation,
    unique: args.get("unique") === "True",
    index: args.get("index") === "True",
    ...(fallback === undefined ? {} : { fallback }),
    ...bounds,
  };
};

const literalsIn = (text: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    assignmentsOf(text).flatMap((one) => {
      const inside = /^Literal\[([\s\S]+)\]$/.exec(one.value)?.[1];
      return inside ? [[one.name, splitTop(inside).map((part) => stringOf(part) ?? "")] as const] : [];
    }),
  );

const findClass = (layout: Layout, pattern: RegExp): Place | undefined => {
  for (const [path, text] of layout.files) {
    const found = path.endsWith(".py") ? classesOf(text).find((one) => pattern.test(one.name)) : undefined;
    if (found) return { path, found };
  }
  return undefined;
};

/** Fields of a model with what clients may send for each, where the model and its schema were read; and the schemas. */
export const readFields = (
  files: ReadonlyMap<string, string>,
  type: string,
):
  | { readonly fields: readonly Field[]; readonly create: PyClass; readonly response: PyClass | undefined }
  | undefined => {
  const classes = [...files].flatMap(([path, text]) =>
    path.endsWith(".py") ? classesOf(text).map((found) => ({ found, text })) : [],
  );
  const named = (pattern: RegExp) => classes.find(({ found }) => pattern.test(found.name));
  const model = tablesOf(files).find((one) => one.found.name === type)?.found;
  const create = named(new RegExp(`^${type}Create$`));
  if (!model || !create) return undefined;
  const literals = literalsIn(create.text);
  const fields = model.fields
    .filter(({ name }) => !/^(id|__\w+__|(created|updated)_at)$/.test(name))
    .map((column) =>
      fieldFrom(
        column,
        create.found.fields.find((one) => one.name === column.name),
        literals,
      ),
    );
  const known = fields.filter((field) => field !== undefined);
  return known.length < fields.length
    ? undefined
    : {
        fields: known,
        create: create.found,
        response: named(new RegExp(`^${type}(Response|Read|Out|Public)$`))?.found,
      };
};

/** The entity of a model's name, where its model and schemas were read. */
export const recognise = (layout: Layout, type: string): Target | undefined => {
  const sources = { modules: layout, files: layout.files };
  const table = tablesOf(layout.files).find((one) => one.found.name === type);
  const create = findClass(layout, new RegExp(`^${type}Create$`));
  const columns = table && columnsOf(sources, table);
  if (!table || !create || !columns || !layout.session) return undefined;
  const response = findClass(layout, new RegExp(`^${type}(Response|Read|Out|Public)$`));
  const service = findClass(layout, new RegExp(`^${type}Service$`));
  const literals = literalsIn(layout.files.get(create.path) ?? "");
  const skipped = new Set(["id", "__tablename__", "__table_args__", ...columns.stamps.map((stamp) => stamp.name)]);
  const fields = table.found.fields
    .filter((column) => !skipped.has(column.name))
    .map((column) =>
      fieldFrom(
        column,
        create.found.fields.find((one) => one.name === column.name),
        literals,
      ),
    );
  if (fields.some((field) => field === undefined)) return undefined;
  const known = fields.filter((field) => field !== undefined);
  const references = new Map<string, Reference>();
  for (const field of known) {
    const parent =
      field.type.kind === "ref"
        ? layout.tables.find((one) => field.type.kind === "ref" && one.table === field.type.table)
        : undefined;
    if (parent)
      references.set(field.name, {
        table: parent.table,
        type: parent.type,
        module: parent.module,
        id: columns.id.type,
      });
  }
  const entity: Entity = {
    names: { ...namesOf(type), many: table.table },
    fields: known,
    references,
    columns,
    output: response?.found.name.slice(type.length) ?? layout.style.output,
  };
  const errors = layout.errors ?? ownErrors(layout);
  return {
    layout,
    context: {
      format: formatOf(layout),
      entity,
      modules: {
        model: moduleOf(layout, table.path),
        schemas: moduleOf(layout, create.path),
        service: service ? moduleOf(layout, service.path) : "",
        errors,
      },
      session: layout.session.parameter,
    },
    email:
      /EmailStr/.test(layout.files.get(create.path) ?? "") || !known.some((field) => field.type.kind === "email")
        ? "email-str"
        : "pattern",
    model: { path: table.path, found: table.found },
    create,
    update: findClass(layout, new RegExp(`^${type}Update$`)),
    response,
    service: service?.path,
  };
};

/** The error classes that an earlier run wrote under `core/`. */
const ownErrors = (layout: Layout): Context["modules"]["errors"] => {
  const place = findClass(layout, /^ConflictError$/);
  const module = place ? moduleOf(layout, place.path) : "";
  return { notFound: { name: "NotFoundError", module }, conflict: { name: "ConflictError", module } };
};
