/** A run's code and its report held against each other and against the house standards, at the door and once more when the run is over. */
import type { Changeset } from "../domain/changeset.ts";
import type { ClaimVerdict } from "../domain/claim.ts";
import type { ContractChange } from "../domain/contract.ts";
import type { Finding } from "../domain/finding.ts";
import type { Report } from "../domain/report.ts";
import type { Inspection } from "../ports.ts";
import { onChangedLines } from "../verify/changed-lines.ts";
import { checkClaims, claimFindings } from "../verify/claims/check-claims.ts";
import { compareContracts, contractFindings } from "../verify/contract.ts";
import { checkMigrations } from "../verify/migrations.ts";
import type { Inspector } from "./inspector.ts";

export type CodeChecked = {
  /** As the code shows them. */
  readonly claims: readonly ClaimVerdict[];
  /** The API beside the base branch's. */
  readonly contract: readonly ContractChange[];
  /** Claims that the code contradicts, what breaks clients, tables without migrations, standards that changed lines break. */
  readonly findings: readonly Finding[];
};

export type CheckCode = (report: Report, changeset: Changeset) => Promise<CodeChecked>;

const nothing: CodeChecked = { claims: [], contract: [], findings: [] };

/** @param base text of a file at the commit that the run started from */
export const createCheckCode =
  (inspector: Inspector | undefined, base: (path: string) => Promise<string | undefined>): CheckCode =>
  async (report, changeset) => {
    if (!inspector) return nothing;
    const [before, now] = [await inspector.base(), await inspector.head(changeset)];
    if (!before.ok || !now.ok) return { ...nothing, findings: [before, now].flatMap(unknownFacts).slice(0, 1) };
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
    const facts = { base: before.facts, head: now.facts };
    const contract = compareContracts(facts.base, facts.head);
    const migrations = checkMigrations(changeset, {
      ...facts,
      added: await inspector.added(changeset),
      handoffs: report.handoffs,
    });
    return {
      claims,
      contract,
      findings: [
        ...[...claimFindings(claims), ...migrations].map((finding) => weighed(finding, report)),
        ...contractFindings(contract),
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
  ["unreported", "migration-missing"].includes(finding.rule) && (status === "BLOCKED" || status === "NEEDS_CONTEXT")
    ? { ...finding, severity: "note" }
    : finding;
