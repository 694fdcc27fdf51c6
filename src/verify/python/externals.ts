/** Functions of Python and of packages whose results are known without running them. */
import { createGraphqlRouter, isGraphqlRouter } from "./graphql-router.ts";
import { type Frame, type Machine, note } from "./machine.ts";
import type { Node } from "./node.ts";
import { findAll, splitBy, substitute } from "./patterns.ts";
import { createRouter, routerClass } from "./routers.ts";
import { createUsersRouter, isTransport } from "./users-router.ts";
import {
  type Arguments,
  asDefault,
  type ClassValue,
  createScope,
  type ExternalValue,
  type Scope,
  text,
  unknown,
  type Value,
} from "./values.ts";

type Known = (machine: Machine, args: Arguments, node: Node, frame: Frame) => Value | undefined;

/** Facts by themselves, wherever they are called. */
const remembered =
  /(^|\.)(sqlalchemy(\.\w+)*\.Table|strawberry(\.\w+)*\.Schema|slowapi(\.\w+)*\.Limiter|\w+\.declarative_base)$/;

/** Servers, instruments and class-based views, which are given an application or a router and add no route themselves. */
const leavesRoutesAlone =
  /^(uvicorn|hypercorn|granian|gunicorn|mangum|sentry_sdk|opentelemetry|logfire|ddtrace|elasticapm|httpx|fastapi_cache|fastapi_pagination|(fastapi|starlette)\.testclient|builtins|logging|asgi_correlation_id)(\.|$)|(^|\.)(cbv|add_pagination|[iI]nstrument(ator)?\w*(\(\)\.\w+)*|init_app)$/;

export const callExternal = (
  machine: Machine,
  { name }: ExternalValue,
  args: Arguments,
  node: Node,
  frame: Frame,
): Value => {
  if (routerClass.test(name))
    return createRouter(machine, /(FastAPI|Starlette)$/.test(name) ? "app" : "router", args, node, frame);
  if (isGraphqlRouter(name)) return createGraphqlRouter(machine, args, node, frame);
  const users = createUsersRouter(machine, name, node, frame);
  if (users) return users;
  const fitting = machine.fitting.get(name) ?? functions.flatMap(([pattern], at) => (pattern.test(name) ? [at] : []));
  machine.fitting.set(name, fitting);
  for (const at of fitting) {
    const value = functions[at]?.[1](machine, args, node, frame);
    if (value) return value;
  }
  if (args.positional.some(({ kind }) => kind === "router") && !leavesRoutesAlone.test(name))
    note(machine, { ...frame, node }, `a router goes into ${name}, which is not of this repository`);
  const { module } = frame;
  const made = { kind: "external-call", name, args, module, node } as const;
  if (remembered.test(name) || isTransport(name)) machine.calls.push(made);
  return made;
};

const getenv: Known = (_, { positional }) => {
  const [variable, fallback] = positional;
  if (!fallback)
    return {
      kind: "unknown",
      why: "an environment variable",
      variable: variable?.kind === "text" ? variable.value : "?",
    };
  if (fallback.kind !== "text") return asDefault(fallback);
  return text(fallback.value, fallback.exact, variable?.kind === "text" ? [variable.value] : ["a variable"]);
};

const getattr: Known = (machine, { positional: [of, name, fallback] }) => {
  if (!of || name?.kind !== "text") return unknown("getattr");
  const value = machine.attribute(of, name.value);
  return value.kind === "unknown" && fallback ? fallback : value;
};

const importByName: Known = (machine, { positional: [name] }, node, frame) => {
  if (name?.kind === "text" && name.exact) return machine.importModule(name.value, frame.module);
  note(machine, { ...frame, node }, "a module is imported by a name that is only known at run time");
  return unknown("a module");
};

/** `cls` of `declarative_base(cls=…)` is a base like any other. */
const declarativeBase: Known = (_, { keywords }, node, { module }) => {
  const cls = keywords.get("cls");
  if (!cls) return undefined;
  const made: ClassValue = {
    kind: "class",
    name: "<declarative_base>",
    module,
    node,
    bases: [cls, { kind: "external", name: "sqlalchemy.orm.declarative_base()" }],
    keywords: new Map(),
    scope: createScope("class", undefined),
    decorators: [],
    fields: [],
  };
  return made;
};

const mapped: Known = (machine, { positional: [of, over] }, node, frame) =>
  of && over?.kind === "list"
    ? {
        kind: "list",
        items: over.items.map((item) => machine.call(of, { positional: [item], keywords: new Map() }, node, frame)),
      }
    : undefined;

const snakeCase: Known = (_, { positional: [of] }) =>
  of?.kind === "text" ? text(of.value.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase(), of.exact) : undefined;

const functions: readonly (readonly [RegExp, Known])[] = [
  [/^os\.(getenv|environ\.get)$/, getenv],
  [/(^|\.)(starlette\.config\.Config|environs\.Env|decouple\.config)(\(\)(\.\w+)?)?$/, (_, args) => environment(args)],
  [/^builtins\.str$|(^|\.)(AnyHttpUrl|SecretStr)$/, (_, { positional: [of] }) => of],
  [/^builtins\.getattr$/, getattr],
  [/(^|\.)typing(_extensions)?\.cast$/, (_, { positional: [, of] }) => of],
  [
    /^builtins\.(list|tuple|sorted|set|reversed)$/,
    (_, { positional: [of] }) => (of?.kind === "list" ? { kind: "list", items: [...of.items] } : undefined),
  ],
  [/^builtins\.(map|filter)$/, mapped],
  [
    /^builtins\.enumerate$/,
    (_, { positional: [of] }) =>
      of?.kind === "list"
        ? {
            kind: "list",
            items: of.items.map((item, at) => ({
              kind: "list" as const,
              items: [{ kind: "number", value: at }, item],
            })),
          }
        : undefined,
  ],
  [
    /^builtins\.dict$/,
    (_, { positional: [of], keywords }) => ({
      kind: "dict",
      entries: new Map([...(of?.kind === "dict" ? of.entries : []), ...keywords]),
    }),
  ],
  [/^builtins\.super$/, (machine, _, __, { scope }) => superOf(machine, scope)],
  [/^importlib\.import_module$/, importByName],
  [
    /(^|\.)(lru_cache|cache|wraps|contextmanager|asynccontextmanager)$/,
    (_, { positional: [of] }) => (of?.kind === "function" ? of : undefined),
  ],
  [/\.declarative_base$/, declarativeBase],
  [/^re\.sub$/, (_, args) => substitute(args)],
  [/^re\.split$/, (_, args) => splitBy(args)],
  [/^re\.findall$/, (_, args) => findAll(args)],
  [/^(inflection|humps|stringcase)\.(underscore|decamelize|depascalize|snakecase)$/, snakeCase],
  [
    /(^|\.)functools\.partial$/,
    (_, { positional: [of, ...positional], keywords }) =>
      of ? { kind: "partial", of, args: { positional, keywords } } : undefined,
  ],
];

/** The class is the one around the function that says it; what it is a method of is the function's first name. */
const superOf = (machine: Machine, scope: Scope): Value => {
  const inside = machine.classes.findLast((one) => one.scope === scope.parent);
  return { kind: "super", self: scope.names.get("self") ?? [...scope.names.values()][0], inside };
};

const environment = ({ positional, keywords }: Arguments): Value | undefined => {
  const [variable, ...rest] = positional;
  const fallback = keywords.get("default") ?? rest.at(-1);
  if (variable?.kind !== "text" || !fallback) return undefined;
  return fallback.kind === "text" ? text(fallback.value, fallback.exact, [variable.value]) : asDefault(fallback);
};
