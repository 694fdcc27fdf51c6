import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/domain/event.ts";
import type { Finding } from "../../src/domain/finding.ts";
import type { ToolResult } from "../../src/domain/message.ts";
import { runLoop } from "../../src/run/loop.ts";
import { loopDeps, runTest } from "../support/loop.ts";
import { createMemoryWalls } from "../support/memory-walls.ts";
import { soundReport } from "../support/report.ts";
import { createScriptedModel, type ScriptedCall, type ScriptedTurn } from "../support/scripted-model.ts";

const submit: ScriptedTurn = { calls: [{ name: "SubmitReport", input: soundReport }] };
const read = (path: string): ScriptedCall => ({ name: "Read", input: { file_path: `/repo/${path}` } });
const write = (path: string, content: string): ScriptedCall => ({
  name: "Write",
  input: { file_path: `/repo/${path}`, content },
});
const bash = (command: string): ScriptedCall => ({ name: "Bash", input: { command } });

const resultsIn = (events: readonly RunEvent[]): ToolResult[] =>
  events.flatMap((event) =>
    event.type === "user" ? event.message.content.filter((block) => block.type === "tool_result") : [],
  );

const textsIn = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === "user" ? event.message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])) : [],
  );

describe("a run", () => {
  it("goes from the first message to an accepted report, each message stored before what follows from it", async () => {
    const walls = createMemoryWalls({ "app/main.py": "x = 1\n" }, async () => ({ exitCode: 0, output: "1 passed" }));
    const model = createScriptedModel([
      { text: "Looking.", calls: [read("app/main.py"), { name: "Glob", input: { pattern: "**/*.py" } }] },
      { calls: [{ name: "TaskCreate", input: { subject: "Write", description: "The routes." } }] },
      { calls: [write("app/api/a.py", "y = 2\n"), bash("pytest -q")] },
      submit,
    ]);
    const { end, appends, events } = await runTest(model, walls);
    expect(end).toMatchObject({ kind: "reported", accepted: true, report: soundReport });
    expect(end.spend).toEqual({ toolCalls: 4, turns: 4, tokens: 440, usd: 0 });
    expect(appends).toEqual([
      "started user",
      "assistant",
      "user",
      "assistant",
      "tasks user",
      "assistant",
      "evidence checkpoint user",
      "assistant",
      "report user",
    ]);
    expect(events[0]).toMatchObject({ type: "started", agent: "test-architect", model: "scripted" });
    expect(events.find((event) => event.type === "checkpoint")).toMatchObject({
      changeset: [{ path: "app/api/a.py", kind: "added" }],
    });
  });

  it("sends the same head every time, tools sorted by name, the report's door always among them", async () => {
    const model = createScriptedModel([{ calls: [read("a.py")] }, submit]);
    await runTest(model, createMemoryWalls({}));
    const names = model.requests[0]?.tools.map((tool) => tool.name) ?? [];
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(["SubmitReport", "TaskGet", "Read", "Bash"]));
    expect(model.requests[0]).toMatchObject({ system: "You are a test.", effort: "medium", maxOutputTokens: 64_000 });
  });

  it("does not ask the model for anything while a message is being stored", async () => {
    const order: string[] = [];
    const model = createScriptedModel((index) => {
      order.push(`turn ${index}`);
      return index === 0 ? { calls: [read("a.py")] } : submit;
    });
    const deps = loopDeps(model, createMemoryWalls({ "a.py": "" }), {
      record: async (events) => {
        await new Promise((resolve) => setImmediate(resolve));
        order.push(events.map((event) => event.type).join(" "));
      },
    });
    await runLoop(deps);
    expect(order).toEqual(["started user", "turn 0", "assistant", "user", "turn 1", "assistant", "report user"]);
  });

  it("fails when the model fails, so that the job is tried again", async () => {
    const model = createScriptedModel(() => {
      throw new Error("overloaded");
    });
    await expect(runTest(model, createMemoryWalls({}))).rejects.toThrow("overloaded");
  });

  it("fails when the walls fail, and names the tool", async () => {
    const walls = { ...createMemoryWalls({}), read: async () => Promise.reject(new Error("the file process died")) };
    const run = runTest(createScriptedModel([{ calls: [read("a.py")] }]), walls);
    await expect(run).rejects.toMatchObject({
      message: "Read failed: the file process died",
      cause: { message: "the file process died" },
    });
  });
});

describe("tool calls of one message", () => {
  it("run side by side while they only read, ten at most, and one at a time where they write", async () => {
    const walls = createMemoryWalls(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}.py`, "x\n"])));
    let active = 0;
    const peaks: number[] = [];
    const watched = async <T>(work: Promise<T>): Promise<T> => {
      active += 1;
      peaks.push(active);
      await new Promise((resolve) => setImmediate(resolve));
      active -= 1;
      return work;
    };
    const model = createScriptedModel([
      { calls: [...Array.from({ length: 12 }, (_, i) => read(`f${i}.py`)), bash("a"), bash("b")] },
      submit,
    ]);
    const { events } = await runTest(model, {
      ...walls,
      read: (path) => watched(walls.read(path)),
      bash: (command, options) => watched(walls.bash(command, options)),
    });
    expect(Math.max(...peaks.slice(0, 12))).toBe(10);
    expect(peaks.slice(12)).toEqual([1, 1]);
    expect(resultsIn(events).map((result) => result.tool_use_id)).toEqual([
      ...Array.from({ length: 14 }, (_, i) => `toolu_1_${i}`),
      "toolu_3_0",
    ]);
  });

  it("see what an earlier write of the same message did", async () => {
    const model = createScriptedModel([
      { calls: [read("app/api/a.py"), write("app/api/a.py", "z\n"), read("app/api/a.py")] },
      submit,
    ]);
    const { events } = await runTest(model, createMemoryWalls({ "app/api/a.py": "x\n" }));
    expect(resultsIn(events).map((result) => result.content)).toEqual([
      "     1\tx",
      "Overwrote /repo/app/api/a.py (1 line).",
      "     1\tz",
      "The report is accepted. The run ends here.",
    ]);
  });

  it("get an error each where they cannot be done, and the run goes on", async () => {
    const model = createScriptedModel([
      {
        calls: [
          read("a.py"),
          { name: "Delete", input: {} },
          { name: "Read", input: { path: "a.py" } },
          write("main.py", "x"),
        ],
      },
      submit,
    ]);
    const { events, end } = await runTest(model, createMemoryWalls({ "a.py": "x\n" }));
    const results = resultsIn(events);
    expect(results.map((result) => result.is_error ?? false)).toEqual([false, true, true, true, false]);
    expect(results[1]?.content).toMatch(/^There is no tool "Delete"\. There are: Bash, Edit, Glob,/);
    expect(results[2]?.content).toContain("- file_path: ");
    expect(results[3]?.content).toContain("lies outside your boundary");
    expect(end.kind).toBe("reported");
  });

  it("are redacted, and so is the evidence", async () => {
    const walls = createMemoryWalls({ "a.py": "key = s3cret\n" }, async () => ({ output: "s3cret" }));
    const model = createScriptedModel([{ calls: [read("a.py"), bash("echo s3cret")] }, submit]);
    const { events } = await runTest(model, walls, { redact: (text) => text.replaceAll("s3cret", "[redacted]") });
    const stored = events.filter((event) => event.type === "user" || event.type === "evidence");
    expect(JSON.stringify(stored)).not.toContain("s3cret");
    expect(events.find((event) => event.type === "evidence")).toMatchObject({
      evidence: { command: "echo [redacted]", output: "[redacted]" },
    });
  });

  it("name in the evidence the tree that the command ran on", async () => {
    const walls = createMemoryWalls({});
    const model = createScriptedModel([
      { calls: [bash("before"), write("app/api/a.py", "1\n"), bash("after")] },
      { calls: [bash("later")] },
      submit,
    ]);
    const { events } = await runTest(model, walls);
    const trees = events.flatMap((event) => (event.type === "evidence" ? [event.evidence.tree] : []));
    expect(trees[0]).not.toBe(trees[1]);
    expect(trees[1]).toBe(trees[2]);
  });

  it("store a checkpoint only where the files differ from the last one", async () => {
    const model = createScriptedModel([
      { calls: [write("app/api/a.py", "1\n")] },
      { calls: [bash("true")] },
      { calls: [{ name: "TaskList", input: {} }] },
      { calls: [read("app/api/a.py"), write("app/api/a.py", "2\n")] },
      submit,
    ]);
    const { appends } = await runTest(model, createMemoryWalls({}));
    expect(appends.filter((append) => append.includes("checkpoint"))).toHaveLength(2);
  });
});

describe("the report", () => {
  const wrong: Finding = { rule: "claim-missing", severity: "error", message: "no such route" };

  it("goes back to the model until it holds", async () => {
    const model = createScriptedModel([submit, submit]);
    let asked = 0;
    const { end, events } = await runTest(model, createMemoryWalls({}), {
      judge: async (report) => ({ accepted: asked++ > 0, report, findings: asked === 1 ? [wrong] : [] }),
    });
    expect(end).toMatchObject({ kind: "reported", accepted: true });
    expect(resultsIn(events)[0]).toMatchObject({ is_error: true, content: expect.stringContaining("(1 of 3)") });
  });

  it("ends the run unaccepted after three refusals, with the findings", async () => {
    const model = createScriptedModel(() => submit);
    const { end, events, appends } = await runTest(model, createMemoryWalls({}), {
      judge: async (report) => ({ accepted: false, report, findings: [wrong] }),
    });
    expect(end).toMatchObject({ kind: "reported", accepted: false, findings: [wrong] });
    expect(model.requests).toHaveLength(3);
    expect(resultsIn(events).at(-1)?.content).toContain("(3 of 3)");
    expect(appends.at(-1)).toBe("report user");
  });

  it("is judged with the evidence of its own message", async () => {
    const model = createScriptedModel([{ calls: [bash("pytest"), ...(submit.calls ?? [])] }]);
    const seen: string[][] = [];
    await runTest(model, createMemoryWalls({}), {
      judge: async (report, evidence) => {
        seen.push(evidence.map((one) => one.command));
        return { accepted: true, report, findings: [] };
      },
    });
    expect(seen).toEqual([["pytest"]]);
  });

  it("lets nothing run after it in the message that it was accepted in", async () => {
    const walls = createMemoryWalls({});
    const model = createScriptedModel([{ calls: [...(submit.calls ?? []), write("app/api/late.py", "x")] }]);
    const { end, events } = await runTest(model, walls);
    expect(end.kind).toBe("reported");
    expect(walls.files.has("app/api/late.py")).toBe(false);
    expect(resultsIn(events)[1]).toMatchObject({ is_error: true, content: expect.stringContaining("Not run") });
  });

  it("is asked for twice when the model stops without it, then the run is blocked", async () => {
    const model = createScriptedModel(() => ({ text: "I am done." }));
    const { end, events } = await runTest(model, createMemoryWalls({}));
    expect(end).toMatchObject({ kind: "blocked", cause: "no-report" });
    expect(model.requests).toHaveLength(3);
    expect(textsIn(events).slice(1)).toEqual([
      expect.stringContaining("Only SubmitReport ends the run"),
      expect.stringContaining("Only SubmitReport ends the run"),
    ]);
  });
});

describe("a stop of the model", () => {
  it("with nothing said is not kept, but asked about", async () => {
    const model = createScriptedModel([{ stopReason: "end_turn" }, submit]);
    const { end, appends } = await runTest(model, createMemoryWalls({}));
    expect(end).toMatchObject({ kind: "reported", spend: { turns: 2 } });
    expect(appends).toEqual(["started user", "paid", "user", "assistant", "report user"]);
  });

  it("by max_tokens is thrown away, its calls never run, and asked again once with more room", async () => {
    const walls = createMemoryWalls({});
    const model = createScriptedModel([
      { calls: [write("app/api/a.py", "half of it")], stopReason: "max_tokens", usd: 0.5 },
      { ...submit, usd: 0.25 },
    ]);
    const { end, appends } = await runTest(model, walls);
    expect(model.requests.map((request) => request.maxOutputTokens)).toEqual([64_000, 128_000]);
    expect(model.requests[1]?.messages).toEqual(model.requests[0]?.messages);
    expect(walls.files.size).toBe(0);
    expect(appends).toEqual(["started user", "assistant", "report user"]);
    expect(end.spend).toMatchObject({ turns: 1, usd: 0.75, tokens: 220 });
  });

  it("by max_tokens twice in a row blocks the run", async () => {
    const model = createScriptedModel(() => ({ text: "…", stopReason: "max_tokens", usd: 1 }));
    const { end } = await runTest(model, createMemoryWalls({}));
    expect(end).toMatchObject({ kind: "blocked", cause: "length", spend: { usd: 2 } });
    expect(model.requests).toHaveLength(2);
  });

  it("by refusal blocks the run with the category, and the message is not kept", async () => {
    const model = createScriptedModel([{ text: "no", stopReason: "refusal", refusalCategory: "cyber" }]);
    const { end, appends } = await runTest(model, createMemoryWalls({}));
    expect(end).toMatchObject({ kind: "blocked", cause: "refusal", reason: expect.stringContaining("cyber") });
    expect(appends).toEqual(["started user", "paid"]);
  });

  it("that was cut off is not asked again where what it cost was the last of the money", async () => {
    const model = createScriptedModel(() => ({ text: "…", stopReason: "max_tokens", usd: 1 }));
    const { end } = await runTest(model, createMemoryWalls({}), { limits: { usd: 1 } });
    expect(end).toMatchObject({ kind: "blocked", cause: "budget", spend: { usd: 1, turns: 0 } });
    expect(model.requests).toHaveLength(1);
  });

  it("by pause_turn is kept and sent again as it is", async () => {
    const model = createScriptedModel([{ text: "one moment", stopReason: "pause_turn" }, submit]);
    const { end } = await runTest(model, createMemoryWalls({}));
    expect(end.kind).toBe("reported");
    expect(model.requests[1]?.messages.at(-1)).toMatchObject({ role: "assistant" });
  });

  it("by a full context window blocks the run", async () => {
    const model = createScriptedModel([{ stopReason: "model_context_window_exceeded" }]);
    const { end } = await runTest(model, createMemoryWalls({}));
    expect(end).toMatchObject({ kind: "blocked", cause: "length" });
  });

  it("that asks for tools and says it does not is an accident", async () => {
    const model = createScriptedModel([{ calls: [read("a.py")], stopReason: "end_turn" }]);
    await expect(runTest(model, createMemoryWalls({}))).rejects.toThrow(
      "asked for tools in a message that ended by end_turn",
    );
  });
});

describe("limits", () => {
  it("warn three calls before the end, in a text after the results", async () => {
    const model = createScriptedModel((index) => (index < 4 ? { calls: [read("a.py")] } : submit));
    const { events } = await runTest(model, createMemoryWalls({ "a.py": "" }), { limits: { toolCalls: 5 } });
    const warned = events.filter((event) => event.type === "user" && event.message.content.length === 2);
    expect(warned).toHaveLength(1);
    expect(warned[0]).toMatchObject({
      message: {
        content: [{ type: "tool_result" }, { type: "text", text: expect.stringContaining("3 tool calls left") }],
      },
    });
  });

  it("stop counted calls, but neither the tasks nor the report", async () => {
    const model = createScriptedModel([
      { calls: [read("a.py"), read("a.py"), read("a.py"), { name: "TaskList", input: {} }] },
      submit,
    ]);
    const { end, events } = await runTest(model, createMemoryWalls({ "a.py": "x" }), { limits: { toolCalls: 2 } });
    expect(resultsIn(events).map((result) => result.is_error ?? false)).toEqual([false, false, true, false, false]);
    expect(resultsIn(events)[2]?.content).toContain("budget exhausted");
    expect(end).toMatchObject({ kind: "reported", spend: { toolCalls: 2 } });
  });

  it("end a run that goes on calling after the last call", async () => {
    const model = createScriptedModel(() => ({ calls: [read("a.py")] }));
    const { end } = await runTest(model, createMemoryWalls({ "a.py": "x" }), { limits: { toolCalls: 2 } });
    expect(end).toMatchObject({ kind: "blocked", cause: "budget", spend: { toolCalls: 2, turns: 5 } });
  });

  it.each([
    ["turns", { turns: 3 }, "3 turns"],
    ["tokens", { tokens: 330 }, "330 tokens"],
    ["money", { usd: 0.3 }, "0.3 USD"],
  ])("of %s end a run before the next turn", async (_, limits, reason) => {
    const model = createScriptedModel(() => ({ calls: [read("a.py")], usd: 0.1 }));
    const { end } = await runTest(model, createMemoryWalls({ "a.py": "x" }), { limits });
    expect(end).toMatchObject({ kind: "blocked", cause: "budget", reason: expect.stringContaining(reason) });
    expect(model.requests).toHaveLength(3);
  });

  it.each<[string, ScriptedCall]>([
    ["a tool that is not offered", { name: "WebFetch", input: { url: "https://example.com" } }],
    ["input that fails its schema", { name: "Read", input: { path: "a.py" } }],
  ])("end a run after three turns in a row of %s", async (_, call) => {
    const model = createScriptedModel((index) => ({ calls: [index === 1 ? read("a.py") : call] }));
    const { end } = await runTest(model, createMemoryWalls({ "a.py": "x" }));
    expect(end).toMatchObject({ kind: "blocked", cause: "strikes" });
    expect(model.requests).toHaveLength(5);
  });
});

describe("an abort", () => {
  it("before a turn ends the loop with what is stored", async () => {
    const abort = new AbortController();
    abort.abort();
    const model = createScriptedModel([]);
    const { end, appends } = await runTest(model, createMemoryWalls({}), { signal: abort.signal });
    expect(end).toMatchObject({ kind: "aborted" });
    expect(appends).toEqual(["started user"]);
  });

  it("under a command stores neither its result nor its evidence", async () => {
    const abort = new AbortController();
    const walls = createMemoryWalls({}, async () => {
      abort.abort();
      return { exitCode: 137, ended: "aborted" };
    });
    const model = createScriptedModel([{ calls: [bash("sleep 100"), bash("never")] }]);
    const { end, appends } = await runTest(model, walls, { signal: abort.signal });
    expect(end).toMatchObject({ kind: "aborted" });
    expect(appends).toEqual(["started user", "assistant"]);
    expect(walls.log).toEqual(["bash sleep 100"]);
  });

  it("under a turn is no accident", async () => {
    const abort = new AbortController();
    const model = createScriptedModel(() => {
      abort.abort();
      throw new Error("aborted");
    });
    const { end } = await runTest(model, createMemoryWalls({}), { signal: abort.signal });
    expect(end).toMatchObject({ kind: "aborted" });
  });
});
