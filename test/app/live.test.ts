/** A run as it happens: a block on a terminal, lines on a pipe. */
import { describe, expect, test } from "vitest";
import { createLive } from "../../src/app/live.ts";
import { displayWidth, type Screen } from "../../src/app/terminal.ts";
import { noSpend } from "../../src/domain/budget.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import { noUsage } from "../../src/domain/message.ts";
import type { StatusView } from "../../src/domain/render-status.ts";
import type { Task } from "../../src/domain/task.ts";
import { screenOf } from "../support/terminal.ts";

const at = "2026-11-25T12:00:00.000Z";

const task = (id: string, status: Task["status"], subject = `Do ${id}`): Task => ({
  ...{ id, subject, description: "", activeForm: subject.replace("Do", "Doing"), status },
  blocks: [],
  blockedBy: [],
});

const view = (change: Partial<StatusView> = {}): StatusView => ({
  phase: "working",
  tasks: [],
  spend: { ...noSpend, toolCalls: 3, turns: 2, usd: 0.12 },
  limits: { toolCalls: 40, usd: 5 },
  ...change,
});

const called = (name: string, input: unknown): RunEvent => ({
  ...{ type: "assistant", at, usage: noUsage, usd: 0, stopReason: "tool_use" },
  message: { role: "assistant", content: [{ type: "tool_use", id: "a", name, input }] },
});

const open = (moves: boolean, columns = 60, rows = 20) => {
  let written = "";
  const window = { columns, rows };
  const time = { ms: 0 };
  const screen: Screen = {
    write: (text) => {
      written += text;
    },
    moves,
    colours: false,
    columns: () => (moves ? window.columns : Number.POSITIVE_INFINITY),
    rows: () => window.rows,
  };
  const live = createLive(screen, () => new Date(Date.parse(at) + time.ms));
  return { live, time, window, written: () => written, lines: () => screenOf(written, window.columns).filter(Boolean) };
};

describe("on a pipe", () => {
  test("each change is a line with time and spend, and nothing is said twice", () => {
    const { live, time, written } = open(false);
    live.show(view({ phase: "preparing", spend: noSpend }), []);
    time.ms = 65_000;
    live.show(view({ tasks: [task("1", "pending"), task("2", "pending")] }), []);
    live.show(view({ tasks: [task("1", "in_progress"), task("2", "pending")] }), [called("Bash", { command: "ls" })]);
    live.show(view({ tasks: [task("1", "in_progress"), task("2", "pending")] }), []);
    live.show(view({ tasks: [task("1", "completed"), task("2", "deleted")], subagent: "test-generator" }), []);
    live.show(view({ tasks: [task("1", "completed"), task("2", "deleted")] }), []);
    live.close();
    expect(written().split("\n")).toEqual([
      "  0:00    0 calls  $0       Reading the request and preparing the worktree.",
      "  1:05    3 calls  $0.12    Working.",
      "  1:05    3 calls  $0.12  · Do 1",
      "  1:05    3 calls  $0.12  · Do 2",
      "  1:05    3 calls  $0.12  ▸ Doing 1 …",
      "  1:05    3 calls  $0.12  ✓ Do 1",
      "  1:05    3 calls  $0.12  ✗ Do 2",
      "  1:05    3 calls  $0.12    test-generator is at work",
      "  1:05    3 calls  $0.12    test-generator has ended",
      "",
    ]);
  });

  test("a report that was sent back is told with its first reason", () => {
    const { live, written } = open(false);
    const finding = { rule: "claim-missing", severity: "error" as const, message: "there is no POST /x" };
    const event = { type: "report", at, report: {}, findings: [finding, finding] } as unknown as RunEvent;
    live.show(view(), [event]);
    expect(written()).toContain("! The checks sent the report back: there is no POST /x, and 1 more\n");
  });
});

describe("on a terminal", () => {
  test("one block is redrawn in place, with what is under way", () => {
    const { live, lines } = open(true);
    live.note("Designing");
    live.show(view({ phase: "preparing" }), []);
    live.show(view({ tasks: [task("1", "in_progress"), task("2", "pending")], subagent: "test-generator" }), [
      called("Bash", { command: "python -m\npytest" }),
    ]);
    live.close();
    expect(lines()).toEqual([
      "Designing",
      "Working. 0:00",
      "  ▸ Doing 1 …",
      "  · Do 2",
      "test-generator is at work …",
      "  Bash python -m pytest",
      "3 of 40 tool calls, 2 turns, 0 tokens, $0.12 of $5.00",
    ]);
  });

  test("a note stands above the block, which stays one", () => {
    const { live, lines } = open(true);
    live.show(view({ tasks: [task("1", "in_progress")] }), []);
    live.note("Stopping");
    live.show(view({ tasks: [task("1", "completed")] }), []);
    live.close();
    expect(lines()).toEqual(["Stopping", "Working. 0:00", "  ✓ Do 1", expect.stringContaining("3 of 40")]);
  });

  test("is at most as wide and as high as the window, with what is under way in it", () => {
    const { live, lines } = open(true, 30, 8);
    const tasks = Array.from({ length: 20 }, (_, index) =>
      task(
        String(index),
        index < 9 ? "completed" : index === 9 ? "in_progress" : "pending",
        `Do 日本 ${"word ".repeat(9)}`,
      ),
    );
    live.show(view({ tasks }), []);
    live.close();
    expect(lines().length).toBeLessThan(8);
    expect(Math.max(...lines().map(displayWidth))).toBeLessThan(30);
    expect(lines()).toContainEqual(expect.stringMatching(/^ {2}▸ Doing 日本/));
    expect(lines()).toContainEqual("  ✓ 9 done");
    expect(lines()).toContainEqual(expect.stringMatching(/^ {2}· \d+ more$/));
  });

  test("a window that is made narrower meanwhile leaves no rest of the last block", () => {
    const wide = open(true, 60);
    wide.live.show(view({ tasks: [task("1", "pending")] }), []);
    const before = wide.written().length;
    wide.window.columns = 20;
    wide.live.show(view({ tasks: [task("1", "completed")] }), []);
    wide.live.close();
    // The spend took one row of 60 columns, and takes three of 20.
    expect(wide.written().slice(before)).toMatch(/^\r.\[5A.\[J/u);
  });

  test("neither a task nor a call brings a control sequence", () => {
    const { live, written } = open(true);
    live.show(view({ tasks: [task("1", "in_progress", "Do \u001b[2Jthis\u0007")] }), [
      called("Bash", { command: "printf '\u001b]0;x\u0007'" }),
    ]);
    live.close();
    expect(written()).toContain("▸ Doing this …");
    expect(written().replaceAll("\r\u001b[J", "")).not.toContain("\u001b");
  });
});
