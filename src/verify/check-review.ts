/** Holds a review against what really ran, and decides its gate: a reviewer's word alone neither passes nor blocks anything. */
import { type Changeset, treeHash } from "../domain/changeset.ts";
import type { Evidence, Finding } from "../domain/finding.ts";
import { canonPath } from "../domain/policy.ts";
import type { Review, ReviewReport } from "../domain/review.ts";
import { freshEvidence } from "./check-report.ts";

export type ReviewContext = {
  readonly changeset: Changeset;
  /** What the reviewer itself ran. */
  readonly evidence: readonly Evidence[];
};

const maxHigh = 5;

/** Says something about the code by its exit code, whether or not the reviewer lists it. */
const isCheck = (command: string): boolean =>
  /\b(pytest|unittest|tox|nox|ruff|flake8|pylint|black|isort|mypy|pyright|bandit|compileall|py_compile|pip-audit)\b/.test(
    command,
  );

const error = (rule: string, message: string, path?: string): Finding => ({
  rule,
  severity: "error",
  message,
  ...(path === undefined ? {} : { path }),
});
const concern = (rule: string, message: string, path?: string): Finding => ({
  ...error(rule, message, path),
  severity: "concern",
});

/** Sentences that say why a review blocks; none where it does not. */
export const decideGate = (report: ReviewReport, { changeset, evidence }: ReviewContext): readonly string[] => {
  const listed = new Set(report.automated_checks.map(({ command }) => command.trim()));
  const failed = freshEvidence(evidence, changeset).filter(
    ({ command, exitCode }) => exitCode !== 0 && (listed.has(command.trim()) || isCheck(command)),
  );
  const count = (severity: string) => report.manual_findings.filter((one) => one.severity === severity).length;
  const [critical, high] = [count("critical"), count("high")];
  return [
    ...failed.map(({ command, exitCode }) => `\`${firstLine(command)}\` ended with exit code ${exitCode}`),
    ...(critical > 0 ? [`${critical} critical ${critical === 1 ? "finding" : "findings"}`] : []),
    ...(high > maxHigh ? [`${high} findings of high severity, more than ${maxHigh}`] : []),
  ];
};

const firstLine = (command: string): string => (command.split("\n")[0] ?? "").slice(0, 120);

/** `error` findings go back to the reviewer. */
export const checkReview = (report: ReviewReport, context: ReviewContext): Finding[] => {
  const ran = new Map(
    freshEvidence(context.evidence, context.changeset).map(({ command, exitCode }) => [command.trim(), exitCode]),
  );
  const { status, blockers } = report.approval;
  const gate = decideGate(report, context);
  return [
    ...report.automated_checks.flatMap(({ command, exit_code }) => checkRun(command, exit_code, ran)),
    ...report.manual_findings.flatMap(({ file }) => {
      const canon = canonPath(file);
      return canon.ok ? [] : [error("odd-path", canon.reason)];
    }),
    ...(gate.length > 0 && status !== "REJECTED"
      ? [error("approval-blocked", `approval is ${status}, but ${gate.join("; ")}: that is REJECTED`)]
      : []),
    ...(status === "REJECTED" && blockers.length === 0
      ? [error("blockers-missing", "approval is REJECTED: say in its blockers what must be mended")]
      : []),
  ];
};

const checkRun = (command: string, exitCode: number, ran: ReadonlyMap<string, number>): Finding[] => {
  const real = ran.get(command.trim());
  if (real === undefined)
    return [error("check-not-run", `you did not run \`${firstLine(command)}\` on the files as they are now`)];
  if (real !== exitCode)
    return [error("check-differs", `\`${firstLine(command)}\` ended with exit code ${real}, not ${exitCode}`)];
  return [];
};

/** What a review means for the run that it was part of. */
export const reviewFindings = (review: Review | undefined, changeset: Changeset): Finding[] => {
  if (!review) return [];
  const { blocks, report, tree } = review;
  const rejected = report.approval.status === "REJECTED" && blocks.length === 0;
  return [
    ...blocks.map((why) => concern("review-blocks", `code-reviewer blocks: ${why}`)),
    ...(rejected ? [concern("review-rejects", `code-reviewer rejects it: ${report.approval.blockers[0] ?? ""}`)] : []),
    ...(tree === treeHash(changeset)
      ? []
      : [
          {
            ...concern("review-outdated", "the files have changed since code-reviewer looked at them"),
            severity: "note" as const,
          },
        ]),
  ];
};
