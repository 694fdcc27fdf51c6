/** Which file a dotted name means, from the paths of a repository alone. Follows Python: several roots, packages, namespaces. */

export type ModuleIndex = {
  /** A file, or the folder of a namespace package; undefined for what is not of this repository. */
  resolve(dotted: string, from: string): string | undefined;
  /** `from ..a import b`: `dots` is 2 and `rest` is `a`. */
  resolveRelative(dots: number, rest: string, from: string): string | undefined;
  /** A submodule of a package. */
  below(path: string, name: string): string | undefined;
  /** The package files that Python executes before this one, outermost first. */
  packagesOf(path: string): readonly string[];
};

const folderOf = (path: string): string => (path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "");
const join = (folder: string, name: string): string =>
  folder === "" ? name : name === "" ? folder : `${folder}/${name}`;

/** What is installed where Python runs, and what is read by its name: a folder in a package that is called so is another thing. */
const installed =
  /^(fastapi|starlette|pydantic(_settings)?|sqlalchemy|sqlmodel|strawberry|slowapi|fastapi_users|typing|enum|functools|importlib|os|re)(\.|$)/;

/** @param paths what the project consists of @param all and what it may import besides, by its full name */
export const createModuleIndex = (paths: readonly string[], all: readonly string[]): ModuleIndex => {
  const files = new Set(all);
  const folders = new Set<string>();
  for (const path of paths)
    for (let folder = folderOf(path); folder !== "" && !folders.has(folder); folder = folderOf(folder))
      folders.add(folder);
  const isPackage = (folder: string): boolean => files.has(join(folder, "__init__.py"));
  const rootOfFile = (path: string): string => {
    let folder = folderOf(path);
    while (folder !== "" && isPackage(folder)) folder = folderOf(folder);
    return folder;
  };
  const counts = new Map<string, number>([["", 1]]);
  for (const path of paths) counts.set(rootOfFile(path), (counts.get(rootOfFile(path)) ?? 0) + 1);
  const roots = [...counts].sort((a, b) => b[1] - a[1]).map(([root]) => root);

  const at = (base: string): string | undefined =>
    [`${base}.py`, join(base, "__init__.py")].find((path) => files.has(path)) ?? (folders.has(base) ? base : undefined);

  const ancestors = (path: string): string[] => {
    const found: string[] = [];
    for (let folder = folderOf(path); ; folder = folderOf(folder)) {
      found.push(folder);
      if (folder === "") return found;
    }
  };
  /** Where the folder is itself a package, whose name can't be seen from inside: `its_name.a` is `a`. */
  const insideItself = (name: string): string | undefined =>
    isPackage("") && name.includes("/") ? at(name.slice(name.indexOf("/") + 1)) : undefined;
  const known = new Map<string, string | undefined>();
  return {
    resolve: (dotted, from) => {
      const key = `${dotted} ${folderOf(from)}`;
      if (!known.has(key)) {
        const name = dotted.replaceAll(".", "/");
        const isOwn = !installed.test(dotted) || isPackage(join(rootOfFile(from), name.split("/")[0] ?? name));
        const places = isOwn ? [rootOfFile(from), ...ancestors(from), ...roots] : [];
        const place = places.find((one) => at(join(one, name)) !== undefined);
        known.set(key, place === undefined ? insideItself(name) : at(join(place, name)));
      }
      return known.get(key);
    },
    resolveRelative: (dots, rest, from) => {
      let folder = folderOf(from);
      for (let step = 1; step < dots; step++) folder = folderOf(folder);
      return at(join(folder, rest.replaceAll(".", "/")));
    },
    below: (path, name) => {
      const folder = path.endsWith("/__init__.py") ? folderOf(path) : path.endsWith(".py") ? undefined : path;
      return folder === undefined ? undefined : at(join(folder, name));
    },
    packagesOf: (path) =>
      ancestors(path)
        .map((folder) => join(folder, "__init__.py"))
        .filter((file) => file !== path && files.has(file))
        .reverse(),
  };
};
