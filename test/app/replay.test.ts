/** Stored runs, as people and programs see them. */
import { describe, expect, test } from "vitest";
import { renderRun, renderRuns, runAsJson, type StoredRun } from "../../src/app/replay.ts";
import { displayWidth } from "../../src/app/terminal.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import type { AssistantBlock } from "../../src/domain/message.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { renderRemarks } from "../../src/domain/remark.ts";
import { childId } from "../../src/domain/subagent.ts";
import { mateId, renderMails } from "../../src/domain/team.ts";
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
  {
    ...{ type: "checked", at: at(70), key: "k" },
    evidence: [
      {
        ...{ command: "curl -X POST http://localhost:8500/x", exitCode: 1, durationMs: 9, output: "", tree: "t" },
        check: { kind: "request", method: "POST", path: "/x", status: 404, fault: "is answered with 404" },
      },
    ],
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

const maintainer = { login: "maintainer", id: 5, type: "User" };
const mate = (event: RunEvent): RunEvent => ({ ...event, child: mateId("code-reviewer") });
const remark = { commentId: 9, author: maintainer, at: at(3), text: "Use UUIDs for ids, please." };
const ran = { command: "ruff check .", exitCode: 0, durationMs: 1_234, output: "ok", tree: "abc1234def" };
const withTexts = (event: RunEvent, ...texts: string[]): RunEvent =>
  event.type !== "user"
    ? event
    : {
        ...event,
        message: {
          ...event.message,
          content: [...event.message.content, ...texts.map((text) => ({ type: "text" as const, text }))],
        },
      };
const mail = { id: "1", from: "code-reviewer", to: "team-lead", text: "Sound, but for one thing.", at: at(8) };

/** A lead with a teammate, a comment while they work, and a command. */
const together: readonly RunEvent[] = [
  started(0, "backend-system-architect"),
  { type: "user", at: at(0), message: { role: "user", content: [{ type: "text", text: "the brief" }] } },
  says(
    1,
    "Review it.",
    ["a", "SendMessage", { to: "code-reviewer", message: "Please review." }],
    ["b", "Bash", { command: "ruff check ." }],
  ),
  mate(started(2, "code-quality-reviewer")),
  mate({ type: "user", at: at(2), message: { role: "user", content: [{ type: "text", text: "its brief" }] } }),
  mate(says(3, "I look.", ["c", "Bash", { command: "ruff check ." }])),
  mate({ type: "evidence", at: at(4), evidence: ran }),
  mate(answers(4, ["c", "exit code 0\nAll checks passed!"])),
  mate(says(5, "", ["d", "SendMessage", { to: "team-lead", message: mail.text }])),
  mate(answers(5, ["d", "Sent to team-lead."])),
  { type: "evidence", at: at(8), evidence: { ...ran, exitCode: 1 } },
  { type: "remark", at: at(8), remark },
  withTexts(
    answers(8, ["a", "Sent to code-reviewer."], ["b", "exit code 1\nFound 1 error."]),
    renderMails([mail]),
    renderRemarks([remark]),
    "Budget: 3 tool calls left.",
  ),
  says(9, "I mend it.", ["e", "TaskList", {}]),
];

describe("a run", () => {
  test("tells of teammates below the turn they worked in, of their mail, of people's comments, and how long commands ran", () => {
    const text = renderRun({ record, events: together }, { columns: 80, colours: false });
    expect(text.slice(text.indexOf("backend-system-architect"), text.indexOf("\n\nInterrupted"))).toBe(
      `backend-system-architect with claude-opus-5-5 on c0ffee1
  1   0:01  Review it. (1,010 tokens, $0.02)
            SendMessage code-reviewer: Please review.
              → Sent to code-reviewer.
            Bash ruff check .
              → exit code 1: Found 1 error. (1.2 s, on files abc1234)
            code-reviewer of the team with claude-opus-5-5 on c0ffee1
              1   0:03  I look. (1,010 tokens, $0.02)
                        Bash ruff check .
                          → exit code 0: All checks passed! (1.2 s, on files ab…
              2   0:05  1,010 tokens, $0.02
                        SendMessage team-lead: Sound, but for one thing.
                          → Sent to team-lead.
            code-reviewer writes: Sound, but for one thing.
            maintainer comments: Use UUIDs for ids, please.
            The App: Budget: 3 tool calls left.
  2   0:09  I mend it. (1,010 tokens, $0.02)
            TaskList
              → no result: the run stopped here`,
    );
    const [turn] = runAsJson({ record, events: together }).conversations[0]?.turns ?? [];
    expect(turn).toMatchObject({
      comments: [{ from: "maintainer", text: remark.text }],
      mail: [{ from: "code-reviewer", text: mail.text }],
      calls: [{}, { evidence: { exitCode: 1, durationMs: 1_234, tree: "abc1234def" } }],
      teammates: [{ agent: "code-reviewer of the team", turns: [{}, {}] }],
    });
  });

  test("that goes on from another one shows its own turns, and what they changed", () => {
    const message = { role: "user" as const, content: [{ type: "text" as const, text: "Go on." }] };
    const goesOn: RunEvent = {
      ...{ type: "continues", at: at(2), run: "11111111-0000", commit: "c0ffee1234", base: "c0ffee1234" },
      ...{ stands: true, said: "", message },
    };
    const own = [
      changed(1, "a.py"),
      goesOn,
      says(3, "On.", ["a", "TaskList", {}]),
      changed(4, "a.py", "b.py"),
      answers(4, ["a", "None."]),
    ];
    const shown = renderRun({ record, events: own }, page);
    expect(shown).toContain("It goes on from run 11111111-0000.");
    expect(shown).toContain("Changed: b.py (added)");
  });

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
            The App ran POST /x: HTTP 404
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
