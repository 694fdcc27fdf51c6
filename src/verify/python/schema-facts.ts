/** Pydantic classes as facts: schemas with their fields and configuration, and settings with their defaults. */
import type { FieldFact, SchemaFact, SettingFact } from "../../domain/facts.ts";
import { classesOf, descends } from "./classes.ts";
import { isPydantic } from "./endpoint-facts.ts";
import type { Machine } from "./machine.ts";
import { textOf } from "./node.ts";
import { plain } from "./plain.ts";
import type { ClassField, ClassValue } from "./values.ts";

const isSettings = (of: ClassValue): boolean => descends(of, /(^|\.)BaseSettings$/);

const isTable = (of: ClassValue): boolean => {
  const table = of.keywords.get("table");
  return table?.kind === "boolean" && table.value;
};

type Owned = { readonly field: ClassField; readonly owner: ClassValue };

/** Own and inherited, the nearest of each name, bases first as Pydantic orders them. */
const fieldsOf = (of: ClassValue): readonly Owned[] => {
  const found = new Map<string, Owned>();
  for (const owner of [...classesOf(of)].reverse())
    for (const field of owner.fields)
      if (field.annotation && field.name !== "model_config" && !/\bClassVar\b/.test(textOf(field.annotation)))
        found.set(field.name, { field, owner });
  return [...found.values()];
};

const factOf = ({ field: { name, annotation, value, node }, owner }: Owned): FieldFact => ({
  name,
  type: annotation ? textOf(annotation) : null,
  value: value ? textOf(value).slice(0, 2_000) : null,
  file: owner.module.path,
  line: node.line,
});

const configOf = (of: ClassValue): SchemaFact["config"] => {
  for (const one of classesOf(of)) {
    if (one.fields.some(({ name }) => name === "model_config")) return "v2";
    if (one.scope.names.get("Config")?.kind === "class") return "v1";
  }
  return "none";
};

export const schemaFacts = (
  machine: Machine,
  used: { readonly bodies: ReadonlySet<ClassValue>; readonly responses: ReadonlySet<ClassValue> },
): readonly SchemaFact[] =>
  machine.classes
    .filter((one) => isPydantic(one) && !isTable(one) && !isSettings(one))
    .map((one) => ({
      name: one.name,
      fields: fieldsOf(one).map(factOf),
      config: configOf(one),
      used_as: [
        ...(used.bodies.has(one) ? (["body"] as const) : []),
        ...(used.responses.has(one) ? (["response"] as const) : []),
      ],
      file: one.module.path,
      line: one.node.line,
    }));

export const settingFacts = (machine: Machine): readonly SettingFact[] =>
  machine.classes.filter(isSettings).flatMap((one) =>
    fieldsOf(one).map(({ field, owner }) => {
      const value = defaultOf(machine, field, owner);
      return {
        name: field.name,
        type: field.annotation ? textOf(field.annotation) : null,
        ...(value === undefined ? {} : { value }),
        file: owner.module.path,
        line: field.node.line,
      };
    }),
  );

const defaultOf = (machine: Machine, { value }: ClassField, { scope, module }: ClassValue): unknown => {
  if (!value) return undefined;
  const now = machine.evaluate(value, { scope, module });
  if (now.kind !== "external-call" || !/(^|\.)Field$/.test(now.name)) return plain(now);
  const given = now.args.keywords.get("default") ?? now.args.positional[0];
  return given && textOf(value).includes("...") && given.kind === "unknown" ? undefined : given && plain(given);
};
