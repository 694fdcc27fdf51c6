/** Tells a backend that gives each entity a folder of its own from one that has a folder for each kind of file. Pure. */
import { dirname, stem } from "./modules.ts";
import { plural, singular, snake } from "./names.ts";

export type Kind = "routes" | "models" | "schemas" | "services";

const words: Readonly<Record<Kind, RegExp>> = {
  routes: /^(routers?|routes?|views?|endpoints?|controllers?|api)$/,
  models: /^models?$/,
  schemas: /^schemas?$/,
  services: /^(services?|crud)$/,
};

/** Folders of a kind of file or of a layer of the code: what lies in them is no entity's own. */
const layers =
  /^(api|apis|app|backend|src|core|common|shared|db|database|http|rest|web|server|v\d+|routers?|routes?|views?|endpoints?|controllers?|models?|schemas?|services?|crud|)$/;

/** What each entity's folder holds: `invoices/{router,models,schemas,service}.py`. */
export type Features = {
  /** The folder that entities' folders stand in. */
  readonly folder: string;
  readonly plural: boolean;
  readonly homes: ReadonlySet<string>;
  /** How files of a kind are called there; a kind that is kept elsewhere is absent. */
  readonly files: Readonly<Partial<Record<Kind, string>>>;
};

export const mostOf = (values: readonly string[]): string | undefined => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
};

/** @param routeFiles that make a router with routes @returns undefined where most of them lie in a folder of routes */
export const featuresOf = (
  routeFiles: readonly string[],
  paths: readonly string[],
  packageFolder: string,
): Features | undefined => {
  const owned = routeFiles.filter(
    (path) => words.routes.test(stem(path)) && dirname(path) !== packageFolder && !layers.test(stem(dirname(path))),
  );
  const folder = mostOf(owned.map((path) => dirname(dirname(path))));
  if (folder === undefined || owned.length * 2 <= routeFiles.length) return undefined;
  const homes = new Set(owned.map(dirname));
  const names = [...homes].filter((home) => dirname(home) === folder).map((home) => snake(stem(home)));
  const ones = names.filter((name) => name === singular(name) && name !== plural(name)).length;
  const many = names.filter((name) => name === plural(name) && name !== singular(name)).length;
  const called = (kind: Kind): { [kind in Kind]?: string } => {
    const name = mostOf(paths.filter((path) => homes.has(dirname(path)) && words[kind].test(stem(path))).map(stem));
    return name === undefined ? {} : { [kind]: name };
  };
  return {
    folder,
    plural: many >= ones,
    homes,
    files: { ...called("routes"), ...called("models"), ...called("schemas"), ...called("services") },
  };
};
