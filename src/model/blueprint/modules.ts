/** Where Python modules lie: dotted names to files and back, from the list of files and how they import one another. */
import { importsOf } from "./python.ts";

export const dirname = (path: string): string => (path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "");
const basename = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
export const stem = (path: string): string => basename(path).replace(/\.py$/, "");
export const join = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join("/");

export type Modules = {
  /** The folder that stands on Python's path: `backend`, `src`, or "" for the repository's root. */
  readonly importRoot: string;
  readonly paths: ReadonlySet<string>;
};

/** The dotted name by which code imports a file. */
export const moduleOf = (modules: Modules, path: string): string =>
  path
    .slice(modules.importRoot === "" ? 0 : modules.importRoot.length + 1)
    .replace(/(\/__init__)?\.py$/, "")
    .replaceAll("/", ".");

const fileOf = (modules: Modules, base: string): string | undefined =>
  [`${base}.py`, `${base}/__init__.py`].find((path) => modules.paths.has(path));

/** The file that `from <module> import …` in `from` means, where it is one of ours. */
export const resolveModule = (modules: Modules, module: string, from: string): string | undefined => {
  const dots = /^\.+/.exec(module)?.[0].length ?? 0;
  if (dots === 0) return fileOf(modules, join(modules.importRoot, module.replaceAll(".", "/")));
  let folder = dirname(from);
  for (let up = 1; up < dots; up++) folder = dirname(folder);
  const rest = module.slice(dots).replaceAll(".", "/");
  return fileOf(modules, join(folder, rest)) ?? (rest === "" ? undefined : undefined);
};

/** The module that `from <module> import <name>` means when `name` is a module itself. */
export const resolveSubmodule = (modules: Modules, module: string, name: string, from: string): string | undefined =>
  resolveModule(modules, /\.$/.test(module) ? `${module}${name}` : `${module}.${name}`, from);

/**
 * The folder that stands on Python's path, from how a file of the application imports its own: the one below which most
 * absolute imports are files; with relative imports only, the folder above the package.
 */
export const importRootOf = (main: string, text: string, paths: ReadonlySet<string>): string => {
  const votes = new Map<string, number>();
  const folders = [dirname(main)];
  while (folders.at(-1) !== "") folders.push(dirname(folders.at(-1) ?? ""));
  for (const { module, names } of importsOf(text)) {
    if (module.startsWith(".")) continue;
    const path = module.replaceAll(".", "/");
    for (const folder of folders) {
      const known = [
        join(folder, `${path}.py`),
        join(folder, path, "__init__.py"),
        ...names.map(({ name }) => join(folder, path, `${name}.py`)),
      ].some((file) => paths.has(file));
      if (known) votes.set(folder, (votes.get(folder) ?? 0) + 1);
    }
  }
  const best = [...votes].sort((a, b) => b[1] - a[1])[0]?.[0];
  return best ?? dirname(dirname(main));
};
