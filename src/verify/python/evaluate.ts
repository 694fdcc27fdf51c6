/** The value of an expression, as far as it can be known. */
import { itemsToLoop, under } from "./branches.ts";
import { join } from "./join.ts";
import { type Frame, force, type Machine, maxItems, shortTextOf } from "./machine.ts";
import { children, field, fieldNameOf, fields, type Node, textOf, unwrapType } from "./node.ts";
import { concatenate, interpolate, literal } from "./strings.ts";
import { compare, isCertain, likelyTruthOf, not, truthOf } from "./truth.ts";
import { asDefault, assumptionsOf, createScope, itemsOf, lookUp, none, text, unknown, type Value } from "./values.ts";

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
      items.push(...(itemsToLoop(spread) ?? [unknown("*")]));
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

/** The first type that says something. FastAPI does not see what stands in `Annotated` inside of a union. */
const union = (parts: readonly Value[]): Value => {
  const types = parts.map((part) => (part.kind === "annotated" ? part.base : part));
  return types.find(({ kind }) => kind !== "none" && kind !== "unknown") ?? types[0] ?? unknown("a union");
};

const subscript: Evaluate = (machine, node, frame) => {
  const of = machine.evaluate(field(node, "value"), frame);
  const parts = fields(node, "subscript");
  if (of.kind === "external" && annotatedName.test(of.name)) return annotated(machine, parts, frame);
  if (of.kind === "external" && wrapperName.test(of.name))
    return union(parts.map((part) => machine.evaluate(part, frame)));
  const at = machine.evaluate(parts[0], frame);
  if (of.kind === "external" && /(^|\.)os\.environ$/.test(of.name)) return unknown("an environment variable");
  if (of.kind === "either")
    return join(
      of.options.map((one) => item(one, at, node)),
      shortTextOf(node),
    );
  return item(of, at, node);
};

const item = (of: Value, at: Value, node: Node): Value => {
  if (of.kind === "dict" && at.kind === "text") return of.entries.get(at.value) ?? unknown(shortTextOf(node));
  if (of.kind === "list" && at.kind === "number") return of.items.at(at.value) ?? unknown(shortTextOf(node));
  return of.kind === "class" || of.kind === "external" || of.kind === "annotated" ? of : unknown(shortTextOf(node));
};

const genericType: Evaluate = (machine, node, frame) => {
  const [name, parameters] = children(node);
  const of = machine.evaluate(name, frame);
  const parts = parameters ? children(parameters) : [];
  if (of.kind === "external" && annotatedName.test(of.name)) return annotated(machine, parts, frame);
  if (of.kind === "external" && wrapperName.test(of.name))
    return union(parts.map((part) => machine.evaluate(unwrapType(part), frame)));
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
  if (operator === "|") return union([a, b]);
  const compute = arithmetic[operator];
  return compute && a.kind === "number" && b.kind === "number"
    ? { kind: "number", value: compute(a.value, b.value) }
    : unknown(shortTextOf(node));
};

const mergeDicts = (a: Value, b: Value): Value =>
  a.kind === "dict" && b.kind === "dict"
    ? { kind: "dict", entries: new Map([...a.entries, ...b.entries]) }
    : unknown("a | b");

/** A variable that is not set is taken as such, and that is said. */
const boolean: Evaluate = (machine, node, frame) => {
  const a = machine.evaluate(field(node, "left"), frame);
  const isOr = textOf(field(node, "operator") ?? node) === "or";
  const truth = likelyTruthOf(a);
  if (truth === isOr) return a;
  const b = machine.evaluate(field(node, "right"), frame);
  if (truth !== undefined) return isCertain(a) ? b : assuming(b, assumptionsOf(a));
  if (a.kind === "unknown" && a.variable !== undefined) return isOr ? assuming(b, [a.variable]) : a;
  return join([a, b], shortTextOf(node));
};

/** What the default of a setting, or the absence of a variable, led to. */
const assuming = (value: Value, variables: readonly string[]): Value => {
  if (value.kind === "text") return text(value.value, value.exact, [...assumptionsOf(value), ...variables]);
  return asDefault(value);
};

const conditional: Evaluate = (machine, node, frame) => {
  const [then, condition, otherwise] = children(node);
  const asked = machine.evaluate(condition, frame);
  const truth = truthOf(asked);
  if (truth !== undefined) return machine.evaluate(truth ? then : otherwise, frame);
  const ways = [machine.evaluate(then, frame), machine.evaluate(otherwise, frame)];
  const likely = likelyTruthOf(asked);
  const assumed = assumptionsOf(asked);
  const joined = join(ways, shortTextOf(node));
  if (joined.kind !== "unknown" || likely === undefined || assumed.length === 0) return joined;
  return assuming(ways[likely ? 0 : 1] ?? joined, assumed);
};

const comparison: Evaluate = (machine, node, frame) => {
  const parts = children(node).filter((one) => fieldNameOf(one) !== "operators");
  const operators = fields(node, "operators");
  const [left, right] = parts.map((part) => machine.evaluate(part, frame));
  const why = shortTextOf(node);
  return left && right && operators[0] && operators.length === 1
    ? compare(textOf(operators[0]), left, right, why)
    : unknown(why);
};

/** Its clauses from left to right: each loops or lets pass; what is not known to be let pass is let pass. */
const comprehension: Evaluate = (machine, node, frame) => {
  const clauses = children(node).filter(({ type }) => type === "for_in_clause" || type === "if_clause");
  const body = field(node, "body");
  const inner: Frame = { ...frame, scope: createScope("function", frame.scope) };
  const items: Value[] = [];
  let isKnown = true;
  const visit = (at: number): void => {
    const clause = clauses[at];
    if (items.length >= maxLooped || !isKnown) return;
    if (!clause) items.push(body?.type === "pair" ? pairOf(machine, body, inner) : machine.evaluate(body, inner));
    else if (clause.type === "if_clause") {
      const condition = children(clause)[0];
      const truth = condition && truthOf(machine.evaluate(condition, inner));
      if (truth === false) return;
      under(machine, truth || !condition ? undefined : shortTextOf(condition), () => visit(at + 1));
    } else {
      const over = machine.evaluate(field(clause, "right"), inner);
      const target = field(clause, "left");
      const looped = itemsToLoop(over);
      isKnown &&= looped !== undefined && target !== undefined;
      for (const item of looped ?? []) {
        if (target) machine.bind(target, item, inner);
        visit(at + 1);
      }
    }
  };
  visit(0);
  if (!isKnown) return unknown(shortTextOf(node));
  return body?.type === "pair" ? dictOf(items) : { kind: "list", items };
};

const maxLooped = 500;

const pairOf = (machine: Machine, pair: Node, frame: Frame): Value => ({
  kind: "list",
  items: [machine.evaluate(field(pair, "key"), frame), machine.evaluate(field(pair, "value"), frame)],
});

const dictOf = (pairs: readonly Value[]): Value => {
  const entries = new Map<string, Value>();
  for (const pair of pairs) {
    const [key, value] = itemsOf(pair);
    if (key?.kind === "text" && value) entries.set(key.value, value);
  }
  return { kind: "dict", entries };
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
    return union(children(node).map((part) => machine.evaluate(unwrapType(part), frame)));
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
  dictionary_comprehension: comprehension,
  comparison_operator: comparison,
  not_operator: (machine, node, frame) => not(machine.evaluate(field(node, "argument"), frame), shortTextOf(node)),
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
