/** Calls: functions of the repository are executed, classes become instances, packages are known by name. */
import { returned } from "./branches.ts";
import { classAttribute, classesOf, descends } from "./classes.ts";
import { callExternal } from "./externals.ts";
import { join } from "./join.ts";
import { type Frame, force, type Machine, maxDepth, note, type Returns, shortTextOf } from "./machine.ts";
import { children, field, type Node, textOf } from "./node.ts";
import { callRouter, createRouter, decoratesRoute, isApplicationClass, isPlayed, routerClass } from "./routers.ts";
import { textMethod } from "./strings.ts";
import {
  type Arguments,
  type ClassValue,
  createScope,
  type FunctionValue,
  type InstanceValue,
  none,
  type Scope,
  text,
  unknown,
  type Value,
} from "./values.ts";

export const call = (machine: Machine, of: Value, args: Arguments, node: Node, frame: Frame): Value => {
  const callee = force(of);
  switch (callee.kind) {
    case "method":
      if (callee.of.kind === "router") {
        if (decoratesRoute(callee.name))
          return { kind: "route-decorator", router: callee.of, method: callee.name, call: node, ...frame };
        return callRouter(machine, callee.of, callee.name, args, node, frame);
      }
      if (callee.of.kind === "text") return textMethod(callee.of, callee.name, args.positional, args.keywords);
      return collectionMethod(callee.of, callee.name, args);
    case "external":
      return callExternal(machine, callee, args, node, frame);
    case "class":
      return instantiate(machine, callee, args, node, frame);
    case "function":
      return machine.callFunction(callee, args);
    case "partial":
      return machine.call(
        callee.of,
        {
          positional: [...callee.args.positional, ...args.positional],
          keywords: new Map([...callee.args.keywords, ...args.keywords]),
        },
        node,
        frame,
      );
    case "route-decorator": {
      const [endpoint] = args.positional;
      const { router, method, scope, module } = callee;
      if (endpoint) machine.register(router, method, callee.call, endpoint, [], { scope, module });
      return endpoint ?? unknown("a decorator of nothing");
    }
    case "instance": {
      const method = classAttribute(callee.of, "__call__");
      return method?.kind === "function"
        ? machine.callFunction({ ...method, self: callee }, args)
        : unknown(shortTextOf(node));
    }
    case "either":
      return join(
        callee.options.filter(({ kind }) => kind !== "none").map((one) => machine.call(one, args, node, frame)),
        shortTextOf(node),
      );
    default:
      return callUnknown(machine, args, node, frame);
  }
};

/** Something that can't be found: a router by its name is one all the same; a router that goes in there is said to be lost. */
const callUnknown = (machine: Machine, args: Arguments, node: Node, frame: Frame): Value => {
  const name = textOf(field(node, "function") ?? node);
  if ([...args.positional, ...args.keywords.values()].some(({ kind }) => kind === "router"))
    note(machine, { ...frame, node }, `a router goes into ${name.slice(0, 60)}, which can't be found`);
  return unknown(shortTextOf(node));
};

const collectionMethod = (of: Value, name: string, { positional, keywords }: Arguments): Value => {
  const [first, second] = positional;
  if (of.kind === "list") {
    if (name === "append" && first && of.items.length < 10_000) of.items.push(first);
    if (name === "extend" && first?.kind === "list" && of.items.length + first.items.length < 10_000)
      of.items.push(...first.items);
    return none;
  }
  if (of.kind !== "dict") return unknown(name);
  switch (name) {
    case "get":
      return (first?.kind === "text" ? of.entries.get(first.value) : undefined) ?? second ?? none;
    case "update":
      if (first?.kind === "dict") for (const [key, value] of first.entries) of.entries.set(key, value);
      for (const [key, value] of keywords) of.entries.set(key, value);
      return none;
    case "items":
      return {
        kind: "list",
        items: [...of.entries].map(([key, value]) => ({ kind: "list" as const, items: [text(key), value] })),
      };
    case "values":
      return { kind: "list", items: [...of.entries.values()] };
    case "keys":
      return { kind: "list", items: [...of.entries.keys()].map((key) => text(key)) };
    default:
      return unknown(name);
  }
};

export const callFunction = (machine: Machine, of: FunctionValue, args: Arguments): Value => {
  machine.called.add(of.node);
  const deep = machine.stack.length > maxDepth || machine.stack.filter((one) => one === of.node).length > 1;
  if (deep) return unknown(`${of.name} calls too deep`);
  const scope = bindParameters(machine, of, of.self ? { ...args, positional: [of.self, ...args.positional] } : args);
  const frame: Frame = { scope, module: of.module };
  const body = field(of.node, "body");
  if (of.node.type === "lambda") return machine.evaluate(body, frame);
  const returns: Returns = { values: [] };
  machine.stack.push(of.node);
  const end = machine.run(body ? children(body) : [], frame, returns);
  machine.stack.pop();
  return returned(returns, end, of.name);
};

const parameterName = (node: Node): Node | undefined =>
  node.type === "identifier" || /splat_pattern$/.test(node.type)
    ? node
    : node.type === "typed_parameter"
      ? children(node)[0]
      : field(node, "name");

const bindParameters = (machine: Machine, of: FunctionValue, { positional, keywords }: Arguments): Scope => {
  const scope = createScope("function", of.scope);
  const left = new Map(keywords);
  let at = 0;
  for (const parameter of children(field(of.node, "parameters") ?? of.node)) {
    const name = parameterName(parameter);
    if (!name || parameter.parent === of.node) continue;
    if (name.type === "list_splat_pattern") {
      scope.names.set(textOf(name).replace(/^\*/, ""), { kind: "list", items: positional.slice(at) });
      at = positional.length;
      continue;
    }
    if (name.type === "dictionary_splat_pattern") {
      scope.names.set(textOf(name).replace(/^\*\*/, ""), { kind: "dict", entries: new Map(left) });
      continue;
    }
    const said = textOf(name);
    const given = left.get(said) ?? positional[at];
    if (left.has(said)) left.delete(said);
    else if (at < positional.length) at += 1;
    const otherwise = field(parameter, "value");
    scope.names.set(
      said,
      given ??
        (otherwise
          ? machine.evaluate(otherwise, { scope: of.scope, module: of.module })
          : unknown(`parameter ${said}`)),
    );
  }
  return scope;
};

const instantiate = (machine: Machine, of: ClassValue, args: Arguments, node: Node, frame: Frame): Value => {
  if (descends(of, routerClass)) return instantiateRouter(machine, of, args, node, frame);
  if (descends(of, /(^|\.)(Enum|StrEnum|IntEnum)$/)) return args.positional[0] ?? unknown(of.name);
  const made: InstanceValue = { kind: "instance", of, attributes: new Map(args.keywords), args };
  const start = classAttribute(of, "__init__");
  if (start?.kind === "function" && machine.stack.length < maxDepth)
    machine.callFunction({ ...start, self: made }, args);
  return made;
};

/** Its own `__init__` is executed, and says by `super().__init__` what FastAPI is given. */
const instantiateRouter = (machine: Machine, of: ClassValue, args: Arguments, node: Node, frame: Frame): Value => {
  const start = classAttribute(of, "__init__");
  const given = start?.kind === "function" ? { positional: [], keywords: new Map<string, Value>() } : args;
  const router = createRouter(machine, isApplicationClass(of) ? "app" : "router", given, node, frame, of);
  if (classesOf(of).some(({ scope }) => [...scope.names.keys()].some(isPlayed)))
    note(machine, of, `${of.name} registers routes in its own way: they are read as FastAPI would have them`);
  if (start?.kind === "function") machine.callFunction({ ...start, self: router }, args);
  return router;
};
