/** Texts: literals, f-strings and the ways to put them together. */
import type { Frame, Machine } from "./machine.ts";
import { children, field, type Node, textOf } from "./node.ts";
import { assumptionsOf, isExact, itemsOf, spelled, type TextValue, text, unknown, type Value } from "./values.ts";

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\n": "" };

export const literal = (machine: Machine, node: Node, frame: Frame): Value => {
  const parts = children(node);
  const start = parts.find(({ type }) => type === "string_start");
  const prefix = start ? textOf(start).toLowerCase() : "";
  if (prefix.includes("b")) return unknown("bytes");
  const raw = prefix.includes("r");
  let whole = "";
  let exact = true;
  const inside: Value[] = [];
  for (const part of parts)
    if (part.type === "string_content") {
      const content = textOf(part);
      const read = raw ? content : content.replace(/\\([\s\S])/g, (_, one: string) => escapes[one] ?? one);
      whole += prefix.includes("f") ? read.replace(/\{\{|\}\}/g, (two) => two.charAt(0)) : read;
    } else if (part.type === "interpolation") {
      const expression = field(part, "expression");
      const value = machine.evaluate(expression, frame);
      whole += spelled(value, expression ? textOf(expression) : "");
      exact &&= isExact(value);
      inside.push(value);
    }
  return text(whole, exact, assumptionsOf(...inside));
};

export const concatenate = (parts: readonly Value[], sources: readonly string[]): TextValue =>
  text(
    parts.map((part, at) => spelled(part, sources[at] ?? "")).join(""),
    parts.every(isExact),
    assumptionsOf(...parts),
  );

/** `"…%s…" % values`. */
export const interpolate = (form: TextValue, given: Value, source: string): TextValue => {
  const values = given.kind === "list" ? given.items : [given];
  let at = 0;
  const whole = form.value.replace(/%[sdr]/g, () => spelled(values[at++], source));
  return text(whole, form.exact && values.every(isExact), assumptionsOf(form, ...values));
};

const format = (form: TextValue, positional: readonly Value[], keywords: ReadonlyMap<string, Value>): TextValue => {
  let at = 0;
  const used: Value[] = [];
  const whole = form.value.replace(/\{(\w*)\}/g, (_, key: string) => {
    const value = key === "" ? positional[at++] : /^\d+$/.test(key) ? positional[Number(key)] : keywords.get(key);
    if (value) used.push(value);
    return spelled(value, key);
  });
  return text(whole, form.exact && used.every(isExact), assumptionsOf(form, ...used));
};

const trimmed = (value: string, of: Value | undefined, from: "start" | "end" | "both"): string => {
  const characters = of?.kind === "text" ? of.value : undefined;
  const goes = (one: string): boolean => (characters === undefined ? /\s/.test(one) : characters.includes(one));
  let [start, end] = [0, value.length];
  if (from !== "end") while (start < end && goes(value.charAt(start))) start += 1;
  if (from !== "start") while (end > start && goes(value.charAt(end - 1))) end -= 1;
  return value.slice(start, end);
};

/** A method of a text. */
export const textMethod = (
  of: TextValue,
  name: string,
  positional: readonly Value[],
  keywords: ReadonlyMap<string, Value>,
): Value => {
  const same = (value: string): TextValue => text(value, of.exact, of.assumes);
  const [first, second] = positional;
  const said = (value: Value | undefined): string => (value?.kind === "text" ? value.value : "");
  switch (name) {
    case "format":
      return format(of, positional, keywords);
    case "join": {
      const items = itemsOf(first);
      const whole = items.map((one) => spelled(one, "item")).join(of.value);
      return text(whole, first?.kind === "list" && items.every(isExact), assumptionsOf(of, ...items));
    }
    case "lower":
      return same(of.value.toLowerCase());
    case "upper":
      return same(of.value.toUpperCase());
    case "title":
      return same(of.value.replace(/\b[a-z]/g, (one) => one.toUpperCase()));
    case "strip":
      return same(trimmed(of.value, first, "both"));
    case "lstrip":
      return same(trimmed(of.value, first, "start"));
    case "rstrip":
      return same(trimmed(of.value, first, "end"));
    case "removeprefix":
      return same(of.value.startsWith(said(first)) ? of.value.slice(said(first).length) : of.value);
    case "removesuffix":
      return same(
        said(first) !== "" && of.value.endsWith(said(first)) ? of.value.slice(0, -said(first).length) : of.value,
      );
    case "replace":
      return same(said(first) === "" ? of.value : of.value.replaceAll(said(first), () => said(second)));
    case "split":
      return { kind: "list", items: of.value.split(first ? said(first) : /\s+/).map((one) => same(one)) };
    default:
      return text(`{?.${name}()}`, false);
  }
};
