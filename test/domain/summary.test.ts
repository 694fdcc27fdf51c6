import { describe, expect, it } from "vitest";
import { treeHash } from "../../src/domain/changeset.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import { summariseRun, withSummary } from "../../src/domain/summary.ts";
import { reportWith } from "../support/report.ts";

const at = "2026-11-25T12:00:00Z";
const user = (text: string): RunEvent => ({
  type: "user",
  at,
  message: { role: "user", content: [{ type: "text", text }] },
});
const started: RunEvent = {
  ...{ type: "started", at, agent: "test-architect", model: "claude-opus-5-5", system: "s", tools: [] },
  ...{ commit: "c".repeat(40), base: "b".repeat(40) },
};
const brief = user(
  'Design it.\n<brief-json>\n{"kind":"design","request":{"title":"CRUD for invoices","body":"With a number."}}\n</brief-json>',
);
const task = (
  id: string,
  subject: string,
  status: "pending" | "in_progress" | "completed",
  blockedBy: string[] = [],
) => ({
  ...{ id, subject, description: "x", status, blockedBy },
  blocks: [],
});
const changeset = [
  { path: "app/api/a.py", kind: "modified", mode: "100644", content: "" },
  { path: "app/api/old.py", kind: "deleted" },
] as const;
const ran = (command: string, exitCode: number, tree: string): RunEvent => ({
  type: "evidence",
  at,
  evidence: { command, exitCode, durationMs: 1, output: "secret output", tree },
});
const decision = { category: "architecture" as const, impact: "low" as const, alternatives: [] };
const zero = { toolCalls: 0, turns: 0, tokens: 0, usd: 0 };

const events: readonly RunEvent[] = [
  started,
  brief,
  {
    type: "tasks",
    at,
    tasks: [task("1", "Model", "completed"), task("2", "Routes", "in_progress"), task("3", "Docs", "pending", ["2"])],
  },
  ran("python -m pytest", 1, "another tree"),
  { type: "remembered", at, decision: { ...decision, title: "Ids are 64 bits", rationale: "Imports need them." } },
  { type: "checkpoint", at, changeset, refused: [] },
  ran("python -m compileall app", 0, treeHash(changeset)),
  { ...user("a subagent's own brief"), child: "t:test-generator" },
  {
    ...{ type: "handed-back", at, call: "t", child: "t:test-generator" },
    result: {
      ...{ agent: "test-generator", status: "DONE", findings: [], spend: zero },
      files: [{ path: "tests/test_a.py", kind: "added" }],
    },
  },
  {
    type: "report",
    at,
    report: reportWith({ decisions: [{ ...decision, title: "Cursor of 50", rationale: "Lists are long." }] }),
    findings: [{ rule: "claim-missing", severity: "error", message: "there is no such route", path: "app/api/a.py" }],
  },
];

describe("summariseRun", () => {
  it("tells request, decisions, files, commands, findings and open tasks", () => {
    expect(summariseRun(events)).toMatchInlineSnapshot(`
      "## Request

      CRUD for invoices

      With a number.

      ## Decisions

      - Cursor of 50: Lists are long.
      - Ids are 64 bits: Imports need them.

      ## Files that the worktree holds

      - /repo/app/api/a.py (modified)
      - /repo/app/api/old.py (deleted)

      ## Left by subagents and teammates

      - test-generator ended with DONE and changed /repo/tests/test_a.py

      ## Commands that ran, the last ones

      - \`python -m pytest\`: exit code 1, before the files were changed again
      - \`python -m compileall app\`: exit code 0

      ## Findings about the last report, which was not accepted

      - claim-missing in /repo/app/api/a.py: there is no such route

      ## Open tasks

      - #2 Routes (in progress)
      - #3 Docs (not begun, blocked by #2)
      - 1 more is completed"
    `);
  });

  it("is the same for the same events, and holds no model's words of its own", () => {
    const said: RunEvent = {
      ...{ type: "assistant", at, usd: 0, stopReason: "end_turn" },
      message: { role: "assistant", content: [{ type: "text", text: "All tests pass." }] },
      usage: { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 },
    };
    expect(summariseRun([...events, said])).toBe(summariseRun(structuredClone(events)));
  });

  it("of a conversation that did nothing is its request alone", () => {
    expect(summariseRun([started, user("Do it.")])).toBe("## Request\n\nDo it.");
    expect(summariseRun([])).toBe("");
  });

  it("of a subagent tells what it was asked to do", () => {
    const child = "toolu_1:test-generator";
    const own = [
      { ...started, child },
      { ...user('<brief-json>\n{"request":{"title":"Invoices"},"prompt":"Test the routes."}\n</brief-json>'), child },
    ];
    expect(summariseRun(own)).toBe("## Request\n\nInvoices\n\nTest the routes.");
  });

  it("is bounded, whatever a run did", () => {
    const many = Array.from({ length: 500 }, (_, index) => task(String(index), "x".repeat(5_000), "pending"));
    const files = Array.from({ length: 2_000 }, (_, index) => ({
      path: `app/api/${index}.py`,
      kind: "deleted" as const,
    }));
    const text = summariseRun([
      started,
      user("y".repeat(100_000)),
      { type: "tasks", at, tasks: many },
      { type: "checkpoint", at, changeset: files, refused: [] },
    ]);
    expect(text.length).toBeLessThan(60_000);
    expect(text).toContain("- … and 1940 more");
    expect(text).toContain("- … and 440 more");
  });
});

describe("withSummary", () => {
  it("leaves the brief as it is and says where what follows comes from", () => {
    const message = { role: "user", content: [{ type: "text", text: "The brief." }] } as const;
    const { content } = withSummary(message, "The model is gone.", "## Request\n\nIt.");
    expect(content[0]).toEqual(message.content[0]);
    expect(content[1]).toMatchObject({
      text: expect.stringMatching(/The model is gone\. You take the work up[\s\S]*## Request/),
    });
  });
});
