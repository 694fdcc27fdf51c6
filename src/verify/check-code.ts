/** All that code shows of a change: the claims of its report, its API beside the base's, its migrations, and the house standards on its lines. */
import type { Changeset } from "../domain/changeset.ts";
import type { ClaimVerdict } from "../domain/claim.ts";
import type { ContractChange } from "../domain/contract.ts";
import type { Facts } from "../domain/facts.ts";
import type { Finding } from "../domain/finding.ts";
import type { Report } from "../domain/report.ts";
import type { Breach } from "../domain/standards.ts";
import { onChangedLines } from "./changed-lines.ts";
import { checkClaims, claimFindings } from "./claims/check-claims.ts";
import { compareContracts, contractFindings } from "./contract.ts";
import { checkMigrations } from "./migrations.ts";
import { checkWeakenedTests } from "./weakened-tests.ts";

export type CodeChecked = {
  /** As the code shows them. */
  readonly claims: readonly ClaimVerdict[];
  /** The API beside the base branch's. */
  readonly contract: readonly ContractChange[];
  /** Claims that the code contradicts, what breaks clients, tables without migrations, tests of before that are gone, standards that changed lines break. */
  readonly findings: readonly Finding[];
};

export type CodeChange = {
  /** Of the branch that the change is proposed to, and with the change. */
  readonly base: Facts;
  readonly head: Facts;
  /** Anywhere in the head. */
  readonly breaches: readonly Breach[];
  readonly changeset: Changeset;
  /** Python files that the branch does not have; those of earlier changes of the same pull request included. */
  readonly added: readonly string[];
  /** Text of a changed file before. */
  readonly before: (path: string) => string | undefined;
};

/** @param report with no report there is nothing that could be a lie @param postman whether the collection that it names is there */
export const checkCode = (change: CodeChange, report?: Report, postman = false): CodeChecked => {
  const { base, head, changeset } = change;
  const changed = changeset.map(({ path }) => path);
  const claims = report ? checkClaims(report, { base, head, changed, postman }) : [];
  const contract = compareContracts(base, head);
  const migrations = checkMigrations(changeset, { ...change, handoffs: report?.handoffs });
  const breaches = onChangedLines(change.breaches, changeset, change.before);
  return {
    claims,
    contract,
    findings: [
      ...[...claimFindings(claims), ...migrations].map((finding) => weighed(finding, report)),
      ...contractFindings(contract),
      ...checkWeakenedTests(changeset, change),
      ...breaches.map(({ spans: _, ...finding }) => finding),
    ],
  };
};

/** Work that is not done need not be told in full. */
const weighed = (finding: Finding, report: Report | undefined): Finding =>
  ["unreported", "migration-missing"].includes(finding.rule) &&
  (report?.status === "BLOCKED" || report?.status === "NEEDS_CONTEXT")
    ? { ...finding, severity: "note" }
    : finding;
