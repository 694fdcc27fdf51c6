/** Holds a changeset against the boundary, once more and from values alone: what the walls let through is not trusted. */
import { bytesOf, type Changeset, type Refusal } from "../domain/changeset.ts";
import type { Finding } from "../domain/finding.ts";
import { type Boundary, canonPath, decideWrite } from "../domain/policy.ts";
import { parametersOf, type StandardsConfig } from "../domain/standards.ts";
import { checkAddedImports } from "./standards/added-imports.ts";

/**
 * @param boundaries of the agents that were at work: each path must lie in one of them
 * @param base text of a file at the commit that the run started from, so that only new imports count
 * @param standards what the repository keeps otherwise
 */
export const checkChangeset = (
  changeset: Changeset,
  refused: readonly Refusal[],
  boundaries: readonly Boundary[],
  base: (path: string) => string | undefined = () => undefined,
  standards: StandardsConfig = {},
): Finding[] => {
  const rules = {
    "forbidden-import": parametersOf("forbidden-import", standards),
    "foreign-migration": parametersOf("foreign-migration", standards),
  };
  const findings: Finding[] = [];
  for (const { path, reason } of refused)
    findings.push({
      rule: "uncommittable",
      severity: "error",
      path,
      message: `cannot be committed: ${reason}; remove it`,
    });
  for (const change of changeset) {
    const canon = canonPath(change.path);
    if (!canon.ok || canon.path !== change.path)
      findings.push({
        rule: "odd-path",
        severity: "error",
        path: change.path,
        message: canon.ok ? `is no canonical path; use ${canon.path}` : canon.reason,
      });
    const verdicts = boundaries.map((boundary) => decideWrite(change.path, boundary));
    const refusal = verdicts.find((verdict) => !verdict.allowed);
    if (refusal && !verdicts.some((verdict) => verdict.allowed))
      findings.push({ rule: "out-of-bounds", severity: "error", path: change.path, message: refusal.reason });
    if (change.kind !== "deleted" && change.path.endsWith(".py")) {
      const text = bytesOf(change).toString("utf8");
      for (const added of checkAddedImports(change.path, text, base(change.path) ?? "", rules))
        findings.push({ ...added, severity: "error", path: change.path });
    }
  }
  return findings;
};
