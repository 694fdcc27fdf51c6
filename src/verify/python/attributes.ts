/** `value.name`, for every kind of value. */
import { classAttribute, descends } from "./classes.ts";
import { moduleAttribute } from "./imports.ts";
import { force, type Machine } from "./machine.ts";
import { textOf } from "./node.ts";
import { isPlayed } from "./routers.ts";
import { type InstanceValue, type RouterValue, text, unknown, type Value } from "./values.ts";

const noArguments = { positional: [], keywords: new Map<string, Value>() };

export const attribute = (machine: Machine, of: Value, name: string): Value => {
  const owner = force(of);
  switch (owner.kind) {
    case "module":
      return force(moduleAttribute(machine, owner, name));
    case "external":
      return { kind: "external", name: `${owner.name}.${name}` };
    case "class":
      if (name === "__name__" || name === "__qualname__") return text(owner.name);
      return (
        classAttribute(owner, name) ??
        (descends(owner, /./) ? { kind: "external", name: `${owner.name}.${name}` } : unknown(`${owner.name}.${name}`))
      );
    case "instance":
      return instanceAttribute(machine, owner, name);
    case "router":
      return routerAttribute(owner, name);
    case "text":
      return name === "value" ? owner : { kind: "method", of: owner, name };
    case "list":
    case "dict":
      return { kind: "method", of: owner, name };
    case "external-call":
      return { kind: "external", name: `${owner.name}().${name}` };
    case "super":
      return superAttribute(owner.self, name);
    default:
      return unknown(name);
  }
};

/** What FastAPI's own methods do is played, whatever a subclass makes of them. */
const routerAttribute = (of: RouterValue, name: string): Value => {
  if (name === "prefix" && of.prefix) return of.prefix;
  if (name === "router" && of.type === "app") return of;
  const own = of.attributes.get(name);
  if (own) return own;
  const found = of.of && !isPlayed(name) ? classAttribute(of.of, name) : undefined;
  return found?.kind === "function" ? { ...found, self: of } : (found ?? { kind: "method", of, name });
};

const instanceAttribute = (machine: Machine, of: InstanceValue, name: string): Value => {
  if (name === "__class__") return of.of;
  const own = of.attributes.get(name);
  if (own) return own;
  const found = classAttribute(of.of, name);
  if (found?.kind === "function") {
    const bound = { ...found, self: of };
    if (!found.decorators.some((one) => /(^|\.)(property|cached_property|computed_field)\b/.test(textOf(one))))
      return bound;
    of.attributes.set(name, unknown(`${name} refers to itself`));
    const value = machine.callFunction(bound, noArguments);
    of.attributes.set(name, value);
    return value;
  }
  if (found?.kind === "external-call" && /(^|\.)(Field|field|config|Config)$/.test(found.name)) {
    const { positional, keywords } = found.args;
    const value = keywords.get("default") ?? positional[0];
    return value ?? unknown(`${name} has no default`);
  }
  return found ?? unknown(name);
};

/** The first base that has it: a router's own `__init__` is played by the caller. */
const superAttribute = (self: Value | undefined, name: string): Value => {
  if (self?.kind !== "instance") return unknown(`super().${name}`);
  for (const base of self.of.bases) {
    const now = force(base);
    const found = now.kind === "class" ? classAttribute(now, name) : undefined;
    if (found?.kind === "function") return { ...found, self };
    if (found) return found;
  }
  return unknown(`super().${name}`);
};
