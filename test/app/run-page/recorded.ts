/** A run as the store has it: an architect with a subagent and a teammate, commands, findings and people's words. */
import type { RunEvent } from "../../../src/domain/event.ts";
import type { AssistantBlock } from "../../../src/domain/message.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import { renderRemarks } from "../../../src/domain/remark.ts";
import { childId } from "../../../src/domain/subagent.ts";
import { mateId, renderMails } from "../../../src/domain/team.ts";
import type { RunRecord } from "../../../src/ports.ts";
import { jobOf } from "../../store/support.ts";
import { soundReport } from "../../support/report.ts";

export const at = (second: number): string => new Date(Date.UTC(2026, 10, 25, 12, 0, second)).toISOString();

const usage = { inputTokens: 100, cacheReadTokens: 900, cacheWriteTokens: 0, outputTokens: 10 };

export const says = (
  second: number,
  text: string,
  ...calls: [id: string, name: string, input: unknown][]
): RunEvent => {
  const content: AssistantBlock[] = [
    { type: "text", text },
    ...calls.map(([id, name, input]) => ({ type: "tool_use" as const, id, name, input })),
  ];
  const message = { role: "assistant" as const, content };
  return { type: "assistant", at: at(second), message, usage, usd: 0.02, stopReason: "tool_use" };
};

export const answers = (second: number, ...results: [id: string, content: string, is_error?: boolean][]): RunEvent => ({
  type: "user",
  at: at(second),
  message: {
    role: "user",
    content: results.map(([tool_use_id, content, is_error]) => ({
      ...{ type: "tool_result" as const, tool_use_id, content },
      ...(is_error ? { is_error } : {}),
    })),
  },
});

const told = (second: number, ...texts: string[]): RunEvent => ({
  type: "user",
  at: at(second),
  message: { role: "user", content: texts.map((text) => ({ type: "text", text })) },
});

export const started = (second: number, agent: string): RunEvent => ({
  ...{ type: "started", at: at(second), agent, model: "claude-opus-5-5", commit: "c0ffee1234", base: "c0ffee1234" },
  ...{ system: "You are the architect.", tools: [] },
  limits: { work: "crud", toolCalls: 60, turns: 120, tokens: 5_000_000, usd: 5 },
});

export const ran = (command: string, exitCode: number, output: string) => ({
  ...{ command, exitCode, durationMs: 1_234, output, tree: "abc1234def" },
});

const ofChild = (event: RunEvent): RunEvent => ({ ...event, child: childId("c", "database-engineer") });
const ofMate = (event: RunEvent): RunEvent => ({ ...event, child: mateId("code-reviewer") });
const maintainer = { login: "maintainer", id: 5, type: "User" };
const task = { id: "1", description: "", blocks: [], blockedBy: [] };

export const events: readonly RunEvent[] = [
  { type: "phase", at: at(0), phase: "working" },
  started(0, "backend-system-architect"),
  told(0, "the brief with all of the prompt"),
  says(
    1,
    "I look at `app/main.py`.",
    ["a", "Read", { file_path: "/repo/app/main.py" }],
    ["b", "Bash", { command: "ruff check .\necho done" }],
    ["t", "TaskCreate", { subject: "Write the model" }],
  ),
  { type: "evidence", at: at(4), evidence: ran("ruff check .\necho done", 1, "F401 in app/main.py\nFound 1 error.") },
  {
    type: "tasks",
    at: at(4),
    tasks: [
      { ...task, subject: "Write the model", activeForm: "Writing the model", status: "in_progress" },
      { ...task, id: "2", subject: "Write the route", status: "pending" },
      { ...task, id: "3", subject: "Read the code", status: "completed" },
    ],
  },
  answers(
    4,
    ["a", "     1\timport contents_of_a_file\n     2\ty"],
    ["b", "exit code 1\nF401\nFound 1 error."],
    ["t", "#1"],
  ),
  says(5, "The migration.", ["c", "Agent", { subagent_type: "database-engineer", description: "Migrate users" }]),
  ofChild(started(6, "database-engineer")),
  ofChild(told(6, "its brief")),
  ofChild(says(7, "I write it.", ["d", "Write", { file_path: "/repo/migrations/1.py", content: "a\nb\n" }])),
  ofChild({
    ...{ type: "checkpoint", at: at(8), refused: [] },
    changeset: [{ path: "migrations/1.py", kind: "added", mode: "100644", content: "eA==" }],
  }),
  ofChild(answers(8, ["d", "Created /repo/migrations/1.py (2 lines)."])),
  ofChild({
    ...{ type: "handed-back", at: at(9), call: "c" },
    result: {
      ...{ agent: "database-engineer", status: "DONE", findings: [], files: [] },
      spend: { toolCalls: 1, turns: 1, tokens: 1_010, usd: 0.02 },
    },
  }),
  answers(9, ["c", "database-engineer ended with DONE."]),
  says(10, "Review it.", ["f", "SendMessage", { to: "code-reviewer", message: "Please review." }]),
  ofMate(started(11, "code-quality-reviewer")),
  ofMate(told(11, "its brief")),
  ofMate(says(12, "I look.", ["g", "Grep", { pattern: "def ", path: "/repo/app" }])),
  ofMate(answers(13, ["g", "app/main.py:3:def contents_of_a_file():"])),
  {
    ...told(
      14,
      renderMails([{ id: "1", from: "code-reviewer", to: "team-lead", text: "Sound, but for one.", at: at(13) }]),
      renderRemarks([{ commentId: 9, author: maintainer, at: at(13), text: "Use UUIDs for ids, please." }]),
      "Budget: 3 tool calls left.",
    ),
  },
  says(70, "The report.", ["e", "SubmitReport", { status: "DONE" }]),
  {
    ...{ type: "report", at: at(70), report: soundReport },
    findings: [
      { rule: "claim-missing", severity: "error", message: "there is no `POST /x`", path: "app/main.py", line: 3 },
      { rule: "no-evidence", severity: "concern", message: "nothing was run" },
    ],
  },
  {
    ...{ type: "checked", at: at(70), key: "k" },
    evidence: [
      {
        ...ran("curl -X POST http://localhost:8500/x", 1, "HTTP 404\n\nnot found"),
        check: { kind: "request", method: "POST", path: "/x", status: 404, fault: "it is answered with 404" },
      },
    ],
  },
  answers(71, ["e", "The report is not accepted (1 of 3):", true]),
];

export const outcome: Outcome = {
  ...{ kind: "published", status: "BLOCKED", summary: "A table of `users`." },
  ...{ blockers: ["the budget is used up"], questions: [{ question: "Which database?", options: ["SQLite", "none"] }] },
  pull: { number: 7, url: "https://github.com/acme/shop/pull/7", branch: "architect/issue-1-x", headSha: "abcdef0123" },
  ...{ log: "KeyError: 'DATABASE_URL'", ci: "`lint` is ours", handoffs: "1 filed" },
  spend: { toolCalls: 4, turns: 4, tokens: 6_060, usd: 0.12, subagents: { toolCalls: 2, turns: 2 } },
};

export const record: RunRecord = {
  id: "3f2a91c0-0000-4000-8000-000000000000",
  job: jobOf("1", 1, "Register with email and password.\n\n<!-- hidden words -->"),
  issue: 1,
  startedAt: at(0),
};
