/** What an expression is known to be without running it: literals, constants of the project, defaults of settings. Never a guess. */
import { children, field, type Node, textOf } from "../python/node.ts";
import type { Code } from "./code.ts";
import { dottedOf, type FileNames } from "./names.ts";

export type Duration = { readonly seconds: number };
export type Constant = string | number | boolean | null | Duration;

const deepest = 12;
/** What one question may cost, and how long a text may get: a file may be written to be hard to read. */
const maxSteps = 1_000;
const maxText = 10_000;

/** @returns undefined where it can't be known */
export const constantOf = (node: Node | undefined, file: FileNames, code: Code): Constant | undefined => {
  let steps = 0;
  const known = (one: Node | undefined, where: FileNames, depth: number): Constant | undefined => {
    steps += 1;
    if (!one || depth > deepest || steps > maxSteps) return undefined;
    return evaluate(one, where, code, (inner, place = where) => known(inner, place, depth + 1));
  };
  return known(node, file, 0);
};

const evaluate = (node: Node, file: FileNames, code: Code, next: Next): Constant | undefined => {
  switch (node.type) {
    case "true":
      return true;
    case "false":
      return false;
    case "none":
      return null;
    case "integer":
    case "float": {
      const number = Number(textOf(node).replaceAll("_", ""));
      return Number.isFinite(number) ? number : undefined;
    }
    case "string":
      return stringOf(node, next);
    case "concatenated_string":
      return joined(children(node).map((one) => next(one)));
    case "parenthesized_expression":
      return next(children(node)[0]);
    case "unary_operator": {
      const value = next(field(node, "argument"));
      return typeof value === "number" && textOf(node).startsWith("-") ? -value : undefined;
    }
    case "binary_operator":
      return combined(textOf(field(node, "operator") ?? node), next(field(node, "left")), next(field(node, "right")));
    case "identifier":
    case "attribute":
      return namedConstant(node, file, code, next);
    case "call":
      return callConstant(node, file, next);
    default:
      return undefined;
  }
};

type Next = (node: Node | undefined, where?: FileNames) => Constant | undefined;

const stringOf = (node: Node, next: Next): string | undefined =>
  joined(
    children(node)
      .filter(({ type }) => type === "string_content" || type === "interpolation")
      .map((part) => (part.type === "interpolation" ? next(field(part, "expression")) : textOf(part))),
  );

const joined = (parts: readonly (Constant | undefined)[]): string | undefined => {
  if (!parts.every((part) => typeof part === "string" || typeof part === "number")) return undefined;
  const text = parts.join("");
  return text.length > maxText ? undefined : text;
};

const combined = (operator: string, left: Constant | undefined, right: Constant | undefined): Constant | undefined => {
  if (typeof left === "string" && typeof right === "string" && operator === "+") return joined([left, right]);
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  if (operator === "*") return left * right;
  if (operator === "+") return left + right;
  if (operator === "-") return left - right;
  if (operator === "**") return left ** right;
  return undefined;
};

const settingsLike = /(^|[._])(settings|config|conf|cfg)$/i;

const namedConstant = (node: Node, file: FileNames, code: Code, next: Next): Constant | undefined => {
  const own = node.type === "identifier" ? file.values.get(textOf(node)) : undefined;
  if (own) return next(own);
  const dotted = dottedOf(node, file.names);
  const found = code.definitionOf(dotted);
  if (found) return next(found.value, found.file);
  if (node.type !== "attribute") return undefined;
  const owner = dottedOf(field(node, "object"), file.names);
  const from = field(node, "object");
  const called = from?.type === "call" ? dottedOf(field(from, "function"), file.names) : owner;
  if (!settingsLike.test(called)) return undefined;
  const values = code.facts.settings.filter(({ name }) => name === textOf(field(node, "attribute") ?? node));
  const [value] = values.map((one) => one.value);
  const plain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return plain && values.every((one) => one.value === value) ? value : undefined;
};

const unitSeconds: Readonly<Record<string, number>> = {
  weeks: 604_800,
  days: 86_400,
  hours: 3_600,
  minutes: 60,
  seconds: 1,
};

const callConstant = (node: Node, file: FileNames, next: Next): Constant | undefined => {
  const name = dottedOf(field(node, "function"), file.names);
  const list = children(field(node, "arguments") ?? node);
  const keyword = (wanted: string) =>
    list.find((one) => one.type === "keyword_argument" && textOf(field(one, "name") ?? one) === wanted);
  const keywordValue = (wanted: string) => {
    const one = keyword(wanted);
    return one && field(one, "value");
  };
  if (/(^|\.)timedelta$/.test(name)) return durationOf(list, next);
  const plain = list.filter(({ type }) => type !== "keyword_argument");
  if (/^(int|float)$/.test(name)) {
    const number = Number(next(plain[0]));
    return Number.isFinite(number) ? number : undefined;
  }
  if (name === "str") return joined([next(plain[0])]);
  if (/(^|\.)(getenv|environ\.get|config|env)$/.test(name)) return next(keywordValue("default") ?? plain[1]);
  if (/(^|\.)Field$/.test(name)) return next(keywordValue("default") ?? plain[0]);
  return undefined;
};

const durationOf = (list: readonly Node[], next: Next): Duration | undefined => {
  let seconds = 0;
  for (const [index, one] of list.entries()) {
    const unit = one.type === "keyword_argument" ? textOf(field(one, "name") ?? one) : index === 0 ? "days" : "?";
    const value = Number(next(one.type === "keyword_argument" ? field(one, "value") : one));
    const factor = unitSeconds[unit];
    if (factor === undefined || !Number.isFinite(value)) return undefined;
    seconds += factor * value;
  }
  return { seconds };
};

export const numberOf = (node: Node | undefined, file: FileNames, code: Code): number | undefined => {
  const value = constantOf(node, file, code);
  return typeof value === "number" ? value : undefined;
};
