/** What a route depends on, through every parameter, alias, class and factory, and which security schemes that wires in. */
import type { AuthFact } from "../../domain/facts.ts";
import { classAttribute, descends, lineage } from "./classes.ts";
import { type Frame, force, type Machine } from "./machine.ts";
import { children, field, type Node, textOf, unwrapType } from "./node.ts";
import { nameOf } from "./routers.ts";
import { schemesOfUsers } from "./users-router.ts";
import {
  type ClassValue,
  type ExternalCallValue,
  type FunctionValue,
  type InstanceValue,
  itemsOf,
  lookUp,
  optionsOf,
  unknown,
  type Value,
} from "./values.ts";

const dependsName = /(^|\.)fastapi(\.\w+)*\.(Depends|Security)$/;
const schemeName =
  /(^|\.)fastapi(\.security(\.\w+)?)?\.(OAuth2(PasswordBearer|AuthorizationCodeBearer)?|HTTPBearer|HTTPBasic|HTTPDigest|APIKey(Header|Query|Cookie)|OpenIdConnect|SecurityBase)$/;
const speaksOfAuth =
  /(current_?(active_?)?(super)?(user|account|subject|admin|principal|customer)|require[sd]?_?(auth|user|login|admin|perm|role|scope)|authenticat|verify_(token|jwt|api_?key|access)|jwt_?(auth|required|bearer)|(^|_)auth(_user|_required|_subject)?$|login_required|get_(user|admin)_?(from_token)?$|permission|is_(super)?(user|admin)|^authorize[ds]?$|bearer)/i;

const schemeOf = (name: string): AuthFact => {
  if (/OAuth2|HTTPBearer/.test(name)) return "bearer";
  if (/OpenId/.test(name)) return "openid";
  if (/Basic/.test(name)) return "basic";
  if (/Digest/.test(name)) return "digest";
  return /APIKey/.test(name) ? "api-key" : "unknown";
};

export type Closure = {
  readonly auth: ReadonlySet<AuthFact>;
  readonly names: ReadonlySet<string>;
  readonly calls: readonly ExternalCallValue[];
};
type Open = { readonly auth: Set<AuthFact>; readonly names: Set<string>; readonly calls: ExternalCallValue[] };

export type Parameter = {
  readonly name: string;
  readonly node: Node;
  readonly annotation: Node | undefined;
  readonly type: Value | undefined;
  readonly value: Value | undefined;
};

export const parametersOf = (machine: Machine, of: FunctionValue): readonly Parameter[] => {
  const list = field(of.node, "parameters");
  const frame = { scope: of.scope, module: of.module };
  return (list ? children(list) : []).flatMap((node) => {
    const name =
      node.type === "identifier" ? node : node.type === "typed_parameter" ? children(node)[0] : field(node, "name");
    if (!name || /splat|separator/.test(node.type)) return [];
    const annotation = field(node, "type");
    const value = field(node, "value");
    return [
      {
        name: textOf(name),
        node,
        annotation,
        type: annotation && typeOf(machine, annotation, frame),
        value: value && machine.evaluate(value, frame),
      },
    ];
  });
};

/** A type may be written as a text: its name is looked up, and what else stands there is not. */
export const typeOf = (machine: Machine, annotation: Node, frame: Frame): Value => {
  const node = unwrapType(annotation);
  if (node.type !== "string") return machine.evaluate(node, frame);
  const [, said = ""] = /^[rbuf]*["']+\s*(?:(?:typing\.)?Optional\[\s*)?([\w.]+)/.exec(textOf(node)) ?? [];
  const [first = "", ...rest] = said.split(".");
  const found = lookUp(frame.scope, first) ?? frame.module.scope.names.get(first);
  return rest.reduce((of, name) => machine.attribute(of, name), force(found ?? unknown(said)));
};

/** What `Depends(…)` names; the parameter's type where it names nothing. */
const targetOf = (value: Value | undefined, type: Value | undefined): readonly Value[] => {
  const now = value && force(value);
  if (now?.kind !== "external-call" || !dependsName.test(now.name)) return [];
  const { positional, keywords } = now.args;
  return [positional[0] ?? keywords.get("dependency") ?? type ?? { kind: "unknown", why: "Depends()" }];
};

const unannotated = (type: Value | undefined): Value | undefined => (type?.kind === "annotated" ? type.base : type);

export const dependenciesOfParameter = ({ value, type, annotation }: Parameter): readonly Value[] => {
  const quoted = annotation && unwrapType(annotation);
  if (quoted?.type === "string" && /\b(Depends|Security)\(/.test(textOf(quoted)))
    return [{ kind: "unknown", why: "an annotation in quotes" }];
  const found: Value[] = [...targetOf(value, unannotated(type))];
  for (let now = type; now?.kind === "annotated"; now = now.base)
    for (const one of now.metadata) found.push(...targetOf(one, unannotated(now)));
  return found;
};

/** Of a `dependencies=[…]` list. */
export const listedDependencies = (value: Value | undefined): readonly Value[] =>
  (value ? optionsOf(value) : []).flatMap((option) => itemsOf(option).flatMap((one) => targetOf(one, undefined)));

/** Below the route's own decorator, one that lets only some users through: `@requires("admin")`. */
export const isGuard = (machine: Machine, decorator: Node, frame: Frame): boolean => {
  const of = machine.evaluate(decorator.type === "call" ? field(decorator, "function") : decorator, frame);
  const isStarlettes = of.kind === "external" && /^starlette\.authentication\.requires$/.test(of.name);
  return isStarlettes || ((of.kind === "external" || of.kind === "function") && speaksOfAuth.test(nameOf(of)));
};

export type Closer = (of: Value) => Closure;

export const createCloser = (machine: Machine): Closer => {
  const known = new Map<Node | Value, Open>();

  const close = (of: Value, depth: number): Open => {
    const value = force(of);
    const key = value.kind === "function" ? value.node : value;
    const before = known.get(key);
    const closure: Open = before ?? { auth: new Set(), names: new Set(), calls: [] };
    if (before || depth > 8) return closure;
    known.set(key, closure);
    const add = (others: readonly Value[]): void => {
      for (const other of others) {
        const inner = close(other, depth + 1);
        for (const one of inner.auth) closure.auth.add(one);
        for (const one of inner.names) closure.names.add(one);
        closure.calls.push(...inner.calls);
      }
    };
    const own = (name: string): void => {
      closure.names.add(name);
      if (closure.auth.size === 0 && speaksOfAuth.test(name)) closure.auth.add("heuristic");
    };
    const parameters = (callee: Value | undefined): void => {
      if (callee?.kind === "function") add(parametersOf(machine, callee).flatMap(dependenciesOfParameter));
    };
    switch (value.kind) {
      case "function":
        parameters(value);
        own(value.name);
        break;
      case "class":
        if (descends(value, schemeName)) closure.auth.add(schemeOfClass(value));
        parameters(classAttribute(value, "__init__"));
        own(value.name);
        break;
      case "instance":
        if (descends(value.of, schemeName)) closure.auth.add(schemeOfInstance(value));
        parameters(classAttribute(value.of, "__call__"));
        add(value.args.positional.filter(({ kind }) => kind === "function" || kind === "instance"));
        own(value.of.name);
        break;
      case "external-call":
        for (const one of schemesOfUsers(machine, value.name)) closure.auth.add(one);
        closeCall(value, closure, add);
        break;
      case "external":
        if (schemeName.test(value.name)) closure.auth.add(schemeOf(value.name));
        own(nameOf(value));
        break;
      case "partial":
        add([value.of]);
        break;
      case "either":
        add(value.options.filter(({ kind }) => kind !== "none"));
        break;
      case "unknown":
        closure.auth.add("unknown");
        break;
    }
    return closure;
  };
  return (of) => close(of, 0);
};

const schemeOfClass = (of: ClassValue): AuthFact => {
  const base = lineage(of).find((one) => one.kind === "external" && schemeName.test(one.name));
  return base?.kind === "external" ? schemeOf(base.name) : "unknown";
};

/** A class made from `SecurityBase` alone says by its `model` what it is. */
const schemeOfInstance = ({ of, attributes }: InstanceValue): AuthFact => {
  const scheme = schemeOfClass(of);
  const model = attributes.get("model") ?? classAttribute(of, "model");
  const isNamed = model?.kind === "external-call" || model?.kind === "external";
  return scheme === "unknown" && isNamed ? schemeOf(model.name) : scheme;
};

const closeCall = (value: ExternalCallValue, closure: Open, add: (others: readonly Value[]) => void): void => {
  const last = value.name.split(".").at(-1) ?? value.name;
  closure.names.add(last);
  closure.calls.push(value);
  if (schemeName.test(value.name)) closure.auth.add(schemeOf(value.name));
  const given = [...value.args.positional, ...value.args.keywords.values()];
  add(given.filter((one) => one.kind === "function" || one.kind === "instance" || one.kind === "external-call"));
  if (closure.auth.size === 0 && speaksOfAuth.test(last)) closure.auth.add("heuristic");
};
