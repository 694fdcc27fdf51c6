/** The API before and after, from facts alone: operations that came, changed and went, and what of that breaks clients. */
import type { ContractChange } from "../domain/contract.ts";
import type { EndpointFact, Facts, FieldFact, SchemaFact } from "../domain/facts.ts";
import type { Finding } from "../domain/finding.ts";
import { keyOf, keysOf } from "./claims/compare.ts";
import { compareGraphql } from "./graphql-contract.ts";

export const compareContracts = (base: Facts, head: Facts): readonly ContractChange[] => [
  ...compareEndpoints(base, head),
  ...compareGraphql(base, head),
];

/** Only what the OpenAPI document shows is promised to anybody. */
const promised = ({ endpoints }: Facts): readonly EndpointFact[] => endpoints.filter(({ in_schema }) => in_schema);

const named = ({ method, path }: EndpointFact): string => `${method} ${path}`;
const placeOf = ({ file, line }: EndpointFact) => ({ file, line });

const compareEndpoints = (base: Facts, head: Facts): readonly ContractChange[] => {
  const before = keysOf(promised(base));
  const now = keysOf(promised(head));
  const added = [...now.values()].filter((one) => !before.has(keyOf(one)));
  const removed = [...before.values()].filter((one) => !now.has(keyOf(one)));
  return [
    ...added.map(
      (one): ContractChange => ({
        kind: "added",
        operation: named(one),
        what: [],
        breaking: [],
        where: placeOf(one),
      }),
    ),
    ...[...now.values()].flatMap((one) => {
      const old = before.get(keyOf(one));
      const differences = old ? differencesOf(old, one, base, head) : [];
      return differences.length > 0 ? [changeOf(one, differences)] : [];
    }),
    ...removed.map(
      (one): ContractChange => ({
        kind: "removed",
        operation: named(one),
        what: ["it is gone"],
        breaking: ["it is gone"],
      }),
    ),
  ];
};

type Difference = { readonly what: string; readonly breaks: boolean };

const changeOf = (one: EndpointFact, differences: readonly Difference[]): ContractChange => ({
  kind: "changed",
  operation: named(one),
  what: differences.map(({ what }) => what),
  breaking: differences.filter(({ breaks }) => breaks).map(({ what }) => what),
  where: placeOf(one),
});

const differencesOf = (old: EndpointFact, now: EndpointFact, base: Facts, head: Facts): readonly Difference[] => [
  ...differs("authentication", old.auth.join(", "), now.auth.join(", "), old.auth.includes("none")),
  ...differs("rate limit", old.rate_limit ?? "none", now.rate_limit ?? "none", false),
  ...differs("status code", String(old.status_code ?? 200), String(now.status_code ?? 200), true),
  ...bodyDifferences(old.body, now.body, base, head),
  ...responseDifferences(old.response_model, now.response_model, base, head),
];

const differs = (name: string, before: string, after: string, breaks: boolean): readonly Difference[] =>
  before === after ? [] : [{ what: `${name} ${before} → ${after}`, breaks }];

const schemaIn = ({ schemas }: Facts, name: string): SchemaFact | undefined => schemas.find((one) => one.name === name);

/** A field may be left out where it has a default, or where its type says so with one. */
const isRequired = ({ value, type }: FieldFact): boolean =>
  value === null ? !/^(typing\.)?Annotated\b.*\bdefault\s*=/s.test(type ?? "") : isEllipsis(value);

const isEllipsis = (value: string): boolean =>
  /^\.\.\.$|^Field\(\s*\.\.\./.test(value) ||
  (/^Field\(/.test(value) && !/\bdefault(_factory)?\s*=/.test(value) && /^Field\(\s*(\w+\s*=|\))/.test(value));

type FieldChange = {
  readonly field: string;
  readonly before: FieldFact | undefined;
  readonly after: FieldFact | undefined;
};

const fieldChanges = (before: SchemaFact, after: SchemaFact): readonly FieldChange[] =>
  [...new Set([...before.fields, ...after.fields].map(({ name }) => name))]
    .map((field) => ({
      field,
      before: before.fields.find(({ name }) => name === field),
      after: after.fields.find(({ name }) => name === field),
    }))
    .filter((one) => one.before?.type !== one.after?.type || one.before?.value !== one.after?.value);

const bodyDifferences = (
  old: readonly string[],
  now: readonly string[],
  base: Facts,
  head: Facts,
): readonly Difference[] => {
  const gone = old.filter((name) => !now.includes(name));
  const come = now.filter((name) => !old.includes(name));
  const replaced =
    gone.length > 0 || come.length > 0
      ? [{ what: `body ${old.join(", ") || "none"} → ${now.join(", ") || "none"}`, breaks: come.length > 0 }]
      : [];
  const inside = now.flatMap((name) => {
    const [before, after] = [schemaIn(base, name), schemaIn(head, name)];
    if (!before || !after || !old.includes(name)) return [];
    return fieldChanges(before, after).map((change): Difference => bodyField(change));
  });
  return [...replaced, ...inside];
};

const bodyField = ({ field, before, after }: FieldChange): Difference => {
  if (!after) return { what: `body: \`${field}\` is no longer taken`, breaks: false };
  if (!before) {
    const needed = isRequired(after);
    return { what: `body: \`${field}\` is new${needed ? " and required" : ""}`, breaks: needed };
  }
  if (before.type !== after.type)
    return { what: `body: \`${field}\` is ${after.type ?? "?"}, was ${before.type ?? "?"}`, breaks: true };
  const stricter = isRequired(after) && !isRequired(before);
  return {
    what: `body: the rules of \`${field}\` changed${stricter ? ", and it is required now" : ""}`,
    breaks: stricter,
  };
};

/** Names of schemas inside of an annotation such as `Page[ItemResponse]`. */
const namesIn = (annotation: string): readonly string[] => annotation.match(/\w+/g) ?? [];

const responseDifferences = (
  old: string | null,
  now: string | null,
  base: Facts,
  head: Facts,
): readonly Difference[] => {
  if (old !== now) return [{ what: `response ${old ?? "untyped"} → ${now ?? "untyped"}`, breaks: old !== null }];
  return namesIn(now ?? "").flatMap((name) => {
    const [before, after] = [schemaIn(base, name), schemaIn(head, name)];
    return before && after ? fieldChanges(before, after).flatMap(responseField) : [];
  });
};

const responseField = ({ field, before, after }: FieldChange): readonly Difference[] => {
  if (!after) return [{ what: `response: \`${field}\` is gone`, breaks: true }];
  if (!before) return [{ what: `response: \`${field}\` is new`, breaks: false }];
  return before.type === after.type
    ? []
    : [{ what: `response: \`${field}\` is ${after.type ?? "?"}, was ${before.type ?? "?"}`, breaks: true }];
};

/** Whoever merges must know: breaking clients is a decision, not an accident. */
export const contractFindings = (changes: readonly ContractChange[]): readonly Finding[] =>
  changes
    .filter(({ breaking }) => breaking.length > 0)
    .map(({ operation, breaking, where }) => ({
      rule: "breaking-change",
      severity: "concern",
      message: `${operation} breaks clients that worked before: ${breaking.join("; ")}`,
      ...(where ? { path: where.file, line: where.line } : {}),
    }));
