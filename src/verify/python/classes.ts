/** Classes: who is whose base, and what a class has by inheritance. */
import { force } from "./machine.ts";
import type { ClassValue, Value } from "./values.ts";

/** Itself and all bases, depth first, each once; a call that makes a base counts as `name()`. */
export const lineage = (of: Value): readonly Value[] => {
  const seen = new Set<Value>();
  const visit = (value: Value): void => {
    const now = force(value);
    if (now.kind === "either") for (const option of now.options) visit(option);
    if (now.kind === "either" || seen.has(now)) return;
    seen.add(now);
    if (now.kind === "class") for (const base of now.bases) visit(base);
    if (now.kind === "external-call") seen.add({ kind: "external", name: `${now.name}()` });
  };
  visit(of);
  return [...seen];
};

export const classesOf = (of: Value): readonly ClassValue[] => lineage(of).filter((value) => value.kind === "class");

/** Whether a base of a package fits. */
export const descends = (of: Value, from: RegExp): boolean =>
  lineage(of).some((value) => value.kind === "external" && from.test(value.name));

export const classAttribute = (of: ClassValue, name: string): Value | undefined => {
  for (const one of classesOf(of)) {
    const found = one.scope.names.get(name);
    if (found) return force(found);
  }
  return undefined;
};
