/** The SQLAlchemy 2 model of an entity. */
import { type Context, type Entity, idAnnotation, stringLength } from "../entity.ts";
import type { Bound, Field } from "../fields.ts";
import { isNumeric } from "../fields.ts";
import type { Import } from "../layout.ts";
import { fold, literal, type Piece, py } from "./py.ts";

const sa = (name: string): Import => ({ module: "sqlalchemy", name });
const orm = (name: string): Import => ({ module: "sqlalchemy.orm", name });

type Column = { readonly annotation: string; readonly type: string; readonly imports: readonly Import[] };

const columnOf = (field: Field, entity: Entity): Column => {
  const { type } = field;
  switch (type.kind) {
    case "str":
    case "email":
      return { annotation: "str", type: `String(${stringLength(field)})`, imports: [sa("String")] };
    case "enum":
      return {
        annotation: "str",
        type: `String(${Math.max(20, ...type.values.map((value) => value.length))})`,
        imports: [sa("String")],
      };
    case "text":
      return { annotation: "str", type: "Text", imports: [sa("Text")] };
    case "decimal":
      return {
        annotation: "Decimal",
        type: `Numeric(${type.digits}, ${type.places})`,
        imports: [sa("Numeric"), { module: "decimal", name: "Decimal" }],
      };
    case "date":
      return { annotation: "date", type: "", imports: [{ module: "datetime", name: "date" }] };
    case "datetime":
      return {
        annotation: "datetime",
        type: "DateTime(timezone=True)",
        imports: [sa("DateTime"), { module: "datetime", name: "datetime" }],
      };
    case "uuid":
      return { annotation: "UUID", type: "", imports: [{ module: "uuid", name: "UUID" }] };
    case "ref": {
      const id = entity.references.get(field.name)?.id ?? "int";
      return {
        annotation: idAnnotation(id),
        type: `ForeignKey(${literal(`${type.table}.id`)})`,
        imports: [sa("ForeignKey"), ...(id === "uuid" ? [{ module: "uuid", name: "UUID" }] : [])],
      };
    }
    default:
      return { annotation: type.kind, type: "", imports: [] };
  }
};

export const columnLine = (
  field: Field,
  entity: Entity,
  width: number,
): { code: string; imports: readonly Import[] } => {
  const column = columnOf(field, entity);
  const args = [
    ...(column.type ? [column.type] : []),
    ...(field.unique ? ["unique=True"] : []),
    ...(field.unique || field.index || field.type.kind === "ref" ? ["index=True"] : []),
  ];
  const head = `${field.name}: Mapped[${column.annotation}${field.optional ? " | None" : ""}]`;
  return {
    code: args.length === 0 ? head : fold(width, 4, `${head} = mapped_column(`, args, ")"),
    imports: [...column.imports, orm("Mapped"), ...(args.length > 0 ? [orm("mapped_column")] : [])],
  };
};

const bound = (field: Field, limit: Bound, sign: "<" | ">"): string =>
  `${field.name} ${sign}${limit.exclusive ? "" : "="} ${limit.value}`;

/** Rules that the database keeps as well, by name and SQL. */
export const checksOf = (table: string, fields: readonly Field[]): { name: string; sql: string }[] =>
  fields.flatMap((field) => {
    if (field.type.kind === "enum")
      return [
        {
          name: `ck_${table}_${field.name}`,
          sql: `${field.name} IN (${field.type.values.map((value) => `'${value}'`).join(", ")})`,
        },
      ];
    if (!isNumeric(field.type)) return [];
    return [
      ...(field.min ? [{ name: `ck_${table}_${field.name}_min`, sql: bound(field, field.min, ">") }] : []),
      ...(field.max ? [{ name: `ck_${table}_${field.name}_max`, sql: bound(field, field.max, "<") }] : []),
    ];
  });

export const tableArgs = (entity: Entity, width: number): string => {
  const checks = checksOf(entity.names.many, entity.fields).map(({ name, sql }) =>
    fold(width, 8, "CheckConstraint(", [literal(sql), `name=${literal(name)}`], ")"),
  );
  if (checks.length === 0) return "";
  const line = `__table_args__ = (${checks.join(", ")}${checks.length === 1 ? "," : ""})`;
  if (!line.includes("\n") && line.length + 4 <= width) return line;
  return ["__table_args__ = (", ...checks.map((check) => `    ${check.replaceAll("\n", "\n    ")},`), ")"].join("\n");
};

export const modelPiece = ({ entity, format }: Context): Piece => {
  const { columns, names } = entity;
  const lines = entity.fields.map((field) => columnLine(field, entity, format.width));
  const own = [columns.id.line, ...lines.map((line) => line.code), ...columns.stamps.map((stamp) => stamp.line)].filter(
    (line) => line !== undefined,
  );
  const args = tableArgs(entity, format.width);
  const code = py`
    class ${names.type}(${columns.bases.map((base) => base.name).join(", ")}):
        """${sentence(names.article)}."""

        __tablename__ = ${literal(names.many)}
        ${args}

        ${own}
  `;
  return {
    code,
    imports: [
      ...columns.bases,
      ...columns.imports,
      ...lines.flatMap((line) => line.imports),
      ...(own.length > lines.length
        ? [orm("Mapped"), orm("mapped_column")].filter((one) => own.some((line) => line.includes(one.name)))
        : []),
      ...(args ? [sa("CheckConstraint")] : []),
    ],
  };
};

const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
