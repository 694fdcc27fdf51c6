/** Executes statements: every branch is taken, and what stands in one is marked with its condition. */
import { define, defineClass } from "./definitions.ts";
import { importFrom, importStatement } from "./imports.ts";
import { type Frame, force, type Machine, type Returns, shortTextOf } from "./machine.ts";
import { children, field, fields, type Node, textOf, unwrapType } from "./node.ts";
import { itemsOf, none, text, unknown, type Value } from "./values.ts";

const mostLoops = 500;

export const run = (machine: Machine, statements: readonly Node[], frame: Frame, returns?: Returns): void => {
  for (const statement of statements) {
    if (++machine.steps > machine.limit) return;
    runOne(machine, statement, frame, returns);
    if (returns?.stopped) return;
  }
};

const bodyOf = (node: Node | undefined): readonly Node[] => (node ? children(node) : []);

const runOne = (machine: Machine, node: Node, frame: Frame, returns: Returns | undefined): void => {
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
    case "if_statement":
      runIf(machine, node, frame, returns);
      return;
    case "for_statement":
      runFor(machine, node, frame, returns);
      return;
    case "match_statement":
      for (const part of bodyOf(field(node, "body")))
        machine.run(bodyOf(field(part, "consequence")), frame, returns && { values: returns.values, stopped: false });
      return;
    case "try_statement":
    case "while_statement":
    case "with_statement":
      runGuarded(machine, node, frame, returns);
      return;
    case "return_statement":
      if (!returns) return;
      returns.values.push({
        value: children(node)[0] ? machine.evaluate(children(node)[0], frame) : none,
        conditional: false,
      });
      returns.stopped = true;
      return;
    case "block":
      machine.run(children(node), frame, returns);
      return;
  }
};

/** Both branches, each under its condition; what only type checkers see is no value. */
const runIf = (machine: Machine, node: Node, frame: Frame, returns: Returns | undefined): void => {
  const condition = field(node, "condition");
  const said = condition ? shortTextOf(condition) : "";
  if (/__name__\s*==/.test(said)) return;
  const branch = (body: readonly Node[], under: string | undefined): void => {
    const own: Returns = { values: [], stopped: false };
    if (under !== undefined) machine.conditions.push(under);
    machine.run(body, frame, returns && own);
    if (under !== undefined) machine.conditions.pop();
    returns?.values.push(...own.values.map(({ value }) => ({ value, conditional: true })));
  };
  const typesOnly = /\bTYPE_CHECKING\b/.test(said);
  if (!typesOnly) machine.evaluate(condition, frame);
  const before = machine.typesOnly;
  machine.typesOnly = before || typesOnly;
  branch(bodyOf(field(node, "consequence")), typesOnly ? undefined : said);
  machine.typesOnly = before;
  for (const other of fields(node, "alternative"))
    branch(bodyOf(field(other, "consequence") ?? field(other, "body")), typesOnly ? undefined : `not (${said})`);
};

const runFor = (machine: Machine, node: Node, frame: Frame, returns: Returns | undefined): void => {
  const over = machine.evaluate(field(node, "right"), frame);
  const target = field(node, "left");
  const body = bodyOf(field(node, "body"));
  const items: readonly Value[] | undefined =
    over.kind === "list"
      ? over.items
      : over.kind === "dict"
        ? [...over.entries.keys()].map((key) => text(key))
        : undefined;
  for (const item of items?.slice(0, mostLoops) ?? [unknown("what a loop runs over")]) {
    if (target) machine.bind(target, item, frame);
    machine.run(body, frame, returns);
    if (returns?.stopped) return;
  }
};

/** `try`, `with` and `while`: the body once, then what handles it. */
const runGuarded = (machine: Machine, node: Node, frame: Frame, returns: Returns | undefined): void => {
  if (node.type === "with_statement") bindWithItems(machine, node, frame);
  const own: Returns = { values: [], stopped: false };
  machine.run(bodyOf(field(node, "body")), frame, returns && own);
  returns?.values.push(...own.values);
  for (const part of children(node))
    if (/^(except|finally|else)/.test(part.type))
      for (const block of children(part)) if (block.type === "block") machine.run(children(block), frame);
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
  if (target.type === "identifier") frame.scope.names.set(textOf(target), value);
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
    const owner = force(machine.evaluate(field(target, "object"), frame));
    const name = textOf(field(target, "attribute") ?? target);
    if (owner.kind === "instance" || owner.kind === "router") owner.attributes.set(name, value);
    else if (owner.kind === "module" || owner.kind === "class") owner.scope.names.set(name, value);
  }
};
