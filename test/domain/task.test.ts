import { describe, expect, it } from "vitest";
import {
  createTask,
  findTask,
  liveTasks,
  openBlockers,
  type TaskList,
  type TaskUpdate,
  updateTask,
} from "../../src/domain/task.ts";

/** Tasks 1…n, pending. */
const list = (count: number): TaskList => {
  let tasks: TaskList = [];
  for (let index = 1; index <= count; index++) {
    const created = createTask(tasks, { subject: `Do ${index}`, description: "It is done when it is done." });
    if (!created.ok) throw new Error(created.reason);
    tasks = created.tasks;
  }
  return tasks;
};

const apply = (tasks: TaskList, ...updates: TaskUpdate[]): TaskList =>
  updates.reduce((current, update) => {
    const updated = updateTask(current, update);
    if (!updated.ok) throw new Error(updated.reason);
    return updated.tasks;
  }, tasks);

const reasonOf = (tasks: TaskList, update: TaskUpdate): string => {
  const updated = updateTask(tasks, update);
  return updated.ok ? "allowed" : updated.reason;
};

describe("createTask", () => {
  it("gives numeric ids that are never used twice, deleted tasks included", () => {
    const tasks = apply(list(2), { taskId: "2", status: "deleted" });
    const created = createTask(tasks, { subject: "Another", description: "x" });
    expect(created).toMatchObject({ ok: true, task: { id: "3", status: "pending", blocks: [], blockedBy: [] } });
    expect(liveTasks(tasks).map((task) => task.id)).toEqual(["1"]);
  });

  it("stops at 256 tasks", () => {
    expect(createTask(list(256), { subject: "x", description: "x" })).toMatchObject({
      ok: false,
      reason: expect.stringContaining("256"),
    });
  });
});

describe("updateTask", () => {
  it("keeps blocks and blockedBy symmetric, whichever side is named", () => {
    const tasks = apply(list(3), { taskId: "1", addBlocks: ["2"] }, { taskId: "3", addBlockedBy: ["2", "2"] });
    expect(tasks.map(({ id, blocks, blockedBy }) => ({ id, blocks, blockedBy }))).toEqual([
      { id: "1", blocks: ["2"], blockedBy: [] },
      { id: "2", blocks: ["3"], blockedBy: ["1"] },
      { id: "3", blocks: [], blockedBy: ["2"] },
    ]);
  });

  it("refuses cycles, direct and through others, and a task that waits for itself", () => {
    const tasks = apply(list(3), { taskId: "2", addBlockedBy: ["1"] }, { taskId: "3", addBlockedBy: ["2"] });
    expect(reasonOf(tasks, { taskId: "1", addBlockedBy: ["3"] })).toContain("already waits for 1");
    expect(reasonOf(tasks, { taskId: "3", addBlocks: ["1"] })).toContain("cannot wait for task 3");
    expect(reasonOf(tasks, { taskId: "1", addBlocks: ["1"] })).toBe("Task 1 cannot wait for itself.");
    expect(reasonOf(list(2), { taskId: "1", addBlocks: ["2"], addBlockedBy: ["2"] })).toContain("already waits");
  });

  it("names the tasks there are when one is unknown", () => {
    expect(reasonOf(list(2), { taskId: "7" })).toBe("There is no task 7. There are: 1, 2.");
    expect(reasonOf(list(1), { taskId: "1", addBlockedBy: ["9"] })).toBe("There is no task 9. There are: 1.");
    expect(reasonOf([], { taskId: "1" })).toBe("There is no task 1. Make one with TaskCreate first.");
  });

  it("changes nothing when a part of the update is refused", () => {
    const tasks = list(2);
    const updated = updateTask(tasks, { taskId: "1", subject: "New", addBlockedBy: ["2", "9"] });
    expect(updated.ok).toBe(false);
    expect(findTask(tasks, "1")).toMatchObject({ subject: "Do 1", blockedBy: [] });
  });

  it.each<[string, TaskUpdate["status"][], string]>([
    ["pending to in_progress to completed", ["in_progress", "completed"], "allowed"],
    ["in_progress back to pending", ["in_progress", "pending"], "allowed"],
    ["pending to deleted", ["deleted"], "allowed"],
    ["in_progress to deleted", ["in_progress", "deleted"], "allowed"],
    ["the same status again", ["in_progress", "in_progress"], "allowed"],
    ["pending straight to completed", ["completed"], "set it to in_progress first"],
    ["completed to anything", ["in_progress", "completed", "pending"], "final"],
    ["completed to deleted", ["in_progress", "completed", "deleted"], "final"],
    ["deleted to anything", ["deleted", "pending"], "no task 1"],
  ])("takes or refuses %s", (_, statuses, outcome) => {
    const last = statuses.at(-1);
    const tasks = apply(list(1), ...statuses.slice(0, -1).map((status) => ({ taskId: "1", status })));
    expect(reasonOf(tasks, { taskId: "1", status: last })).toContain(outcome);
  });

  it("lets no task start while one that it waits for is open, and frees it when that one is completed", () => {
    const tasks = apply(list(2), { taskId: "2", addBlockedBy: ["1"] });
    expect(reasonOf(tasks, { taskId: "2", status: "in_progress" })).toContain("waits for task 1");
    const done = apply(tasks, { taskId: "1", status: "in_progress" }, { taskId: "1", status: "completed" });
    expect(openBlockers(done, done[1]!)).toEqual([]);
    expect(done[1]?.blockedBy).toEqual(["1"]);
    expect(reasonOf(done, { taskId: "2", status: "in_progress" })).toBe("allowed");
  });

  it("wants a task under way to go back to pending in the call that makes it wait", () => {
    const tasks = apply(list(2), { taskId: "1", status: "in_progress" });
    expect(reasonOf(tasks, { taskId: "1", addBlockedBy: ["2"] })).toContain("set it back to pending");
    expect(reasonOf(tasks, { taskId: "2", addBlocks: ["1"] })).toContain("set it back to pending");
    expect(reasonOf(tasks, { taskId: "1", addBlockedBy: ["2"], status: "pending" })).toBe("allowed");
  });

  it("takes a deleted task out of what others wait for", () => {
    const tasks = apply(list(2), { taskId: "2", addBlockedBy: ["1"] }, { taskId: "1", status: "deleted" });
    expect(findTask(tasks, "2")).toMatchObject({ blockedBy: [] });
  });

  it("merges metadata, takes a key away by null, and releases by an empty owner", () => {
    const tasks = apply(
      list(1),
      { taskId: "1", owner: "architect", metadata: { a: 1, b: 2 } },
      { taskId: "1", owner: "", metadata: { a: null, c: 3 } },
    );
    expect(tasks[0]).not.toHaveProperty("owner");
    expect(tasks[0]?.metadata).toEqual({ b: 2, c: 3 });
  });

  it("says which fields changed and how the status moved", () => {
    expect(updateTask(list(1), { taskId: "1", status: "in_progress", owner: "architect" })).toMatchObject({
      updatedFields: ["status", "owner"],
      statusChange: { from: "pending", to: "in_progress" },
    });
  });
});
