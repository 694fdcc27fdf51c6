/** FastAPI's applications and routers: what is registered on them, in the order in which that happens. */
import type { HttpMethod } from "../../domain/facts.ts";
import { descends } from "./classes.ts";
import { conditionNow, type Frame, force, type Machine, note, shortTextOf } from "./machine.ts";
import type { Node } from "./node.ts";
import {
  type Arguments,
  type ClassValue,
  itemsOf,
  none,
  type Origin,
  optionsOf,
  type RouterValue,
  text,
  unknown,
  type Value,
} from "./values.ts";

export const routerClass =
  /^(fastapi(\.routing)?\.APIRouter|fastapi(\.applications)?\.FastAPI|starlette\.(applications\.Starlette|routing\.Router))$/;

export const isApplicationClass = (of: ClassValue): boolean => descends(of, /(FastAPI|Starlette)$/);

const verbs: ReadonlySet<string> = new Set(["get", "post", "put", "patch", "delete", "head", "options", "trace"]);

export const registersRoute = (method: string): boolean =>
  verbs.has(method) || ["api_route", "route", "websocket", "websocket_route"].includes(method);

export const decoratesRoute = (method: string): boolean =>
  registersRoute(method) || method === "middleware" || method === "exception_handler" || method === "on_event";

/** Methods of routers whose work is known. */
const played: ReadonlySet<string> = new Set([
  ...["include_router", "mount", "host", "add_api_route", "add_route", "add_api_websocket_route"],
  ...["add_websocket_route", "add_middleware", "add_exception_handler", "add_event_handler"],
]);

export const isPlayed = (method: string): boolean => decoratesRoute(method) || played.has(method);

export const createRouter = (
  machine: Machine,
  type: RouterValue["type"],
  args: Arguments,
  node: Node,
  { module }: Frame,
  of?: ClassValue,
): RouterValue => {
  const router: RouterValue = {
    kind: "router",
    type,
    of,
    name: undefined,
    module,
    node,
    prefix: undefined,
    dependencies: undefined,
    inSchema: undefined,
    entries: [],
    middleware: [],
    handlers: [],
    starts: [],
    attributes: new Map(),
  };
  configure(machine, router, args);
  machine.routers.push(router);
  return router;
};

/** What `APIRouter(…)` or `FastAPI(…)` is told; of keywords that can't be known the prefix can't be known either. */
const configure = (machine: Machine, router: RouterValue, { keywords }: Arguments): void => {
  const { module, node } = router;
  router.prefix = keywords.get("prefix") ?? (keywords.has("**") ? unknown("**") : undefined);
  router.dependencies = keywords.get("dependencies");
  router.inSchema = keywords.get("include_in_schema");
  for (const one of itemsOf(keywords.get("middleware")))
    if (one.kind === "external-call") {
      const [what] = one.args.positional;
      if (what) router.middleware.push({ what, name: nameOf(what), keywords: one.args.keywords, module, node });
    }
  const handlers = keywords.get("exception_handlers");
  if (handlers?.kind === "dict")
    for (const [key, handler] of handlers.entries)
      router.handlers.push({ catches: text(key.replace(/^@/, "")), handler, module, node });
  for (const start of [keywords.get("lifespan"), ...itemsOf(keywords.get("on_startup"))])
    if (start) router.starts.push(start);
  const routes = keywords.get("routes");
  for (const one of itemsOf(routes)) addListed(machine, router, one);
  if (routes && routes.kind !== "list" && routes.kind !== "none")
    note(machine, { module, node }, "routes that can't be found are given to an application or router");
};

/** One of `routes=[Route(…), Mount(…)]`. */
const addListed = (machine: Machine, router: RouterValue, value: Value): void => {
  const listed = force(value);
  const kind =
    listed.kind === "external-call" && /\.(APIRoute|Route|WebSocketRoute|Mount|Host)$/.exec(listed.name)?.[1];
  if (listed.kind !== "external-call" || !kind) {
    note(machine, router, "a route that can't be found is given to an application or router");
    return;
  }
  const { args, node, module } = listed;
  const method = { APIRoute: "add_api_route", Route: "add_route", WebSocketRoute: "add_websocket_route" }[kind];
  callRouter(machine, router, method ?? kind.toLowerCase(), args, node, { scope: module.scope, module });
};

export const nameOf = (value: Value | undefined): string => {
  const now = force(value);
  switch (now.kind) {
    case "class":
    case "function":
      return now.name;
    case "external":
      return now.name.split(".").at(-1) ?? now.name;
    case "external-call":
      return now.name.split(".").at(-1) ?? now.name;
    case "instance":
      return now.of.name;
    case "text":
      return now.value;
    case "number":
      return String(now.value);
    case "partial":
      return nameOf(now.of);
    case "either":
      return [...new Set(now.options.filter(({ kind }) => kind !== "none").map(nameOf))].join(" or ");
    default:
      return "?";
  }
};

const methodsOf = (value: Value | undefined): (HttpMethod | "?")[] => {
  if (!value || value.kind === "none") return ["GET"];
  if (value.kind !== "list") return ["?"];
  return value.items.map((one) => (one.kind === "text" ? (one.value.toUpperCase() as HttpMethod) : "?"));
};

const isPlain = (method: string): boolean => /^(add_)?(websocket_)?route$/.test(method);

/** What a decorator registers. @param inner decorators below it */
export const register = (
  machine: Machine,
  router: RouterValue,
  method: string,
  call: Node,
  endpoint: Value,
  inner: readonly Node[],
  frame: Frame,
): void => {
  const args = machine.argumentsOf(call, frame);
  const { positional, keywords } = args;
  const place = { module: frame.module, node: call };
  machine.applied.add(call);
  if (registersRoute(method)) {
    const listed = keywords.get("methods") ?? (method === "route" ? positional[1] : undefined);
    const methods = verbs.has(method)
      ? [method.toUpperCase() as HttpMethod]
      : method.startsWith("websocket")
        ? ["WEBSOCKET" as const]
        : methodsOf(listed);
    addRoute(
      machine,
      router,
      { methods, path: positional[0] ?? keywords.get("path"), endpoint, inner, plain: isPlain(method) },
      args,
      call,
      frame,
    );
  } else if (method === "middleware")
    router.middleware.push({ what: endpoint, name: nameOf(endpoint), keywords: new Map(), ...place });
  else if (method === "on_event") addStart(router, positional[0], endpoint);
  else if (method === "exception_handler" && positional[0])
    router.handlers.push({ catches: positional[0], handler: endpoint, ...place });
};

const addStart = ({ starts }: RouterValue, event: Value | undefined, what: Value | undefined): void => {
  if (event?.kind === "text" && event.value === "startup" && what) starts.push(what);
};

const addRoute = (
  machine: Machine,
  router: RouterValue,
  route: {
    readonly methods: readonly (HttpMethod | "?")[];
    readonly path: Value | undefined;
    readonly endpoint: Value;
    readonly inner: readonly Node[];
    readonly plain: boolean;
  },
  { keywords }: Arguments,
  call: Node,
  { scope, module }: Frame,
): void => {
  router.entries.push({
    type: "route",
    ...route,
    path: route.path ?? text(""),
    keywords,
    call,
    scope,
    module,
    node: call,
    site: machine.site ?? { module, node: call },
    condition: conditionNow(machine),
  });
};

/** A method of a router that is no decorator. */
export const callRouter = (
  machine: Machine,
  router: RouterValue,
  method: string,
  args: Arguments,
  node: Node,
  frame: Frame,
): Value => {
  const { positional, keywords } = args;
  const place = { module: frame.module, node };
  const [first, second] = positional;
  switch (method) {
    case "__init__":
      configure(machine, router, args);
      break;
    case "include_router":
      include(machine, router, first ?? keywords.get("router"), keywords.get("prefix"), args, node, frame, false);
      break;
    case "mount":
    case "host": {
      const app = keywords.get("app") ?? second;
      const path = method === "host" ? text("") : (first ?? keywords.get("path"));
      for (const one of app ? optionsOf(app) : [])
        if (one.kind === "router") include(machine, router, one, path, args, node, frame, true);
      break;
    }
    case "add_api_route":
    case "add_route":
    case "add_api_websocket_route":
    case "add_websocket_route": {
      const endpoint = second ?? keywords.get("endpoint");
      const methods = method.includes("websocket")
        ? (["WEBSOCKET"] as const)
        : methodsOf(keywords.get("methods") ?? positional[2]);
      if (endpoint)
        addRoute(
          machine,
          router,
          { methods, path: first ?? keywords.get("path"), endpoint, inner: [], plain: isPlain(method) },
          args,
          node,
          frame,
        );
      break;
    }
    case "add_middleware": {
      const what = first ?? keywords.get("middleware_class");
      if (what) router.middleware.push({ what, name: nameOf(what), keywords, ...place });
      break;
    }
    case "add_event_handler":
      addStart(router, first, second);
      break;
    case "add_exception_handler":
      if (first && second) router.handlers.push({ catches: first, handler: second, ...place });
      break;
  }
  return none;
};

const include = (
  machine: Machine,
  router: RouterValue,
  included: Value | undefined,
  prefix: Value | undefined,
  { keywords }: Arguments,
  node: Node,
  { module }: Frame,
  mounted: boolean,
): void => {
  const options = optionsOf(force(included)).map(force);
  const known = options.filter((option) => option.kind === "router");
  if (options.some(({ kind }) => kind !== "router" && kind !== "none") || options.length === 0)
    note(machine, { module, node }, `a router that can't be found is included: ${shortTextOf(node)}`);
  else if (known.length > 1)
    note(
      machine,
      { module, node },
      `which of ${known.length} routers is included is only known at run time: ${shortTextOf(node)}`,
    );
  for (const child of known) includeOne(machine, router, child, prefix, keywords, { module, node }, mounted);
};

const includeOne = (
  machine: Machine,
  router: RouterValue,
  child: RouterValue,
  prefix: Value | undefined,
  keywords: Arguments["keywords"],
  { module, node }: Origin,
  mounted: boolean,
): void => {
  router.entries.push({
    type: "include",
    router: child,
    upTo: mounted ? Number.POSITIVE_INFINITY : child.entries.length,
    prefix: prefix ?? (keywords.has("**") ? unknown("**") : undefined),
    dependencies: keywords.get("dependencies"),
    inSchema: keywords.get("include_in_schema"),
    mounted,
    module,
    node,
    condition: conditionNow(machine),
  });
};
