import { describe, expect, it } from "vitest";
import { noSpend } from "../../../src/domain/budget.ts";
import type { TaskList } from "../../../src/domain/task.ts";
import { createTools, isOffered } from "../../../src/run/tools/create-tools.ts";
import { createSeenFiles } from "../../../src/run/tools/seen-files.ts";
import { architectForm, createSubmitReport } from "../../../src/run/tools/submit-report.ts";
import { testDefinition, testLibrary } from "../../support/loop.ts";
import { createMemoryWalls } from "../../support/memory-walls.ts";

const context = { signal: new AbortController().signal, callId: "toolu_1" };

const open = (tools = testDefinition.tools) => {
  let tasks: TaskList = [];
  const all = createTools({
    walls: createMemoryWalls({}),
    definition: { ...testDefinition, tools },
    library: testLibrary,
    seen: createSeenFiles(),
    tasks: {
      current: () => tasks,
      replace: (changed) => {
        tasks = changed;
      },
    },
    bash: { tree: async () => "", onEvidence: () => {} },
    submit: createSubmitReport({
      form: architectForm,
      judge: async (report) => ({ accepted: true, report, findings: [] }),
      door: {
        evidence: () => [],
        spend: () => noSpend,
        refusals: () => 0,
        removed: () => false,
        last: () => false,
        reminded: () => false,
        tasks: () => [],
        onJudged: () => {},
      },
    }),
  });
  const call = async (name: string, input: unknown): Promise<string> => {
    const prepared = all.find((tool) => tool.spec.name === name)?.prepare(input);
    if (!prepared?.ok) throw new Error(prepared?.reason ?? `no ${name}`);
    return prepared.run(context);
  };
  return { all, call };
};

describe("createTools", () => {
  it("offers what the definition names and exists, with TaskGet and SubmitReport, sorted", () => {
    const { all } = open(["Write", "Read", "Agent(database-engineer)", "SendMessage"]);
    expect(all.map((tool) => tool.spec.name)).toEqual(["Read", "SubmitReport", "TaskGet", "Write"]);
  });

  it("offers Skill where the agent has one, and the memory and subagents only where a run gives them", () => {
    const { all } = open(["Skill", "Remember", "Recall", "Agent(test-generator)"]);
    expect(all.map((tool) => tool.spec.name)).toEqual(["Skill", "SubmitReport", "TaskGet"]);
    expect(all[0]?.spec.input_schema["properties"]).toEqual({ name: { type: "string" } });
  });

  it("offers no tool that is disallowed, even one that all have", () => {
    const denied = { ...testDefinition, disallowedTools: ["Write", "TaskGet"] };
    expect(["Write", "TaskGet", "Read"].map((name) => isOffered(denied, name))).toEqual([false, false, true]);
  });

  it("makes the same bytes every time", () => {
    const bytes = () => JSON.stringify(open().all.map((tool) => tool.spec));
    expect(bytes()).toBe(bytes());
  });

  it("knows which tools only read and which cost nothing", () => {
    const { all } = open();
    const names = (keep: (tool: (typeof all)[number]) => boolean) => all.filter(keep).map((tool) => tool.spec.name);
    expect(names((tool) => tool.readOnly)).toEqual(["Glob", "Grep", "Read", "TaskGet", "TaskList"]);
    expect(names((tool) => !tool.counts)).toEqual(["SubmitReport", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate"]);
  });

  it("refuses unknown keys in every schema, and says so in the schema", () => {
    for (const tool of open().all) {
      expect(tool.spec.input_schema).toMatchObject({ type: "object", additionalProperties: false });
      expect(tool.prepare({ surprise: 1 }).ok).toBe(false);
    }
  });

  it.each(["agents/shared/status-protocol.md", "agents/skills/api-design/SKILL.md"])(
    "lets an agent read %s",
    async (path) => {
      const { call } = open();
      const text = await call("Read", { file_path: `\${CLAUDE_PLUGIN_ROOT}/${path}` });
      expect(text).toMatch(/^ {5}1\t(Four words|Use nouns)\.$/);
      expect(await call("Read", { file_path: `$CLAUDE_PLUGIN_ROOT/${path}` })).toBe(text);
    },
  );
});

describe("task tools", () => {
  it("create, order, start and list tasks", async () => {
    const { call } = open();
    expect(
      await call("TaskCreate", { subject: "Write schemas", description: "Pydantic v2", activeForm: "Writing" }),
    ).toBe("Task #1 created: Write schemas");
    await call("TaskCreate", { subject: "Write routes", description: "x" });
    expect(await call("TaskUpdate", { taskId: "2", addBlockedBy: ["1"] })).toBe("Task #2 updated (addBlockedBy)");
    expect(await call("TaskUpdate", { taskId: "1", status: "in_progress", owner: "architect" })).toBe(
      "Task #1 updated (status, owner): pending → in_progress",
    );
    expect(JSON.parse(await call("TaskList", {}))).toEqual({
      tasks: [
        { id: "1", subject: "Write schemas", status: "in_progress", owner: "architect", blockedBy: [] },
        { id: "2", subject: "Write routes", status: "pending", blockedBy: ["1"] },
      ],
    });
  });

  it("show blockers in the list only while they are open", async () => {
    const { call } = open();
    for (const subject of ["a", "b"]) await call("TaskCreate", { subject, description: "x" });
    await call("TaskUpdate", { taskId: "2", addBlockedBy: ["1"] });
    await expect(call("TaskUpdate", { taskId: "2", status: "in_progress" })).rejects.toThrow("waits for task 1");
    await call("TaskUpdate", { taskId: "1", status: "in_progress" });
    await call("TaskUpdate", { taskId: "1", status: "completed" });
    expect(JSON.parse(await call("TaskList", {})).tasks[1]).toMatchObject({ id: "2", blockedBy: [] });
    expect(JSON.parse(await call("TaskGet", { taskId: "2" })).task).toMatchObject({ blockedBy: ["1"] });
  });

  it("answer null for a task that is not there", async () => {
    expect(await open().call("TaskGet", { taskId: "9" })).toBe('{"task":null}');
  });
});
