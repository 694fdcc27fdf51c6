/** Stored runs, as people and programs see them. */
import { describe, expect, test } from "vitest";
import { renderRun, renderRuns, runAsJson, type StoredRun } from "../../src/app/replay.ts";
import { displayWidth } from "../../src/app/terminal.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import type { AssistantBlock } from "../../src/domain/message.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { childId } from "../../src/domain/subagent.ts";
import { jobOf } from "../store/support.ts";
import { soundReport } from "../support/report.ts";

const page = { columns: Number.POSITIVE_INFINITY, colours: false };
const at = (second: number) => new Date(Date.UTC(2026, 10, 25, 12, 0, second)).toISOString();
const usage = { inputTokens: 100, cacheReadTokens: 900, cacheWriteTokens: 0, outputTokens: 10 };

const says = (second: number, text: string, ...calls: [id: string, name: string, input: unknown][]): RunEvent => {
  const content: AssistantBlock[] = [
    { type: "text", text },
    ...calls.map(([id, name, input]) => ({ type: "tool_use" as const, id, name, input })),
  ];
  return {
    type: "assistant",
    at: at(second),
    message: { role: "assistant", content },
    usage,
    usd: 0.02,
    stopReason: "tool_use",
  };
};

const answers = (second: number, ...results: [id: string, content: string, is_error?: boolean][]): RunEvent => ({
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

const started = (second: number, agent: string): RunEvent => ({
  ...{ type: "started", at: at(second), agent, model: "claude-opus-5-5", commit: "c0ffee1234", base: "c0ffee1234" },
  ...{ system: "", tools: [] },
});

const changed = (second: number, ...paths: string[]): RunEvent => ({
  ...{ type: "checkpoint", at: at(second), refused: [] },
  changeset: paths.map((path) => ({ path, kind: "added", mode: "100644", content: "eA==" })),
});

const outcome: Outcome = {
  ...{ kind: "published", status: "DONE", summary: "A table of users.", blockers: [], questions: [] },
  pull: { number: 7, url: "https://github.com/acme/shop/pull/7", branch: "architect/issue-1-x", headSha: "abcdef0123" },
  spend: { toolCalls: 3, turns: 3, tokens: 4_040, usd: 0.08 },
};

const child = childId("c", "database-engineer");
const ofChild = (event: RunEvent): RunEvent => ({ ...event, child });

const events: readonly RunEvent[] = [
  started(0, "backend-system-architect"),
  { type: "user", at: at(0), message: { role: "user", content: [{ type: "text", text: "the brief" }] } },
  says(1, "I look.", ["a", "Read", { file_path: "/repo/app/main.py" }], ["b", "Bash", { command: "ruff check\n." }]),
  answers(4, ["a", "     1\timport x\n     2\ty"], ["b", "exit code 1\nF401\nFound 1 error."]),
  says(5, "The migration.", ["c", "Agent", { subagent_type: "database-engineer", description: "Migrate users" }]),
  ofChild(started(6, "database-engineer")),
  ofChild({ type: "user", at: at(6), message: { role: "user", content: [{ type: "text", text: "its brief" }] } }),
  ofChild(says(7, "I write it.", ["d", "Write", { file_path: "/repo/migrations/1.py", content: "a\nb\n" }])),
  ofChild(changed(8, "migrations/1.py")),
  ofChild(answers(8, ["d", "Created /repo/migrations/1.py (2 lines)."])),
  changed(9, "migrations/1.py"),
  answers(9, ["c", "database-engineer ended with DONE."]),
  says(70, "The report.", ["e", "SubmitReport", { status: "DONE" }]),
  {
    ...{ type: "report", at: at(70), report: soundReport },
    findings: [{ rule: "claim-missing", severity: "error", message: "there is no POST /x", path: "app/main.py" }],
  },
  answers(70, ["e", "The report is not accepted (1 of 3):", true]),
];

const record = {
  id: "3f2a91c0-0000-4000-8000-000000000000",
  job: jobOf("1"),
  issue: 1,
  startedAt: at(0),
  endedAt: at(80),
};
const stored: StoredRun = { record: { ...record, outcome }, events };

describe("a run", () => {
  test("is told turn by turn: words, calls, results, changed paths, a subagent below its call, findings and the end", () => {
    const text = renderRun(stored, page);
    expect(text.slice(text.indexOf("backend-system-architect"))).toBe(
      `backend-system-architect with claude-opus-5-5 on c0ffee1
  1   0:01  I look. (1,010 tokens, $0.02)
            Read app/main.py
              → 2 lines
            Bash ruff check .
              → exit code 1: Found 1 error.
  2   0:05  The migration. (1,010 tokens, $0.02)
            Agent database-engineer: Migrate users
              database-engineer with claude-opus-5-5 on c0ffee1
                1   0:07  I write it. (1,010 tokens, $0.02)
                          Write migrations/1.py (2 lines)
                            → Created /repo/migrations/1.py (2 lines).
                          Changed: migrations/1.py (added)
              → database-engineer ended with DONE.
            Changed: migrations/1.py (added)
  3   1:10  The report. (1,010 tokens, $0.02)
            SubmitReport DONE
              → The report is not accepted (1 of 3):
            error: app/main.py: there is no POST /x [claim-missing]

DONE. What was asked for is there, and nothing is left open.

A table of users.

https://github.com/acme/shop/pull/7 at abcdef0
Spent: 3 tool calls, 3 turns, 4,040 tokens, $0.08.`,
    );
  });

  test("that was interrupted says where, and what its transcript has spent", () => {
    const text = renderRun({ record, events: events.slice(0, 5) }, page);
    expect(text).toMatch(/Agent database-engineer: Migrate users\n +→ no result: the run stopped here\n/);
    expect(text).toMatch(/Interrupted: .*\nSpent: 3 tool calls, 2 turns, 2,020 tokens, \$0\.04\.$/);
  });

  test("fits a narrow window", () => {
    const lines = renderRun(stored, { columns: 60, colours: true }).split("\n");
    expect(lines.filter((line) => displayWidth(line) > 60)).toEqual([]);
  });

  test("as JSON holds inputs and results in full", () => {
    const json = runAsJson(stored);
    expect(json).toMatchObject({ run: record.id, status: "DONE", turns: 3, outcome, report: soundReport });
    expect(json.conversations[0]?.turns[0]?.calls[1]).toEqual({
      ...{ id: "b", name: "Bash", input: { command: "ruff check\n." }, failed: false },
      result: "exit code 1\nF401\nFound 1 error.",
    });
    expect(json.conversations[0]?.turns[1]?.calls[0]?.subagent?.turns).toHaveLength(1);
  });
});

test("runs are listed with id, status, turns, spend and request, and how many more there are", () => {
  const list = renderRuns([stored, { record, events: events.slice(0, 5) }], 12, page).split("\n");
  expect(list[0]).toMatch(/^RUN +WHEN +STATUS +TURNS +SPENT +REQUEST$/);
  expect(list[1]).toMatch(
    /^3f2a91c0 {2}2026-11-25 \d\d:\d\d {2}DONE +3 +\$0\.08 +acme\/shop: Create user registration/,
  );
  expect(list[2]).toMatch(/ interrupted +2 +\$0\.04 /);
  expect(list[3]).toBe("… and 12 older");
});
