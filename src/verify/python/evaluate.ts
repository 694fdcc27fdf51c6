/** The value of an expression, as far as it can be known. */
import { type Frame, force, type Machine, maxItems, note, shortTextOf } from "./machine.ts";
import { children, field, fields, type Node, textOf, unwrapType } from "./node.ts";
import { concatenate, interpolate, literal } from "./strings.ts";
import { createScope, itemsOf, lookUp, none, text, unknown, type Value } from "./values.ts";

const builtIns = new Set(
  "str int float bool list dict set tuple len range print isinstance getattr setattr hasattr super type property staticmethod classmethod object Exception ValueError KeyError enumerate zip sorted reversed map filter any all min max sum repr open id vars iter next abs round format".split(
    " ",
  ),
);

export const evaluateLazily = (machine: Machine, node: Node, frame: Frame): Value => {
  if (++machine.steps > machine.limit) return unknown("too many steps");
  const evaluate = evaluators[node.type];
  return evaluate ? evaluate(machine, node, frame) : unknown(shortTextOf(node));
};

type Evaluate = (machine: Machine, node: Node, frame: Frame) => Value;

const first: Evaluate = (machine, node, frame) => machine.evaluate(children(node)[0], frame);

const sequence: Evaluate = (machine, node, frame) => {
  const items: Value[] = [];
  for (const one of children(node)) {
    if (items.length >= maxItems) return unknown("a list of too many items");
    if (one.type !== "list_splat") items.push(machine.evaluate(one, frame));
    else {
      const spread = machine.evaluate(children(one)[0], frame);
      items.push(...(spread.kind === "list" ? spread.items : [unknown("*")]));
    }
  }
  return { kind: "list", items };
};

const dictionary: Evaluate = (machine, node, frame) => {
  const entries = new Map<string, Value>();
  for (const one of children(node)) {
    if (entries.size >= maxItems) return unknown("a dictionary of too many entries");
    if (one.type === "pair") {
      const key = machine.evaluate(field(one, "key"), frame);
      const value = machine.evaluate(field(one, "value"), frame);
      if (key.kind === "text") entries.set(key.value, value);
      else if (key.kind === "number") entries.set(String(key.value), value);
      else if (key.kind === "class" || key.kind === "external") entries.set(`@${key.name}`, value);
    } else if (one.type === "dictionary_splat") {
      const spread = machine.evaluate(children(one)[0], frame);
      if (spread.kind === "dict") for (const [key, value] of spread.entries) entries.set(key, value);
    }
  }
  return { kind: "dict", entries };
};

const annotatedName = /(^|\.)Annotated$/;
const wrapperName = /(^|\.)(Optional|Union)$/;

const annotated = (machine: Machine, parts: readonly Node[], frame: Frame): Value => {
  const [base, ...metadata] = parts.map((part) => machine.evaluate(unwrapType(part), frame));
  return { kind: "annotated", base: base ?? unknown("Annotated"), metadata };
};

const subscript: Evaluate = (machine, node, frame) => {
  const of = machine.evaluate(field(node, "value"), frame);
  const parts = fields(node, "subscript");
  if (of.kind === "external" && annotatedName.test(of.name)) return annotated(machine, parts, frame);
  if (of.kind === "external" && wrapperName.test(of.name)) return machine.evaluate(parts[0], frame);
  const at = machine.evaluate(parts[0], frame);
  if (of.kind === "external" && /(^|\.)os\.environ$/.test(of.name)) return unknown("an environment variable");
  if (of.kind === "dict" && at.kind === "text") return of.entries.get(at.value) ?? unknown(shortTextOf(node));
  if (of.kind === "list" && at.kind === "number") return of.items.at(at.value) ?? unknown(shortTextOf(node));
  return of.kind === "class" || of.kind === "external" || of.kind === "annotated" ? of : unknown(shortTextOf(node));
};

const genericType: Evaluate = (machine, node, frame) => {
  const [name, parameters] = children(node);
  const of = machine.evaluate(name, frame);
  const parts = parameters ? children(parameters) : [];
  if (of.kind === "external" && annotatedName.test(of.name)) return annotated(machine, parts, frame);
  if (of.kind === "external" && wrapperName.test(of.name) && parts[0])
    return machine.evaluate(unwrapType(parts[0]), frame);
  return of;
};

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "//": (a, b) => Math.floor(a / b),
  "**": (a, b) => a ** b,
  "%": (a, b) => ((a % b) + b) % b,
};

const binary: Evaluate = (machine, node, frame) => {
  const operator = textOf(field(node, "operator") ?? node);
  const [left, right] = [field(node, "left"), field(node, "right")];
  const [a, b] = [machine.evaluate(left, frame), machine.evaluate(right, frame)];
  const sources = [left ? textOf(left) : "", right ? textOf(right) : ""];
  if (operator === "+" && (a.kind === "text" || b.kind === "text")) return concatenate([a, b], sources);
  if (operator === "+" && a.kind === "list" && b.kind === "list")
    return a.items.length + b.items.length > maxItems
      ? unknown("a list of too many items")
      : { kind: "list", items: [...a.items, ...b.items] };
  if (operator === "%" && a.kind === "text") return interpolate(a, b, sources[1] ?? "");
  if (operator === "/" && a.kind === "text")
    return concatenate([a, text("/"), b], [sources[0] ?? "", "", sources[1] ?? ""]);
  if (operator === "*" && a.kind === "text") return unknown("a repeated text");
  if (operator === "|" && (a.kind === "dict" || b.kind === "dict")) return mergeDicts(a, b);
  if (operator === "|") return a.kind === "unknown" || a.kind === "none" ? b : a;
  const compute = arithmetic[operator];
  return compute && a.kind === "number" && b.kind === "number"
    ? { kind: "number", value: compute(a.value, b.value) }
    : unknown(shortTextOf(node));
};

const mergeDicts = (a: Value, b: Value): Value =>
  a.kind === "dict" && b.kind === "dict"
    ? { kind: "dict", entries: new Map([...a.entries, ...b.entries]) }
    : unknown("a | b");

const isFalsy = (value: Value): boolean =>
  value.kind === "none" ||
  (value.kind === "text" && value.value === "") ||
  (value.kind === "boolean" && !value.value) ||
  (value.kind === "number" && value.value === 0) ||
  (value.kind === "list" && value.items.length === 0);

const boolean: Evaluate = (machine, node, frame) => {
  const a = machine.evaluate(field(node, "left"), frame);
  const b = machine.evaluate(field(node, "right"), frame);
  const isOr = textOf(field(node, "operator") ?? node) === "or";
  if (a.kind === "unknown") return isOr ? b : a;
  return isFalsy(a) === isOr ? b : a;
};

/** `a if c else b`, where c is not known: a, unless that says nothing. A text that depends on it is not exact. */
const conditional: Evaluate = (machine, node, frame) => {
  const [then, , otherwise] = children(node);
  const [a, b] = [machine.evaluate(then, frame), machine.evaluate(otherwise, frame)];
  if (a.kind === "text" && b.kind === "text" && a.value !== b.value) return text(a.value, false, a.assumes);
  return a.kind === "none" || a.kind === "unknown" ? b : a;
};

const mostItems = 200;

/** Calls `each` for every combination of a comprehension's loops. @returns false where one of them can't be known */
const forEach = (machine: Machine, node: Node, frame: Frame, each: (inner: Frame) => void): boolean => {
  const clauses = children(node).filter(({ type }) => type === "for_in_clause");
  const loop = (at: number, inner: Frame): boolean => {
    const clause = clauses[at];
    if (!clause) {
      each(inner);
      return true;
    }
    const over = machine.evaluate(field(clause, "right"), inner);
    const target = field(clause, "left");
    if (over.kind !== "list" || !target) return false;
    return over.items.slice(0, mostItems).every((item) => {
      machine.bind(target, item, inner);
      return loop(at + 1, inner);
    });
  };
  return loop(0, { ...frame, scope: createScope("function", frame.scope) });
};

const holdsRouter = (value: Value, depth = 0): boolean =>
  value.kind === "router" ||
  (value.kind === "list" && depth < 3 && value.items.some((one) => holdsRouter(one, depth + 1)));

const comprehension: Evaluate = (machine, node, frame) => {
  const items: Value[] = [];
  const known = forEach(machine, node, frame, (inner) => {
    if (items.length < maxItems) items.push(machine.evaluate(field(node, "body"), inner));
  });
  if (!known) return unknown(shortTextOf(node));
  if (children(node).some(({ type }) => type === "if_clause") && items.some((one) => holdsRouter(one)))
    note(
      machine,
      { ...frame, node },
      `routers that a condition may leave out are taken as if it always held: ${shortTextOf(node)}`,
    );
  return { kind: "list", items };
};

const dictionaryComprehension: Evaluate = (machine, node, frame) => {
  const entries = new Map<string, Value>();
  const pair = field(node, "body");
  const known = forEach(machine, node, frame, (inner) => {
    const key = machine.evaluate(pair && field(pair, "key"), inner);
    if (key.kind === "text" && entries.size < maxItems)
      entries.set(key.value, machine.evaluate(pair && field(pair, "value"), inner));
  });
  return known ? { kind: "dict", entries } : unknown(shortTextOf(node));
};

const evaluators: Readonly<Record<string, Evaluate>> = {
  identifier: (_, node, { scope, module }) => {
    const name = textOf(node);
    const found = lookUp(scope, name) ?? module.scope.names.get(name);
    if (found) return found;
    return builtIns.has(name) ? { kind: "external", name: `builtins.${name}` } : unknown(name);
  },
  string: literal,
  concatenated_string: (machine, node, frame) =>
    concatenate(
      children(node).map((part) => literal(machine, part, frame)),
      children(node).map(textOf),
    ),
  integer: (_, node) => ({ kind: "number", value: Number(textOf(node).replace(/_/g, "")) }),
  float: (_, node) => ({ kind: "number", value: Number(textOf(node).replace(/_/g, "")) }),
  true: () => ({ kind: "boolean", value: true }),
  false: () => ({ kind: "boolean", value: false }),
  none: () => none,
  parenthesized_expression: first,
  type: first,
  await: first,
  as_pattern: (machine, node, frame) => {
    const [value, target] = children(node);
    const got = machine.evaluate(value, frame);
    if (target) machine.bind(target, got, frame);
    return got;
  },
  named_expression: (machine, node, frame) => {
    const value = machine.evaluate(field(node, "value"), frame);
    const name = field(node, "name");
    if (name) machine.bind(name, value, frame);
    return value;
  },
  list: sequence,
  tuple: sequence,
  set: sequence,
  expression_list: sequence,
  dictionary,
  attribute: (machine, node, frame) =>
    machine.attribute(machine.evaluate(field(node, "object"), frame), textOf(field(node, "attribute") ?? node)),
  subscript,
  generic_type: genericType,
  union_type: (machine, node, frame) => {
    const parts = children(node).map((part) => machine.evaluate(unwrapType(part), frame));
    return parts.find(({ kind }) => kind !== "none" && kind !== "unknown") ?? parts[0] ?? unknown("a union");
  },
  binary_operator: binary,
  boolean_operator: boolean,
  conditional_expression: conditional,
  lambda: (_, node, { scope, module }) => ({ kind: "function", module, node, name: "<lambda>", scope, decorators: [] }),
  call: (machine, node, frame) => {
    const callee = machine.evaluate(field(node, "function"), frame);
    // A decorator's arguments are read when it is applied.
    return machine.call(callee, machine.argumentsOf(node, frame), node, frame);
  },
  list_comprehension: comprehension,
  generator_expression: comprehension,
  set_comprehension: comprehension,
  dictionary_comprehension: dictionaryComprehension,
  unary_operator: (machine, node, frame) => {
    const value = machine.evaluate(field(node, "argument"), frame);
    return value.kind === "number" && textOf(node).startsWith("-")
      ? { kind: "number", value: -value.value }
      : unknown(shortTextOf(node));
  },
};

export const evaluate = (machine: Machine, node: Node | undefined, frame: Frame): Value =>
  node ? force(evaluateLazily(machine, node, frame)) : unknown("nothing");

/** What a call is given, spread lists and dictionaries included. */
export const argumentsOf = (machine: Machine, call: Node, frame: Frame): ReturnType<Machine["argumentsOf"]> => {
  const positional: Value[] = [];
  const keywords = new Map<string, Value>();
  const list = field(call, "arguments");
  if (list?.type === "generator_expression") positional.push(machine.evaluate(list, frame));
  for (const one of list?.type === "argument_list" ? children(list) : []) {
    if (one.type === "keyword_argument")
      keywords.set(textOf(field(one, "name") ?? one), machine.evaluate(field(one, "value"), frame));
    else if (one.type === "dictionary_splat") {
      const spread = machine.evaluate(children(one)[0], frame);
      if (spread.kind === "dict") for (const [key, value] of spread.entries) keywords.set(key, value);
      else keywords.set("**", spread);
    } else if (one.type === "list_splat") {
      const spread = machine.evaluate(children(one)[0], frame);
      positional.push(...(spread.kind === "list" ? itemsOf(spread) : [unknown("*")]));
    } else positional.push(machine.evaluate(one, frame));
  }
  return { positional, keywords };
};
