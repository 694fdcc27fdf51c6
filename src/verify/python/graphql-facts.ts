/** Strawberry's schema as facts: the fields of its query, mutation and subscription types, and the other types. */
import type { GraphqlFact } from "../../domain/facts.ts";
import { classesOf } from "./classes.ts";
import { parametersOf } from "./dependencies.ts";
import { force, type Machine, note } from "./machine.ts";
import { children, field, type Node, textOf } from "./node.ts";
import { type ClassValue, type ExternalCallValue, itemsOf, type Value } from "./values.ts";

const roots = ["query", "mutation", "subscription"] as const;

export const graphqlFacts = (machine: Machine): readonly GraphqlFact[] => {
  const found = machine.calls
    .filter(({ name }) => /(^|\.)Schema$/.test(name))
    .flatMap((schema) =>
      roots.flatMap((kind, at) =>
        typesOf(machine, schema, kind, schema.args.keywords.get(kind) ?? schema.args.positional[at]).map((type) => ({
          kind,
          type,
        })),
      ),
    );
  const used = new Set(found.map(({ type }) => type));
  return [
    ...found.flatMap(({ kind, type }) => operationsOf(machine, kind, type)),
    ...machine.classes.filter((one) => !used.has(one)).flatMap((one) => typeFactOf(machine, one)),
  ];
};

const strawberryType = /^strawberry\.(?:[\w.]+\.)?(type|interface|input|enum)$/;

/** A class that Strawberry makes a type of the schema. */
const typeFactOf = (machine: Machine, of: ClassValue): readonly GraphqlFact[] => {
  const { module, scope } = of;
  for (const decorator of of.decorators) {
    const callee = (decorator.type === "call" && field(decorator, "function")) || decorator;
    const value = force(machine.evaluate(callee, { scope, module }));
    const kind = value.kind === "external" ? strawberryType.exec(value.name)?.[1] : undefined;
    if (kind === undefined) continue;
    const shared = { name: givenName(decorator) ?? of.name, type: null, arguments: [] };
    const place = { file: module.path, line: of.node.line };
    return [{ kind: kind as GraphqlFact["kind"], ...shared, fields: fieldsOf(machine, kind, of), ...place }];
  }
  return [];
};

/** Own and inherited, the nearest of each name. */
const fieldsOf = (machine: Machine, kind: string, of: ClassValue): readonly string[] => {
  if (kind === "enum") return of.fields.map(({ name }) => name);
  const found = new Map<string, string>();
  for (const one of [...classesOf(of)].reverse())
    for (const { name, type, arguments: given, value } of membersOf(machine, one))
      found.set(name, `${name}${given.length > 0 ? `(${given.join(", ")})` : ""}${typed(type, value)}`);
  return [...found.values()];
};

const typed = (type: string | null, value: Node | undefined): string =>
  `${type === null ? "" : `: ${type}`}${value === undefined ? "" : ` = ${textOf(value).slice(0, 200)}`}`;

/** A class, or several that `merge_types` puts together. */
const typesOf = (
  machine: Machine,
  schema: ExternalCallValue,
  kind: GraphqlFact["kind"],
  value: Value | undefined,
): readonly ClassValue[] => {
  const now = value && force(value);
  if (now === undefined || now.kind === "none") return [];
  if (now.kind === "class") return classesOf(now);
  const merged =
    now.kind === "external-call" && /merge_types$/.test(now.name)
      ? (now.args.positional[1] ?? now.args.keywords.get("types"))
      : undefined;
  if (merged?.kind === "list") return itemsOf(merged).flatMap((one) => typesOf(machine, schema, kind, one));
  note(machine, schema, `the ${kind} type of the GraphQL schema can't be found`);
  return [];
};

/** As the schema shows it. */
const camelCase = (name: string): string => name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const decorated = /(^|\.)(field|mutation|subscription)\b/;

/** `@strawberry.field(name="…")`. */
const givenName = (call: Node | undefined): string | undefined => {
  const list = call?.type === "call" ? field(call, "arguments") : undefined;
  const keyword = (list ? children(list) : []).find(
    (one) => one.type === "keyword_argument" && textOf(field(one, "name") ?? one) === "name",
  );
  const value = keyword && field(keyword, "value");
  return value && /^["'](\w+)["']$/.exec(textOf(value))?.[1];
};

type Member = Pick<GraphqlFact, "name" | "type" | "arguments"> & {
  /** Of a field that is one of the class's attributes. */
  readonly value: Node | undefined;
  readonly line: number;
};

const membersOf = (machine: Machine, of: ClassValue): readonly Member[] => [
  ...[...of.scope.names.values()].flatMap((value): Member[] => {
    const decorator =
      value.kind === "function" ? value.decorators.find((one) => decorated.test(textOf(one))) : undefined;
    if (value.kind !== "function" || !decorator) return [];
    const type = field(value.node, "return_type");
    const given = parametersOf(machine, value)
      .filter(({ name }) => !["self", "info", "root"].includes(name))
      .map(({ name, annotation, node }) => {
        const text = annotation ? textOf(annotation) : null;
        return `${camelCase(name)}${typed(text, field(node, "value"))}`;
      });
    return [
      {
        name: givenName(decorator) ?? camelCase(value.name),
        type: type ? textOf(type) : null,
        arguments: given,
        value: undefined,
        line: value.node.line,
      },
    ];
  }),
  ...of.fields
    .filter(({ annotation, name }) => annotation && !name.startsWith("_"))
    .map(({ name, annotation, value, node }) => ({
      name: givenName(value) ?? camelCase(name),
      type: annotation ? textOf(annotation) : null,
      arguments: [],
      value,
      line: node.line,
    })),
];

const operationsOf = (machine: Machine, kind: GraphqlFact["kind"], of: ClassValue): readonly GraphqlFact[] =>
  membersOf(machine, of).map(({ value: _, line, ...rest }) => ({
    kind,
    ...rest,
    fields: [],
    file: of.module.path,
    line,
  }));
