/** `value.name`, for every kind of value. */
import { classAttribute, classesOf, descends } from "./classes.ts";
import { moduleAttribute } from "./imports.ts";
import { join } from "./join.ts";
import { force, type Machine } from "./machine.ts";
import { textOf } from "./node.ts";
import { isPlayed } from "./routers.ts";
import { isUsers } from "./users-router.ts";
import {
  asDefault,
  type ClassValue,
  type FunctionValue,
  type InstanceValue,
  type RouterValue,
  text,
  unknown,
  type Value,
} from "./values.ts";

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
        classAttributeOf(owner, name) ??
        (descends(owner, /./) ? { kind: "external", name: `${owner.name}.${name}` } : unknown(`${owner.name}.${name}`))
      );
    case "instance":
      return instanceAttribute(machine, owner, name);
    case "router":
      return routerAttribute(machine, owner, name);
    case "text":
      return name === "value" ? owner : { kind: "method", of: owner, name };
    case "list":
    case "dict":
      return { kind: "method", of: owner, name };
    case "external-call":
      if (owner.name === "re.compile")
        return { kind: "partial", of: { kind: "external", name: `re.${name}` }, args: owner.args };
      return { kind: "external", name: `${owner.name}().${name}` };
    case "super":
      return superAttribute(owner.self, owner.inside, name);
    case "either":
      return join(
        owner.options.filter(({ kind }) => kind !== "none").map((one) => attribute(machine, one, name)),
        name,
      );
    default:
      return unknown(name);
  }
};

/** A class method is bound to the class. */
const classAttributeOf = (of: ClassValue, name: string): Value | undefined => {
  const found = classAttribute(of, name);
  return found?.kind === "function" && decoratedBy(found, /^classmethod$/) ? { ...found, self: of } : found;
};

const instanceAttribute = (machine: Machine, of: InstanceValue, name: string): Value => {
  if (name === "__class__") return of.of;
  const own = of.attributes.get(name);
  if (own) return own;
  const found = classAttribute(of.of, name);
  if (found?.kind === "function") {
    const bound = boundTo(of, found);
    if (!isProperty(found)) return bound;
    of.attributes.set(name, unknown(`${name} refers to itself`));
    const value = machine.callFunction(bound, noArguments);
    of.attributes.set(name, value);
    return value;
  }
  if (found?.kind === "external-call" && /(^|\.)(Field|field|config|Config)$/.test(found.name)) {
    const { positional, keywords } = found.args;
    const value = keywords.get("default") ?? positional[0];
    return value ? settingOf(of, value) : unknown(`${name} has no default`);
  }
  if (found) return settingOf(of, found);
  return isUsers(of.of) ? { kind: "external", name: `fastapi_users.FastAPIUsers().${name}` } : unknown(name);
};

/** The default of a field of settings is what it is until the environment says otherwise. */
const settingOf = ({ of }: InstanceValue, value: Value): Value =>
  descends(of, /(^|\.)BaseSettings$/) ? asDefault(value) : value;

/** What FastAPI's own methods do is played, whatever a subclass makes of them. */
const routerAttribute = (machine: Machine, of: RouterValue, name: string): Value => {
  const own = of.attributes.get(name);
  if (own) return own;
  if (name === "prefix") return of.prefix ?? text("");
  if (name === "router" && of.type === "app") return of;
  const found = of.of && !isPlayed(name) ? classAttribute(of.of, name) : undefined;
  if (found?.kind !== "function") return found ?? { kind: "method", of, name };
  const bound = boundTo(of, found);
  return isProperty(found) ? machine.callFunction(bound, noArguments) : bound;
};

const decoratedBy = ({ decorators }: FunctionValue, name: RegExp): boolean =>
  decorators.some((one) => name.test(textOf(one)));

const isProperty = (of: FunctionValue): boolean => decoratedBy(of, /(^|\.)(property|cached_property|computed_field)\b/);

const boundTo = (self: Value, of: FunctionValue): FunctionValue =>
  decoratedBy(of, /^staticmethod$/) ? of : { ...of, self };

/** What the classes behind the one whose method says `super()` have; a router's own `__init__` is ours. */
const superAttribute = (self: Value | undefined, inside: ClassValue | undefined, name: string): Value => {
  const of = self?.kind === "instance" || self?.kind === "router" ? self.of : undefined;
  if (!self || !of) return unknown(`super().${name}`);
  const classes = classesOf(of);
  for (const one of classes.slice(inside ? classes.indexOf(inside) + 1 : 1)) {
    const found = one.scope.names.get(name);
    if (found?.kind === "function") return boundTo(self, found);
    if (found) return force(found);
  }
  return self.kind === "router" ? { kind: "method", of: self, name } : unknown(`super().${name}`);
};
