/** Claims of middleware, security measures and documentation, as far as code can tell. */
import type { ClaimVerdict } from "../../domain/claim.ts";
import type { Facts, ImportFact } from "../../domain/facts.ts";
import type { Report } from "../../domain/report.ts";
import { normaliseRate } from "../rates.ts";
import { sameMiddleware } from "./compare.ts";

export const checkMiddleware = (
  claims: Report["middleware_added"],
  base: Facts,
  head: Facts,
): readonly ClaimVerdict[] =>
  claims.map(({ name }): ClaimVerdict => {
    const verdict = { kind: "middleware" as const, claim: name };
    const count = ({ middleware }: Facts): number => middleware.filter((one) => sameMiddleware(one.name, name)).length;
    const found = head.middleware.findLast((one) => sameMiddleware(one.name, name));
    if (!found)
      return { ...verdict, verdict: "contradicted", reason: "the application has no such middleware installed" };
    const where = { file: found.file, line: found.line };
    return count(base) >= count(head) && isSame(base, found)
      ? { ...verdict, where, verdict: "contradicted", reason: "it was there before, and is as it was" }
      : { ...verdict, where, verdict: "confirmed", reason: "" };
  });

const isSame = (base: Facts, found: Facts["middleware"][number]): boolean =>
  base.middleware.some(
    ({ name, config }) => name === found.name && JSON.stringify(config) === JSON.stringify(found.config),
  );

/** What a measure's words ask for, and the imports that do it. */
const packages: readonly (readonly [RegExp, RegExp, string])[] = [
  [/argon2/i, /^(argon2|pwdlib|passlib)(\.|$)/, "a package that hashes with Argon2"],
  [/bcrypt/i, /^(bcrypt|passlib|pwdlib)(\.|$)/, "a package that hashes with bcrypt"],
  [/scrypt/i, /^(hashlib|passlib|cryptography)(\.|$)/, "a package that hashes with scrypt"],
  [/\bjwt|json web token/i, /^(jwt|jose|authlib|joserfc)(\.|$)/, "a package that signs tokens"],
];

export const checkSecurity = (measures: readonly string[], head: Facts): readonly ClaimVerdict[] =>
  measures.map((claim): ClaimVerdict => {
    const verdict = { kind: "security" as const, claim };
    const rates = claim.match(/rate.?limit/i) ? normaliseRate(claim)?.split("; ") : undefined;
    if (rates) return checkRates(verdict, rates, head);
    const asked = packages.find(([words]) => words.test(claim));
    if (!asked) return { ...verdict, verdict: "unprovable", reason: "no fact of the code can show this" };
    const [, modules, what] = asked;
    const found = head.imports.find(({ module }) => modules.test(module));
    if (!found)
      return { ...verdict, verdict: "contradicted", reason: `the code imports no ${what.replace(/^an? /, "")}` };
    const where = placeOf(found);
    return figures.test(claim)
      ? {
          ...verdict,
          where,
          verdict: "unprovable",
          reason: `the package is imported, and its figures no fact can show: ${imported(found)}`,
        }
      : { ...verdict, where, verdict: "confirmed", reason: `as far as an import shows it: ${imported(found)}` };
  });

/** A cost or a lifetime: an import says nothing of it. The house standards hold the code against theirs. */
const figures = /\b(cost|rounds?)\b|\d\s*(s(ec(onds?)?)?|min(utes?)?|h(ours?)?|d(ays?)?|m)\b/i;

const placeOf = ({ file, line }: ImportFact) => ({ file, line });
const imported = ({ module, names }: ImportFact): string => [module, ...names.slice(0, 3)].join(" ");

const checkRates = (
  verdict: Pick<ClaimVerdict, "kind" | "claim">,
  rates: readonly string[],
  head: Facts,
): ClaimVerdict => {
  const absent = rates.filter(
    (rate) => !head.endpoints.some(({ rate_limit }) => rate_limit?.split("; ").includes(rate)),
  );
  const [first] = head.endpoints.filter(({ rate_limit }) => rate_limit !== null && rates.includes(rate_limit));
  if (absent.length === 0 && first)
    return { ...verdict, verdict: "confirmed", reason: "", where: { file: first.file, line: first.line } };
  const dim = head.middleware.some(({ name }) => sameMiddleware(name, "RateLimitMiddleware"));
  return dim || head.endpoints.some(({ rate_limit }) => rate_limit === "{?}")
    ? {
        ...verdict,
        verdict: "unprovable",
        reason: `which routes are limited to ${absent.join(", ")} is only known at run time`,
      }
    : { ...verdict, verdict: "contradicted", reason: `no route is limited to ${absent.join(", ")}` };
};

/** @param changed paths that the run changed @param postman whether the collection that is named is in the tree */
export const checkDocumentation = (
  { openapi_updated, postman_collection }: Report["documentation"],
  {
    changed,
    postman,
    base,
    head,
  }: { readonly changed: readonly string[]; readonly postman: boolean; readonly base: Facts; readonly head: Facts },
): readonly ClaimVerdict[] => [
  ...(openapi_updated ? [openApi(changed, base, head)] : []),
  ...(postman_collection === null
    ? []
    : [
        {
          kind: "documentation" as const,
          claim: `Postman collection ${postman_collection}`,
          verdict: postman ? ("confirmed" as const) : ("contradicted" as const),
          reason: postman ? "" : "there is no such file",
        },
      ]),
];

/** FastAPI writes the document from the routes: it changes with them, or where a copy of it was changed. */
const openApi = (changed: readonly string[], base: Facts, head: Facts): ClaimVerdict => {
  const verdict = { kind: "documentation" as const, claim: "OpenAPI document updated" };
  const copy = changed.find((path) => /(^|\/)openapi[\w.-]*\.(json|ya?ml)$/i.test(path));
  if (copy) return { ...verdict, verdict: "confirmed", reason: `${copy} was changed` };
  const shown = ({ endpoints, schemas }: Facts): string =>
    JSON.stringify([
      endpoints.filter(({ in_schema }) => in_schema).map(({ file: _, line: __, ...rest }) => rest),
      schemas.map(({ name, fields }) => [name, fields.map(({ name: field, type, value }) => [field, type, value])]),
    ]);
  return shown(base) === shown(head)
    ? { ...verdict, verdict: "contradicted", reason: "no route or schema changed that the document shows" }
    : { ...verdict, verdict: "confirmed", reason: "FastAPI writes it from the routes, and these changed" };
};
