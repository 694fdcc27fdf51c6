/** What a name is after code that may have run or not: the same value, one of several, or nothing that can be known. */
import { optionsOf, type Scope, unknown, type Value } from "./values.ts";

const mostOptions = 8;

const isSame = (one: Value, other: Value): boolean => {
  if (one === other) return true;
  if (one.kind === "text" && other.kind === "text") return one.value === other.value && one.exact && other.exact;
  if (one.kind === "number" && other.kind === "number") return one.value === other.value;
  if (one.kind === "boolean" && other.kind === "boolean") return one.value === other.value;
  if (one.kind === "external" && other.kind === "external") return one.name === other.name;
  if (one.kind === "unknown" && other.kind === "unknown") return one.why === other.why;
  return one.kind === "none" && other.kind === "none";
};

const isScalar = ({ kind }: Value): boolean => kind === "text" || kind === "number" || kind === "boolean";

/** @param why names it where it can't be known */
export const join = (values: readonly Value[], why: string): Value => {
  const options: Value[] = [];
  for (const option of values.flatMap(optionsOf)) if (!options.some((one) => isSame(one, option))) options.push(option);
  const [first] = options;
  if (options.length === 1 && first) return first;
  if (!first || options.length > mostOptions || options.some(isScalar)) return unknown(why);
  return { kind: "either", options };
};

/** The names of a scope as they were: what `restore` goes back to. */
export const namesOf = (scope: Scope): ReadonlyMap<string, Value> => new Map(scope.names);

export const restore = (scope: Scope, names: ReadonlyMap<string, Value>): void => {
  scope.names.clear();
  for (const [name, value] of names) scope.names.set(name, value);
};

/** Gives a scope the names that it has after one of several ways; one that only some of them bind is taken as bound. */
export const joinNames = (scope: Scope, ways: readonly ReadonlyMap<string, Value>[]): void => {
  const [first, ...others] = ways;
  if (!first) return;
  restore(scope, first);
  for (const way of others)
    for (const [name, value] of way) {
      const before = scope.names.get(name);
      if (before !== value) scope.names.set(name, before ? join([before, value], name) : value);
    }
};
