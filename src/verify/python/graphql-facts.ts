/** Strawberry's schema as facts: the fields of its query, mutation and subscription types. */
import type { GraphqlFact } from "../../domain/facts.ts";
import { classesOf } from "./classes.ts";
import { parametersOf } from "./dependencies.ts";
import { force, type Machine } from "./machine.ts";
import { field, textOf } from "./node.ts";
import { type ClassValue, itemsOf, type Value } from "./values.ts";

const kinds = ["query", "mutation", "subscription"] as const;

export const graphqlFacts = (machine: Machine): readonly GraphqlFact[] =>
  machine.calls
    .filter(({ name }) => /(^|\.)Schema$/.test(name))
    .flatMap(({ args: { positional, keywords } }) =>
      kinds.flatMap((kind, at) =>
        typesOf(keywords.get(kind) ?? positional[at]).flatMap((type) => fieldsOf(machine, kind, type)),
      ),
    );

/** A class, or several that `merge_types` puts together. */
const typesOf = (value: Value | undefined): readonly ClassValue[] => {
  const now = value && force(value);
  if (now?.kind === "class") return classesOf(now);
  if (now?.kind !== "external-call" || !/merge_types$/.test(now.name)) return [];
  return itemsOf(now.args.positional[1] ?? now.args.keywords.get("types")).flatMap(typesOf);
};

/** As the schema shows it. */
const camelCase = (name: string): string => name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const decorated = /(^|\.)(field|mutation|subscription)\b/;

const fieldsOf = (machine: Machine, kind: GraphqlFact["kind"], of: ClassValue): readonly GraphqlFact[] => {
  const file = of.module.path;
  const methods = [...of.scope.names.values()].flatMap((value): GraphqlFact[] => {
    if (value.kind !== "function" || !value.decorators.some((one) => decorated.test(textOf(one)))) return [];
    const type = field(value.node, "return_type");
    const names = parametersOf(machine, value).map(({ name }) => camelCase(name));
    return [
      {
        kind,
        name: camelCase(value.name),
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
      ({ name, annotation, node }): GraphqlFact => ({
        kind,
        name: camelCase(name),
        type: annotation ? textOf(annotation) : null,
        arguments: [],
        file,
        line: node.line,
      }),
    );
  return [...methods, ...fields];
};
