/** The router registration and the application's wiring, as new texts of the files they stand in. */
import { addImport, insertAfter } from "./edit-python.ts";
import type { Import, Layout, RouterSite } from "./layout.ts";
import { dirname, moduleOf, stem } from "./modules.ts";
import { assignmentsOf } from "./python.ts";
import type { Format } from "./templates/py.ts";

export type Registration = {
  readonly path: string;
  readonly after: string;
  /** What the router itself has to bring so that its routes end up at their path. */
  readonly routerArgs: readonly string[];
};

/** What is missing between the site's prefix and `/api/v1`; undefined where the two do not go together. */
const versionGap = (prefix: string): string | undefined => {
  if (/\/v\d+$/.test(prefix)) return "";
  return "/api/v1".startsWith(`${prefix}/`) || prefix === "" ? "/api/v1".slice(prefix.length) : undefined;
};

/** `/api/v1` as it is at this site: the prefix of everything included there, with a version. */
export const baseOfSite = (site: RouterSite): string | undefined => {
  const given = site.neighbour?.prefix;
  const prefix = site.prefix + (given && !given.perRouter ? given.value : "");
  const gap = versionGap(prefix);
  return gap === undefined ? undefined : prefix + gap;
};

/** How a file imports a module of ours: absolute, or relative where its neighbours are. */
const importFrom = (layout: Layout, from: string, path: string, relative: boolean): string => {
  if (!relative) return moduleOf(layout, path);
  const here = dirname(from).split("/");
  const there = dirname(path).split("/");
  let shared = 0;
  while (shared < here.length && here[shared] === there[shared]) shared++;
  if (shared === 0) return moduleOf(layout, path);
  return ".".repeat(here.length - shared + 1) + [...there.slice(shared), stem(path)].join(".");
};

/** `…/invoices/router.py` is known by its folder, `…/invoices.py` by itself. */
const nameOf = (layout: Layout, path: string): string => {
  const { routes } = layout;
  return routes.kind === "folder" && routes.suffix.startsWith("/") ? stem(dirname(path)) : stem(path);
};

/** What the file imports, and the name by which it includes it. */
const importOf = (layout: Layout, path: string): { symbol: Import; written: string } | undefined => {
  const { site } = layout;
  const { neighbour } = site;
  if (!neighbour) return undefined;
  const module = importFrom(layout, site.path, path, neighbour.importModule.startsWith("."));
  const name = nameOf(layout, path);
  const { routerName } = neighbour;
  if (neighbour.style === "object") {
    const as = `${name}_router`;
    return { symbol: { module, name: routerName === as ? as : `${routerName} as ${as}` }, written: as };
  }
  const own = stem(path);
  const above = module.slice(0, -own.length).replace(/(?<=\w)\.$/, "");
  const as = name === own ? own : `${name}_${own}`;
  return { symbol: { module: above, name: as === own ? own : `${own} as ${as}` }, written: `${as}.${routerName}` };
};

/**
 * Includes the router of the file at `path` below `/<segment>`, as its neighbour is included.
 * @returns undefined where there is no neighbour to follow or the prefix cannot be made to fit
 */
export const register = (layout: Layout, path: string, segment: string, format: Format): Registration | undefined => {
  const { site } = layout;
  const { neighbour } = site;
  const text = layout.files.get(site.path);
  const imported = importOf(layout, path);
  if (!neighbour || !imported || text === undefined) return undefined;
  const shared = neighbour.prefix && !neighbour.prefix.perRouter ? neighbour.prefix : undefined;
  const gap = versionGap(site.prefix + (shared?.value ?? ""));
  if (gap === undefined) return undefined;
  const own = `${gap}/${segment}`;
  const perRouter = neighbour.prefix?.perRouter === true;
  const args = [
    imported.written,
    ...(shared ? [`prefix=${shared.expression}`] : perRouter ? [`prefix="${own}"`] : []),
    ...(neighbour.tags ? [`tags=["${segment}"]`] : []),
  ];
  const call = `${neighbour.indent}${site.variable}.include_router(${args.join(", ")})`;
  const included = insertAfter(text, neighbour.end, call);
  return {
    path: site.path,
    after: addImport(included, imported.symbol, format),
    routerArgs: [...(perRouter ? [] : [`prefix="${own}"`]), ...(neighbour.tags ? [] : [`tags=["${segment}"]`])],
  };
};

/** The application's file with one call more, right behind `app = FastAPI(…)`. */
export const wireApp = (layout: Layout, install: Import, format: Format): string | undefined => {
  const text = layout.files.get(layout.app.path);
  if (text === undefined) return undefined;
  const made = assignmentsOf(text, true).find((one) => /^(fastapi\.)?FastAPI\s*\(/.test(one.value));
  if (!made) return undefined;
  const indent = /^[ \t]*/.exec(made.source)?.[0] ?? "";
  const end = made.line + made.source.split("\n").length - 1;
  return addImport(insertAfter(text, end, `${indent}${install.name}(${made.name})`), install, format);
};

/** The dependency file with one package more. */
export const addDependency = (path: string, text: string, requirement: string): string | undefined => {
  if (path.endsWith(".txt")) return `${text.replace(/\n*$/, "\n")}${requirement}\n`;
  const list = /^dependencies\s*=\s*\[[ \t]*\n/m.exec(text);
  if (!list) return undefined;
  const lines = text.split("\n");
  const start = text.slice(0, list.index).split("\n").length - 1;
  let end = start + 1;
  while (end < lines.length && !/^\s*\]/.test(lines[end] ?? "")) end++;
  const sample = lines[end - 1] ?? "";
  const indent = /^\s*/.exec(sample)?.[0] || "    ";
  const quote = sample.includes("'") && !sample.includes('"') ? "'" : '"';
  const last = /,\s*(#.*)?$/.test(sample) ? sample : sample.replace(/(["'])(\s*(#.*)?)$/, "$1,$2");
  return [...lines.slice(0, end - 1), last, `${indent}${quote}${requirement}${quote},`, ...lines.slice(end)].join("\n");
};
