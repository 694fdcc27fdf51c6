/** Claims of GraphQL fields and types against the schema that the code declares, before and after. */
import type { ClaimVerdict } from "../../domain/claim.ts";
import type { Facts, GraphqlFact } from "../../domain/facts.ts";
import type { Report } from "../../domain/report.ts";
import { graphqlName } from "../graphql-contract.ts";

type Claim = Report["graphql_created"][number];

const placeOf = ({ file, line }: GraphqlFact) => ({ file, line });

const byName = ({ graphql }: Facts): ReadonlyMap<string, GraphqlFact> =>
  new Map(graphql.map((one) => [graphqlName(one), one]));

const isSame = (a: GraphqlFact, b: GraphqlFact): boolean => {
  const shown = ({ type, arguments: given, fields }: GraphqlFact): string => JSON.stringify([type, given, fields]);
  return shown(a) === shown(b);
};

export const checkGraphql = (claims: readonly Claim[], base: Facts, head: Facts): readonly ClaimVerdict[] => {
  const [before, now] = [byName(base), byName(head)];
  return claims.map((claim) => {
    const verdict = { kind: "graphql" as const, claim: graphqlName(claim) };
    const found = now.get(graphqlName(claim));
    if (!found) return { ...verdict, ...missing(claim, head) };
    const old = before.get(graphqlName(claim));
    if (old && isSame(old, found))
      return {
        ...verdict,
        verdict: "contradicted",
        reason: "it was there before, and is as it was",
        where: placeOf(found),
      };
    return { ...verdict, verdict: "confirmed", reason: "", where: placeOf(found) };
  });
};

const missing = ({ name }: Claim, head: Facts): Pick<ClaimVerdict, "verdict" | "reason"> => {
  if (head.unknown.some(({ about }) => /GraphQL|can't be read|too deep|too many steps/.test(about)))
    return {
      verdict: "unprovable",
      reason: "a part of the GraphQL schema is only known at run time, and this may be in it",
    };
  const bare = (text: string): string => text.replace(/_/g, "").toLowerCase();
  const near = head.graphql.filter((one) => bare(one.name) === bare(name)).map(graphqlName);
  const closest = near.length > 0 ? `; near to it: ${near.slice(0, 3).join(", ")}` : "";
  return { verdict: "contradicted", reason: `the GraphQL schema has no such field or type${closest}` };
};

/** Operations that are new and that no claim names; the types that they need come with them. */
export const unreportedGraphql = (claims: readonly Claim[], base: Facts, head: Facts): readonly ClaimVerdict[] => {
  const known = new Set([...byName(base).keys(), ...claims.map(graphqlName)]);
  return head.graphql
    .filter(({ kind }) => kind === "query" || kind === "mutation" || kind === "subscription")
    .filter((one) => !known.has(graphqlName(one)))
    .map((one) => ({
      kind: "unreported",
      claim: graphqlName(one),
      verdict: "contradicted",
      reason: "the schema has this new field, and the report does not name it in graphql_created",
      where: placeOf(one),
    }));
};
