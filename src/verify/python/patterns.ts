/** Python's `re` on texts that are known, for patterns that cost nothing: the repository writes them. */
import { type Arguments, type TextValue, text, unknown, type Value } from "./values.ts";

/** Nothing nested that repeats, nothing long: a pattern of the repository must not cost time. */
const isHarmless = (pattern: string, subject: string): boolean =>
  pattern.length < 80 &&
  subject.length <= 256 &&
  !/[+*}?]\)?[+*{]|\([^)]*[+*{|][^)]*\)[+*{]|\\[1-9]/.test(pattern) &&
  (pattern.match(/[+*{]/g)?.length ?? 0) <= 3 &&
  /^(?:[\w\s./:-]|\\[wWdDsSbB.\-/]|\[[^\]]*\]|\(\?<?[=!]|[()^$+*?|])*$/.test(pattern) &&
  !/\(\?(?!<?[=!])/.test(pattern);

type Ready = { readonly pattern: RegExp; readonly subject: TextValue };

/** Undefined where a pattern is not to be tried. */
const ready = (pattern: Value | undefined, subject: Value | undefined): Ready | undefined =>
  pattern?.kind === "text" && subject?.kind === "text" && pattern.exact && isHarmless(pattern.value, subject.value)
    ? { pattern: new RegExp(pattern.value, "g"), subject }
    : undefined;

export const substitute = ({ positional: [pattern, replacement, subject] }: Arguments): Value => {
  const found = ready(pattern, subject);
  if (!found || replacement?.kind !== "text") return unknown("re.sub");
  const javascript = replacement.value.replace(/\$/g, "$$$$").replace(/\\g?<?(\d)>?/g, "$$$1");
  const { value, exact, assumes } = found.subject;
  return text(value.replace(found.pattern, javascript), exact && replacement.exact, assumes);
};

/** Unlike JavaScript's, Python's splits at the very start, too, and keeps what groups matched. */
export const splitBy = ({ positional: [pattern, subject] }: Arguments): Value => {
  const found = ready(pattern, subject);
  if (!found) return unknown("re.split");
  const { value, exact, assumes } = found.subject;
  const parts: string[] = [];
  let from = 0;
  for (const match of value.matchAll(found.pattern)) {
    parts.push(value.slice(from, match.index), ...match.slice(1).map((group) => group ?? ""));
    from = match.index + match[0].length;
  }
  parts.push(value.slice(from));
  return { kind: "list", items: parts.map((part) => text(part, exact, assumes)) };
};

export const findAll = ({ positional: [pattern, subject] }: Arguments): Value => {
  const found = ready(pattern, subject);
  if (!found) return unknown("re.findall");
  const { value, exact, assumes } = found.subject;
  const matches = [...value.matchAll(found.pattern)];
  if (matches.some(({ length }) => length > 2)) return unknown("re.findall with groups");
  return { kind: "list", items: matches.map(([whole, group]) => text(group ?? whole, exact, assumes)) };
};
