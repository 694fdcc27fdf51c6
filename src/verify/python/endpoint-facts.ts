/** Endpoints as facts: what each served route takes, gives, demands and is limited to. */
import type { AuthFact, EndpointFact, HttpMethod, UnknownFact } from "../../domain/facts.ts";
import { normaliseRate } from "../rates.ts";
import { classAttribute, classesOf, descends } from "./classes.ts";
import {
  type Closer,
  createCloser,
  dependenciesOfParameter,
  isGuard,
  listedDependencies,
  type Parameter,
  parametersOf,
  typeOf,
} from "./dependencies.ts";
import { doubtsOf, guardsOf } from "./doubts.ts";
import { force, type Machine } from "./machine.ts";
import { children, field, type Node, textOf } from "./node.ts";
import { nameOf } from "./routers.ts";
import { applicationsOf, orphansOf, type Served, servedBy } from "./served.ts";
import type { ClassValue, ExternalCallValue, FunctionValue, RouteEntry, Value } from "./values.ts";

export const isPydantic = (of: Value): boolean =>
  descends(of, /(pydantic(\.\w+)*\.(BaseModel|RootModel|GenericModel)|(^|\.)BaseSettings|sqlmodel(\.\w+)*\.SQLModel)$/);

/** @property bodies classes that request bodies are read into */
export type Endpoints = {
  readonly endpoints: readonly EndpointFact[];
  readonly bodies: ReadonlySet<ClassValue>;
  readonly responses: ReadonlySet<ClassValue>;
  readonly unknown: readonly UnknownFact[];
};

export const endpointFacts = (machine: Machine): Endpoints => {
  const close = createCloser(machine);
  const owners = ownersOf(machine);
  const bodies = new Set<ClassValue>();
  const responses = new Set<ClassValue>();
  const unknown: UnknownFact[] = [];
  const every = applicationsOf(machine).flatMap(servedBy);
  const endpoints = every.map((served) => {
    const read = readRoute(machine, served, close, owners);
    for (const one of read.body) bodies.add(one);
    for (const one of read.response) responses.add(one);
    return read.fact;
  });
  unknown.push(...doubtsOf(every), ...guardsOf(machine));
  for (const router of orphansOf(machine))
    unknown.push({
      file: router.module.path,
      line: router.node.line,
      about: `no application includes the router ${router.name ?? "here"}, so its ${router.entries.length} routes are served nowhere that can be seen`,
    });
  return { endpoints: distinct(endpoints), bodies, responses, unknown };
};

/** Applications that serve the same show it once, and always where one of them always does. */
const distinct = (endpoints: readonly EndpointFact[]): readonly EndpointFact[] => {
  const found = new Map<string, EndpointFact>();
  for (const one of endpoints) {
    const key = JSON.stringify({ ...one, condition: null });
    const other = found.get(key);
    found.set(key, other ? { ...one, condition: either(one.condition, other.condition) } : one);
  }
  return [...found.values()];
};

const either = (one: string | null, other: string | null): string | null =>
  one === null || other === null ? null : one.length < other.length ? one : other;

/** Class-based views: what the class depends on is demanded by each of its methods. */
const ownersOf = (machine: Machine): ReadonlyMap<Node, ClassValue> => {
  const owners = new Map<Node, ClassValue>();
  for (const one of machine.classes)
    for (const value of one.scope.names.values()) if (value.kind === "function") owners.set(value.node, one);
  return owners;
};

const classDependencies = (machine: Machine, of: ClassValue | undefined): readonly Value[] =>
  (of ? classesOf(of) : []).flatMap(({ fields, scope, module }) =>
    fields.flatMap(({ name, node, annotation, value }) => {
      const frame = { scope, module };
      const type = annotation && typeOf(machine, annotation, frame);
      const parameter: Parameter = { name, node, annotation, type, value: value && machine.evaluate(value, frame) };
      return [...dependenciesOfParameter(parameter)];
    }),
  );

type Read = {
  readonly fact: EndpointFact;
  readonly body: readonly ClassValue[];
  readonly response: readonly ClassValue[];
};

const readRoute = (machine: Machine, served: Served, close: Closer, owners: ReadonlyMap<Node, ClassValue>): Read => {
  const { route, method, path, resolved } = served;
  const endpoint = callableOf(route.endpoint);
  const parameters = endpoint ? parametersOf(machine, endpoint) : [];
  const wanted = [
    ...served.dependencies.flatMap(listedDependencies),
    ...parameters.flatMap(dependenciesOfParameter),
    ...classDependencies(machine, endpoint && owners.get(endpoint.node)),
  ];
  const closures = wanted.map(close);
  const auth = new Set<AuthFact>(closures.flatMap((one) => [...one.auth]));
  if (auth.size === 0 && route.inner.some((one) => isGuard(machine, one, route))) auth.add("heuristic");
  const calls = closures.flatMap((one) => one.calls);
  const body = bodiesOf(parameters);
  const response = responseOf(machine, route, endpoint);
  return {
    body,
    response: response.classes,
    fact: {
      method: method === "?" ? "GET" : (method as HttpMethod),
      path: path === "" ? "/" : path,
      resolved,
      auth: authOf(auth),
      rate_limit: rateOf(machine, route, calls),
      handler: nameOf(route.endpoint),
      async: endpoint ? textOf(endpoint.node).startsWith("async") : false,
      response_model: response.text,
      status_code: statusOf(route.keywords.get("status_code"), keywordNode(route.call, "status_code")),
      body: body.map(({ name }) => name),
      dependencies: [...new Set(closures.flatMap((one) => [...one.names]))].sort(),
      condition: served.condition ?? null,
      in_schema: served.inSchema,
      documented: isDocumented(route, endpoint),
      file: route.site.module.path,
      line: route.site.node.line,
    },
  };
};

/** A certain scheme makes a guess needless. */
const authOf = (found: ReadonlySet<AuthFact>): readonly AuthFact[] => {
  const certain = [...found].filter((one) => one !== "heuristic" && one !== "unknown").sort();
  if (certain.length > 0) return certain;
  const guess = [...found].sort()[0];
  return [guess ?? "none"];
};

const callableOf = (value: Value): FunctionValue | undefined => {
  const now = force(value);
  if (now.kind === "function") return now;
  if (now.kind === "partial") return callableOf(now.of);
  if (now.kind !== "instance") return undefined;
  const method = classAttribute(now.of, "__call__");
  return method?.kind === "function" ? method : undefined;
};

const bodiesOf = (parameters: readonly Parameter[]): readonly ClassValue[] =>
  parameters.flatMap((parameter) => {
    if (dependenciesOfParameter(parameter).length > 0) return [];
    const type = parameter.type?.kind === "annotated" ? parameter.type.base : parameter.type;
    const now = type && force(type);
    return now?.kind === "class" && isPydantic(now) ? [now] : [];
  });

const responseOf = (
  machine: Machine,
  route: RouteEntry,
  endpoint: FunctionValue | undefined,
): { readonly text: string | null; readonly classes: readonly ClassValue[] } => {
  const keyword = keywordNode(route.call, "response_model");
  const returns = endpoint && field(endpoint.node, "return_type");
  const node = keyword ?? returns;
  if (!node) return { text: null, classes: [] };
  const frame = keyword
    ? { scope: route.scope, module: route.module }
    : { scope: (endpoint as FunctionValue).scope, module: (endpoint as FunctionValue).module };
  return { text: textOf(node), classes: classesIn(machine, node, frame) };
};

/** Every class of ours that an annotation names. */
const classesIn = (machine: Machine, node: Node, frame: Parameters<Machine["evaluate"]>[1]): ClassValue[] => {
  const found: ClassValue[] = [];
  const visit = (one: Node): void => {
    if (one.type === "identifier" || one.type === "attribute") {
      const value = machine.evaluate(one, frame);
      if (value.kind === "class") found.push(value);
      if (one.type === "attribute") return;
    }
    for (const child of children(one)) visit(child);
  };
  visit(node);
  return found;
};

const keywordNode = (call: Node, name: string): Node | undefined => {
  const list = field(call, "arguments");
  const found = (list ? children(list) : []).find(
    (one) => one.type === "keyword_argument" && textOf(field(one, "name") ?? one) === name,
  );
  return found && field(found, "value");
};

const phrases: Readonly<Record<string, number>> = {
  OK: 200,
  CREATED: 201,
  ACCEPTED: 202,
  NO_CONTENT: 204,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
};

/** A constant says its number, wherever it comes from. */
const statusOf = (value: Value | undefined, node: Node | undefined): number | null => {
  const now = value && force(value);
  if (now?.kind === "number") return now.value;
  const said = now?.kind === "external" ? now.name : node ? textOf(node) : "";
  const number = /(^|\.)HTTP_(\d{3})_\w+$/.exec(said)?.[2];
  if (number) return Number(number);
  if (now?.kind !== "external") return null;
  return (
    phrases[
      now.name
        .replace(/\.value$/, "")
        .split(".")
        .at(-1) ?? ""
    ] ?? null
  );
};

const isDocumented = (route: RouteEntry, endpoint: FunctionValue | undefined): boolean => {
  if (route.keywords.has("summary") || route.keywords.has("description")) return true;
  const [first] = children((endpoint && field(endpoint.node, "body")) ?? route.node);
  return (
    endpoint !== undefined && first?.type === "expression_statement" && /string$/.test(children(first)[0]?.type ?? "")
  );
};

/** SlowAPI's decorator counts only below the route's own: above it, the route has the function without the limit. */
const rateOf = (machine: Machine, route: RouteEntry, calls: readonly ExternalCallValue[]): string | null => {
  const frame = { scope: route.scope, module: route.module };
  for (const decorator of route.inner) {
    if (decorator.type !== "call") continue;
    const callee = textOf(field(decorator, "function") ?? decorator);
    if (!/(^|\.)(limit|shared_limit)$|rate_?limit|throttle/i.test(callee)) continue;
    const [said] = machine.argumentsOf(decorator, frame).positional;
    if (said?.kind === "text") return normaliseRate(said.value) ?? "{?}";
    return "{?}";
  }
  const limiter = calls.find(({ name }) => /(^|\.)RateLimiter$/.test(name));
  if (limiter) return limiterRate(limiter);
  return null;
};

/** fastapi-limiter: `RateLimiter(times=2, seconds=5)`. */
const limiterRate = ({ args: { positional, keywords } }: ExternalCallValue): string => {
  const number = (value: Value | undefined): number | undefined => (value?.kind === "number" ? value.value : undefined);
  const times = number(keywords.get("times") ?? positional[0]) ?? 1;
  for (const unit of ["milliseconds", "seconds", "minutes", "hours", "days"]) {
    const every = number(keywords.get(unit));
    if (every) return normaliseRate(`${times}/${every} ${unit}`) ?? `${times}/${every} ${unit}`;
  }
  return "{?}";
};
