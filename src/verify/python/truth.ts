/** Whether a condition is known to hold. What a setting or the environment says is never known. */
import type { Value } from "./values.ts";

/** `undefined` where it can't be known. */
export const truthOf = (value: Value): boolean | undefined => (isCertain(value) ? likelyTruthOf(value) : undefined);

/** As `truthOf`, with the defaults of settings and variables taken for what they are. */
export const likelyTruthOf = (value: Value): boolean | undefined => {
  switch (value.kind) {
    case "none":
      return false;
    case "boolean":
      return value.value;
    case "number":
      return value.value !== 0;
    case "text":
      return value.exact || value.value !== "" ? value.value !== "" : undefined;
    case "list":
      return value.items.length > 0 ? true : value.configurable ? false : undefined;
    case "dict":
      return value.entries.size > 0 ? true : value.configurable ? false : undefined;
    case "class":
    case "function":
    case "module":
    case "router":
      return true;
    case "instance":
      return value.of.bases.length === 0 &&
        !value.of.scope.names.has("__bool__") &&
        !value.of.scope.names.has("__len__")
        ? true
        : undefined;
    default:
      return undefined;
  }
};

export const isCertain = (value: Value): boolean => {
  if (value.kind === "text" && !value.exact) return false;
  if ("assumes" in value && (value.assumes?.length ?? 0) > 0) return false;
  return !("configurable" in value && value.configurable);
};

const boolean = (value: boolean | undefined, why: string): Value =>
  value === undefined ? { kind: "unknown", why } : { kind: "boolean", value };

/** Kinds whose values are themselves and nothing else. */
const hasIdentity = ({ kind }: Value): boolean =>
  kind === "class" || kind === "function" || kind === "module" || kind === "router" || kind === "instance";

const isEqual = (left: Value, right: Value): boolean | undefined => {
  if (left === right && hasIdentity(left)) return true;
  if (!isCertain(left) || !isCertain(right)) return undefined;
  if (left.kind === "none" || right.kind === "none") return isNone(left.kind === "none" ? right : left);
  if (hasIdentity(left) && hasIdentity(right)) return left.kind === "instance" ? undefined : left === right;
  if (left.kind === "text" && right.kind === "text") return left.value === right.value;
  if (isNumeric(left) && isNumeric(right)) return Number(left.value) === Number(right.value);
  return undefined;
};

type Numeric = Extract<Value, { kind: "number" | "boolean" }>;
const isNumeric = (value: Value): value is Numeric => value.kind === "number" || value.kind === "boolean";

const isNone = (value: Value): boolean | undefined => {
  if (value.kind === "none") return true;
  return value.kind === "text" ||
    isNumeric(value) ||
    value.kind === "list" ||
    value.kind === "dict" ||
    hasIdentity(value)
    ? false
    : undefined;
};

const isIn = (left: Value, right: Value): boolean | undefined => {
  if (!isCertain(left) || !isCertain(right)) return undefined;
  if (right.kind === "dict" && left.kind === "text") return right.entries.has(left.value);
  if (right.kind === "text" && left.kind === "text") return right.value.includes(left.value);
  if (right.kind !== "list") return undefined;
  const answers = right.items.map((item) => isEqual(left, item));
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
};

const orders: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  "<": (left, right) => left < right,
  ">": (left, right) => left > right,
  "<=": (left, right) => left <= right,
  ">=": (left, right) => left >= right,
};

const negated = (value: boolean | undefined): boolean | undefined => (value === undefined ? undefined : !value);

/** What a variable of the environment is compared with, taken as not set. */
const isAsUnset = (left: Value, right: Value): Value | undefined => {
  if (left.kind !== "unknown" || left.variable === undefined || !isCertain(right)) return undefined;
  const value = isNone(right);
  return value === undefined ? undefined : { kind: "boolean", value, assumes: [left.variable] };
};

/** @param why the source, for what can't be known */
export const compare = (operator: string, left: Value, right: Value, why: string): Value => {
  switch (operator.replace(/\s+/g, " ")) {
    case "==":
    case "is":
      return isAsUnset(left, right) ?? boolean(isEqual(left, right), why);
    case "!=":
    case "is not":
      return boolean(negated(isEqual(left, right)), why);
    case "in":
      return boolean(isIn(left, right), why);
    case "not in":
      return boolean(negated(isIn(left, right)), why);
    default: {
      const order = orders[operator];
      const known = order && isNumeric(left) && isNumeric(right) && isCertain(left) && isCertain(right);
      return boolean(known ? order(Number(left.value), Number(right.value)) : undefined, why);
    }
  }
};

export const not = (value: Value, why: string): Value => boolean(negated(truthOf(value)), why);
