/** Holds a changeset against the boundary, once more and from values alone: what the walls let through is not trusted. */
import { bytesOf, type Changeset, type Refusal } from "../domain/changeset.ts";
import type { Finding } from "../domain/finding.ts";
import { type Boundary, canonPath, decideWrite } from "../domain/policy.ts";
import type { StandardsConfig } from "../domain/standards.ts";
import { checkForeign } from "./check-foreign.ts";

type Known = {
  /** Text of a file at the commit that the run started from: what stood there is nobody's doing. */
  readonly base: (path: string) => string | undefined;
  /** Where the agent for migrations was at work: they may stand there alone. */
  readonly migrationFolders: readonly string[];
  /** What the repository keeps otherwise than the house. */
  readonly standards: StandardsConfig;
};

/** @param boundaries of the agents that were at work */
export const checkChangeset = (
  changeset: Changeset,
  refused: readonly Refusal[],
  boundaries: readonly Boundary[],
  { base, ...known }: Known,
): Finding[] => {
  const findings: Finding[] = [];
  for (const { path, reason } of refused)
    findings.push({
      rule: "uncommittable",
      severity: "error",
      path,
      message: `cannot be committed: ${reason}; remove it`,
    });
  findings.push(...checkPaths(changeset, boundaries));
  for (const change of changeset) {
    if (change.kind === "deleted") continue;
    const file = { path: change.path, text: bytesOf(change).toString("utf8") };
    findings.push(...checkForeign(file, base(change.path), known));
  }
  return findings;
};

/** Each path must be one that can be, and lie in the boundary of an agent that was at work. */
export const checkPaths = (changeset: Changeset, boundaries: readonly Boundary[]): Finding[] => {
  const findings: Finding[] = [];
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
  }
  return findings;
};
