/** The door of a loop: a submitted report is held against files and evidence here, while the model can still mend. */
import type { Changeset, Refusal } from "../domain/changeset.ts";
import type { ChildReport } from "../domain/child-report.ts";
import type { Finding } from "../domain/finding.ts";
import { type Boundary, isWithin } from "../domain/policy.ts";
import type { Report } from "../domain/report.ts";
import type { Review, ReviewReport } from "../domain/review.ts";
import type { StandardsConfig } from "../domain/standards.ts";
import { changesSince, type HandedBack } from "../domain/subagent.ts";
import { checkChangeset } from "../verify/check-changeset.ts";
import { checkChildReport, checkSubagents } from "../verify/check-child.ts";
import { checkRemoval, checkReport } from "../verify/check-report.ts";
import { checkReview, reviewFindings } from "../verify/check-review.ts";
import { checkRuns, type Runs } from "../verify/check-runs.ts";
import type { CommentPlace } from "../verify/check-threads.ts";
import type { CheckCode } from "./check-code.ts";
import type { Work } from "./examine.ts";
import { type Judge, type Judged, teamOpenRule, unheardRule } from "./tools/submit-report.ts";

type Files = {
  readonly collect: () => Promise<{ readonly changeset: Changeset; readonly refused: readonly Refusal[] }>;
  /** Text of a file at the commit that the run started from. */
  readonly base: (path: string) => Promise<string | undefined>;
  /** What the repository keeps otherwise than the house. */
  readonly standards: StandardsConfig;
};

export const createJudge =
  (
    deps: Files & {
      readonly boundary: Boundary;
      /** Boundaries of the subagents that it started so far. */
      readonly others: () => readonly Boundary[];
      /** @see Migrations */
      readonly migrationFolders: () => readonly string[];
      readonly subagents: () => readonly HandedBack[];
      readonly followUp: boolean;
      readonly checkCode: CheckCode;
      /** There is work of before that nothing has shown to be sound as it is now. */
      readonly unproven?: boolean;
      /** Review comments that each need an answer. */
      readonly threads: readonly CommentPlace[];
      /** It is about failed checks. */
      readonly failedChecks?: boolean;
      /** The work was given up. */
      readonly removed: () => boolean;
      /** What the agent's team has left open, each a sentence; and whether the agent was told of it already. */
      readonly open: () => readonly string[];
      readonly reminded: () => boolean;
      readonly review: () => Review | undefined;
      /** People said something that the agent has not read. */
      readonly unheard: () => Promise<boolean>;
      /** Runs what the report claims. */
      readonly examine: (report: Report, work: Pick<Work, "changeset" | "evidence" | "signal">) => Promise<Runs>;
    },
  ): Judge<Report> =>
  async (report, ran, signal) => {
    const { changeset, refused } = await deps.collect();
    const { followUp, threads, unproven = false } = deps;
    const runs = await deps.examine(report, { changeset, evidence: ran, signal });
    const evidence = [...ran, ...runs.evidence];
    const code = [
      ...checkChangeset(changeset, refused, [deps.boundary, ...deps.others()], {
        base: await baseTexts(deps, changeset),
        migrationFolders: deps.migrationFolders(),
        standards: deps.standards,
      }),
      ...(await deps.checkCode(report, changeset)).findings,
    ].map((finding) =>
      finding.severity === "error" && isAnothers(finding.path, deps)
        ? { ...finding, severity: "concern" as const }
        : finding,
    );
    return judged(report, [
      ...code,
      ...checkReport(report, { changeset, evidence, followUp, threads, unproven }),
      ...(deps.failedChecks && changeset.length === 0 ? [unmended] : []),
      ...checkRuns(report, runs),
      ...checkSubagents(deps.subagents()),
      ...checkRemoval(report, deps.removed()),
      ...reviewFindings(deps.review(), changeset),
      ...deps.open().map((message): Finding => {
        const severity = deps.reminded() ? "concern" : "error";
        return { rule: teamOpenRule, severity, message };
      }),
      ...((await deps.unheard()) ? [unheard] : []),
    ]);
  };

export const unheard: Finding = {
  rule: unheardRule,
  severity: "error",
  message: "somebody commented while you were at work: read it below, and hand in a report that heeds it",
};

const unmended: Finding = {
  rule: "checks-unmended",
  severity: "concern",
  message: "checks failed, and no file was changed because of it",
};

/** In a file that only a subagent can change: the agent can mend nothing there. */
const isAnothers = (
  path: string | undefined,
  { boundary, others }: { readonly boundary: Boundary; readonly others: () => readonly Boundary[] },
): boolean =>
  path !== undefined && !isWithin(path, boundary.allowed) && others().some(({ allowed }) => isWithin(path, allowed));

/** The reviewer's own door. */
export const createReviewJudge =
  (deps: Pick<Files, "collect">): Judge<ReviewReport> =>
  async (report, evidence) => {
    const { changeset } = await deps.collect();
    return judged(report, checkReview(report, { changeset, evidence }));
  };

/** A subagent answers for what it changed itself, and for nothing that it found. */
export const createChildJudge =
  (
    deps: Files & {
      readonly boundary: Boundary;
      readonly migrationFolders: readonly string[];
      readonly found: Changeset;
    },
  ): Judge<ChildReport> =>
  async (report, evidence) => {
    const { changeset, refused } = await deps.collect();
    const own = changesSince(deps.found, changeset);
    const odd = refused.filter(({ path }) => isWithin(path, deps.boundary.allowed));
    return judged(report, [
      ...checkChangeset(own, odd, [deps.boundary], {
        base: await baseTexts(deps, own),
        migrationFolders: deps.migrationFolders,
        standards: deps.standards,
      }),
      ...checkChildReport(report, { own, changeset, evidence }),
    ]);
  };

const judged = (report: Judged["report"], findings: readonly Finding[]): Judged => ({
  accepted: !findings.some((finding) => finding.severity === "error"),
  report,
  findings,
});

/** Texts of the files that a changeset modifies or takes away, as they were. */
export const baseTexts = async (
  { base }: Pick<Files, "base">,
  changeset: Changeset,
): Promise<(path: string) => string | undefined> => {
  const known = changeset.filter((change) => change.kind !== "added").map((change) => change.path);
  const texts = new Map(await Promise.all(known.map(async (path) => [path, await base(path)] as const)));
  return (path) => texts.get(path);
};
