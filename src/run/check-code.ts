/** A run's code and its report held against each other and against the house standards, at the door and once more when the run is over. */
import type { Changeset } from "../domain/changeset.ts";
import type { ClaimVerdict } from "../domain/claim.ts";
import type { Finding } from "../domain/finding.ts";
import type { Report } from "../domain/report.ts";
import type { Inspection } from "../ports.ts";
import { onChangedLines } from "../verify/changed-lines.ts";
import { checkClaims, claimFindings } from "../verify/claims/check-claims.ts";
import type { Inspector } from "./inspector.ts";

/** @property claims as the code shows them @property findings what it contradicts, and the standards that changed lines break */
export type CodeChecked = { readonly claims: readonly ClaimVerdict[]; readonly findings: readonly Finding[] };

export type CheckCode = (report: Report, changeset: Changeset) => Promise<CodeChecked>;

/** @param base text of a file at the commit that the run started from */
export const createCheckCode =
  (inspector: Inspector | undefined, base: (path: string) => Promise<string | undefined>): CheckCode =>
  async (report, changeset) => {
    if (!inspector) return { claims: [], findings: [] };
    const [before, now] = [await inspector.base(), await inspector.head(changeset)];
    if (!before.ok || !now.ok) return { claims: [], findings: [before, now].flatMap(unknownFacts).slice(0, 1) };
    const { postman_collection: postman } = report.documentation;
    const change = changeset.find(({ path }) => path === postman);
    const claims = checkClaims(report, {
      base: before.facts,
      head: now.facts,
      changed: changeset.map(({ path }) => path),
      postman: change ? change.kind !== "deleted" : postman !== null && (await base(postman)) !== undefined,
    });
    const texts = new Map(await Promise.all(changeset.map(async ({ path }) => [path, await base(path)] as const)));
    const breaches = onChangedLines(now.breaches, changeset, (path) => texts.get(path));
    return {
      claims,
      findings: [
        ...claimFindings(claims).map((finding) => weighed(finding, report)),
        ...breaches.map(({ spans: _, ...finding }) => finding),
      ],
    };
  };

const unknownFacts = (inspection: Inspection): Finding[] =>
  inspection.ok
    ? []
    : [
        {
          rule: "facts-unknown",
          severity: "concern",
          message: `what the report claims was not held against the code. ${inspection.reason}`,
        },
      ];

/** Work that is not done need not be told in full. */
const weighed = (finding: Finding, { status }: Report): Finding =>
  finding.rule === "unreported" && (status === "BLOCKED" || status === "NEEDS_CONTEXT")
    ? { ...finding, severity: "note" }
    : finding;
