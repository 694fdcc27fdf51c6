import { describe, expect, it } from "vitest";
import type { FileChange } from "../../src/domain/changeset.ts";
import {
  decisionsPath,
  type MemoryChange,
  type MemoryTexts,
  parseDecisions,
  parseState,
  statePath,
  updateMemory,
} from "../../src/domain/memory.ts";
import type { ReportDecision } from "../../src/domain/report.ts";
import { reportWith, soundReport } from "../support/report.ts";

const change: MemoryChange = {
  runId: "run-1",
  issue: 7,
  pull: 8,
  at: "2026-11-25T10:00:00.000Z",
  agent: "backend-system-architect",
  report: soundReport,
  status: "DONE",
  commit: "a".repeat(40),
};

const textOf = (file: FileChange | undefined): string | undefined =>
  file && file.kind !== "deleted" ? Buffer.from(file.content, "base64").toString() : undefined;

/** The files as they are after the update. */
const written = (before: MemoryTexts, files: readonly FileChange[]): MemoryTexts => ({
  decisions: textOf(files.find(({ path }) => path === decisionsPath)) ?? before.decisions,
  state: textOf(files.find(({ path }) => path === statePath)) ?? before.state,
});

const read = (texts: MemoryTexts) => ({
  decisions: parseDecisions(texts.decisions).decisions,
  state: parseState(texts.state).state,
});

const apply = (before: MemoryTexts, one: MemoryChange) => written(before, updateMemory(before, one).files);

const decision = (fields: Partial<ReportDecision>): ReportDecision => ({
  title: "Rate limit registration to 5 per minute",
  rationale: "Slows guessing down.",
  category: "security",
  impact: "medium",
  alternatives: [],
  ...fields,
});

const deciding = (runId: string, ...decisions: ReportDecision[]): MemoryChange => ({
  ...change,
  runId,
  report: reportWith({ decisions }),
});

describe("updateMemory", () => {
  it("writes both files where there are none", () => {
    const { files, notes } = updateMemory({}, change);
    expect(notes).toEqual([]);
    expect(files.map(({ path, kind }) => [path, kind])).toEqual([
      [decisionsPath, "added"],
      [statePath, "added"],
    ]);
    expect(textOf(files[0])).toMatchInlineSnapshot(`
      "{
        "$schema": "context://decisions/v1",
        "decisions": [
          {
            "agent": "backend-system-architect",
            "alternatives": [
              {
                "option": "bcrypt, cost 12",
                "rejected_because": "cuts passwords at 72 bytes"
              }
            ],
            "category": "security",
            "date": "2026-11-25",
            "id": "DEC-20261125-0001",
            "impact": "high",
            "issue": 7,
            "rationale": "Memory-hard, and no 72-byte limit.",
            "run": "run-1",
            "status": "implemented",
            "superseded_by": null,
            "title": "Hash passwords with Argon2id"
          }
        ]
      }
      "
    `);
    expect(textOf(files[1])).toMatchInlineSnapshot(`
      "{
        "agent_decisions": {
          "backend-system-architect": [
            {
              "decision": "Hash passwords with Argon2id",
              "id": "DEC-20261125-0001",
              "run": "run-1",
              "timestamp": "2026-11-25T10:00:00.000Z"
            }
          ]
        },
        "last_activity": "2026-11-25T10:00:00.000Z",
        "schema_version": "2.0.0",
        "session_id": "run-1",
        "tasks_completed": [
          {
            "agent": "backend-system-architect",
            "commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "issue": 7,
            "pull": 8,
            "run": "run-1",
            "status": "DONE",
            "summary": "Adds POST /api/v1/auth/register with a User model.",
            "task": "user-registration",
            "timestamp": "2026-11-25T10:00:00.000Z"
          }
        ],
        "tasks_pending": []
      }
      "
    `);
  });

  it("changes nothing when the same run is applied again, at whatever time", () => {
    const once = apply({}, change);
    expect(updateMemory(once, { ...change, at: "2026-11-25T11:00:00.000Z" })).toEqual({ files: [], notes: [] });
  });

  it("changes nothing when an earlier run is applied again after a later one", () => {
    const both = apply(apply({}, change), { ...change, runId: "run-2" });
    expect(updateMemory(both, change).files).toEqual([]);
  });

  it("writes no decisions file where nothing was decided and none was there", () => {
    expect(updateMemory({}, deciding("run-1")).files.map(({ path }) => path)).toEqual([statePath]);
  });

  it("numbers decisions by day, and counts on from those that are there", () => {
    const first = apply({}, deciding("run-1", decision({ title: "Use UUID keys" })));
    const second = apply(first, deciding("run-2", decision({ title: "Keep sessions in Redis" })));
    expect(read(second).decisions.map(({ id }) => id)).toEqual(["DEC-20261125-0001", "DEC-20261125-0002"]);
  });

  it("records a decision that says the same once, and says so", () => {
    const first = apply({}, deciding("run-1", decision({})));
    const same = deciding("run-2", decision({ title: "Rate-limit registration to 5 per minute!" }));
    const again = updateMemory(first, { ...same, issue: 9 });
    expect(updateMemory(first, same).notes, "a follow-up on the issue repeats what it decided").toEqual([]);
    expect(again.notes).toEqual([
      "The decision “Rate-limit registration to 5 per minute!” was not recorded again: DEC-20261125-0001 says so already.",
    ]);
    expect(read(written(first, again.files)).decisions).toHaveLength(1);
  });

  it("records the same words in another category as another decision", () => {
    const first = apply({}, deciding("run-1", decision({})));
    const second = apply(first, deciding("run-2", decision({ category: "performance" })));
    expect(read(second).decisions).toHaveLength(2);
  });

  it.each([
    ["another number", decision({ title: "Rate limit registration to 10 per minute" })],
    ["the opposite", decision({ title: "Do not rate limit registration to 5 per minute" })],
    ["a named id", decision({ title: "Leave limits to the gateway", rationale: "Supersedes DEC-20261125-0001." })],
  ])("lets %s supersede an older decision without touching its text", (_, newer) => {
    const first = apply({}, deciding("run-1", decision({})));
    const { files, notes } = updateMemory(first, deciding("run-2", newer));
    const [old, next] = read(written(first, files)).decisions;
    expect(old).toEqual({
      ...read(first).decisions[0],
      status: "superseded",
      superseded_by: "DEC-20261125-0002",
    });
    expect(next).toMatchObject({ id: "DEC-20261125-0002", title: newer.title, superseded_by: null });
    expect(notes).toEqual([
      "DEC-20261125-0002 supersedes DEC-20261125-0001 (“Rate limit registration to 5 per minute”).",
    ]);
  });

  it("keeps what a run that did not finish left open, with what stands in the way", () => {
    const report = reportWith({
      decisions: [],
      blockers: ["The database URL is not known."],
      questions: [{ question: "Which table?", options: ["users", "accounts"] }],
    });
    const texts = apply({}, { ...change, report, status: "BLOCKED" });
    expect(read(texts).state.tasks_completed).toEqual([]);
    expect(read(texts).state.tasks_pending).toMatchObject([
      {
        task: "user-registration",
        priority: "high",
        blocking: true,
        blockers: ["The database URL is not known.", "Which table?"],
        status: "BLOCKED",
        issue: 7,
        run: "run-1",
      },
    ]);
  });

  it("closes what was open for an issue when a later run finishes it, and nothing else", () => {
    const report = reportWith({ decisions: [], blockers: ["no answer yet"] });
    const other = apply({}, { ...change, runId: "run-0", issue: 3, report, status: "BLOCKED" });
    const open = apply(other, { ...change, report, status: "BLOCKED" });
    const { state } = read(apply(open, { ...change, runId: "run-2" }));
    expect(state.tasks_pending.map(({ issue }) => issue)).toEqual([3]);
    expect(state.tasks_completed.map(({ run, status, resolved_by }) => [run, status, resolved_by])).toEqual([
      ["run-1", "BLOCKED", "run-2"],
      ["run-2", "DONE", undefined],
    ]);
  });

  it("takes in earlier runs of the issue that opened no pull request, once", () => {
    const earlier = {
      runId: "run-0",
      issue: 7,
      at: "2026-11-24T10:00:00.000Z",
      agent: change.agent,
      status: "NEEDS_CONTEXT" as const,
      summary: "Which table is meant?",
      blockers: [],
      questions: [{ question: "users or accounts?" }],
    };
    const { files } = updateMemory({}, change, [earlier]);
    const texts = written({}, files);
    expect(read(texts).state.tasks_completed).toMatchObject([
      { run: "run-0", status: "NEEDS_CONTEXT", blockers: ["users or accounts?"], resolved_by: "run-1" },
      { run: "run-1", status: "DONE" },
    ]);
    expect(updateMemory(texts, change, [earlier]).files).toEqual([]);
  });

  it("keeps the last 50 finished tasks", () => {
    let texts: MemoryTexts = {};
    for (let number = 1; number <= 52; number++) texts = apply(texts, deciding(`run-${number}`));
    const runs = read(texts).state.tasks_completed.map(({ run }) => run);
    expect(runs).toHaveLength(50);
    expect([runs[0], runs[49]]).toEqual(["run-3", "run-52"]);
  });

  it("keeps keys that it does not know, in both files", () => {
    const before: MemoryTexts = {
      decisions: JSON.stringify({
        _meta: { token_budget: 400 },
        decisions: [
          { id: "use-rest", date: "2026-01-02", summary: "REST it is", rationale: "known", owner: "api guild" },
        ],
      }),
      state: JSON.stringify({ current_task: { description: "x" }, tasks_pending: ["write docs"] }),
    };
    const texts = apply(before, change);
    expect(JSON.parse(texts.decisions ?? "")).toMatchObject({
      _meta: { token_budget: 400 },
      decisions: [{ id: "use-rest", summary: "REST it is", owner: "api guild" }, { id: "DEC-20261125-0001" }],
    });
    expect(JSON.parse(texts.state ?? "")).toMatchObject({
      current_task: { description: "x" },
      tasks_pending: [{ task: "write docs", priority: "medium", blocking: false, blockers: [] }],
    });
  });

  it.each([
    ["no JSON", "{ not json"],
    ["a list entry that is a number", '{"decisions":[{"title":"Use UUID keys"},5]}'],
    ["no object", '"text"'],
    ["more than 1 MiB", JSON.stringify({ decisions: [{ title: "x".repeat(1024 * 1024) }] })],
    ["endless nesting", `${"[".repeat(100)}${"]".repeat(100)}`],
  ])("sets a file aside that holds %s, byte for byte, and says so", (_, broken) => {
    const { files, notes } = updateMemory({ decisions: broken }, change);
    const aside = files.find(({ path }) => /\/active\.broken-[0-9a-f]{8}\.json$/.test(path));
    expect(textOf(aside)).toBe(broken);
    expect(notes[0]).toContain(`It is kept unchanged as \`${aside?.path}\``);
    expect(read(written({}, files)).decisions.map(({ title }) => title)).toContain("Hash passwords with Argon2id");
  });

  it("carries over what can be read of a broken file", () => {
    const before = { decisions: '{"decisions":[{"title":"Use UUID keys"},5]}', state: '{"tasks_completed":5,"x":1}' };
    const { files } = updateMemory(before, change);
    expect(read(written(before, files)).decisions.map(({ title }) => title)).toEqual([
      "Use UUID keys",
      "Hash passwords with Argon2id",
    ]);
    expect(read(written(before, files)).state["x"]).toBe(1);
    expect(files.map(({ path }) => path.replace(/[0-9a-f]{8}/, "sha"))).toContain(
      ".claude/context/session/state.broken-sha.json",
    );
  });

  it("never writes a file that it could not read again", () => {
    const decisions = Array.from({ length: 30 }, (_, index) =>
      decision({
        title: `${"abcdefghijklmnopqrstuvwxyz"[index % 26]}`.repeat(30 + index),
        rationale: "r".repeat(4_000),
        category: "api-design",
      }),
    );
    const old = JSON.stringify({ decisions: [{ title: "Old", rationale: "o".repeat(1024 * 1024 - 5_000) }] });
    const { files, notes } = updateMemory({ decisions: old }, deciding("run-1", ...decisions));
    expect(notes).toEqual([expect.stringContaining("would grow beyond 1 MiB")]);
    expect(read(written({ decisions: old }, files)).decisions.map(({ title }) => title)).toEqual(["Old"]);
    expect(read(written({}, files)).state.agent_decisions).toEqual({});
  });
});
