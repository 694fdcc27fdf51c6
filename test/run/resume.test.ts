import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/domain/event.ts";
import { runLoop } from "../../src/run/loop.ts";
import { resumeFrom } from "../../src/run/resume.ts";
import { loopDeps, runTest } from "../support/loop.ts";
import { type Command, createMemoryWalls, type MemoryWalls } from "../support/memory-walls.ts";
import { soundReport } from "../support/report.ts";
import { createScriptedModel, type ScriptedCall, type ScriptedTurn } from "../support/scripted-model.ts";

const submit: ScriptedTurn = { calls: [{ name: "SubmitReport", input: soundReport }] };
const read = (path: string, more = {}): ScriptedCall => ({
  name: "Read",
  input: { file_path: `/repo/${path}`, ...more },
});
const write = (path: string, content: string): ScriptedCall => ({
  name: "Write",
  input: { file_path: `/repo/${path}`, content },
});
const edit = (path: string, old_string: string, new_string: string): ScriptedCall => ({
  name: "Edit",
  input: { file_path: `/repo/${path}`, old_string, new_string },
});
const bash = (command: string): ScriptedCall => ({ name: "Bash", input: { command } });
const task = (subject: string): ScriptedCall => ({ name: "TaskCreate", input: { subject, description: "x" } });

const files = { "app/api/a.py": "one\ntwo\n", "main.py": "x\n" };

/** A whole conversation: by the length of what it is sent, a turn is always the same one. */
const script: readonly ScriptedTurn[] = [
  { calls: [read("app/api/a.py"), task("Write"), read("missing.py")], usd: 0.1 },
  { calls: [edit("app/api/a.py", "one", "1"), bash("pytest")], usd: 0.1 },
  { text: "Am I done?" },
  { calls: [write("app/api/b.py", "b\n"), { name: "Nonsense", input: {} }] },
  { calls: [edit("app/api/b.py", "b", "c"), edit("app/api/a.py", "two", "2")] },
  submit,
];

const runs: Command = async (command) => ({ output: `${command} passed` });

/** The model of a process that starts at a later turn. */
const modelFrom = (asked: number[]) =>
  createScriptedModel((_, request) => {
    const turn = request.messages.filter((message) => message.role === "assistant").length;
    asked.push(turn);
    return script[turn] ?? { text: "over" };
  });

/** What a new process does after a crash: restore the files to the last checkpoint, then go on. */
const goOn = async (events: readonly RunEvent[], walls: MemoryWalls, asked: number[]) => {
  const resume = resumeFrom(events);
  if (resume) walls.restore(resume.changeset);
  return runTest(modelFrom(asked), walls, { resume });
};

const conversation = (events: readonly RunEvent[]) =>
  events.filter((event) => event.type === "user" || event.type === "assistant").map(({ message }) => message);

describe("resumeFrom", () => {
  it("finds nothing to go on from where no conversation was begun", () => {
    expect(resumeFrom([])).toBeUndefined();
    expect(resumeFrom([{ type: "phase", at: "2026-11-25T12:00:00Z", phase: "preparing" }])).toBeUndefined();
  });

  it("takes the last conversation where one was begun anew", async () => {
    const first = await runTest(createScriptedModel([{ calls: [task("Old")] }, submit]), createMemoryWalls(files));
    const second = await runTest(createScriptedModel([{ calls: [read("main.py")] }]), createMemoryWalls(files), {
      limits: { turns: 1 },
    });
    const state = resumeFrom([...first.events, ...second.events]);
    expect(state).toEqual(resumeFrom(second.events));
    expect(state).toMatchObject({ tasks: [], evidence: [] });
  });

  it("rebuilds the head, the messages, tasks, files, evidence and spend", async () => {
    const { events, end } = await runTest(modelFrom([]), createMemoryWalls(files, runs));
    const state = resumeFrom(events);
    expect(state).toMatchObject({
      agent: "test-architect",
      model: "scripted",
      system: "You are a test.",
      tasks: [{ id: "1", subject: "Write" }],
      evidence: [{ command: "pytest", output: "pytest passed" }],
      judged: { accepted: true, report: soundReport },
    });
    expect(state?.messages).toEqual(conversation(events));
    expect(state?.changeset.map((change) => change.path)).toEqual(["app/api/a.py", "app/api/b.py"]);
    expect(state?.spend).toMatchObject({ turns: end.spend.turns, usd: end.spend.usd });
  });
});

describe("a run that is killed", () => {
  it("after any append goes on to the same end and the same transcript, asking for no turn twice", async () => {
    const whole = await runTest(modelFrom([]), createMemoryWalls(files, runs));
    expect(whole.end).toMatchObject({ kind: "reported", accepted: true });
    let kept = 0;
    for (const append of ["", ...whole.appends]) {
      kept += append === "" ? 0 : append.split(" ").length;
      const before = whole.events.slice(0, kept);
      const stored = before.filter((event) => event.type === "assistant").length;
      const asked: number[] = [];
      const walls = createMemoryWalls(files, runs);
      const again = await goOn(before, walls, asked);
      expect(asked).toEqual(script.map((_, turn) => turn).slice(stored));
      expect(again.end).toEqual(whole.end);
      expect(conversation([...before, ...again.events])).toEqual(conversation(whole.events));
      expect(Object.fromEntries(walls.files)).toEqual({ ...files, "app/api/a.py": "1\n2\n", "app/api/b.py": "c\n" });
    }
  });

  it("between a message and its results runs the calls again, on the files of the last checkpoint", async () => {
    const walls = createMemoryWalls(files, runs);
    const deps = loopDeps(modelFrom([]), walls);
    let stored = 0;
    const dying = runLoop({
      ...deps,
      record: async (events, spend) => {
        stored += 1;
        if (stored === 5) throw new Error("killed");
        await deps.record(events, spend);
      },
    });
    await expect(dying).rejects.toThrow("killed");
    expect(walls.files.get("app/api/a.py")).toBe("1\ntwo\n");
    const asked: number[] = [];
    const again = await goOn(deps.stored.events, walls, asked);
    expect(asked).toEqual([2, 3, 4, 5]);
    expect(again.end).toMatchObject({ kind: "reported" });
    expect(walls.log.filter((line) => line === "bash pytest")).toHaveLength(2);
    const evidence = [...deps.stored.events, ...again.events].filter((event) => event.type === "evidence");
    expect(evidence).toHaveLength(1);
  });

  it("keeps the count of strikes, nudges, refusals and spent calls", async () => {
    const bad: ScriptedTurn = { calls: [{ name: "Nonsense", input: {} }] };
    const first = await runTest(
      createScriptedModel([{ calls: [read("main.py")] }, bad, bad, { text: "?" }, { text: "?" }, bad]),
      createMemoryWalls(files),
      { limits: { turns: 5 } },
    );
    expect(first.end).toMatchObject({ cause: "budget" });
    const limits = { turns: 20 };
    const resume = resumeFrom(first.events);
    const third = createScriptedModel([bad]);
    const struck = await runTest(third, createMemoryWalls(files), { resume, limits });
    expect(struck.end).toMatchObject({ cause: "strikes", spend: { toolCalls: 1, turns: 6 } });
    const silent = await runTest(createScriptedModel([{ text: "?" }]), createMemoryWalls(files), { resume, limits });
    expect(silent.end).toMatchObject({ cause: "no-report" });
  });

  it("keeps the count of the same failing call, and of turns in which all failed", async () => {
    const again: ScriptedTurn = { calls: [read("missing.py"), { name: "TaskList", input: {} }] };
    const first = await runTest(createScriptedModel(Array(5).fill(again)), createMemoryWalls(files), {
      limits: { turns: 5 },
    });
    const resume = resumeFrom(first.events);
    const last = await runTest(createScriptedModel([again]), createMemoryWalls(files), { resume });
    expect(last.end).toMatchObject({ cause: "strikes", reason: expect.stringContaining("called Read 6 times") });
    const other = (at: number): ScriptedTurn => ({ calls: [read(`missing-${at}.py`)] });
    const ninth = await runTest(
      createScriptedModel((at) => other(at)),
      createMemoryWalls(files),
      {
        limits: { turns: 9 },
      },
    );
    const tenth = await runTest(createScriptedModel([other(9)]), createMemoryWalls(files), {
      resume: resumeFrom(ninth.events),
    });
    expect(tenth.end).toMatchObject({ cause: "strikes", reason: expect.stringContaining("10 turns in a row") });
  });

  it("keeps the count of refused reports", async () => {
    const judge = async (report: typeof soundReport) => ({ accepted: false, report, findings: [] });
    const first = await runTest(createScriptedModel([submit, submit]), createMemoryWalls({}), {
      judge,
      limits: { turns: 2 },
    });
    const last = await runTest(createScriptedModel([submit]), createMemoryWalls({}), {
      judge,
      resume: resumeFrom(first.events),
    });
    expect(last.end).toMatchObject({ kind: "reported", accepted: false });
  });

  it("goes on with the system prompt and the tools of its transcript, whatever the new process would send", async () => {
    const first = await runTest(createScriptedModel([{ calls: [read("main.py")] }]), createMemoryWalls(files), {
      limits: { turns: 1 },
    });
    const model = createScriptedModel([submit]);
    await runTest(model, createMemoryWalls(files), {
      resume: resumeFrom(first.events),
      system: "You are another test.",
    });
    expect(model.requests[0]).toMatchObject({ system: "You are a test." });
  });
});

describe("resumeFrom with subagents", () => {
  const at = "2026-11-25T12:00:00Z";
  const id = "toolu_1_0:test-generator";
  const spend = { toolCalls: 2, turns: 1, tokens: 50, usd: 0.3 };
  const evidence = { command: "pytest", exitCode: 0, durationMs: 1, output: "1 passed", tree: "t" };
  const ofChild = (events: readonly RunEvent[]): RunEvent[] => events.map((event) => ({ ...event, child: id }));

  /** A lead that read a test file and started a subagent in one turn, which changed that file. */
  const story = async () => {
    const calls = [read("app/api/a.py"), read("main.py"), { name: "Agent", input: {} }];
    const lead = await runTest(createScriptedModel([{ calls, usd: 0.1 }]), createMemoryWalls(files), {
      limits: { turns: 1 },
    });
    const child = await runTest(createScriptedModel([{ text: "Hm.", usd: 0.3 }]), createMemoryWalls(files), {
      limits: { turns: 1 },
      system: "You are a subagent.",
    });
    const [started, first, asked, answered] = lead.events;
    if (!started || !first || !asked || !answered) throw new Error("the lead's turn is not whole");
    const result = {
      ...{ agent: "test-generator", status: "DONE" as const, findings: [], spend },
      files: [{ path: "app/api/a.py", kind: "modified" as const }],
    };
    const own = ofChild([
      ...child.events,
      { type: "evidence", at, evidence },
      { type: "handed-back", at, call: "toolu_1_2", result },
    ]);
    return { before: [started, first, asked], own, answered };
  };

  it("takes each conversation for itself", async () => {
    const { before, own, answered } = await story();
    const all = [...before, ...own, answered];
    expect(resumeFrom(all)).toMatchObject({ system: "You are a test." });
    expect(resumeFrom(all)?.messages).toHaveLength(3);
    expect(resumeFrom(all, id)).toMatchObject({ system: "You are a subagent.", spend: { turns: 1, usd: 0.3 } });
    expect(resumeFrom(all, "toolu_9:test-generator")).toBeUndefined();
  });

  it("counts a subagent's spend and evidence once the call is answered, since until then it is made again", async () => {
    const { before, own, answered } = await story();
    expect(resumeFrom([...before, ...own])).toMatchObject({ spend: { turns: 1, usd: 0.1 }, evidence: [] });
    const after = resumeFrom([...before, ...own, answered]);
    expect(after).toMatchObject({ spend: { turns: 1, subagents: { toolCalls: 2, turns: 1 } }, evidence: [evidence] });
    expect(after?.spend.usd).toBeCloseTo(0.4);
  });

  it("forgets that a file was seen which a subagent of the same turn changed, and no other", async () => {
    const { before, own, answered } = await story();
    expect(resumeFrom([...before, ...own, answered])?.seen.map(({ path }) => path)).toEqual(["main.py"]);
  });

  it("knows nothing of the subagents of a conversation that was begun anew", async () => {
    const { before, own, answered } = await story();
    const all = [...before, ...own, answered, ...before];
    expect(resumeFrom(all, id)).toBeUndefined();
    expect(resumeFrom(all)).toMatchObject({ evidence: [], spend: { usd: 0.1 } });
  });
});

describe("the ledger of seen files after a crash", () => {
  /** What the first edit after the crash is told. */
  const editAfter = async (turns: readonly ScriptedTurn[], path: string, command: Command = runs): Promise<string> => {
    const walls = createMemoryWalls({ ...files, "app/api/long.py": "row\n".repeat(2_500) }, command);
    const first = await runTest(createScriptedModel(turns), walls, { limits: { turns: turns.length } });
    const resume = resumeFrom(first.events);
    walls.restore(resume?.changeset ?? []);
    const change = edit(path, walls.files.get(path)?.split("\n")[0] ?? "", "changed");
    const again = await runTest(createScriptedModel([{ calls: [change] }]), walls, {
      resume,
      limits: { turns: turns.length + 1 },
    });
    const answer = conversation(again.events).at(-1)?.content[0];
    return answer?.type === "tool_result" ? answer.content : "no result";
  };

  it("knows what was read, and what was written", async () => {
    expect(await editAfter([{ calls: [read("app/api/a.py")] }], "app/api/a.py")).toContain("1 replacement");
    expect(await editAfter([{ calls: [write("app/api/n.py", "n\n"), bash("x")] }], "app/api/n.py")).toContain(
      "1 replacement",
    );
  });

  it("knows nothing of a file that was not read, or whose read failed", async () => {
    expect(await editAfter([{ calls: [read("main.py")] }], "app/api/a.py")).toContain("was not read yet");
    expect(await editAfter([{ calls: [write("app/api/a.py", "x")] }], "app/api/a.py")).toContain("was not read yet");
  });

  it("knows that a long file was read in part", async () => {
    const told = await editAfter([{ calls: [read("app/api/long.py")] }], "app/api/long.py");
    expect(told).toContain("offset=2001");
    const parts = [{ calls: [read("app/api/a.py", { offset: 2 })] }];
    expect(await editAfter(parts, "app/api/a.py")).toContain("offset=1");
    const past = [{ calls: [read("app/api/a.py", { offset: 90 })] }];
    expect(await editAfter(past, "app/api/a.py")).toContain("offset=1");
  });

  it("forgets a file that a command changed after it was read", async () => {
    const format: Command = async (_, all) => {
      all.set("app/api/a.py", "formatted\n");
      return {};
    };
    const turns = [{ calls: [read("app/api/a.py")] }, { calls: [bash("format")] }];
    expect(await editAfter(turns, "app/api/a.py", format)).toContain("was not read yet");
    expect(await editAfter([{ calls: [read("app/api/a.py"), bash("format")] }], "app/api/a.py", format)).toContain(
      "was not read yet",
    );
    const seenAgain = [...turns, { calls: [read("app/api/a.py")] }];
    expect(await editAfter(seenAgain, "app/api/a.py", format)).toContain("1 replacement");
  });
});
