/** One instruction applied to the files of an entity: what it means for a field, what stands against it, what is said about it. */
import type { Context, Entity } from "./entity.ts";
import { type Field, isNumeric, isTextual } from "./fields.ts";
import type { Instruction } from "./instructions.ts";
import { problemOfName } from "./names.ts";
import type { Target } from "./recognise.ts";

import {
  addField,
  change,
  type Edit,
  indented,
  renameInService,
  reviseField,
  reviseShared,
  swap,
} from "./revise-lines.ts";
export type Files = ReadonlyMap<string, string>;

export type Revised =
  | { readonly ok: true; readonly files: Files; readonly entity: Entity; readonly did: string }
  | { readonly ok: false; readonly outcome: "declined" | "question"; readonly reason: string };

const decline = (reason: string): Revised => ({ ok: false, outcome: "declined", reason });
const ask = (reason: string): Revised => ({ ok: false, outcome: "question", reason });

const revisedField = (field: Field, instruction: Exclude<Instruction, { kind: "add" | "rate" }>): Field => {
  if (instruction.kind === "rename") return { ...field, name: instruction.to };
  if (instruction.kind === "bound")
    return {
      ...field,
      ...(instruction.min ? { min: instruction.min } : {}),
      ...(instruction.max ? { max: instruction.max } : {}),
    };
  if (instruction.flag === "optional") return { ...field, optional: true };
  if (instruction.flag === "required") return { ...field, optional: false };
  return { ...field, [instruction.flag]: true };
};

const problemOf = (
  entity: Entity,
  field: Field,
  instruction: Exclude<Instruction, { kind: "add" | "rate" }>,
): Revised | undefined => {
  if (instruction.kind === "rename") {
    const problem = problemOfName(instruction.to);
    if (problem) return ask(`\`${instruction.to}\` cannot be its name: ${problem}. Which other name?`);
    if (entity.fields.some((one) => one.name === instruction.to))
      return ask(`There is a field \`${instruction.to}\` already. Which name shall \`${field.name}\` have?`);
  }
  if (instruction.kind === "bound") {
    const { min, max } = { ...field, ...instruction };
    if (!isNumeric(field.type) && !isTextual(field.type))
      return ask(`\`${field.name}\` is neither text nor a number. What shall be bounded?`);
    if (
      isTextual(field.type) &&
      [instruction.min, instruction.max].some((bound) => bound && (bound.exclusive || !/^\d+$/.test(bound.value)))
    )
      return ask(`The length of \`${field.name}\` is bounded by whole numbers. Which?`);
    if (min && max && Number(min.value) > Number(max.value))
      return ask(`\`${field.name}\` would be at least ${min.value} and at most ${max.value}. Which is meant?`);
  }
  if (instruction.kind === "flag" && instruction.flag === "unique" && field.type.kind === "text")
    return ask(`\`${field.name}\` is an unbounded text, which a unique index cannot hold. Shall it be \`str\`?`);
  return undefined;
};

const said = (field: Field, instruction: Exclude<Instruction, { kind: "add" | "rate" }>): string => {
  const unit = isTextual(field.type) ? " characters" : "";
  if (instruction.kind === "rename")
    return `\`${field.name}\` is called \`${instruction.to}\` now, in the model, the schemas and the service`;
  if (instruction.kind === "flag")
    return `\`${field.name}\` is ${instruction.flag === "index" ? "indexed" : instruction.flag} now${instruction.flag === "unique" ? "; a value that is taken gives 409" : ""}`;
  const parts = [
    instruction.min && `${instruction.min.exclusive ? "more than" : "at least"} ${instruction.min.value}${unit}`,
    instruction.max && `${instruction.max.exclusive ? "less than" : "at most"} ${instruction.max.value}${unit}`,
  ];
  return `\`${field.name}\` has to be ${parts.filter(Boolean).join(" and ")} now`;
};

const attempt = (edit: Edit, entity: Entity, did: string, work: () => void): Revised => {
  work();
  return edit.problems.length === 0
    ? { ok: true, files: edit.files, entity, did }
    : decline(`I could not do it without guessing: ${edit.problems[0]}. That needs a person or a language model.`);
};

/** Everything but rates. */
export const revise = (target: Target, files: Files, instruction: Exclude<Instruction, { kind: "rate" }>): Revised => {
  const before = target.context;
  const { entity } = before;
  const edit: Edit = { files: new Map(files), problems: [] };
  if (instruction.kind === "add") {
    if (entity.fields.some((one) => one.name === instruction.field.name))
      return ask(`There is a field \`${instruction.field.name}\` already. What shall change about it?`);
    if (instruction.field.type.kind === "ref")
      return decline("A reference to another table changes how rows are written; that needs a language model.");
    if (!target.update && instruction.field.unique)
      return decline("A second unique field changes how a registration is refused; that needs a language model.");
    const after: Context = { ...before, entity: { ...entity, fields: [...entity.fields, instruction.field] } };
    return attempt(
      edit,
      after.entity,
      `\`${instruction.field.name}\` is there now, in the model and the schemas`,
      () => {
        addField(edit, target, before, after, instruction.field);
        reviseShared(edit, target, before, after);
      },
    );
  }
  const field = entity.fields.find((one) => one.name === instruction.field);
  if (!field) return reviseInputOnly(target, edit, instruction);
  const problem = problemOf(entity, field, instruction);
  if (problem) return problem;
  const to = revisedField(field, instruction);
  if (!target.update && instruction.kind === "flag")
    return decline(
      `\`${field.name}\` of a user decides how a registration works; making it ${instruction.flag} needs a language model.`,
    );
  if (JSON.stringify(to) === JSON.stringify(field))
    return decline(`\`${field.name}\` is so already; nothing was to change.`);
  const references = new Map(
    [...entity.references].map(([name, reference]) => [name === field.name ? to.name : name, reference]),
  );
  const after: Context = {
    ...before,
    entity: { ...entity, references, fields: entity.fields.map((one) => (one === field ? to : one)) },
  };
  return attempt(edit, after.entity, said(field, instruction), () => {
    reviseField(edit, target, before, after, field, to);
    reviseShared(edit, target, before, after);
    if (instruction.kind === "rename") edit.problems.push(...usedElsewhere(target, edit, field.name));
    if (instruction.kind === "rename" && !target.update && target.service)
      renameInService(edit, target.service, field.name, to.name);
  });
};

/** A field that clients send and the model does not have: a password. Only its length can be bounded. */
const reviseInputOnly = (
  target: Target,
  edit: Edit,
  instruction: Exclude<Instruction, { kind: "add" | "rate" }>,
): Revised => {
  const { create } = target;
  const names = target.context.entity.fields.map((one) => `\`${one.name}\``).join(", ");
  const field = create.found.fields.find((one) => one.name === instruction.field);
  if (!field) return ask(`There is no field \`${instruction.field}\` (there are ${names}). Which one is meant?`);
  if (instruction.kind !== "bound")
    return decline(`\`${field.name}\` is only sent, never stored; more than its length needs a language model.`);
  const set = (code: string, key: string, value: string | undefined): string =>
    value === undefined ? code : code.replace(new RegExp(`\\b${key}=[\\d_]+`), `${key}=${value}`);
  const now = set(set(field.source, "min_length", instruction.min?.value), "max_length", instruction.max?.value);
  if (now === field.source) return decline(`I found no length at \`${field.name}\` that could become so.`);
  const bounds = {
    ...(instruction.min ? { min: instruction.min } : {}),
    ...(instruction.max ? { max: instruction.max } : {}),
  };
  const asField: Field = {
    name: field.name,
    type: { kind: "str" },
    optional: false,
    unique: false,
    index: false,
    ...bounds,
  };
  return attempt(edit, target.context.entity, said(asField, instruction), () =>
    change(edit, create.path, (text) => swap(edit, text, create.found.name, indented(field.source), indented(now))),
  );
};

/** Files beside the entity's own that use a field by its name: a rename would break them. */
const usedElsewhere = (target: Target, edit: Edit, name: string): string[] => {
  const own = [target.model, target.create, target.update, target.response].map((place) => place?.path);
  const type = new RegExp(`\\b${target.context.entity.names.type}\\b`);
  const use = new RegExp(`\\.${name}\\b|\\b${name}=`);
  return [...edit.files].flatMap(([path, text]) =>
    path.endsWith(".py") && !own.includes(path) && path !== target.service && type.test(text) && use.test(text)
      ? [`${path} uses \`${name}\` as well`]
      : [],
  );
};
