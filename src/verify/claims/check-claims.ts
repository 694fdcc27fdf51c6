/** Every claim of a report held against the facts of the code before and after it; what no claim names is told as well. */
import type { ClaimVerdict } from "../../domain/claim.ts";
import type { Facts } from "../../domain/facts.ts";
import type { Finding } from "../../domain/finding.ts";
import type { Report } from "../../domain/report.ts";
import { checkEndpoints, unreportedEndpoints } from "./endpoints.ts";
import { checkGraphql, unreportedGraphql } from "./graphql.ts";
import { checkModels, unreportedModels } from "./models.ts";
import { checkDocumentation, checkMiddleware, checkSecurity } from "./others.ts";

export type ClaimContext = {
  /** Of the branch that the work is proposed to, and of the work. */
  readonly base: Facts;
  readonly head: Facts;
  /** Paths that differ between the two. */
  readonly changed: readonly string[];
  /** Whether the Postman collection that the report names is in the tree. */
  readonly postman: boolean;
};

type Claims = Pick<
  Report,
  | "endpoints_created"
  | "graphql_created"
  | "models_created"
  | "middleware_added"
  | "security_measures"
  | "documentation"
>;

export const checkClaims = (report: Claims, context: ClaimContext): readonly ClaimVerdict[] => {
  const { base, head } = context;
  return [
    ...checkEndpoints(report.endpoints_created, base, head),
    ...checkGraphql(report.graphql_created, base, head),
    ...checkModels(report.models_created, base, head),
    ...checkMiddleware(report.middleware_added, base, head),
    ...checkSecurity(report.security_measures, head),
    ...checkDocumentation(report.documentation, context),
    ...unreportedEndpoints(report.endpoints_created, base, head),
    ...unreportedGraphql(report.graphql_created, base, head),
    ...unreportedModels(report.models_created, base, head),
  ];
};

/** What the code contradicts goes back to the model. */
export const claimFindings = (claims: readonly ClaimVerdict[]): readonly Finding[] =>
  claims
    .filter(({ verdict }) => verdict === "contradicted")
    .map(({ kind, claim, reason, where }) => ({
      rule: kind === "unreported" ? "unreported" : "claim-contradicted",
      severity: "error",
      message: `${claim}: ${reason}`,
      ...(where ? { path: where.file, line: where.line } : {}),
    }));
