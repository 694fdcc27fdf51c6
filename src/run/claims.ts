/** A report's claims held against the code, at the door and once more when the run is over. */
import type { Changeset } from "../domain/changeset.ts";
import type { ClaimVerdict } from "../domain/claim.ts";
import type { Finding } from "../domain/finding.ts";
import type { Report } from "../domain/report.ts";
import { checkClaims, claimFindings } from "../verify/claims/check-claims.ts";
import type { Inspector } from "./inspector.ts";

export type CheckedClaims = { readonly claims: readonly ClaimVerdict[]; readonly findings: readonly Finding[] };

export type CheckClaims = (report: Report, changeset: Changeset) => Promise<CheckedClaims>;

const nothing: CheckedClaims = { claims: [], findings: [] };

/** @param base text of a file at the commit that the run started from */
export const createCheckClaims =
  (inspector: Inspector | undefined, base: (path: string) => Promise<string | undefined>): CheckClaims =>
  async (report, changeset) => {
    if (!inspector) return nothing;
    const [before, now] = [await inspector.base(), await inspector.head(changeset)];
    const failed = [before, now].find(({ ok }) => !ok);
    if (!before.ok || !now.ok)
      return { claims: [], findings: [unknownFacts(failed && !failed.ok ? failed.reason : "")] };
    const { postman_collection: postman } = report.documentation;
    const change = changeset.find(({ path }) => path === postman);
    const claims = checkClaims(report, {
      base: before.facts,
      head: now.facts,
      changed: changeset.map(({ path }) => path),
      postman: change ? change.kind !== "deleted" : postman !== null && (await base(postman)) !== undefined,
    });
    return { claims, findings: claimFindings(claims).map((finding) => weighed(finding, report)) };
  };

const unknownFacts = (reason: string): Finding => ({
  rule: "facts-unknown",
  severity: "concern",
  message: `what the report claims was not held against the code. ${reason}`,
});

/** Work that is not done need not be told in full. */
const weighed = (finding: Finding, { status }: Report): Finding =>
  finding.rule === "unreported" && (status === "BLOCKED" || status === "NEEDS_CONTEXT")
    ? { ...finding, severity: "note" }
    : finding;
