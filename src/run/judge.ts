/** The door of the loop: a submitted report is held against files and evidence here, while the model can still mend. */
import type { Changeset, Refusal } from "../domain/changeset.ts";
import type { Evidence } from "../domain/finding.ts";
import type { Boundary } from "../domain/policy.ts";
import type { Report } from "../domain/report.ts";
import { checkChangeset } from "../verify/check-changeset.ts";
import { checkReport } from "../verify/check-report.ts";
import type { Judged } from "./tools/submit-report.ts";

export const createJudge =
  (deps: {
    readonly boundary: Boundary;
    readonly collect: () => Promise<{ readonly changeset: Changeset; readonly refused: readonly Refusal[] }>;
    /** Text of a file at the commit that the run started from. */
    readonly base: (path: string) => Promise<string | undefined>;
    readonly followUp: boolean;
    /** Review comments that each need an answer. */
    readonly commentIds: readonly number[];
  }) =>
  async (report: Report, evidence: readonly Evidence[]): Promise<Judged> => {
    const { changeset, refused } = await deps.collect();
    const modified = changeset.filter((change) => change.kind === "modified").map((change) => change.path);
    const before = new Map(await Promise.all(modified.map(async (path) => [path, await deps.base(path)] as const)));
    const { boundary, followUp, commentIds } = deps;
    const findings = [
      ...checkChangeset(changeset, refused, boundary, (path) => before.get(path)),
      ...checkReport(report, { changeset, evidence, followUp, commentIds }),
    ];
    return { accepted: !findings.some((finding) => finding.severity === "error"), report, findings };
  };
