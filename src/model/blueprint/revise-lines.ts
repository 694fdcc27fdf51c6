/** Lines that the templates wrote, replaced by what they write now; a line that is not as they wrote it is a problem, and nothing is kept. */
import { addImports } from "./edit-python.ts";
import type { Context, Entity } from "./entity.ts";
import type { Field } from "./fields.ts";
import type { Import } from "./layout.ts";
import { moduleOf } from "./modules.ts";
import { classesOf, importsOf } from "./python.ts";
import type { Target } from "./recognise.ts";
import { columnLine, tableArgs } from "./templates/model.ts";
import { fold } from "./templates/py.ts";
import { createLine, literalLines, nullGuard, responseLine, updateLine } from "./templates/schemas.ts";
import { referenceMethod, saveMethod } from "./templates/service.ts";

/** The files as they become, and every line that is not as the templates wrote it: with one of those, nothing is kept. */
export type Edit = { readonly files: Map<string, string>; readonly problems: string[] };

export const indented = (code: string): string =>
  code
    .split("\n")
    .map((line) => (line === "" ? "" : `    ${line}`))
    .join("\n");

type Lines = { readonly start: number; readonly end: number };

const inClass = (text: string, name: string): Lines | undefined => {
  const found = classesOf(text).find((one) => one.name === name);
  return found && { start: found.start, end: found.end };
};

/** Replaces a block of whole lines that stands once in a class. */
export const swap = (edit: Edit, text: string, name: string, before: string, after: string): string => {
  if (before === after) return text;
  const range = inClass(text, name);
  const lines = text.split("\n");
  const body = range ? lines.slice(range.start, range.end + 1).join("\n") : "";
  const parts = `${body}\n`.split(`${before}\n`);
  if (!range || before === "" || parts.length !== 2) {
    edit.problems.push(`class ${name} no longer has this as I wrote it: ${before.trim().split("\n")[0] ?? ""}`);
    return text;
  }
  const replaced = parts.join(after === "" ? "" : `${after}\n`).replace(/\n$/, "");
  return [...lines.slice(0, range.start), ...replaced.split("\n"), ...lines.slice(range.end + 1)].join("\n");
};

/** Whole lines behind a block that stands once in a class. */
const follow = (edit: Edit, text: string, name: string, anchor: string, added: string): string =>
  swap(edit, text, name, anchor, `${anchor}\n${added}`);

export const change = (edit: Edit, path: string, to: (text: string) => string): void => {
  const text = edit.files.get(path);
  if (text === undefined) edit.problems.push(`${path} was not read`);
  else edit.files.set(path, to(text));
};

const withImports = (edit: Edit, target: Target, path: string, symbols: readonly Import[]): void =>
  change(edit, path, (text) =>
    addImports(
      text,
      symbols.filter((one) => one.module !== moduleOf(target.layout, path)),
      target.context.format,
    ),
  );

const blocks = (before: string, after: string): readonly [string, string] => [
  before && indented(before),
  after && indented(after),
];

/** What depends on all fields: check constraints, aliases of enums, the null guard, the service's methods. */
export const reviseShared = (edit: Edit, target: Target, before: Context, after: Context): void => {
  const width = before.format.width;
  const type = before.entity.names.type;
  const [argsBefore, argsAfter] = blocks(tableArgs(before.entity, width), tableArgs(after.entity, width));
  const tablename = `    __tablename__ = "${before.entity.names.many}"`;
  change(edit, target.model.path, (text) =>
    argsBefore === "" && argsAfter !== ""
      ? follow(edit, text, type, tablename, argsAfter)
      : swap(edit, text, type, argsBefore, argsAfter),
  );
  if (argsAfter !== "")
    withImports(edit, target, target.model.path, [{ module: "sqlalchemy", name: "CheckConstraint" }]);
  reviseAliases(edit, target, literalLines(before.entity, width), literalLines(after.entity, width));
  if (target.update) {
    const [guardBefore, guardAfter] = blocks(
      nullGuard(before.entity.fields, width),
      nullGuard(after.entity.fields, width),
    );
    const update = target.update;
    change(edit, update.path, (text) =>
      guardBefore === "" && guardAfter !== ""
        ? appendToClass(edit, text, update.found.name, guardAfter)
        : swap(edit, text, update.found.name, guardBefore, guardAfter),
    );
    if (guardAfter !== "") withImports(edit, target, update.path, [{ module: "pydantic", name: "field_validator" }]);
  }
  if (target.service && target.update) reviseService(edit, target, before, after, target.service);
};

const appendToClass = (edit: Edit, text: string, name: string, code: string): string => {
  const range = inClass(text, name);
  const lines = text.split("\n");
  if (!range) {
    edit.problems.push(`there is no class ${name}`);
    return text;
  }
  return [...lines.slice(0, range.end + 1), "", ...code.split("\n"), ...lines.slice(range.end + 1)].join("\n");
};

const reviseAliases = (edit: Edit, target: Target, before: readonly string[], after: readonly string[]): void => {
  if (before.join() === after.join()) return;
  change(edit, target.create.path, (text) => {
    if (before.length > 0) return text.replace(before.join("\n"), () => after.join("\n"));
    const lines = text.split("\n");
    const at = classesOf(text).find((one) => one.name === target.create.found.name)?.start ?? 0;
    const above = lines.slice(0, at).join("\n").trimEnd();
    const last = importsOf(text).at(-1)?.end;
    const gap = last === above.split("\n").length - 1 ? [""] : ["", ""];
    return [above, ...gap, ...after, "", "", ...lines.slice(at)].join("\n");
  });
};

const reviseService = (edit: Edit, target: Target, before: Context, after: Context, path: string): void => {
  const service = `${before.entity.names.type}Service`;
  change(edit, path, (text) => swap(edit, text, service, indented(saveMethod(before)), indented(saveMethod(after))));
  if (after.entity.fields.some((field) => field.unique))
    withImports(edit, target, path, [
      { module: "sqlalchemy.exc", name: "IntegrityError" },
      after.modules.errors.conflict,
    ]);
  const [referencesBefore, referencesAfter] = blocks(referenceMethod(before), referenceMethod(after));
  change(edit, path, (text) => swap(edit, text, service, referencesBefore, referencesAfter));
};

/** The lines of one field, in the model and in each schema. */
export const reviseField = (
  edit: Edit,
  target: Target,
  before: Context,
  after: Context,
  from: Field,
  to: Field,
): void => {
  const width = before.format.width;
  const { email } = target;
  const column = columnLine(to, after.entity, width);
  const one = (code: string): string => indented(code);
  change(edit, target.model.path, (text) =>
    swap(edit, text, before.entity.names.type, one(columnLine(from, before.entity, width).code), one(column.code)),
  );
  withImports(edit, target, target.model.path, column.imports);
  const schemas = [
    {
      place: target.create,
      was: createLine(from, before.entity, email, width),
      now: createLine(to, after.entity, email, width),
    },
    {
      place: target.update,
      was: updateLine(from, before.entity, email, width),
      now: updateLine(to, after.entity, email, width),
    },
    {
      place: target.response,
      was: responseLine(from, before.entity, email),
      now: responseLine(to, after.entity, email),
    },
  ];
  for (const { place, was, now } of schemas) {
    if (!place?.found.fields.some((field) => field.name === from.name)) continue;
    change(edit, place.path, (text) => swap(edit, text, place.found.name, one(was.code), one(now.code)));
    withImports(edit, target, place.path, now.imports);
  }
};

export const addField = (edit: Edit, target: Target, before: Context, after: Context, field: Field): void => {
  const width = before.format.width;
  const { email } = target;
  const last = before.entity.fields.at(-1);
  if (!last) return void edit.problems.push("the model has no field to stand behind");
  const column = columnLine(field, after.entity, width);
  change(edit, target.model.path, (text) =>
    follow(
      edit,
      text,
      before.entity.names.type,
      indented(columnLine(last, before.entity, width).code),
      indented(column.code),
    ),
  );
  withImports(edit, target, target.model.path, column.imports);
  const places = [
    { place: target.create, line: (one: Field, entity: Entity) => createLine(one, entity, email, width) },
    { place: target.update, line: (one: Field, entity: Entity) => updateLine(one, entity, email, width) },
    { place: target.response, line: (one: Field, entity: Entity) => responseLine(one, entity, email) },
  ];
  for (const { place, line } of places) {
    if (!place) continue;
    const anchor = before.entity.fields
      .filter((one) => place.found.fields.some((there) => there.name === one.name))
      .at(-1);
    if (!anchor) return void edit.problems.push(`class ${place.found.name} has none of the model's fields`);
    const added = line(field, after.entity);
    change(edit, place.path, (text) =>
      follow(edit, text, place.found.name, indented(line(anchor, before.entity).code), indented(added.code)),
    );
    withImports(edit, target, place.path, added.imports);
  }
  if (!target.update && target.service) passToModel(edit, target, target.service, field);
};

/** `User(email=email, …)` with one argument more: the service of users names what it takes. */
const passToModel = (edit: Edit, target: Target, path: string, field: Field): void => {
  const { names } = target.context.entity;
  change(edit, path, (text) => {
    const call = new RegExp(`^( +)${names.one} = ${names.type}\\(([^()]*)\\)$`, "m").exec(text);
    if (!call) {
      edit.problems.push(`${path} no longer makes the ${names.label} as I wrote it`);
      return text;
    }
    const indent = call[1] ?? "";
    const args = [
      ...(call[2] ?? "")
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== ""),
      `${field.name}=${names.one}_in.${field.name}`,
    ];
    const line = fold(target.context.format.width, indent.length, `${names.one} = ${names.type}(`, args, ")");
    return text.replace(call[0], () =>
      line
        .split("\n")
        .map((part) => indent + part)
        .join("\n"),
    );
  });
};

/** In the service of users the name is a variable as well. */
export const renameInService = (edit: Edit, path: string, from: string, to: string): void =>
  change(edit, path, (text) =>
    text
      .split(/("""[\s\S]*?""")/)
      .map((part) => (part.startsWith('"""') ? part : part.replace(new RegExp(`\\b${from}\\b`, "g"), to)))
      .join(""),
  );
