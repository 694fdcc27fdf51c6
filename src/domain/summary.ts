/** What a conversation left, for another one that takes its work up: made from stored events by our code, never by a model. */

import { type Changeset, treeHash } from "./changeset.ts";
import type { RunEvent } from "./event.ts";
import type { Evidence } from "./finding.ts";
import { handedInBy } from "./handed-in.ts";
import type { UserMessage } from "./message.ts";
import { nameOf, resultOf } from "./render/evidence.ts";
import type { ReportDecision } from "./report.ts";
import type { Task, TaskList } from "./task.ts";
import { truncateMiddle } from "./truncate.ts";

const maxRequest = 4_000;
const maxText = 500;
const maxItems = 60;
const maxCommands = 12;

/**
 * Request, decisions, files, commands and open tasks, as Markdown for a model. The same events always make the same bytes.
 *
 * @param events of one agent's conversation; those of its subagents may stand among them
 */
export const summariseRun = (events: readonly RunEvent[]): string => {
  const [started] = events.filter(({ type }) => type === "started");
  const own = events.filter(({ child }) => child === started?.child);
  const changeset = own.findLast((event) => event.type === "checkpoint")?.changeset ?? [];
  return [
    section("Request", requestIn(own)),
    section("Said when the run was to go on", own.flatMap(saidLine)),
    section("Comments by people since then", own.flatMap(remarkLine)),
    section("Decisions", decisionsIn(own).map(decisionLine)),
    section(
      "Files that the worktree holds",
      changeset.map(({ path, kind }) => `- /repo/${path} (${kind})`),
    ),
    section("Left by subagents and teammates", events.flatMap(handedBackLine)),
    section("Team", events.flatMap(teamLine)),
    section("Commands that ran, the last ones", commandLines(own, changeset)),
    section("Findings about the last report, which was not accepted", findingLines(own)),
    section("Open tasks", taskLines(own.findLast((event) => event.type === "tasks")?.tasks ?? [])),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
};

/** The brief, and below it what was done before. @param why the first conversation does not go on, as a sentence */
export const withSummary = (brief: UserMessage, why: string, summary: string): UserMessage => ({
  role: "user",
  content: [
    ...brief.content,
    {
      type: "text",
      text: [
        "# What was done before",
        `${why} You take the work up where it stands. The following comes from the App's own records. You have read none of the files yet: Read before you edit. A command that ran on the files as they are now still counts as evidence.`,
        summary,
      ].join("\n\n"),
    },
  ],
});

const section = (title: string, content: string | readonly string[]): string => {
  if (typeof content === "string") return content === "" ? "" : `## ${title}\n\n${content}`;
  if (content.length === 0) return "";
  const more = content.length - maxItems;
  return [`## ${title}\n`, ...content.slice(0, maxItems), ...(more > 0 ? [`- … and ${more} more`] : [])].join("\n");
};

const short = (text: string): string =>
  truncateMiddle(text.replace(/\s+/g, " ").trim(), maxText, "The rest is left out");

/** In the brief's own words where there is one; the first message otherwise. */
const requestIn = (events: readonly RunEvent[]): string => {
  const [block] = events.find((event) => event.type === "user")?.message.content ?? [];
  if (block?.type !== "text") return "";
  const json = /^<brief-json>\n(.*)\n<\/brief-json>$/m.exec(block.text)?.[1];
  if (json === undefined) return truncateMiddle(block.text, maxRequest, "The rest is left out");
  const { request, prompt } = JSON.parse(json) as {
    readonly request: { readonly title: string; readonly body?: string };
    readonly prompt?: string;
  };
  const text = [request.title, request.body ?? "", prompt ?? ""].filter((part) => part !== "").join("\n\n");
  return truncateMiddle(text, maxRequest, "The whole of it stands in the brief above");
};

const decisionsIn = (events: readonly RunEvent[]): readonly ReportDecision[] => {
  const reported = events.findLast((event) => event.type === "report")?.report.decisions ?? [];
  const remembered = events.flatMap((event) => (event.type === "remembered" ? [event.decision] : []));
  const known = new Set(reported.map(({ title }) => title));
  return [...reported, ...remembered.filter(({ title }) => !known.has(title))];
};

const remarkLine = (event: RunEvent): string[] =>
  event.type === "remark" && !event.remark.asData
    ? [`- ${event.remark.author.login}: ${short(event.remark.text)}`]
    : [];

const decisionLine = ({ title, rationale }: ReportDecision): string => `- ${short(title)}: ${short(rationale)}`;

const handedBackLine = (event: RunEvent): string[] => {
  const result = event.type === "handed-back" || event.type === "rested" ? event.result : undefined;
  if (!result) return [];
  const { agent, status, files } = result;
  const changed =
    files.length === 0 ? "changed nothing" : `changed ${files.map(({ path }) => `/repo/${path}`).join(", ")}`;
  return [`- ${agent} ended with ${status} and ${changed}`];
};

const teamLine = (event: RunEvent): string[] =>
  event.type === "team" ? [`- You lead the team ${event.name}: ${event.members.slice(1).join(", ")}`] : [];

const commandLines = (events: readonly RunEvent[], changeset: Changeset): string[] => {
  const tree = treeHash(changeset);
  const ran = events.flatMap((event) => (event.type === "evidence" || event.type === "checked" ? event.evidence : []));
  return ran.slice(-maxCommands).map((evidence) => commandLine(evidence, tree));
};

const commandLine = (one: Evidence, now: string): string =>
  `- \`${short(nameOf(one))}\`: ${resultOf(one)}${one.tree === now ? "" : ", before the files were changed again"}`;

const findingLines = (events: readonly RunEvent[]): string[] => {
  const last = events.map(handedInBy).findLast((one) => one !== undefined);
  return (last?.findings ?? []).map(
    ({ rule, message, path }) => `- ${rule}${path ? ` in /repo/${path}` : ""}: ${short(message)}`,
  );
};

const saidLine = (event: RunEvent): string[] => {
  if (event.type !== "continues") return [];
  const said = event.said === "" ? [] : [truncateMiddle(event.said, maxRequest, "The rest is left out")];
  const answered = (event.answered ?? []).map(
    ({ question, option, text, by }) =>
      `${by} answered “${short(question)}”: ${[option, text].filter(Boolean).join(": ")}`,
  );
  return [...said, ...answered].map((line) => `- ${line}`);
};

const taskLines = (tasks: TaskList): string[] => {
  const open = tasks.filter(({ status }) => status === "pending" || status === "in_progress");
  const done = tasks.filter(({ status }) => status === "completed").length;
  return [...open.map(taskLine), ...(done > 0 ? [`- ${done} more ${done === 1 ? "is" : "are"} completed`] : [])];
};

const taskLine = ({ id, subject, status, blockedBy }: Task): string => {
  const waits = blockedBy.length > 0 ? `, blocked by ${blockedBy.map((one) => `#${one}`).join(", ")}` : "";
  return `- #${id} ${short(subject)} (${status === "pending" ? "not begun" : "in progress"}${waits})`;
};
