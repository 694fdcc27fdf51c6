/** How a local run ended: its report, the diffstat of its branch and what to do next on a terminal, and the same as one JSON object. */
import type { RunEvent } from "../domain/event.ts";
import type { Evidence, Finding } from "../domain/finding.ts";
import type { Outcome } from "../domain/outcome.ts";
import { count } from "../domain/render/safe.ts";
import { spendSentence } from "../domain/render/sections.ts";
import { closingHeading, parseBody } from "../domain/render-report.ts";
import { outcomeParagraphs, type StatusView } from "../domain/render-status.ts";
import type { Report } from "../domain/report.ts";
import { lastConversation } from "../run/resume.ts";
import { shortId } from "./replay.ts";
import {
  clipTo,
  createPaint,
  displayWidth,
  type Paint,
  padTo,
  printableLine,
  type Screen,
  shellWord,
} from "./terminal.ts";
import { terminalText } from "./terminal-markdown.ts";

type ChangedFile = {
  readonly path: string;
  readonly status: string;
  readonly additions: number;
  readonly deletions: number;
};

export type LocalEnd = {
  readonly run: string;
  /** Absent where the run can go on. */
  readonly outcome: Outcome | undefined;
  readonly report: Report | undefined;
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
  readonly files: readonly ChangedFile[];
  /** What would be the pull request's. */
  readonly body: string | undefined;
};

export const localEnd = (
  run: string,
  known: Pick<LocalEnd, "outcome" | "files" | "body">,
  events: readonly RunEvent[],
): LocalEnd => {
  const talk = lastConversation(events);
  const judged = talk.findLast((event) => event.type === "report");
  return {
    run,
    ...known,
    // The body has it as it was settled.
    report: (known.body === undefined ? undefined : parseBody(known.body)) ?? judged?.report,
    findings: judged?.findings ?? [],
    evidence: talk.flatMap((event) => (event.type === "evidence" || event.type === "checked" ? event.evidence : [])),
  };
};

/** An accepted report, and a branch with it. */
export const isAccepted = ({ outcome }: LocalEnd): boolean =>
  outcome?.kind === "published" && (outcome.status === "DONE" || outcome.status === "DONE_WITH_CONCERNS");

export const localJson = ({ run, outcome, report, findings, evidence, files, body }: LocalEnd) => ({
  run,
  outcome: outcome ?? null,
  branch: outcome?.pull?.branch ?? null,
  report: report ?? null,
  ...{ findings, evidence, files },
  body: body ?? null,
});

/** @param limits of the run, as it was last seen */
export const renderLocalEnd = (
  end: LocalEnd & { readonly outcome: Outcome },
  where: { readonly folder: string; readonly base: string; readonly limits: StatusView["limits"] },
  screen: Pick<Screen, "columns" | "colours">,
): string => {
  const paint = createPaint(screen.colours);
  const { outcome, files, body } = end;
  const { pull, ...without } = outcome;
  const columns = screen.columns();
  const text = body ?? outcomeParagraphs(without).join("\n\n");
  return [
    terminalText(text, { columns, paint, without: [closingHeading] }),
    ...(body === undefined ? [findingsText(end.findings, { columns, paint })] : []),
    ...(files.length > 0 ? [`${paint("bold", "Changed files")}\n${diffstat(files, columns, paint)}`] : []),
    `Spent: ${spendSentence(outcome.spend, where.limits)}.`,
    [
      ...(pull
        ? [
            `Branch ${paint("green", pull.branch)} is at ${pull.headSha.slice(0, 7)}. To look at it:`,
            `  git -C ${shellWord(where.folder)} diff ${shellWord(`${where.base}...${pull.branch}`)}`,
            ...(outcome.below
              ? [
                  `It stands on ${outcome.below.map(({ branch }) => branch).join(", ")}: part by part, the first one first.`,
                ]
              : []),
          ]
        : []),
      `Turn by turn: architect replay ${shortId(end.run)}`,
      ...advice(outcome),
    ].join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
};

const findingsText = (findings: readonly Finding[], layout: { readonly columns: number; readonly paint: Paint }) => {
  if (findings.length === 0) return "";
  const lines = findings.map(
    ({ severity, message, path, rule }) =>
      `- **${severity}**${path === undefined ? "" : ` at \`${path}\``}: ${message} (\`${rule}\`)`,
  );
  return terminalText(`### What the checks found\n\n${lines.join("\n")}`, layout);
};

/** The App's own words for it speak of comments, which there are none of here. */
const advice = ({ status, questions, kind }: Outcome): string[] => {
  if (status === "NEEDS_CONTEXT" || questions.length > 0)
    return ["To go on, give the task again with the answers in it: architect run --task …"];
  return kind === "published" || kind === "answered" ? [] : ["When that is mended: architect run --task …"];
};

/** As `git diff --stat` shows it. */
const diffstat = (files: readonly ChangedFile[], columns: number, paint: Paint): string => {
  const room = Math.min(columns, 100) - 1;
  const most = Math.max(...files.map(({ additions, deletions }) => additions + deletions));
  const digits = String(most).length;
  const bar = Math.max(4, Math.min(40, Math.floor(room / 3)));
  const widest = Math.max(...files.map(({ path }) => displayWidth(printableLine(path))));
  const names = Number.isFinite(room) ? Math.min(widest, Math.max(8, room - bar - digits - 6)) : widest;
  const lines = files.map(({ path, additions, deletions }) => {
    const scale = most > bar ? bar / most : 1;
    const signs = (lines: number) => (lines === 0 ? 0 : Math.max(1, Math.round(lines * scale)));
    const marks = paint("green", "+".repeat(signs(additions))) + paint("red", "-".repeat(signs(deletions)));
    const name = endOf(printableLine(path), names);
    return `  ${padTo(name, names)} | ${String(additions + deletions).padStart(digits)} ${marks}`.trimEnd();
  });
  const sum = (which: "additions" | "deletions") => files.reduce((total, file) => total + file[which], 0);
  const word = files.length === 1 ? "file" : "files";
  const total = `  ${files.length} ${word}, ${count(sum("additions"))} lines added, ${count(sum("deletions"))} removed`;
  return [...lines, clipTo(total, columns)].join("\n");
};

/** A path is told by its end. */
const endOf = (path: string, columns: number): string => {
  if (displayWidth(path) <= columns) return path;
  let kept = path;
  while (kept !== "" && displayWidth(kept) > columns - 1) kept = kept.slice(1);
  return `…${kept}`;
};
