/** Claims of endpoints against the routes that the application serves, before and after. */
import type { ClaimVerdict } from "../../domain/claim.ts";
import type { EndpointFact, Facts } from "../../domain/facts.ts";
import type { Report } from "../../domain/report.ts";
import { normaliseRate } from "../rates.ts";
import { authHolds, keyOf, keysOf, sameMiddleware, samePath } from "./compare.ts";

type Claim = Report["endpoints_created"][number];

const placeOf = ({ file, line }: EndpointFact) => ({ file, line });

/** Routes whose place is only known at run time could be anywhere. */
export const hidesRoutes = ({ endpoints, unknown }: Facts): boolean =>
  endpoints.some(({ resolved }) => !resolved) ||
  unknown.some(({ about }) => /\brouter|can't be read|too deep|too many steps/.test(about));

/** A middleware that turns requests away stands before routes that ask for nothing themselves. */
const guardsAll = ({ unknown }: Facts): boolean =>
  unknown.some(({ about }) => / may ask for credentials: /.test(about));

export const checkEndpoints = (claims: readonly Claim[], base: Facts, head: Facts): readonly ClaimVerdict[] => {
  const before = keysOf(base.endpoints);
  const now = keysOf(head.endpoints);
  return claims.map((claim) => {
    const found = now.get(keyOf(claim));
    return found ? checkFound(claim, found, before.get(keyOf(claim)), head) : checkMissing(claim, head);
  });
};

const named = ({ method, path }: { readonly method: string; readonly path: string }): string => `${method} ${path}`;

const checkMissing = (claim: Claim, head: Facts): ClaimVerdict => {
  const verdict = { kind: "endpoint" as const, claim: named(claim) };
  const tail = samePath(claim.path).replace(/^\/api\/v\d+/, "");
  const near = head.endpoints
    .filter(({ path }) => samePath(path) === samePath(claim.path) || (tail !== "" && samePath(path).endsWith(tail)))
    .slice(0, 3)
    .map(named);
  if (hidesRoutes(head))
    return { ...verdict, verdict: "unprovable", reason: "some routes are only known at run time, and this may be one" };
  const closest = near.length > 0 ? `; near to it: ${near.join(", ")}` : "";
  return { ...verdict, verdict: "contradicted", reason: `the application serves no such route${closest}` };
};

const checkFound = (claim: Claim, found: EndpointFact, before: EndpointFact | undefined, head: Facts): ClaimVerdict => {
  const verdict = { kind: "endpoint" as const, claim: named(claim), where: placeOf(found) };
  if (before && isSame(before, found))
    return { ...verdict, verdict: "contradicted", reason: "it was there before, and is as it was" };
  const auth = authHolds(claim.auth, found.auth.includes("none") && guardsAll(head) ? ["unknown"] : found.auth);
  if (auth === false)
    return {
      ...verdict,
      verdict: "contradicted",
      reason: `auth is claimed as ${claim.auth}, and the code has ${found.auth.join(", ")}`,
    };
  const rate = rateProblem(claim, found, head);
  if (rate?.certain) return { ...verdict, verdict: "contradicted", reason: rate.reason };
  if (auth === undefined)
    return { ...verdict, verdict: "unprovable", reason: `the code does not tell whether auth is ${claim.auth}` };
  if (rate) return { ...verdict, verdict: "unprovable", reason: rate.reason };
  const condition = found.condition ? `served only where ${found.condition}` : "";
  const guessed = found.auth.includes("heuristic") ? "its dependency's name speaks of authentication" : "";
  return { ...verdict, verdict: "confirmed", reason: [condition, guessed].filter((one) => one !== "").join("; ") };
};

const isSame = (a: EndpointFact, b: EndpointFact): boolean => {
  const shown = ({ file: _, line: __, ...rest }: EndpointFact): string => JSON.stringify(rest);
  return shown(a) === shown(b);
};

const rateProblem = (
  claim: Claim,
  found: EndpointFact,
  head: Facts,
): { readonly certain: boolean; readonly reason: string } | undefined => {
  if (claim.rate_limit === null) return undefined;
  const claimed = normaliseRate(claim.rate_limit);
  if (found.rate_limit === "{?}")
    return { certain: false, reason: `its limit is only known at run time, and is claimed as ${claim.rate_limit}` };
  if (claimed !== undefined && found.rate_limit === claimed) return undefined;
  if (found.rate_limit !== null)
    return {
      certain: true,
      reason: `its limit is claimed as ${claim.rate_limit}, and the code has ${found.rate_limit}`,
    };
  if (head.middleware.some(({ name }) => sameMiddleware(name, "RateLimitMiddleware")))
    return { certain: false, reason: `only middleware can limit it to ${claim.rate_limit}, for all routes alike` };
  return { certain: true, reason: `its limit is claimed as ${claim.rate_limit}, and the code limits it by nothing` };
};

/** Routes that are new and that no claim names. */
export const unreportedEndpoints = (claims: readonly Claim[], base: Facts, head: Facts): readonly ClaimVerdict[] => {
  const known = new Set([...keysOf(base.endpoints).keys(), ...claims.map(keyOf)]);
  return head.endpoints
    .filter((one) => !known.has(keyOf(one)))
    .map((one) => ({
      kind: "unreported",
      claim: named(one),
      verdict: "contradicted",
      reason: "the code serves this new route, and the report does not name it",
      where: placeOf(one),
    }));
};
