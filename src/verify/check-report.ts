/** Holds a report against itself and against the evidence: what a status promises must be there. */
import { type Changeset, treeHash } from "../domain/changeset.ts";
import type { Evidence, Finding } from "../domain/finding.ts";
import { type Report, type Status, worse } from "../domain/report.ts";
import { type CommentPlace, checkThreads } from "./check-threads.ts";
import { doubtAbout } from "./commands/doubt.ts";

export type ReportContext = {
  readonly changeset: Changeset;
  readonly evidence: readonly Evidence[];
  /** A follow-up repeats the claims of the pull request, so an empty changeset contradicts none of them. */
  readonly followUp: boolean;
  /** Review comments that each need an answer. */
  readonly threads: readonly CommentPlace[];
  /** Evidence is needed though nothing was changed: the work of before stands on files that others have changed since. */
  readonly unproven?: boolean;
};

/** Evidence that was taken on the tree as it is now; each command's latest run. */
export const freshEvidence = (evidence: readonly Evidence[], changeset: Changeset): Evidence[] => {
  const now = treeHash(changeset);
  const latest = new Map<string, Evidence>();
  for (const one of evidence) if (one.tree === now) latest.set(one.command, one);
  return [...latest.values()];
};

/** What every agent's report has. */
type Common = Pick<Report, "status" | "concerns" | "blockers" | "questions"> & Partial<Pick<Report, "handoffs">>;

const error = (rule: string, message: string): Finding => ({ rule, severity: "error", message });
const concern = (rule: string, message: string): Finding => ({ rule, severity: "concern", message });

/** What a status promises must be in the report. */
export const checkStatus = (report: Common): Finding[] => {
  const findings: Finding[] = [];
  if (report.status === "DONE" && report.concerns.length > 0)
    findings.push(error("done-with-concerns", "status is DONE but concerns are listed: use DONE_WITH_CONCERNS"));
  if (report.status === "DONE_WITH_CONCERNS" && report.concerns.length + (report.handoffs?.length ?? 0) === 0)
    findings.push(error("concerns-missing", "status is DONE_WITH_CONCERNS: list every concern, or the open handoffs"));
  if (report.status === "BLOCKED" && report.blockers.length === 0)
    findings.push(error("blockers-missing", "status is BLOCKED: say in blockers what stands in the way"));
  if (report.status === "NEEDS_CONTEXT" && report.questions.length === 0)
    findings.push(error("questions-missing", "status is NEEDS_CONTEXT: ask in questions what you need to know"));
  return findings;
};

const checkClaims = (report: Report, context: ReportContext): Finding[] => {
  const claims =
    report.endpoints_created.length +
    report.graphql_created.length +
    report.models_created.length +
    report.middleware_added.length;
  if (claims > 0 && context.changeset.length === 0 && !context.followUp)
    return [
      error("claims-without-change", "the report names endpoints, models or middleware, but no file was changed"),
    ];
  return [];
};

export const checkEvidence = (
  report: Pick<Report, "status">,
  context: Pick<ReportContext, "changeset" | "evidence" | "unproven">,
): Finding[] => {
  if (
    (context.changeset.length === 0 && !context.unproven) ||
    (report.status !== "DONE" && report.status !== "DONE_WITH_CONCERNS")
  )
    return [];
  const fresh = freshEvidence(context.evidence, context.changeset).filter(isOfHead);
  const failed = fresh.filter(hasFailed);
  if (fresh.length === 0)
    return [concern("no-evidence", "no command ran on the files as they are now, so nothing shows that they work")];
  if (fresh.some((one) => one.exitCode === 0 && isProof(one)))
    // What the App ran for the report is judged by `checkRuns`.
    return failed
      .filter(({ check }) => check === undefined)
      .map((one) => concern("command-failed", `\`${firstLine(one.command)}\` ended with exit code ${one.exitCode}`));
  return [concern("no-evidence", failed.length === fresh.length ? allFailed : provesNothing(fresh))];
};

/** That a server listens, and what came of the suite before the change, says nothing about the change. */
const isOfHead = ({ check }: Evidence): boolean =>
  check?.kind !== "server" && !(check?.kind === "suite" && check.at === "base");

const isProof = (one: Evidence): boolean => doubtAbout(one) === undefined;

/** A search that finds nothing ends with 1, too. */
const hasFailed = (one: Evidence): boolean =>
  one.exitCode !== 0 && !/^it only (looks|prints)/.test(doubtAbout(one)?.reason ?? "");

const allFailed = "every command that ran on the files as they are now failed";

const provesNothing = (fresh: readonly Evidence[]): string => {
  const last = fresh.findLast((one) => one.exitCode === 0) ?? fresh[0];
  return last
    ? `what ran on the files as they are now proves nothing: of \`${firstLine(last.command)}\`, ${doubtAbout(last)?.reason ?? "nothing is known"}`
    : allFailed;
};

const firstLine = (command: string): string => {
  const line = command.split("\n")[0] ?? "";
  return line.length > 120 ? `${line.slice(0, 117)}…` : line;
};

/** Work that was given up is neither done nor done with concerns. */
export const checkRemoval = ({ status }: Pick<Report, "status">, removed: boolean): Finding[] =>
  removed && status !== "BLOCKED" && status !== "NEEDS_CONTEXT"
    ? [error("worktree-removed", "the work was given up with ExitWorktree: the status is BLOCKED or NEEDS_CONTEXT")]
    : [];

/** `error` findings go back to the model; the rest lower the status and are shown. */
export const checkReport = (report: Report, context: ReportContext): Finding[] => [
  ...checkStatus(report),
  ...checkClaims(report, context),
  ...checkThreads(report, context),
  ...checkEvidence(report, context),
];

/** The status that people see: the report's, or a worse one where findings or open hand-offs demand it; never a better one. */
export const settleStatus = (
  report: Pick<Report, "status" | "concerns" | "handoffs">,
  findings: readonly Finding[],
): Status => {
  const doubtful = findings.some((finding) => finding.severity !== "note");
  const open = report.handoffs.length > 0 || report.concerns.length > 0;
  return doubtful || open ? worse(report.status, "DONE_WITH_CONCERNS") : report.status;
};
