/** What the names in a file stand for: imports, and what is given to them at the level of the module. */
import { children, field, fields, type Node, rootOf, type Tree, textOf } from "../python/node.ts";
import { enclosing } from "./place.ts";

/** As much of a file as it takes to say what a name in it stands for. */
export type FileNames = {
  readonly path: string;
  /** Local name → where it was imported from. */
  readonly names: ReadonlyMap<string, string>;
  /** What is given to names at the level of the module. */
  readonly values: ReadonlyMap<string, Node>;
};

export type Import = { readonly node: Node; readonly module: string; readonly names: readonly string[] };

/** An attribute chain with its first name as it was imported; `?` stands for what is no name. */
export const dottedOf = (node: Node | undefined, names: ReadonlyMap<string, string>): string => {
  const parts: string[] = [];
  let next = node;
  for (; next?.type === "attribute"; next = field(next, "object"))
    parts.unshift(textOf(field(next, "attribute") ?? next));
  if (next?.type !== "identifier") return ["?", ...parts].join(".");
  const first = textOf(next);
  return [names.get(first) ?? first, ...parts].join(".");
};

const absolute = (written: string, path: string): string => {
  const dots = /^\.*/.exec(written)?.[0].length ?? 0;
  if (dots === 0) return written;
  const parts = path.replace(/\.py$/, "").split("/");
  const base = parts.slice(0, Math.max(0, parts.length - dots));
  return [...base, ...written.slice(dots).split(".").filter(Boolean)].join(".");
};

export const importsIn = (
  node: Node,
  path: string,
): readonly (Import & { readonly bound: ReadonlyMap<string, string> })[] => {
  const named = (one: Node) => {
    const name = textOf(one.type === "aliased_import" ? (field(one, "name") ?? one) : one);
    const alias = one.type === "aliased_import" ? textOf(field(one, "alias") ?? one) : undefined;
    return { name, alias };
  };
  if (node.type === "import_statement")
    return fields(node, "name").map((one) => {
      const { name, alias } = named(one);
      const first = name.split(".")[0] ?? name;
      return { node, module: name, names: [], bound: new Map([alias ? [alias, name] : [first, first]]) };
    });
  const from = field(node, "module_name");
  if (node.type !== "import_from_statement" || !from) return [];
  const module = absolute(textOf(from), path);
  const all = fields(node, "name").map(named);
  return [
    {
      node,
      module,
      names: all.map(({ name }) => name),
      bound: new Map(all.map(({ name, alias }) => [alias ?? name, `${module}.${name}`])),
    },
  ];
};

/** To a plain name or an attribute. @property within of what kind the nearest scope is */
export type Assignment = {
  readonly node: Node;
  readonly name: string;
  readonly value: Node;
  readonly within: "module" | "class" | "function";
};

const withinOf = (node: Node): Assignment["within"] => {
  const scope = enclosing(node, /^(class_definition|function_definition|lambda)$/);
  return !scope ? "module" : scope.type === "class_definition" ? "class" : "function";
};

export const assignmentOf = (node: Node): Assignment | undefined => {
  const left = field(node, "left");
  const value = field(node, "right");
  if (!left || !value) return undefined;
  const name = left.type === "attribute" ? field(left, "attribute") : left.type === "identifier" ? left : undefined;
  return name && { node, name: textOf(name), value, within: withinOf(node) };
};

/** What a file gives names to, without reading all of it. */
export const namesOf = (path: string, tree: Tree): FileNames => {
  const names = new Map<string, string>();
  const values = new Map<string, Node>();
  for (const node of children(rootOf(tree))) {
    for (const { bound } of importsIn(node, path)) for (const [local, origin] of bound) names.set(local, origin);
    const [only] = node.type === "expression_statement" ? children(node) : [];
    const assigned = only?.type === "assignment" ? assignmentOf(only) : undefined;
    if (assigned) values.set(assigned.name, assigned.value);
  }
  return { path, names, values };
};
