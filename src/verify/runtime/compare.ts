/** Facts of the code held against what the application itself says once it is imported: who of the two is wrong is for people. */
import type { ClaimVerdict } from "../../domain/claim.ts";
import type { EndpointFact, Facts } from "../../domain/facts.ts";
import type { Finding } from "../../domain/finding.ts";
import { keyOf } from "../claims/compare.ts";
import { hidesRoutes } from "../claims/endpoints.ts";
import type { Operation } from "./application.ts";

export type Compared = {
  /** Method and path, as `keyOf` writes them, of what both show alike. */
  readonly agreed: ReadonlySet<string>;
  readonly findings: readonly Finding[];
};

/** @param others there are applications beside the one that was imported: what it does not serve may be theirs */
export const compareRuntime = (facts: Facts, operations: readonly Operation[], others: boolean): Compared => {
  const served = new Map(operations.map((one) => [keyOf(one), one]));
  const known = new Set(facts.endpoints.map(keyOf));
  const agreed = new Set<string>();
  const findings: Finding[] = [];
  for (const fact of facts.endpoints.filter(isShown)) {
    const operation = served.get(keyOf(fact));
    if (!operation) {
      if (!others && fact.condition === null) findings.push(disagreement(notServed(fact), fact));
      continue;
    }
    const secured = securedIn(fact);
    if (secured !== undefined && secured !== operation.secured)
      findings.push(disagreement(otherSecurity(fact, operation), fact));
    else agreed.add(keyOf(fact));
  }
  // Where the code says itself that more is served than it tells, that is no disagreement.
  if (!hidesRoutes(facts))
    for (const [key, one] of served) if (!known.has(key)) findings.push(disagreement(notRead(one)));
  return { agreed, findings };
};

/** Only what a document of the API would show. */
const isShown = ({ in_schema, resolved, method }: EndpointFact): boolean =>
  in_schema && resolved && method !== "WEBSOCKET";

/** @returns undefined where the code does not tell for certain */
const securedIn = ({ auth }: EndpointFact): boolean | undefined =>
  auth.includes("unknown") || auth.includes("heuristic") ? undefined : !auth.includes("none");

const disagreement = (message: string, place?: EndpointFact): Finding => ({
  rule: "runtime-disagrees",
  severity: "concern",
  message,
  ...(place ? { path: place.file, line: place.line } : {}),
});

const notServed = ({ method, path }: EndpointFact): string =>
  `${method} ${path}: the code declares it, and the application does not have it once it is imported`;

const notRead = ({ method, path }: Operation): string =>
  `${method} ${path}: the application has it once it is imported, and reading the code does not show it`;

const otherSecurity = ({ method, path, auth }: EndpointFact, { secured }: Operation): string =>
  `${method} ${path}: the code shows auth as ${auth.join(", ")}, and the application's own document ${
    secured ? "asks for credentials" : "asks for none"
  }`;

const maxFindings = 20;

/** What was so before is nothing that the change did. @param before of the base; undefined where that is not known */
export const sinceBase = (now: readonly Finding[], before: readonly Finding[] | undefined): readonly Finding[] => {
  const old = new Set(before?.map(({ message }) => message));
  const told = now.map((finding) =>
    old.has(finding.message)
      ? { ...finding, severity: "note" as const, message: `${finding.message}; it was so before` }
      : finding,
  );
  const sorted = [...told].sort((a, b) => Number(a.severity === "note") - Number(b.severity === "note"));
  const more = sorted.slice(maxFindings);
  if (more.length === 0) return sorted;
  const rest: Finding = {
    rule: "runtime-disagrees",
    severity: "note",
    message: `${more.length} more routes differ between the code and the application once it is imported`,
  };
  return [...sorted.slice(0, maxFindings), rest];
};

/** Says of each confirmed endpoint whether the application itself has it as well. */
export const byRunTime = (claims: readonly ClaimVerdict[], agreed: ReadonlySet<string>): readonly ClaimVerdict[] =>
  claims.map((one) => {
    const [method = "", path = ""] = one.claim.split(" ");
    const both = one.kind === "endpoint" && one.verdict === "confirmed" && agreed.has(keyOf({ method, path }));
    return both ? { ...one, by: "run time" } : one;
  });
