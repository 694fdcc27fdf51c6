/** What was run and what came of it, as a reviewer reads it: told from evidence, never from the report. */
import type { Evidence, ShownEvidence } from "../finding.ts";
import type { Report } from "../report.ts";
import { clip, code, count, details, duration, fenced, inline, table } from "./safe.ts";
import type { Detail } from "./sections.ts";

const heading = "### What was run";

/**
 * Each command's latest run: the server and its requests first, then the repository's suite, then the rest. What ran on
 * other files is folded away, unless there is nothing else.
 * @param tree hash of the files as they are published: evidence of another tree is stale
 */
export const evidenceSection = (evidence: readonly ShownEvidence[], tree: string, detail: Detail): string => {
  const latest = [...new Map(evidence.map((one) => [keyOf(one), one])).values()];
  if (latest.length === 0) return `${heading}\n\nNothing: nothing here shows that the code works.`;
  const ordered = [...latest].sort((a, b) => rank(a) - rank(b));
  const stale = ordered.filter((one) => isStale(one, tree));
  const current = ordered.filter((one) => !isStale(one, tree));
  const [shown, folded] = current.length === 0 ? [stale, []] : [current, stale];
  return [
    heading,
    "By the App itself, in the sandbox; the agent cannot write this part.",
    ...rows(shown, tree, detail),
    ...(current.length === 0 ? [staleSays] : []),
    ...(folded.length === 0
      ? []
      : [
          details(
            `Ran before the last change (${folded.length})`,
            [staleSays, ...rows(folded, tree, detail)].join("\n\n"),
          ),
        ]),
  ].join("\n\n");
};

const staleSays = "What ran before the last change says nothing about the files as they are now.";

const rows = (all: readonly ShownEvidence[], tree: string, detail: Detail): readonly string[] => {
  const shown = all.slice(0, detail.items);
  return [
    table(
      ["Command", "Result", "Duration", "What it shows"],
      shown.map((one) => [
        code(nameOf(one), Math.min(detail.text, 120)),
        resultOf(one),
        duration(one.durationMs),
        shows(one, tree, detail.text),
      ]),
    ),
    ...(detail.output > 0 ? shown.map((one) => outputOf(one, detail)) : []),
    ...(all.length > shown.length ? [`… and ${count(all.length - shown.length)} more.`] : []),
  ];
};

/** Commands by which an agent found something out: what they returned is all that they show. */
export const evidenceTable = (evidence: readonly ShownEvidence[]): string =>
  table(
    ["Command", "Result", "Duration"],
    evidence.slice(0, 40).map((one) => [code(nameOf(one), 120), resultOf(one), duration(one.durationMs)]),
  );

/** The suite runs at two places, and one request may be made twice on purpose. */
const keyOf = ({ command, check, tree }: Evidence): string =>
  JSON.stringify([command, check?.kind === "suite" ? [check.at] : check?.kind === "request" ? [check.path, tree] : []]);

const rank = ({ check }: Evidence): number => {
  if (check === undefined || check.kind === "command") return 3;
  return { server: 0, request: 1, suite: 2 }[check.kind];
};

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** Of a request, what was asked: its command stands with the answer. */
/** A request by method and path, a command as one line. */
export const nameOf = ({ command, check }: Evidence): string =>
  check?.kind === "request" ? `${check.method} ${check.path}` : oneLine(command);

/** `HTTP 201`, `listens`, `exit code 0`. */
export const resultOf = ({ check, exitCode }: Evidence): string => {
  if (check?.kind === "request") return check.status === undefined ? "no answer" : `HTTP ${check.status}`;
  if (check?.kind === "server") return exitCode === 0 ? "listens" : "does not listen";
  return `exit code ${exitCode}`;
};

const isStale = ({ check, tree }: Evidence, now: string): boolean =>
  tree !== now && !(check?.kind === "suite" && check.at === "base");

const shows = (one: ShownEvidence, tree: string, text: number): string => {
  const { check, doubt, exitCode } = one;
  if (isStale(one, tree)) return "**stale**: ran before the last change";
  if (check?.kind === "suite" && check.at === "base")
    return exitCode === 0 ? "passed before the change" : "failed before the change";
  if (check?.kind === "request" && check.fault !== undefined)
    return `**fails**: ${inline(check.fault, Math.min(text, 300))}`;
  if (doubt) return `**${doubt.kind === "masked" ? "masked" : "proves nothing"}**: ${inline(doubt.reason, text)}`;
  if (exitCode !== 0) return "**fails**";
  if (check?.kind === "server") return "the requests are made to it";
  if (check?.kind === "suite") return "passes with the change";
  if (check?.kind === "request" && check.expected !== undefined) return "answered as expected";
  return "passes";
};

/** The end of what a command said, folded. */
export const outputOf = (one: Evidence, { output, text }: Detail): string => {
  const tail = one.output.length <= output ? one.output : `…\n${one.output.slice(-output)}`;
  const shown = tail.trim() === "" ? "(no output)" : tail;
  const title = `${htmlCode(nameOf(one))}: ${one.check?.kind === "server" ? "its log" : resultOf(one)}`;
  return details(title, fenced(`$ ${clip(one.command, text)}\n${shown}`, "text"));
};

/** In `<summary>` GitHub reads HTML, so that only entities are safe. */
const htmlCode = (text: string): string => {
  const line = clip(oneLine(text), 80).replace(/[^\w ./:=,-]/gu, (character) => `&#${character.codePointAt(0)};`);
  return `<code>${line}</code>`;
};

/** Commands that the agent names and that did not run: told apart from those that did. */
export const suggestedSection = (report: Report, evidence: readonly Evidence[], detail: Detail): string | undefined => {
  // Of several requests in one command, each stands by itself in the evidence.
  const isRun = (command: string): boolean =>
    evidence.some(({ command: ran, check }) =>
      check?.kind === "request" ? oneLine(command).includes(oneLine(ran)) : ran.trim() === command.trim(),
    );
  const left = report.test_commands.filter((command) => !isRun(command));
  if (left.length === 0) return undefined;
  const rest = left.length > detail.items ? `\n\n… and ${count(left.length - detail.items)} more.` : "";
  const lines = left.slice(0, detail.items).map((command) => `- ${code(command, detail.text)}`);
  return `### Commands to try, not run here\n\n${lines.join("\n")}${rest}`;
};
