/** When two ways of writing an endpoint, an authentication or a name mean the same. */
import type { AuthFact, EndpointFact } from "../../domain/facts.ts";

/** Names of parameters and a slash at the end make no other path. */
export const samePath = (path: string): string => path.replace(/\{[^}]*\}/g, "{}").replace(/\/+$/, "") || "/";

export const keyOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method.toUpperCase()} ${samePath(path)}`;

export const keysOf = (endpoints: readonly EndpointFact[]): ReadonlyMap<string, EndpointFact> =>
  new Map(endpoints.map((one) => [keyOf(one), one]));

/** What words of a report mean as facts. */
const claimedAuth = (said: string): AuthFact | "some" | undefined => {
  const word = said.toLowerCase();
  if (/^(none|public|no( auth(entication)?)?|anonymous|-|open)$/.test(word.trim())) return "none";
  if (/bearer|jwt|oauth|access token|refresh token/.test(word)) return "bearer";
  if (/api[ -_]?key/.test(word)) return "api-key";
  if (/basic/.test(word)) return "basic";
  if (/digest/.test(word)) return "digest";
  if (/openid|oidc/.test(word)) return "openid";
  return word.trim() === "" ? undefined : "some";
};

/** @returns undefined where the code can't tell */
export const authHolds = (said: string, found: readonly AuthFact[]): boolean | undefined => {
  const claimed = claimedAuth(said);
  if (claimed === undefined || found.includes("unknown")) return undefined;
  if (claimed === "none") return found.includes("none") ? true : found.includes("heuristic") ? undefined : false;
  if (found.includes("none")) return false;
  return claimed === "some" || found.includes("heuristic") || found.includes(claimed);
};

/** Loosely: `RateLimitMiddleware` and `SlowAPIMiddleware` do the same. */
export const sameMiddleware = (a: string, b: string): boolean => {
  const stem = (name: string): string => {
    const bare = name
      .toLowerCase()
      .replace(/[^a-z]/g, "")
      .replace(/middleware$/, "");
    return /^(slowapi|slowapiasgi|ratelimit(er|ing)?)$/.test(bare) ? "ratelimit" : bare;
  };
  return stem(a) === stem(b);
};
