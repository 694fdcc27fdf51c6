/** How routers are included, from the application down: which one takes a new router, under which URL prefix, in whose style. */
import type { RouterSite } from "./layout.ts";
import { type Modules, moduleOf, resolveModule, resolveSubmodule } from "./modules.ts";
import { assignmentsOf, callsOf, classesOf, importsOf, type PyCall, stringOf } from "./python.ts";

export type RouterRef = { readonly path: string; readonly variable: string };

export type Inclusion = {
  readonly into: RouterRef;
  readonly isApp: boolean;
  readonly call: PyCall;
  readonly indent: string;
  readonly router: RouterRef | undefined;
  /** Does it stand under an `if`, in a loop or in a `try`, so that what follows it might not be included always? */
  readonly conditional: boolean;
};

type Sources = { readonly modules: Modules; readonly files: ReadonlyMap<string, string> };

const isConditional = (lines: readonly string[], at: number): boolean => {
  const indentOf = (line: string): number => line.search(/\S/);
  let indent = indentOf(lines[at] ?? "");
  for (let above = at - 1; above >= 0 && indent > 0; above--) {
    const line = lines[above] ?? "";
    if (line.trim() === "" || indentOf(line) >= indent) continue;
    if (/^\s*(if|elif|else|for|while|try|except|finally|match|case)\b/.test(line)) return true;
    indent = indentOf(line);
  }
  return false;
};

/** What a name in a file refers to: a variable of a file, through imports and one re-export. */
const resolveName = (sources: Sources, path: string, name: string, depth = 0): RouterRef | undefined => {
  const text = sources.files.get(path);
  if (text === undefined || depth > 4) return { path, variable: name };
  for (const imported of importsOf(text)) {
    const hit = imported.names.find(({ as }) => as === name);
    if (!hit) continue;
    const file = resolveModule(sources.modules, imported.module, path);
    if (file) return resolveName(sources, file, hit.name, depth + 1);
  }
  return { path, variable: name };
};

const resolveRouter = (sources: Sources, path: string, expression: string): RouterRef | undefined => {
  const [head = "", ...rest] = expression.trim().split(".");
  const text = sources.files.get(path) ?? "";
  if (rest.length === 0) return resolveName(sources, path, head);
  for (const imported of importsOf(text)) {
    const hit = imported.names.find(({ as }) => as === head);
    if (!hit) continue;
    const file = resolveSubmodule(sources.modules, imported.module, hit.name, path);
    if (file) return { path: file, variable: rest.join(".") };
  }
  return undefined;
};

/** Is it a variable of this file that no statement makes a router: a parameter, or what a loop goes through? */
const isUnmade = (sources: Sources, router: RouterRef | undefined, path: string): boolean =>
  router?.path === path &&
  !assignmentsOf(sources.files.get(path) ?? "", true).some(
    (one) => one.name === router.variable && /APIRouter/.test(one.value),
  );

/** A string literal, an f-string over known names, a constant, or a settings field with a literal default. */
const evaluate = (sources: Sources, path: string, expression: string | undefined): string | undefined => {
  if (expression === undefined) return "";
  const literal = stringOf(expression);
  if (literal !== undefined) return literal;
  const format = /^f(["'])(.*)\1$/.exec(expression.trim())?.[2];
  if (format !== undefined) {
    let known = true;
    const text = format.replace(/\{([\w.]+)\}/g, (_, inner: string) => {
      const value = evaluate(sources, path, inner);
      if (value === undefined) known = false;
      return value ?? "";
    });
    return known ? text : undefined;
  }
  const name = expression.trim().split(".").at(-1) ?? "";
  if (!/^\w+$/.test(name)) return undefined;
  for (const text of [sources.files.get(path) ?? "", ...sources.files.values()]) {
    const fields = [...assignmentsOf(text), ...classesOf(text).flatMap((one) => one.fields)];
    const value = stringOf(fields.find((field) => field.name === name)?.value);
    if (value !== undefined) return value;
  }
  return undefined;
};

/** Names in prefixes of routers whose values are in no file that was read. */
export const unreadPrefixes = (files: ReadonlyMap<string, string>): string[] => {
  const sources: Sources = { modules: { importRoot: "", paths: new Set() }, files };
  const names = [...files].flatMap(([path, text]) =>
    [...callsOf(text, "include_router"), ...callsOf(text, "APIRouter")].flatMap((call) => {
      const expression = call.keywords.get("prefix");
      if (expression === undefined || evaluate(sources, path, expression) !== undefined) return [];
      const inner = /^f["']/.test(expression)
        ? [...expression.matchAll(/\{([\w.]+)\}/g)].map((one) => one[1])
        : [expression];
      return inner.map((one) => (one ?? "").trim().split(".").at(-1) ?? "");
    }),
  );
  return [...new Set(names)].filter((name) => /^\w+$/.test(name));
};

/** The prefix that a router is made with. */
const ownPrefix = (sources: Sources, router: RouterRef): string | undefined => {
  const text = sources.files.get(router.path);
  if (text === undefined) return undefined;
  const made = assignmentsOf(text, true).find(
    (assignment) => assignment.name === router.variable && /^(fastapi\.)?APIRouter\s*\(/.test(assignment.value),
  );
  if (!made) return undefined;
  return evaluate(sources, router.path, callsOf(made.value, "APIRouter")[0]?.keywords.get("prefix"));
};

export const inclusionsOf = (sources: Sources): Inclusion[] => {
  const found: Inclusion[] = [];
  for (const [path, text] of sources.files) {
    const lines = text.split("\n");
    for (const call of callsOf(text, "include_router")) {
      const into = resolveName(sources, path, call.target) ?? { path, variable: call.target };
      const made = assignmentsOf(sources.files.get(into.path) ?? "", true).find((one) => one.name === into.variable);
      const isApp = made === undefined || !/APIRouter/.test(made.value);
      const argument = call.args[0] ?? call.keywords.get("router");
      const router = argument === undefined ? undefined : resolveRouter(sources, path, argument);
      found.push({
        into: isApp ? { path, variable: call.target } : into,
        isApp,
        call,
        indent: /^\s*/.exec(lines[call.start] ?? "")?.[0] ?? "",
        router: isUnmade(sources, router, path) ? undefined : router,
        conditional: isConditional(lines, call.start),
      });
    }
  }
  return found;
};

const same = (a: RouterRef | undefined, b: RouterRef): boolean => a?.path === b.path && a.variable === b.variable;

/** The URL prefix of what stands inside a router; undefined where it is not mounted or cannot be read. */
export const fullPrefix = (
  sources: Sources,
  all: readonly Inclusion[],
  router: RouterRef,
  depth = 0,
): string | undefined => {
  const mount = all.find((one) => same(one.router, router));
  if (!mount || depth > 6) return undefined;
  const above = mount.isApp ? "" : fullPrefix(sources, all, mount.into, depth + 1);
  const given = evaluate(sources, mount.into.path, mount.call.keywords.get("prefix"));
  const own = ownPrefix(sources, router) ?? (sources.files.has(router.path) ? undefined : "");
  return above === undefined || given === undefined || own === undefined ? undefined : above + given + own;
};

/** A router's own variable where it says nothing of the thing that it serves; else the usual one. */
const routerNameLike = (name: string): string => (/^(router|routes|api|api_router)$/.test(name) ? name : "router");

/** How many routers stand between a mounted one and the application. */
const depthOf = (all: readonly Inclusion[], router: RouterRef, depth = 0): number => {
  const mount = all.find((one) => same(one.router, router));
  return !mount || mount.isApp || depth > 6 ? depth : depthOf(all, mount.into, depth + 1);
};

const neighbourOf = (sources: Sources, list: readonly Inclusion[]): RouterSite["neighbour"] => {
  for (const inclusion of [...list].reverse()) {
    const argument = (inclusion.call.args[0] ?? "").split(".");
    if (!inclusion.router || inclusion.conditional || argument.length > 2) continue;
    const expression = inclusion.call.keywords.get("prefix");
    const value = evaluate(sources, inclusion.into.path, expression);
    if (expression !== undefined && value === undefined) continue;
    const name = argument[0] ?? "";
    const found = importsOf(sources.files.get(inclusion.into.path) ?? "").find(({ names }) =>
      names.some(({ as }) => as === name),
    );
    const module = found?.module ?? moduleOf(sources.modules, inclusion.router.path);
    return {
      end: inclusion.call.end,
      indent: inclusion.indent,
      style: argument.length === 2 ? "module" : "object",
      importModule: argument.length === 2 ? module : module.replace(/(?<=\w)\.\w+$|(?<=\.)\w+$/, ""),
      routerName: routerNameLike(argument[1] ?? inclusion.router.variable),
      ...(expression !== undefined && value !== undefined
        ? { prefix: { expression, value, perRouter: !/(^|\/)v\d+$/.test(value) } }
        : {}),
      tags: inclusion.call.keywords.has("tags"),
    };
  }
  return undefined;
};

/**
 * The router that a new one is included into: the mounted one whose prefix is a version of the API (`/api/v1` before
 * others; the nearest to the application), else the application itself. More than one that is equally good gives several.
 */
export const sitesOf = (sources: Sources, app: RouterRef): RouterSite[] => {
  const all = inclusionsOf(sources);
  const routers = new Map<string, RouterRef>();
  for (const [path, text] of sources.files)
    for (const made of assignmentsOf(text, true))
      if (/^(fastapi\.)?APIRouter\s*\(/.test(made.value))
        routers.set(`${path}:${made.name}`, { path, variable: made.name });
  const sites = [...routers.values()].flatMap((router): RouterSite[] => {
    const inside = all.filter((one) => !one.isApp && same(one.into, router));
    const prefix = fullPrefix(sources, all, router);
    if (inside.length === 0 || prefix === undefined) return [];
    const neighbour = neighbourOf(sources, inside);
    return neighbour ? [{ ...router, isApp: false, prefix, neighbour }] : [];
  });
  const score = (site: RouterSite): number => (/\/v1$/.test(site.prefix) ? 3 : /\/v\d+$/.test(site.prefix) ? 2 : 1);
  const best = Math.max(0, ...sites.map(score));
  const equal = sites.filter((site) => score(site) === best);
  const least = Math.min(...equal.map((site) => depthOf(all, site)));
  const chosen = equal.filter((site) => depthOf(all, site) === least);
  if (chosen.length > 0) return chosen;
  const direct = all.filter((one) => one.isApp);
  const neighbour = neighbourOf(sources, direct);
  const at = direct.at(-1)?.into ?? app;
  return [{ ...at, isApp: true, prefix: "", ...(neighbour ? { neighbour } : {}) }];
};
