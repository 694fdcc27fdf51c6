/** Imports as Python does them: packages first, a circle sees the half-executed module, what is not here is external. */
import { type Frame, type Machine, maxSteps, maxStepsOfFile, note } from "./machine.ts";
import { children, field, fields, type Node, textOf } from "./node.ts";
import { createScope, type ModuleValue, type Scope, unknown, type Value } from "./values.ts";

/** Executes a file once. @param path of a file or of a namespace package's folder */
export const load = (machine: Machine, path: string): ModuleValue => {
  const known = machine.modules.get(path);
  if (known) return known;
  for (const parent of machine.index.packagesOf(path)) if (!machine.modules.has(parent)) load(machine, parent);
  const meanwhile = machine.modules.get(path);
  if (meanwhile) return meanwhile;
  const root = machine.roots.get(path);
  const module: ModuleValue = { kind: "module", path, root, scope: createScope("module", undefined), done: !root };
  machine.modules.set(path, module);
  if (root) execute(machine, module, root);
  return module;
};

const execute = (machine: Machine, module: ModuleValue, root: Node): void => {
  const { typesOnly, site } = machine;
  const conditions = machine.conditions.splice(0);
  const stack = machine.stack.splice(0);
  machine.typesOnly = false;
  machine.site = undefined;
  const started = machine.steps;
  const { limit } = machine;
  machine.limit = Math.min(maxSteps, started + maxStepsOfFile);
  if (root.tree.errors.length > 0)
    machine.notes.push({
      file: module.path,
      line: root.tree.errors[0] ?? 1,
      about: `syntax that can't be read, at line ${root.tree.errors.slice(0, 5).join(", ")}: what stands there is not known`,
    });
  try {
    machine.run(children(root), { scope: module.scope, module });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    machine.notes.push({
      file: module.path,
      line: 1,
      about: "nested too deep to be followed: its facts are not known",
    });
  }
  if (machine.steps > machine.limit)
    machine.notes.push({ file: module.path, line: 1, about: "takes too many steps to follow: not all of it is known" });
  // What this file took is not taken from the one that imports it.
  machine.limit = Math.min(maxSteps, limit + machine.steps - started);
  machine.typesOnly = typesOnly;
  machine.site = site;
  machine.conditions.push(...conditions);
  machine.stack.push(...stack);
  module.done = true;
};

export const importModule = (machine: Machine, dotted: string, from: ModuleValue): Value => {
  const path = machine.index.resolve(dotted, from.path);
  return path === undefined ? { kind: "external", name: dotted } : machine.load(path);
};

export const importStatement = (machine: Machine, node: Node, { scope, module }: Frame): void => {
  for (const one of fields(node, "name")) {
    const alias = field(one, "alias");
    const dotted = textOf(one.type === "aliased_import" ? (field(one, "name") ?? one) : one);
    const imported = machine.importModule(dotted, module);
    if (alias) scope.names.set(textOf(alias), imported);
    else {
      const first = dotted.split(".")[0] ?? dotted;
      scope.names.set(first, dotted === first ? imported : machine.importModule(first, module));
    }
  }
};

export const importFrom = (machine: Machine, node: Node, { scope, module }: Frame): void => {
  const name = field(node, "module_name");
  if (!name) return;
  const { from, external } = sourceOf(machine, name, module);
  if (children(node).some(({ type }) => type === "wildcard_import")) {
    if (from) takeAll(from, scope);
    else if (external.startsWith(".")) note(machine, { module, node }, `${external} is not in the repository`);
    return;
  }
  for (const one of fields(node, "name")) {
    const original = textOf(one.type === "aliased_import" ? (field(one, "name") ?? one) : one);
    const alias = one.type === "aliased_import" ? textOf(field(one, "alias") ?? one) : original;
    scope.names.set(
      alias,
      from ? moduleAttribute(machine, from, original) : { kind: "external", name: `${external}.${original}` },
    );
  }
};

const sourceOf = (
  machine: Machine,
  name: Node,
  module: ModuleValue,
): { readonly from: ModuleValue | undefined; readonly external: string } => {
  const said = textOf(name).replace(/\s/g, "");
  const [, dots = "", rest = ""] = /^(\.*)(.*)$/.exec(said) ?? [];
  const path =
    dots === ""
      ? machine.index.resolve(said, module.path)
      : machine.index.resolveRelative(dots.length, rest, module.path);
  return { from: path === undefined ? undefined : machine.load(path), external: said };
};

const takeAll = (from: ModuleValue, scope: Scope): void => {
  const listed = from.scope.names.get("__all__");
  const wanted =
    listed?.kind === "list" ? listed.items.flatMap((one) => (one.kind === "text" ? [one.value] : [])) : undefined;
  for (const [key, value] of from.scope.names)
    if (wanted ? wanted.includes(key) : !key.startsWith("_")) scope.names.set(key, value);
};

/** A name of a module, or a submodule of a package; one that is still being executed may give it later. */
export const moduleAttribute = (machine: Machine, module: ModuleValue, name: string): Value => {
  const found = module.scope.names.get(name);
  if (found) return found;
  const below = machine.index.below(module.path, name);
  if (below !== undefined) return machine.load(below);
  return module.done ? unknown(`${name} of ${module.path}`) : { kind: "lazy", module, name };
};
