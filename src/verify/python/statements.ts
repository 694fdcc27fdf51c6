/** Executes statements: they give names to values, define functions and classes, and end a block or not. */
import { bodyOf, runFor, runIf, runMatch, runTry, runWhile } from "./branches.ts";
import { define, defineClass } from "./definitions.ts";
import { importFrom, importStatement } from "./imports.ts";
import { type End, type Frame, type Machine, maxItems, type Returns, shortTextOf } from "./machine.ts";
import { children, field, type Node, textOf, unwrapType } from "./node.ts";
import { itemsOf, none, optionsOf, text, unknown, type Value } from "./values.ts";

/** @returns how they end, where they do before their last */
export const run = (
  machine: Machine,
  statements: readonly Node[],
  frame: Frame,
  returns?: Returns,
): End | undefined => {
  let perhaps: End | undefined;
  const depth = machine.conditions.length;
  for (const statement of statements) {
    if (++machine.steps > machine.limit) break;
    const end = runOne(machine, statement, frame, returns);
    if (!end) continue;
    if (end.condition === undefined) {
      machine.conditions.length = depth;
      return perhaps && perhaps.kind !== end.kind && end.kind !== "raise" ? perhaps : end;
    }
    perhaps ??= end;
    machine.conditions.push(`not (${end.condition})`);
  }
  machine.conditions.length = depth;
  return perhaps;
};

const runOne = (machine: Machine, node: Node, frame: Frame, returns: Returns | undefined): End | undefined => {
  switch (node.type) {
    case "import_statement":
      importStatement(machine, node, frame);
      return;
    case "import_from_statement":
      importFrom(machine, node, frame);
      return;
    case "expression_statement":
      for (const child of children(node))
        if (child.type === "assignment") assign(machine, child, frame);
        else if (child.type === "augmented_assignment") augment(machine, child, frame);
        else if (child.type !== "string") machine.evaluate(child, frame);
      return;
    case "type_alias_statement": {
      const [left, right] = children(node);
      const name = left ? (textOf(left).split("[")[0] ?? "").trim() : "";
      if (right) frame.scope.names.set(name, machine.evaluate(unwrapType(right), frame));
      return;
    }
    case "decorated_definition":
    case "function_definition":
      define(machine, node, frame);
      return;
    case "class_definition":
      defineClass(machine, node, frame, []);
      return;
    case "global_statement":
      for (const name of children(node)) frame.scope.globals.add(textOf(name));
      return;
    case "if_statement":
      return runIf(machine, node, frame, returns);
    case "for_statement":
      return runFor(machine, node, frame, returns);
    case "while_statement":
      return runWhile(machine, node, frame, returns);
    case "match_statement":
      return runMatch(machine, node, frame, returns);
    case "try_statement":
      return runTry(machine, node, frame, returns);
    case "with_statement":
      bindWithItems(machine, node, frame);
      return machine.run(bodyOf(field(node, "body")), frame, returns);
    case "return_statement": {
      const [value] = children(node);
      returns?.values.push(value ? machine.evaluate(value, frame) : none);
      return { kind: "return" };
    }
    case "raise_statement":
      return { kind: "raise" };
    case "break_statement":
      return { kind: "break" };
    case "continue_statement":
      return { kind: "continue" };
    case "block":
      return machine.run(children(node), frame, returns);
  }
};

const bindWithItems = (machine: Machine, node: Node, frame: Frame): void => {
  for (const clause of children(node).filter(({ type }) => type === "with_clause"))
    for (const item of children(clause)) {
      const value = field(item, "value");
      if (value) machine.evaluate(value, frame);
    }
};

const assign = (machine: Machine, node: Node, frame: Frame): void => {
  const left = field(node, "left");
  const right = field(node, "right");
  const annotation = field(node, "type");
  if (!left) return;
  const { scope } = frame;
  if (!right) {
    if (left.type === "identifier" && !scope.names.has(textOf(left)))
      scope.names.set(textOf(left), unknown(`${textOf(left)} is declared without a value`));
    noteField(machine, node, frame, left, annotation, undefined);
    return;
  }
  noteField(machine, node, frame, left, annotation, right);
  if (right.type === "assignment") {
    assign(machine, right, frame);
    machine.bind(left, machine.evaluate(field(right, "left"), frame), frame);
    return;
  }
  const value = machine.evaluate(right, frame);
  if (value.kind === "router" && left.type === "identifier") value.name ??= textOf(left);
  machine.bind(left, value, frame);
};

const noteField = (
  machine: Machine,
  node: Node,
  { scope, module }: Frame,
  left: Node,
  annotation: Node | undefined,
  value: Node | undefined,
): void => {
  if (scope.kind !== "class" || left.type !== "identifier" || machine.typesOnly) return;
  const owner = machine.classes.findLast((one) => one.scope === scope && one.module === module);
  owner?.fields.push({ name: textOf(left), annotation, value, node });
};

/** `names += [...]` makes a list longer; anything else is no longer known. */
const augment = (machine: Machine, node: Node, frame: Frame): void => {
  const left = field(node, "left");
  if (!left) return;
  const before = machine.evaluate(left, frame);
  const added = machine.evaluate(field(node, "right"), frame);
  const operator = textOf(field(node, "operator") ?? node);
  if (operator === "+=" && before.kind === "list" && added.kind === "list") before.items.push(...added.items);
  else if (operator === "+=" && before.kind === "text" && added.kind === "text")
    machine.bind(left, text(before.value + added.value, before.exact && added.exact), frame);
  else machine.bind(left, unknown(shortTextOf(node)), frame);
};

/** Gives names to a value: a name, a tuple of them, an attribute. */
export const bind = (machine: Machine, target: Node, value: Value, frame: Frame): void => {
  if (target.type === "identifier") {
    const name = textOf(target);
    (frame.scope.globals.has(name) ? frame.module.scope : frame.scope).names.set(name, value);
  } else if (target.type === "subscript") bindItem(machine, target, value, frame);
  else if (/^(pattern_list|tuple_pattern|list_pattern|tuple|expression_list)$/.test(target.type))
    children(target).forEach((part, at) => {
      bind(
        machine,
        part,
        value.kind === "list" ? (itemsOf(value)[at] ?? unknown("too few")) : unknown("unpacked"),
        frame,
      );
    });
  else if (target.type === "as_pattern_target") for (const one of children(target)) bind(machine, one, value, frame);
  else if (target.type === "attribute") {
    const name = textOf(field(target, "attribute") ?? target);
    for (const owner of optionsOf(machine.evaluate(field(target, "object"), frame)))
      if (owner.kind === "instance" || owner.kind === "router") owner.attributes.set(name, value);
      else if (owner.kind === "module" || owner.kind === "class") owner.scope.names.set(name, value);
  }
};

/** `routes["a"] = …` */
const bindItem = (machine: Machine, target: Node, value: Value, frame: Frame): void => {
  const owner = machine.evaluate(field(target, "value"), frame);
  const key = machine.evaluate(field(target, "subscript"), frame);
  if (owner.kind === "dict" && key.kind === "text" && owner.entries.size < maxItems)
    owner.entries.set(key.value, value);
};
