/** Tables as facts: SQLAlchemy 2 and 1, SQLModel, and `Table(…)` of SQLAlchemy Core. */
import type { FieldFact, ModelFact } from "../../domain/facts.ts";
import { classAttribute, classesOf, descends, lineage } from "./classes.ts";
import { type Machine, note } from "./machine.ts";
import { children, field, textOf } from "./node.ts";
import type { ClassField, ClassValue, ExternalCallValue } from "./values.ts";

const declarative =
  /(sqlalchemy(\.\w+)*\.(DeclarativeBase(NoMeta)?|MappedAsDataclass|declarative_base\(\))|flask_sqlalchemy|SQLAlchemy(Base)?\w*Table(UUID)?|generate_base\(\)|declarative_base\(\)|as_declarative)/;

const isSqlModel = (of: ClassValue): boolean => descends(of, /(^|\.)sqlmodel(\.\w+)*\.SQLModel$/);

/** Its base may be of a package that is not here; what has no base at all is a mixin. */
const namesOwnTable = (of: ClassValue): boolean =>
  lineage(of).some(({ kind }) => kind !== "class") &&
  of.fields.some(({ name }) => name === "__tablename__") &&
  of.fields.some((one) => isColumn(one, false));

const isDeclarative = (of: ClassValue): boolean =>
  descends(of, declarative) ||
  namesOwnTable(of) ||
  lineage(of).some((one) => one.kind === "class" && one.decorators.some((node) => /as_declarative/.test(textOf(node))));

const relation = /\b(relationship|association_proxy|Relationship|column_property|synonym|dynamic_loader)\(/;
const column = /\b(Column|mapped_column|deferred|composite)\(/;
const mappedType = /^(\w+\.)?(Mapped|WriteOnlyMapped|DynamicMapped)\b/;

const factOf = ({ name, annotation, value, node }: ClassField, file: string): FieldFact => ({
  name,
  type: annotation ? textOf(annotation) : null,
  value: value ? textOf(value).slice(0, 2_000) : null,
  file,
  line: node.line,
});

const isColumn = ({ name, annotation, value }: ClassField, sqlModel: boolean): boolean => {
  if (/^__/.test(name)) return false;
  const type = annotation ? textOf(annotation) : "";
  if (sqlModel) return annotation !== undefined && !/\bClassVar\b/.test(type) && name !== "model_config";
  const said = value ? textOf(value) : "";
  return mappedType.test(type) || column.test(said) || relation.test(said);
};

const isRelation = ({ annotation, value }: ClassField): boolean =>
  relation.test(value ? textOf(value) : "") ||
  /\b(WriteOnlyMapped|DynamicMapped)\b/.test(annotation ? textOf(annotation) : "");

/** `@declared_attr def owner_id(cls): return mapped_column(…)`: what it returns is the column. */
const declaredAttributes = ({ scope }: ClassValue): ClassField[] =>
  [...scope.names.values()].flatMap((value) => {
    if (value.kind !== "function" || !value.decorators.some((one) => /\bdeclared_attr\b/.test(textOf(one)))) return [];
    const body = children(field(value.node, "body") ?? value.node);
    const returned = body.findLast(({ type }) => type === "return_statement");
    const annotation = field(value.node, "return_type");
    return [{ name: value.name, annotation, value: returned && children(returned)[0], node: value.node }];
  });

/** Own and inherited, the nearest of each name. */
const fieldsOf = (of: ClassValue, sqlModel: boolean): { readonly field: ClassField; readonly file: string }[] => {
  const seen = new Set<string>();
  return classesOf(of).flatMap((one) =>
    [...one.fields, ...declaredAttributes(one)].flatMap((each) => {
      if (seen.has(each.name)) return [];
      seen.add(each.name);
      return isColumn(each, sqlModel) ? [{ field: each, file: one.module.path }] : [];
    }),
  );
};

/** As it stands, by inheritance, or as the base's own rule makes it from the class's name. */
const tableOf = (machine: Machine, of: ClassValue, sqlModel: boolean): string | undefined => {
  const said = classAttribute(of, "__tablename__");
  if (said) {
    const made =
      said.kind === "function" ? machine.callFunction(said, { positional: [of], keywords: new Map() }) : said;
    if (made.kind === "text" && made.exact) return made.value;
    note(machine, of, `the table of ${of.name} is named by code that can't be followed`);
    return `{?${of.name}.__tablename__}`;
  }
  const table = classAttribute(of, "__table__");
  const [name] = table?.kind === "external-call" ? table.args.positional : [];
  if (name?.kind === "text") return name.value;
  return sqlModel ? of.name.toLowerCase() : packagedTable(of);
};

/** The tables of fastapi-users, which a class of ours only gives a base to. */
const packagedTables: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)SQLAlchemyBaseUserTable(UUID)?$/, "user"],
  [/(^|\.)SQLAlchemyBaseOAuthAccountTable(UUID)?$/, "oauth_account"],
  [/(^|\.)SQLAlchemyBaseAccessTokenTable(UUID)?$/, "accesstoken"],
];

const packagedTable = (of: ClassValue): string | undefined => packagedTables.find(([base]) => descends(of, base))?.[1];

/** A declarative base of the repository, or of a package, is no table; what derives from it and has columns is one. */
const isUnnamed = (of: ClassValue, fields: readonly unknown[]): boolean =>
  fields.length > 0 && of.bases.some((base) => classesOf(base).some(isDeclarative));

const isAbstract = (of: ClassValue): boolean =>
  of.fields.some(({ name, value }) => name === "__abstract__" && value !== undefined && textOf(value) === "True");

const isTable = (of: ClassValue): boolean => {
  const table = of.keywords.get("table");
  return table?.kind === "boolean" && table.value;
};

export const modelFacts = (machine: Machine): readonly ModelFact[] => [
  ...machine.classes.flatMap((one) => classFact(machine, one)),
  ...machine.calls.filter(({ name }) => /\.Table$/.test(name)).flatMap((call) => coreTable(machine, call)),
];

const classFact = (machine: Machine, of: ClassValue): ModelFact[] => {
  const sqlModel = isSqlModel(of);
  if (isAbstract(of) || (sqlModel ? !isTable(of) : !isDeclarative(of))) return [];
  const table = tableOf(machine, of, sqlModel);
  const all = fieldsOf(of, sqlModel);
  if (table === undefined) {
    if (isUnnamed(of, all)) note(machine, of, `the table of ${of.name} is named by nothing that can be seen`);
    return [];
  }
  if (all.length === 0 && !classAttribute(of, "__table__") && packagedTable(of) === undefined) return [];
  const columns = all.filter((one) => !isRelation(one.field));
  const modern =
    packagedTable(of) !== undefined ||
    all.some(({ field: { annotation, value } }) =>
      annotation ? mappedType.test(textOf(annotation)) : /\bmapped_column\(/.test(value ? textOf(value) : ""),
    );
  return [
    {
      name: of.name,
      table,
      style: sqlModel ? "sqlmodel" : modern ? "sqlalchemy-2" : "sqlalchemy-1",
      fields: columns.map((one) => factOf(one.field, one.file)),
      relations: all.filter((one) => isRelation(one.field)).map((one) => factOf(one.field, one.file)),
      file: of.module.path,
      line: of.node.line,
    },
  ];
};

const coreTable = (machine: Machine, call: ExternalCallValue): ModelFact[] => {
  const [name, ...rest] = call.args.positional;
  if (name?.kind !== "text" || !name.exact) {
    note(machine, call, "a table is named by code that can't be followed");
    return [];
  }
  const file = call.module.path;
  const fields = rest.flatMap((one): FieldFact[] => {
    if (one.kind !== "external-call" || !/\.Column$/.test(one.name)) return [];
    const [column] = one.args.positional;
    const list = field(one.node, "arguments");
    const [, type] = list ? children(list) : [];
    return column?.kind === "text"
      ? [
          {
            name: column.value,
            type: type ? textOf(type) : null,
            value: textOf(one.node).slice(0, 2_000),
            file: one.module.path,
            line: one.node.line,
          },
        ]
      : [];
  });
  return [
    { name: name.value, table: name.value, style: "core-table", fields, relations: [], file, line: call.node.line },
  ];
};
