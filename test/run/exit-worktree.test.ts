import { describe, expect, test } from "vitest";
import { createJudge } from "../../src/run/judge.ts";
import { runLoop } from "../../src/run/loop.ts";
import { resumeFrom } from "../../src/run/resume.ts";
import { architectForm, createSubmitReport } from "../../src/run/tools/submit-report.ts";
import { loopDeps, testDefinition } from "../support/loop.ts";
import { createMemoryWalls } from "../support/memory-walls.ts";
import { reportWith } from "../support/report.ts";
import { createScriptedModel, type ScriptedCall, type ScriptedTurn } from "../support/scripted-model.ts";

const definition = { ...testDefinition, tools: [...testDefinition.tools, "ExitWorktree"] };

const write: ScriptedCall = { name: "Write", input: { file_path: "/repo/app/models/user.py", content: "x = 1\n" } };
const edit: ScriptedCall = {
  name: "Edit",
  input: { file_path: "/repo/app/models/base.py", old_string: "a", new_string: "b" },
};
const read: ScriptedCall = { name: "Read", input: { file_path: "/repo/app/models/base.py" } };
const exit = (input: object): ScriptedCall => ({ name: "ExitWorktree", input });
const nothing = { endpoints_created: [], models_created: [], middleware_added: [] };
const done: ScriptedCall = { name: "SubmitReport", input: reportWith(nothing) };
const blocked: ScriptedCall = {
  name: "SubmitReport",
  input: reportWith({ ...nothing, status: "BLOCKED", blockers: ["The request contradicts itself."] }),
};
const turn = (...calls: readonly ScriptedCall[]): ScriptedTurn => ({ calls });

const depsOf = (
  script: readonly ScriptedTurn[],
  walls = createMemoryWalls({ "app/models/base.py": "a\n" }),
  over: Partial<Parameters<typeof loopDeps>[2]> = {},
) => {
  const model = createScriptedModel((_, { messages }) => {
    const step = script[messages.filter(({ role }) => role === "assistant").length];
    if (!step) throw new Error("the script is over");
    return step;
  });
  const deps = loopDeps(model, walls, {
    definition,
    discard: async () => walls.restore([]),
    submit: (door) =>
      createSubmitReport({
        door,
        form: architectForm,
        judge: createJudge({
          boundary: definition.boundary,
          others: () => [],
          checkCode: async () => ({ claims: [], contract: [], findings: [] }),
          migrationFolders: () => [],
          subagents: () => [],
          collect: async () => walls.collect(),
          base: async () => undefined,
          standards: {},
          followUp: false,
          threads: [],
          removed: door.removed,
          open: () => [],
          reminded: door.reminded,
          review: () => undefined,
          unheard: async () => false,
          examine: async () => ({ evidence: [], skipped: [] }),
        }),
      }),
    ...over,
  });
  const said = () =>
    deps.stored.events
      .filter((event) => event.type === "user")
      .flatMap(({ message }) => message.content)
      .flatMap((block) => (block.type === "tool_result" ? [block.content] : []));
  return { deps, walls, said };
};

describe("ExitWorktree", () => {
  test("keep says that the work is published with the report, and changes nothing", async () => {
    const { deps, walls, said } = depsOf([turn(write, exit({ action: "keep" })), turn(blocked)]);
    const end = await runLoop(deps);
    expect(said()[1]).toMatch(/^Kept\. The App commits what is there/);
    expect(walls.files.has("app/models/user.py")).toBe(true);
    expect(end).toMatchObject({ kind: "reported", accepted: true, spend: { toolCalls: 1 } });
  });

  test("remove is refused with a list of what would be lost, and discards it only when told to", async () => {
    const { deps, walls, said } = depsOf([
      turn(write, exit({ action: "remove" })),
      turn(exit({ action: "remove", discard_changes: true })),
      turn(blocked),
    ]);
    await runLoop(deps);
    expect(said()[1]).toContain("would be lost:\n- /repo/app/models/user.py (added)\n");
    expect(said()[2]).toMatch(/^Discarded the changes of 1 file; /);
    expect(walls.files).toEqual(new Map([["app/models/base.py", "a\n"]]));
    expect(deps.stored.events.findLast((event) => event.type === "checkpoint")?.changeset).toEqual([]);
  });

  test("remove needs no leave where nothing was changed", async () => {
    const { deps, said } = depsOf([turn(exit({ action: "remove" })), turn(blocked)]);
    await runLoop(deps);
    expect(said()[0]).toMatch(/^There was nothing to discard; /);
  });

  test("after remove a report can only be BLOCKED or NEEDS_CONTEXT, also after a crash", async () => {
    const script = [turn(exit({ action: "remove" })), turn(done), turn(blocked)];
    const first = depsOf(script.slice(0, 1));
    await expect(runLoop(first.deps)).rejects.toThrow("the script is over");
    const { deps, said } = depsOf(script, first.walls, { resume: resumeFrom(first.deps.stored.events) });
    const end = await runLoop(deps);
    expect(said()[0]).toContain("the status is BLOCKED or NEEDS_CONTEXT [worktree-removed]");
    expect(end).toMatchObject({ kind: "reported", accepted: true, report: { status: "BLOCKED" } });
  });

  test("what was seen in the turn of the removal must be read again after a crash, as without one", async () => {
    const removal = [turn(read, edit, exit({ action: "remove", discard_changes: true }))];
    const again = [turn(edit), turn(blocked)];
    const whole = depsOf([...removal, ...again]);
    await runLoop(whole.deps);
    const first = depsOf(removal);
    await expect(runLoop(first.deps)).rejects.toThrow("the script is over");
    const resumed = depsOf([...removal, ...again], first.walls, { resume: resumeFrom(first.deps.stored.events) });
    await runLoop(resumed.deps);
    expect(resumed.said()[0]).toMatch(/was not read yet|changed since/);
    expect(whole.said()[3]).toMatch(/changed since/);
  });

  test.each([
    [{ action: "keep", discard_changes: true }, "keep discards nothing"],
    [{ action: "leave" }, "action"],
    [{}, "action"],
  ])("with %j is refused with a sentence", async (input, sentence) => {
    const { deps, said } = depsOf([turn(exit(input)), turn(blocked)]);
    await runLoop(deps);
    expect(said()[0]).toContain(sentence);
  });

  test("is not offered to an agent that cannot give the work up", async () => {
    const { deps } = depsOf([turn(blocked)], undefined, { discard: undefined });
    await runLoop(deps);
    const started = deps.stored.events.find((event) => event.type === "started");
    expect(started?.tools.map(({ name }) => name)).not.toContain("ExitWorktree");
  });
});
