/** Tables as facts: SQLAlchemy 2 and 1, SQLModel, and `Table(…)` of SQLAlchemy Core. */
import type { FieldFact, ModelFact } from "../../domain/facts.ts";
import { classAttribute, classesOf, descends, lineage } from "./classes.ts";
import { type Machine, note } from "./machine.ts";
import { children, field, type Node, textOf, unwrapType } from "./node.ts";
import { nameOf } from "./routers.ts";
import { assumptionsOf, type ClassField, type ClassValue, type ExternalCallValue, type Value } from "./values.ts";

const declarative =
  /(sqlalchemy(\.\w+)*\.(DeclarativeBase(NoMeta)?|MappedAsDataclass|declarative_base\(\))|flask_sqlalchemy|SQLAlchemy(Base)?\w*Table(UUID)?|generate_base\(\)|declarative_base\(\)|as_declarative)/;

const isSqlModel = (of: ClassValue): boolean => descends(of, /(^|\.)sqlmodel(\.\w+)*\.SQLModel$/);

/** Its base may be of a package that is not here; what has no base at all is a mixin. */
const namesOwnTable = (machine: Machine, of: ClassValue): boolean =>
  lineage(of).some(({ kind }) => kind !== "class") &&
  of.fields.some(({ name }) => name === "__tablename__") &&
  of.fields.some((one) => isColumn(attributeOf(machine, of, one), false));

const isDeclarative = (machine: Machine, of: ClassValue): boolean =>
  descends(of, declarative) ||
  namesOwnTable(machine, of) ||
  lineage(of).some((one) => one.kind === "class" && one.decorators.some((node) => /as_declarative/.test(textOf(node))));

const relation = /\b(relationship|association_proxy|Relationship|column_property|synonym|dynamic_loader)\(/;
const column = /\b(Column|mapped_column|deferred|composite)\(/;
const mappedType = /^([\w.]+\.)?(Mapped|WriteOnlyMapped|DynamicMapped)\b/;

const factOf = ({ field: { name, annotation, value, node }, file }: Attribute): FieldFact => ({
  name,
  type: annotation ? textOf(annotation) : null,
  value: value ? textOf(value).slice(0, 2_000) : null,
  file,
  line: node.line,
});

/** @property type its annotation @property said its value, each after the name that the package gives to what it is made of */
type Attribute = {
  readonly field: ClassField;
  readonly file: string;
  readonly made: Value | undefined;
  readonly type: string;
  readonly said: string;
};

/** Names may be imported under others, and a column be what a function returns. */
const attributeOf = (machine: Machine, { scope, module }: ClassValue, field: ClassField): Attribute => {
  const { name, annotation, value } = field;
  const made = value && scope.names.get(name);
  const head = annotation && machine.evaluate(headOf(annotation), { scope, module });
  return {
    field,
    file: module.path,
    made,
    type: `${head?.kind === "external" ? nameOf(head) : ""}${annotation ? ` ${textOf(annotation)}` : ""}`.trim(),
    said: `${made?.kind === "external-call" ? `${nameOf(made)}(` : ""}${value ? ` ${textOf(value)}` : ""}`,
  };
};

/** `Mapped` of `Mapped[str]`. */
const headOf = (annotation: Node): Node => {
  const node = unwrapType(annotation);
  return node.type === "generic_type" || node.type === "subscript" ? (children(node)[0] ?? node) : node;
};

const isColumn = ({ field: { name, annotation }, type, said }: Attribute, sqlModel: boolean): boolean => {
  if (/^__/.test(name)) return false;
  if (sqlModel) return annotation !== undefined && !/\bClassVar\b/.test(type) && name !== "model_config";
  return mappedType.test(type) || column.test(said) || relation.test(said);
};

const isRelation = ({ type, said }: Attribute): boolean =>
  relation.test(said) || /\b(WriteOnlyMapped|DynamicMapped)\b/.test(type);

/** `composite(mapped_column("lat"), mapped_column("lng"))`: the columns are those that stand in it. */
const columnsIn = (attribute: Attribute): readonly Attribute[] => {
  const { made, field } = attribute;
  if (made?.kind !== "external-call" || !/\.composite$/.test(made.name)) return [attribute];
  return made.args.positional.flatMap((one) => {
    const name = one.kind === "external-call" && /\.(mapped_column|Column)$/.test(one.name) && one.args.positional[0];
    return one.kind === "external-call" && name && name.kind === "text"
      ? [{ ...attribute, field: { ...field, name: name.value, annotation: undefined, value: one.node } }]
      : [];
  });
};

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
const fieldsOf = (machine: Machine, of: ClassValue, sqlModel: boolean): readonly Attribute[] => {
  const seen = new Set<string>();
  return classesOf(of).flatMap((one) =>
    [...one.fields, ...declaredAttributes(one)].flatMap((each) => {
      if (seen.has(each.name)) return [];
      seen.add(each.name);
      const attribute = attributeOf(machine, one, each);
      return isColumn(attribute, sqlModel) ? columnsIn(attribute) : [];
    }),
  );
};

/** As it stands, by inheritance, or as the base's own rule makes it from the class's name. */
const tableOf = (machine: Machine, of: ClassValue, sqlModel: boolean): string | undefined => {
  const said = classAttribute(of, "__tablename__");
  if (said) {
    const made =
      said.kind === "function" ? machine.callFunction(said, { positional: [of], keywords: new Map() }) : said;
    if (made.kind === "text" && made.exact) {
      for (const variable of assumptionsOf(made))
        note(machine, of, `the table ${made.value} assumes that the environment variable ${variable} is not set`);
      return made.value;
    }
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
const isUnnamed = (machine: Machine, of: ClassValue, fields: readonly unknown[]): boolean =>
  fields.length > 0 && of.bases.some((base) => classesOf(base).some((one) => isDeclarative(machine, one)));

/** What is made of the package's own base is the repository's. */
const isBase = ({ bases }: ClassValue): boolean =>
  bases.some((one) => one.kind === "external" && /\.DeclarativeBase(NoMeta)?$/.test(one.name));

const isAbstract = (of: ClassValue): boolean =>
  isBase(of) ||
  of.fields.some(({ name, value }) => name === "__abstract__" && value !== undefined && textOf(value) === "True");

const isTable = (of: ClassValue): boolean => {
  const table = of.keywords.get("table");
  return table?.kind === "boolean" && table.value;
};

export const modelFacts = (machine: Machine): readonly ModelFact[] => [
  ...machine.classes.flatMap((one) => classFact(machine, one)),
  ...machine.calls.filter(({ name }) => /\.Table$/.test(name)).flatMap((call) => coreTable(machine, call)),
];

const otherMapper =
  /^(ormar|tortoise|piccolo|peewee|pony|beanie|odmantic|mongoengine|django)\.(?:[\w.]*\.)?(Model|Table|Document|Entity)$/;

const noteOtherMapper = (machine: Machine, of: ClassValue): void => {
  for (const base of lineage(of)) {
    const [, mapper] = (base.kind === "external" && otherMapper.exec(base.name)) || [];
    if (mapper) note(machine, of, `${of.name} is stored by ${mapper}, whose tables are not read`);
  }
};

const classFact = (machine: Machine, of: ClassValue): ModelFact[] => {
  const sqlModel = isSqlModel(of);
  noteOtherMapper(machine, of);
  if (isAbstract(of) || (sqlModel ? !isTable(of) : !isDeclarative(machine, of))) return [];
  const table = tableOf(machine, of, sqlModel);
  const all = fieldsOf(machine, of, sqlModel);
  if (table === undefined) {
    if (isUnnamed(machine, of, all)) note(machine, of, `the table of ${of.name} is named by nothing that can be seen`);
    return [];
  }
  if (all.length === 0 && !classAttribute(of, "__table__") && packagedTable(of) === undefined) return [];
  const columns = all.filter((one) => !isRelation(one));
  const modern =
    packagedTable(of) !== undefined ||
    all.some(({ field: { annotation }, type, said }) =>
      annotation ? mappedType.test(type) : /\bmapped_column\(/.test(said),
    );
  return [
    {
      name: of.name,
      table,
      style: sqlModel ? "sqlmodel" : modern ? "sqlalchemy-2" : "sqlalchemy-1",
      fields: columns.map(factOf),
      relations: all.filter(isRelation).map(factOf),
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
