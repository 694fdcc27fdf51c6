/** Strawberry's schema as facts: the fields of its query, mutation and subscription types. */
import type { GraphqlFact } from "../../domain/facts.ts";
import { classesOf } from "./classes.ts";
import { parametersOf } from "./dependencies.ts";
import { force, type Machine, note } from "./machine.ts";
import { children, field, type Node, textOf } from "./node.ts";
import { type ClassValue, type ExternalCallValue, itemsOf, type Value } from "./values.ts";

const kinds = ["query", "mutation", "subscription"] as const;

export const graphqlFacts = (machine: Machine): readonly GraphqlFact[] =>
  machine.calls
    .filter(({ name }) => /(^|\.)Schema$/.test(name))
    .flatMap((schema) =>
      kinds.flatMap((kind, at) =>
        typesOf(machine, schema, kind, schema.args.keywords.get(kind) ?? schema.args.positional[at]).flatMap((type) =>
          fieldsOf(machine, kind, type),
        ),
      ),
    );

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

const fieldsOf = (machine: Machine, kind: GraphqlFact["kind"], of: ClassValue): readonly GraphqlFact[] => {
  const file = of.module.path;
  const methods = [...of.scope.names.values()].flatMap((value): GraphqlFact[] => {
    const decorator =
      value.kind === "function" ? value.decorators.find((one) => decorated.test(textOf(one))) : undefined;
    if (value.kind !== "function" || !decorator) return [];
    const type = field(value.node, "return_type");
    const names = parametersOf(machine, value).map(({ name }) => camelCase(name));
    return [
      {
        kind,
        name: givenName(decorator) ?? camelCase(value.name),
        type: type ? textOf(type) : null,
        arguments: names.filter((name) => name !== "self" && name !== "info" && name !== "root"),
        file,
        line: value.node.line,
      },
    ];
  });
  const fields = of.fields
    .filter(({ annotation, name }) => annotation && !name.startsWith("_"))
    .map(
      ({ name, annotation, value, node }): GraphqlFact => ({
        kind,
        name: givenName(value) ?? camelCase(name),
        type: annotation ? textOf(annotation) : null,
        arguments: [],
        file,
        line: node.line,
      }),
    );
  return [...methods, ...fields];
};
