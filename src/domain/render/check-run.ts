/** What a pull request's head came to, as its check run: a conclusion for branch protection, tables for people, notes on the lines. Knows no GitHub. */
import type { ClaimVerdict } from "../claim.ts";
import type { Finding } from "../finding.ts";
import type { Status } from "../report.ts";
import { withoutInvisible } from "../visible-text.ts";
import { claimsSection } from "./claims.ts";
import { clip } from "./safe.ts";
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
  readonly conclusion: "success" | "neutral" | "failure";
  readonly title: string;
  /** Markdown. */
  readonly summary: string;
  readonly notes: readonly CheckNote[];
};

/** GitHub takes no longer summary, in characters. */
const maxSummary = 65_535;
/** More of them bury the lines that they stand on. */
const maxNotes = 200;
const maxMessage = 4_000;

const levels: readonly Detail[] = [
  { output: 0, text: 4_000, items: 200, patch: 0 },
  { output: 0, text: 600, items: 60, patch: 0 },
  { output: 0, text: 200, items: 20, patch: 0 },
];

const order: readonly Finding["severity"][] = ["error", "concern", "note"];

export const renderCheckRun = (checked: {
  readonly status: Status;
  readonly findings: readonly Finding[];
  readonly claims: readonly ClaimVerdict[];
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

const summaryOf = ({ status, findings, claims }: Parameters<typeof renderCheckRun>[0]): string => {
  const headline = `**Status: ${status}.** ${statusSentence[status]}`;
  for (const level of levels) {
    const parts = [headline, claimsSection(claims, level), findingsSection(findings, level)];
    const summary = parts.filter((part) => part !== undefined).join("\n\n");
    if (summary.length <= maxSummary) return summary;
  }
  return `${headline}\n\nThe rest does not fit here: see the pull request's description.`;
};

const noteOf = ({ path, line, severity, rule, message }: Finding): CheckNote[] =>
  path === undefined || line === undefined
    ? []
    : [{ path, line, severity, title: clip(rule, 255), message: clip(withoutInvisible(message), maxMessage) }];
