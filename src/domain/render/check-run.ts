/** What a pull request's head came to, as its check run: a conclusion for branch protection, tables for people, notes on the lines. Knows no GitHub. */
import { treeHash } from "../changeset.ts";
import type { ClaimVerdict } from "../claim.ts";
import type { Finding, ShownEvidence } from "../finding.ts";
import type { Status } from "../report.ts";
import { withoutInvisible } from "../visible-text.ts";
import { claimsSection } from "./claims.ts";
import { evidenceSection } from "./evidence.ts";
import { clip, inline } from "./safe.ts";
import { type Detail, findingsSection, statusSentence } from "./sections.ts";

export type CheckNote = {
  readonly path: string;
  readonly line: number;
  readonly severity: Finding["severity"];
  /** The rule. */
  readonly title: string;
  /** Plain text: GitHub renders no Markdown there. */
  readonly message: string;
};

export type CheckRunView = {
  readonly conclusion: "success" | "neutral" | "failure" | "cancelled";
  readonly title: string;
  /** Markdown. */
  readonly summary: string;
  readonly notes: readonly CheckNote[];
};

/** The same key is the same check of a commit. */
export const checkKeyOf = (pull: number): string => `pull-${pull}`;

/** GitHub takes no longer summary, in characters. */
const maxSummary = 65_535;
/** More of them bury the lines that they stand on. */
const maxNotes = 200;
const maxMessage = 4_000;

const levels: readonly Detail[] = [
  { output: 2_000, text: 4_000, items: 200, patch: 0 },
  { output: 0, text: 600, items: 60, patch: 0 },
  { output: 0, text: 200, items: 20, patch: 0 },
];

const order: readonly Finding["severity"][] = ["error", "concern", "note"];

export const renderCheckRun = (checked: {
  readonly status: Status;
  readonly findings: readonly Finding[];
  readonly claims: readonly ClaimVerdict[];
  /** Of this very commit, where it was run for its check. */
  readonly evidence?: readonly ShownEvidence[] | undefined;
}): CheckRunView => {
  const { status, findings, claims } = checked;
  const of = (severity: Finding["severity"]): number => findings.filter((one) => one.severity === severity).length;
  const denied = claims.filter(({ kind, verdict }) => kind !== "unreported" && verdict === "contradicted").length;
  const held = claims.filter(({ verdict }) => verdict === "confirmed").length;
  const counts = [`${held} of ${claims.length} claims confirmed`, `${denied} contradicted`, `${of("error")} errors`];
  return {
    conclusion: of("error") + denied > 0 ? "failure" : status !== "DONE" || of("concern") > 0 ? "neutral" : "success",
    title: `${status}: ${[...counts, `${of("concern")} concerns`].join(", ")}`,
    summary: summaryOf(checked),
    notes: order
      .flatMap((severity) => findings.filter((one) => one.severity === severity))
      .flatMap(noteOf)
      .slice(0, maxNotes),
  };
};

/** Evidence of a commit as it is. */
const committed = treeHash([]);

const summaryOf = ({ status, findings, claims, evidence }: Parameters<typeof renderCheckRun>[0]): string => {
  const headline = `**Status: ${status}.** ${statusSentence[status]}`;
  for (const level of levels) {
    const ran = evidence && evidenceSection(evidence, committed, level);
    const parts = [headline, claimsSection(claims, level), findingsSection(findings, level), ran];
    const summary = parts.filter((part) => part !== undefined).join("\n\n");
    if (summary.length <= maxSummary) return summary;
  }
  return `${headline}\n\nThe rest does not fit here: see the pull request's description.`;
};

/** While it is at work: a branch protection that asks for it waits. */
export const checkBegun: Pick<CheckRunView, "title" | "summary"> = {
  title: "At work on this commit",
  summary:
    "The report in the description is held against the code, and its commands are run on this commit. This takes some minutes at most.",
};

export const checkOvertaken: CheckRunView = {
  conclusion: "cancelled",
  title: "A newer commit is checked in its place",
  summary: "The branch has moved on since: what counts is the check of its newest commit.",
  notes: [],
};

/** @param reason in plain words, without anybody's secrets */
export const checkFailed = (reason: string): CheckRunView => ({
  conclusion: "failure",
  title: "This commit could not be checked",
  summary: `It was tried again without success: ${inline(reason, maxMessage)}\n\nUse **Re-run** to have it checked when that is mended.`,
  notes: [],
});

const noteOf = ({ path, line, severity, rule, message }: Finding): CheckNote[] =>
  path === undefined || line === undefined
    ? []
    : [{ path, line, severity, title: clip(rule, 255), message: clip(withoutInvisible(message), maxMessage) }];
