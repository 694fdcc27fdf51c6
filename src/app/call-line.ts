/** One tool call, and one result, each in a line for people. Knows the tools' inputs and nothing of what they do. */
import type { ToolUse } from "../domain/message.ts";
import { printableLine } from "./terminal.ts";

type Input = Readonly<Record<string, unknown>>;

const textIn = (input: Input, key: string): string => {
  const value = input[key];
  return typeof value === "string" ? value : "";
};

const pathIn = (input: Input): string => textIn(input, "file_path").replace(/^\/repo\//, "");

const withPath = (input: Input): string => {
  const path = textIn(input, "path").replace(/^\/repo\/?/, "");
  return `${textIn(input, "pattern")}${path === "" ? "" : ` in ${path}`}`;
};

const linesIn = (input: Input): string => {
  const { offset, limit } = input;
  if (typeof offset !== "number") return typeof limit === "number" ? ` (first ${limit} lines)` : "";
  return ` (from line ${offset}${typeof limit === "number" ? `, ${limit} lines` : ""})`;
};

const edits = (input: Input): string => {
  const all = input["edits"];
  return Array.isArray(all) ? ` (${all.length} edits)` : "";
};

const known: Readonly<Record<string, (input: Input) => string>> = {
  Read: (input) => pathIn(input) + linesIn(input),
  Write: (input) => `${pathIn(input)} (${textIn(input, "content").trimEnd().split("\n").length} lines)`,
  Edit: pathIn,
  MultiEdit: (input) => pathIn(input) + edits(input),
  Glob: withPath,
  Grep: withPath,
  Bash: (input) => textIn(input, "command"),
  Agent: (input) => `${textIn(input, "subagent_type")}: ${textIn(input, "description")}`,
  Skill: (input) => textIn(input, "name"),
  Remember: (input) => textIn(input, "title"),
  Recall: (input) => textIn(input, "query"),
  TaskCreate: (input) => textIn(input, "subject"),
  TaskGet: (input) => `#${textIn(input, "taskId")}`,
  TaskUpdate: (input) => `#${textIn(input, "taskId")} ${textIn(input, "status")}`,
  TaskList: () => "",
  TeamCreate: (input) => textIn(input, "team_name"),
  SendMessage: (input) => `${textIn(input, "to")}: ${textIn(input, "summary") || textIn(input, "message")}`,
  SubmitReport: (input) => textIn(input, "status"),
};

/** What it is about, without the tool's name. */
export const callSubject = ({ name, input }: Pick<ToolUse, "name" | "input">): string => {
  const object = typeof input === "object" && input !== null ? (input as Input) : {};
  const describe = Object.hasOwn(known, name) ? known[name] : undefined;
  const subject = describe ? printableLine(describe(object)) : "";
  if (subject !== "" || name === "TaskList") return subject;
  // An unknown tool, or a call that its tool refused.
  const json = JSON.stringify(input) ?? "";
  return json === "{}" ? "" : printableLine(json);
};

export const callLine = (use: Pick<ToolUse, "name" | "input">): string =>
  `${printableLine(use.name)} ${callSubject(use)}`.trim();

const maxResult = 160;

/** Its first line, of a command the last one too: there most of them say what came of it. Undefined where there is none. */
export const resultLine = (call: {
  readonly name: string;
  readonly result?: string;
  readonly failed: boolean;
}): string | undefined => {
  if (call.result === undefined) return undefined;
  const lines = call.result
    .split("\n")
    .map(printableLine)
    .filter((line) => line !== "");
  const [first = "(nothing)"] = lines;
  const last = lines.length > 1 ? lines.at(-1) : undefined;
  if (/^exit code \d+/.test(first) && last !== undefined) return clip(`${first}: ${last}`);
  if (call.name === "Read" && !call.failed) return `${lines.length} ${lines.length === 1 ? "line" : "lines"}`;
  return lines.length > 1 ? `${clip(first)} (${lines.length} lines)` : clip(first);
};

const clip = (text: string): string => (text.length <= maxResult ? text : `${text.slice(0, maxResult - 1)}…`);
