/** Where a run stood when a limit or a person ended it: from evidence, tasks and findings, never from the agent's words. */
import type { Evidence, Finding } from "../finding.ts";
import type { CutShort } from "../outcome.ts";
import type { Report } from "../report.ts";
import type { Task, TaskList } from "../task.ts";
import { code, count, inline } from "./safe.ts";
import type { Detail } from "./sections.ts";

export type CutShortInput = {
  readonly cutShort?: CutShort | undefined;
  readonly tasks?: TaskList | undefined;
  readonly report: Report;
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
  /** `treeHash` of what is published. */
  readonly tree: string;
};

export const cutShortSection = (input: CutShortInput, detail: Detail): string | undefined => {
  if (input.cutShort === undefined) return undefined;
  const { text, items } = detail;
  const list = (lines: readonly string[], none: string): string => {
    if (lines.length === 0) return none;
    const more = lines.length > items ? [`- … and ${count(lines.length - items)} more`] : [];
    return [...lines.slice(0, items), ...more].join("\n");
  };
  return [
    "### Verified, deferred, how to continue",
    `**Verified**\n\n${list(verified(input, text), "Nothing: no command has succeeded on the files as they are here.")}`,
    `**Deferred**\n\n${list(deferred(input, text), "No task was left open, but the agent did not come to its report.")}`,
    `**How to continue**\n\n${howToContinue}`,
  ].join("\n\n");
};

const howToContinue =
  "`/architect continue` goes on from here, in the same conversation and with a fresh budget; `/architect continue --budget $3` sets what it may spend, and words behind it are told to the agent. `/architect retry` begins a new conversation instead.";

const latestOf = (evidence: readonly Evidence[]): readonly Evidence[] => [
  ...new Map(evidence.map((one) => [one.command, one])).values(),
];

const verified = ({ evidence, tree, tasks = [] }: CutShortInput, text: number): string[] => [
  ...latestOf(evidence)
    .filter((one) => one.exitCode === 0 && one.tree === tree)
    .map(({ command }) => `- ${code(command, Math.min(text, 120))} succeeded on the files as they are here.`),
  ...tasks
    .filter(({ status }) => status === "completed")
    .map(({ subject }) => `- The agent calls this done: ${inline(subject, text)}`),
];

const deferred = ({ evidence, tree, tasks = [], findings, report }: CutShortInput, text: number): string[] => [
  ...tasks
    .filter(isOpen)
    .map((task) => `- ${task.status === "in_progress" ? "Begun" : "Not begun"}: ${inline(task.subject, text)}`),
  ...latestOf(evidence)
    .filter((one) => one.exitCode !== 0 || one.tree !== tree)
    .map(({ command, exitCode }) => {
      const how = exitCode === 0 ? "ran before the last change only" : `failed with exit code ${exitCode}`;
      return `- ${code(command, Math.min(text, 120))} ${how}.`;
    }),
  ...findings
    .filter(({ severity }) => severity === "error")
    .map(
      ({ message, path }) =>
        `- To be mended: ${path === undefined ? "" : `${code(path, text)} `}${inline(message, text)}`,
    ),
  ...report.handoffs.map(({ to, task }) => `- For ${inline(to, text)}: ${inline(task, text)}`),
];

const isOpen = ({ status }: Task): boolean => status === "pending" || status === "in_progress";
