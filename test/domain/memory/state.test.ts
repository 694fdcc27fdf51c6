import { describe, expect, it } from "vitest";
import { parseState } from "../../../src/domain/memory.ts";

const parse = (value: unknown) => parseState(JSON.stringify(value));

describe("parseState", () => {
  it("keeps a session template's own keys", () => {
    const { state, broken } = parse({
      $schema: "context://session/v1",
      session_id: null,
      next_steps: ["a"],
      blockers: [],
    });
    expect(broken).toBeUndefined();
    expect(state).toMatchObject({ session_id: null, next_steps: ["a"], tasks_completed: [], agent_decisions: {} });
  });

  it("makes objects of pending tasks that are strings", () => {
    expect(parse({ schema_version: "2.0.0", tasks_pending: ["write docs"] }).state.tasks_pending).toEqual([
      { task: "write docs", priority: "medium", blocking: false, blockers: [] },
    ]);
  });

  it("makes a list of an agent's one decision", () => {
    const { state } = parse({
      agent_decisions: { "database-engineer": { decision: "USE_UUID", rationale: "r" }, "test-generator": "none" },
    });
    expect(state.agent_decisions).toEqual({
      "database-engineer": [{ decision: "USE_UUID", rationale: "r" }],
      "test-generator": [{ decision: "none" }],
    });
  });

  it("keeps every key of tasks in the older form", () => {
    const pending = { task: "fix n+1", priority: "high", blocking: true, file: "a.py", line: 3 };
    const done = { task: "t", agent: "a", status: "review_complete", files_created: ["x"] };
    const { state } = parse({ tasks_pending: [pending], tasks_completed: [done] });
    expect(state.tasks_pending).toEqual([{ ...pending, blockers: [] }]);
    expect(state.tasks_completed).toEqual([done]);
  });

  it("takes null for a missing list", () => {
    expect(parse({ tasks_pending: null, agent_decisions: null })).toMatchObject({
      state: { tasks_pending: [], agent_decisions: {} },
    });
    expect(parse({ tasks_pending: null }).broken).toBeUndefined();
  });

  it("reads the rest of a file whose one list is no list, and says which", () => {
    const { state, broken } = parse({ tasks_completed: 5, tasks_pending: ["a"] });
    expect(broken).toBe("`tasks_completed` does not have the form that was expected");
    expect(state.tasks_pending).toHaveLength(1);
  });

  it.each(["[1]", "{", "null"])("says that %s is broken", (text) => {
    expect(parseState(text).broken).toBeDefined();
  });
});
