import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { noSpend } from "../../src/domain/budget.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import type { Store } from "../../src/ports.ts";
import { createDesks } from "../../src/run/desk.ts";
import { createProgress } from "../../src/run/progress.ts";
import { createMemoryGitHub } from "../support/memory-github.ts";

const at = "2026-11-25T12:00:00Z";
const child = "toolu_1:test-generator";
const task = { id: "1", subject: "Mine", description: "", status: "pending" as const, blocks: [], blockedBy: [] };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const open = (runs: readonly unknown[] = []) => {
  const github = createMemoryGitHub();
  let known: number | undefined;
  const store = {
    runsOf: async () => runs,
    events: async () => [],
    statusComment: async () => known,
    keepStatusComment: async (_: unknown, __: number, id: number) => {
      known = id;
    },
  } as unknown as Store;
  const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
  const desks = createDesks({ github, store, clock: () => new Date(), log: () => {}, intervalMs: 1_000 });
  const progress = createProgress({}, desks.at({ repository, number: 3, issue: 3 }), "run", {
    ...{ phase: "working", tasks: [], spend: noSpend, limits: { toolCalls: 15 } },
  });
  const shown = async (...events: RunEvent[]): Promise<string> => {
    progress.tell(events, noSpend);
    await vi.advanceTimersByTimeAsync(1_000);
    return [...github.comments.values()].at(-1)?.body ?? "";
  };
  return { progress, shown, github, desks, repository };
};

describe("the desks of threads", () => {
  it("are put away when there are many of them, but for those where something is at work or waits", async () => {
    const { progress, shown, desks, repository } = open();
    await shown({ type: "tasks", at, tasks: [task] });
    const busy = desks.at({ repository, number: 3, issue: 3 });
    for (let number = 10; number < 2_000; number++) desks.at({ repository, number, issue: number });
    expect(desks.all().length).toBeLessThanOrEqual(1_001);
    expect(desks.at({ repository, number: 3, issue: 3 })).toBe(busy);
    await progress.stop();
  });
});

describe("the end of a run", () => {
  const ended = { status: "DONE" as const, blockers: [], questions: [], spend: noSpend };
  const trigger = { kind: "label", thread: { kind: "issue", number: 3 }, sender: { login: "maintainer" } };
  const before = { id: "before", job: { trigger }, outcome: { ...ended, kind: "answered", summary: "The first one." } };

  it("stays, while it is not stored yet, where the queue moves and an earlier run is the last one that is", async () => {
    const { progress, github, desks, repository } = open([before]);
    await progress.finish({ ...ended, kind: "refused", status: "BLOCKED", summary: "Nothing was started: so it is." });
    desks.at({ repository, number: 3, issue: 3 }).wait([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([...github.comments.values()].map(({ body }) => body)).toEqual([expect.stringContaining("so it is.")]);
  });

  it("is told where the conversation was locked at its beginning, and is not any more", async () => {
    const { progress, github, shown } = open();
    let locked = true;
    const open_ = github.open;
    github.open = async (...args) => {
      const session = await open_(...args);
      return { ...session, upsertComment: async (...all) => (locked ? undefined : session.upsertComment(...all)) };
    };
    expect(await shown({ type: "phase", at, phase: "working" })).toBe("");
    locked = false;
    await progress.finish({ ...ended, kind: "answered", summary: "All is said." });
    expect([...github.comments.values()].map(({ body }) => body)).toEqual([expect.stringContaining("All is said.")]);
  });
});

describe("the status comment while a subagent is at work", () => {
  it("says so until it hands back, also where it goes on after a crash, and keeps its tasks to itself", async () => {
    const { progress, shown, github } = open();
    const result = { agent: "test-generator", status: "DONE" as const, findings: [], files: [], spend: noSpend };
    expect(await shown({ type: "tasks", at, tasks: [{ ...task, subject: "Own" }] })).toContain("- [ ] Own");
    const working = await shown({ type: "tasks", at, tasks: [task], child });
    expect(working).toContain("`test-generator` is at work …");
    expect(working).toContain("- [ ] Own");
    expect(working).not.toContain("Mine");
    expect(await shown({ type: "handed-back", at, call: "toolu_1", result, child })).not.toContain("at work");
    expect(github.comments.size).toBe(1);
    await progress.stop();
  });
});
