/** The GraphQL schema before and after: what came, changed and went, and what of that breaks the queries of clients. */
import type { ContractChange } from "../domain/contract.ts";
import type { Facts, GraphqlFact } from "../domain/facts.ts";

/** As the schema's users know it: `mutation addBook`, `type Book`. */
export const graphqlName = ({ kind, name }: Pick<GraphqlFact, "kind" | "name">): string => `${kind} ${name}`;

export const compareGraphql = (base: Facts, head: Facts): readonly ContractChange[] => {
  const before = new Map(base.graphql.map((one) => [graphqlName(one), one]));
  const now = new Map(head.graphql.map((one) => [graphqlName(one), one]));
  return [
    ...[...now].flatMap(([operation, one]): ContractChange[] => {
      const old = before.get(operation);
      const where = { file: one.file, line: one.line };
      if (!old) return [{ kind: "added", operation, what: [], breaking: [], where }];
      const differences = [...signature(old, one), ...members(old, one)];
      if (differences.length === 0) return [];
      const breaking = differences.filter(({ breaks }) => breaks).map(({ what }) => what);
      return [{ kind: "changed", operation, what: differences.map(({ what }) => what), breaking, where }];
    }),
    ...[...before.keys()]
      .filter((operation) => !now.has(operation))
      .map(
        (operation): ContractChange => ({ kind: "removed", operation, what: ["it is gone"], breaking: ["it is gone"] }),
      ),
  ];
};

type Difference = { readonly what: string; readonly breaks: boolean };

const signature = (old: GraphqlFact, now: GraphqlFact): readonly Difference[] => [
  ...(old.type === now.type
    ? []
    : [{ what: `returns ${now.type ?? "what is not said"}, was ${old.type ?? "not said"}`, breaks: true }]),
  ...between(old.arguments, now.arguments, "argument", "given"),
];

const members = (old: GraphqlFact, now: GraphqlFact): readonly Difference[] =>
  between(old.fields, now.fields, now.kind === "enum" ? "value" : "field", now.kind === "input" ? "given" : "got");

/** @param side whether clients give these, or get them */
const between = (
  old: readonly string[],
  now: readonly string[],
  word: string,
  side: "given" | "got",
): readonly Difference[] => {
  const [before, after] = [byName(old), byName(now)];
  return [
    ...[...before].flatMap(([name, text]): Difference[] => {
      const is = after.get(name);
      if (is === undefined) return [{ what: `${word} \`${name}\` is gone`, breaks: true }];
      if (is === text) return [];
      return [{ what: `${word} \`${text}\` is now \`${is}\``, breaks: breaksBy(text, is, side) }];
    }),
    ...[...after].flatMap(([name, text]) =>
      before.has(name) ? [] : [{ what: `${word} \`${text}\` is new`, breaks: side === "given" && !isOptional(text) }],
    ),
  ];
};

const byName = (texts: readonly string[]): ReadonlyMap<string, string> =>
  new Map(texts.map((text) => [/^\w+/.exec(text)?.[0] ?? text, text]));

/** Without a default; arguments of a field may have some, and those stay. */
const typeOf = (text: string): string => (text.includes("(") ? text : text.replace(/\s*=.*$/s, ""));

const isOptional = (text: string): boolean => /=/.test(text) || /\bNone\b|\bOptional\b|\bMaybe\b/.test(typeOf(text));

/** Another default breaks nobody; one that is gone does where clients need not have given it. */
const breaksBy = (old: string, now: string, side: "given" | "got"): boolean =>
  typeOf(old) !== typeOf(now) || (side === "given" && isOptional(old) && !isOptional(now));
