/** `def` and `class`: names get functions and classes, decorators of routers register routes. */
import { classAttribute } from "./classes.ts";
import { type Frame, force, type Machine, note, shortTextOf } from "./machine.ts";
import { children, field, type Node, textOf } from "./node.ts";
import { isPlayed, registersRoute } from "./routers.ts";
import { type ClassValue, createScope, type FunctionValue, optionsOf, type Value } from "./values.ts";

export const define = (machine: Machine, node: Node, frame: Frame): void => {
  const decorators = children(node)
    .filter(({ type }) => type === "decorator")
    .flatMap((one) => children(one).slice(0, 1));
  const definition = node.type === "decorated_definition" ? field(node, "definition") : node;
  if (!definition) return;
  if (definition.type === "class_definition") {
    defineClass(machine, definition, frame, decorators);
    return;
  }
  const { scope, module } = frame;
  const name = textOf(field(definition, "name") ?? definition);
  const made: FunctionValue = { kind: "function", module, node: definition, name, scope, decorators };
  scope.names.set(name, made);
  // The lowest is applied first; the order in which routes of one function are registered follows.
  for (let at = decorators.length - 1; at >= 0; at--) {
    const decorator = decorators[at];
    if (decorator) decorate(machine, decorator, made, decorators.slice(at + 1), frame);
  }
};

const decorate = (
  machine: Machine,
  decorator: Node,
  made: FunctionValue,
  inner: readonly Node[],
  frame: Frame,
): void => {
  if (decorator.type !== "call") {
    applyTo(machine, machine.evaluate(decorator, frame), made, decorator, frame);
    return;
  }
  const callee = field(decorator, "function");
  if (callee?.type === "attribute") {
    const owner = machine.evaluate(field(callee, "object"), frame);
    const method = textOf(field(callee, "attribute") ?? callee);
    const routers = isPlayed(method) ? optionsOf(owner).filter((one) => one.kind === "router") : [];
    for (const router of routers) machine.register(router, method, decorator, made, inner, frame);
    if (routers.length > 0) return;
    if (owner.kind === "unknown" && registersRoute(method)) {
      const [path] = machine.argumentsOf(decorator, frame).positional;
      if (path?.kind === "text" && path.value.startsWith("/"))
        note(
          machine,
          { ...frame, node: decorator },
          `a route on a router that can't be found: ${shortTextOf(decorator)}`,
        );
      machine.applied.add(decorator);
      return;
    }
  }
  const called = machine.evaluate(callee, frame);
  if (called.kind === "method" && called.of.kind === "router")
    machine.register(called.of, called.name, decorator, made, inner, frame);
  else if (called.kind === "function" || called.kind === "either")
    applyTo(machine, machine.evaluate(decorator, frame), made, decorator, frame);
};

/** A decorator of the repository is called, since it may register what it decorates. */
const applyTo = (machine: Machine, decorator: Value, made: FunctionValue, node: Node, frame: Frame): void => {
  const { site } = machine;
  machine.site ??= { module: frame.module, node };
  for (const one of optionsOf(decorator))
    if (one.kind === "function" || one.kind === "route-decorator")
      machine.call(one, { positional: [made], keywords: new Map() }, node, frame);
  machine.site = site;
};

export const defineClass = (machine: Machine, node: Node, frame: Frame, decorators: readonly Node[]): ClassValue => {
  const bases: Value[] = [];
  const keywords = new Map<string, Value>();
  for (const one of children(field(node, "superclasses") ?? node).filter(({ parent }) => parent !== node))
    if (one.type === "keyword_argument")
      keywords.set(textOf(field(one, "name") ?? one), machine.evaluate(field(one, "value"), frame));
    else bases.push(machine.evaluateLazily(withoutSubscript(one), frame));
  const name = textOf(field(node, "name") ?? node);
  const scope = createScope("class", frame.scope);
  const made: ClassValue = {
    kind: "class",
    ...{ name, module: frame.module, node, bases, keywords, scope, decorators },
    fields: [],
  };
  frame.scope.names.set(name, made);
  machine.classes.push(made);
  for (const decorator of decorators) machine.evaluate(decorator, frame);
  machine.run(children(field(node, "body") ?? node), { ...frame, scope });
  const hook = bases.map(subclassHook).find((one) => one !== undefined);
  if (hook) machine.callFunction({ ...hook, self: made }, { positional: [], keywords });
  return made;
};

/** What a base of the repository does to each class below it, such as giving its table a prefix. */
const subclassHook = (base: Value): FunctionValue | undefined => {
  const now = force(base);
  const found = now.kind === "class" ? classAttribute(now, "__init_subclass__") : undefined;
  return found?.kind === "function" ? found : undefined;
};

/** `Repository[User]` is a Repository. */
const withoutSubscript = (node: Node): Node => {
  let inner = node;
  while (inner.type === "subscript") inner = field(inner, "value") ?? inner;
  return inner;
};
