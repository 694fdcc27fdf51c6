/** Every route that an application serves, with its full path through routers, prefixes and mounts. */
import { force, type Machine } from "./machine.ts";
import { textOf } from "./node.ts";
import {
  assumptionsOf,
  type IncludeEntry,
  isExact,
  type RouteEntry,
  type RouterValue,
  spelled,
  type Value,
} from "./values.ts";

export type Served = {
  readonly app: RouterValue;
  readonly route: RouteEntry;
  readonly method: RouteEntry["methods"][number];
  readonly path: string;
  readonly resolved: boolean;
  readonly assumes: readonly string[];
  /** Lists of dependencies, outermost first. */
  readonly dependencies: readonly Value[];
  readonly condition: string | undefined;
  readonly inSchema: boolean;
  /** Added to a router that was included before, or mounted on one that is included. */
  readonly late: boolean;
};

type Way = Pick<Served, "path" | "resolved" | "assumes" | "dependencies" | "inSchema" | "late"> & {
  readonly conditions: readonly string[];
};

const mostLevels = 12;

export const applicationsOf = ({ routers }: Machine): readonly RouterValue[] => {
  const inside = new Set(
    routers.flatMap(({ entries }) => entries.flatMap((one) => (one.type === "include" ? [one.router] : []))),
  );
  return routers.filter((router) => router.type === "app" && !inside.has(router));
};

/** Routers with routes that no application reaches. */
export const orphansOf = (machine: Machine): readonly RouterValue[] => {
  const seen = new Set<RouterValue>();
  const visit = (router: RouterValue): void => {
    if (seen.has(router)) return;
    seen.add(router);
    for (const entry of router.entries) if (entry.type === "include") visit(entry.router);
  };
  for (const app of applicationsOf(machine)) visit(app);
  return machine.routers.filter((one) => !seen.has(one) && one.entries.some(({ type }) => type === "route"));
};

const step = (way: Way, prefix: Value | undefined, source: string): Way => {
  const value = prefix && force(prefix);
  const given = value !== undefined && value.kind !== "none";
  return {
    ...way,
    path: way.path + (given ? spelled(value, source) : ""),
    resolved: way.resolved && (!given || isExact(value)),
    assumes: [...way.assumes, ...assumptionsOf(value)],
  };
};

const isHidden = (value: Value | undefined): boolean => value?.kind === "boolean" && !value.value;

const withRouter = (way: Way, router: RouterValue): Way => ({
  ...step(way, router.type === "app" ? undefined : router.prefix, "prefix"),
  dependencies: router.dependencies ? [...way.dependencies, router.dependencies] : way.dependencies,
  inSchema: way.inSchema && !isHidden(router.inSchema),
});

/** Starlette mounts without the slash at the end. */
const mountedAt = (path: Value | undefined): Value | undefined => {
  const value = path && force(path);
  return value?.kind === "text" ? { ...value, value: value.value.replace(/\/$/, "") } : value;
};

const through = (way: Way, entry: IncludeEntry): Way => ({
  ...step(way, entry.mounted ? mountedAt(entry.prefix) : entry.prefix, textOf(entry.node)),
  dependencies: [...(entry.mounted ? [] : way.dependencies), ...(entry.dependencies ? [entry.dependencies] : [])],
  conditions: entry.condition ? [...way.conditions, entry.condition] : way.conditions,
  inSchema: way.inSchema && !entry.mounted && !isHidden(entry.inSchema),
});

export const servedBy = (app: RouterValue): readonly Served[] => {
  const found: Served[] = [];
  const visit = (router: RouterValue, upTo: number, before: Way, level: number): void => {
    if (level > mostLevels) return;
    const way = withRouter(before, router);
    for (const [at, entry] of router.entries.entries()) {
      const on = at < upTo ? way : { ...way, late: true };
      if (entry.type === "route") found.push(...routesOf(app, entry, on));
      // An included router's own prefix is not in the path of what is mounted on it.
      else if (entry.mounted && level > 0 && router.type === "router")
        visit(entry.router, entry.upTo, through({ ...before, late: true }, entry), level + 1);
      else visit(entry.router, entry.upTo, through(on, entry), level + 1);
    }
  };
  const start: Way = {
    ...{ path: "", resolved: true, assumes: [], dependencies: [], conditions: [] },
    ...{ inSchema: true, late: false },
  };
  visit(app, Number.POSITIVE_INFINITY, start, 0);
  return unique(found);
};

const routesOf = (app: RouterValue, route: RouteEntry, before: Way): readonly Served[] => {
  const way = step(before, route.path, "path");
  const conditions = route.condition ? [...way.conditions, route.condition] : way.conditions;
  const own = route.keywords.get("dependencies");
  return route.methods.map((method) => ({
    app,
    route,
    method,
    path: way.path,
    resolved: way.resolved && method !== "?",
    assumes: way.assumes,
    dependencies: route.plain ? [] : own ? [...way.dependencies, own] : way.dependencies,
    late: way.late,
    condition: conditions.length > 0 ? [...new Set(conditions)].join(" and ") : undefined,
    inSchema:
      way.inSchema && !route.plain && !isHidden(route.keywords.get("include_in_schema")) && method !== "WEBSOCKET",
  }));
};

const unique = (found: readonly Served[]): readonly Served[] => {
  const seen = new Set<string>();
  return found.filter(({ method, path, route }) => {
    const key = `${method} ${path} ${route.module.path}:${route.node.line}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
};
