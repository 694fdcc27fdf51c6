import { describe, expect, test } from "vitest";
import { limitsFor } from "../../src/domain/budget.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import { renderPullBody } from "../../src/domain/render-report.ts";
import { resumeFrom } from "../../src/run/resume.ts";
import { runTest, testDefinition } from "../support/loop.ts";
import { createMemoryWalls } from "../support/memory-walls.ts";
import { reportWith, soundReport } from "../support/report.ts";
import { createScriptedModel, type ScriptedTurn } from "../support/scripted-model.ts";

const definition = {
  ...testDefinition,
  budgets: { "single-endpoint": 2, crud: 4, authentication: 6, microservice: 8 },
};
const limitsOf = (kind: keyof typeof definition.budgets) => limitsFor(definition, kind, { tokens: 1e9, usd: 100 });
const limits = limitsOf("crud");
const task = ({ kind, reason: why }: { kind: string; reason: string }) => ({
  name: "TaskCreate",
  input: { subject: "Write it", description: "x", work: `${kind}: ${why}` },
});
const reason = "It needs tokens, refresh and a middleware.";
const read = (count: number): ScriptedTurn => ({
  calls: Array.from({ length: count }, () => ({ name: "Read", input: { file_path: "/repo/app/main.py" } })),
});
const submit: ScriptedTurn = { calls: [{ name: "SubmitReport", input: reportWith({}) }] };
const walls = () => createMemoryWalls({ "app/main.py": "app = 1\n" });
const run = (turns: readonly ScriptedTurn[], over: Parameters<typeof runTest>[2] = {}) => {
  const model = createScriptedModel((_, { messages }) => turns[(messages.length - 1) / 2] ?? {});
  return runTest(model, walls(), { definition, limits, limitsOf, ...over }).then((result) => ({ ...result, model }));
};
const answers = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === "user"
      ? event.message.content.flatMap((block) => (block.type === "tool_result" ? [block.content] : []))
      : [],
  );

describe("an agent that finds the work to be larger", () => {
  test("gets the budget of that kind, and the reason is stored with the answer", async () => {
    const raise = { calls: [task({ kind: "authentication", reason })] };
    const { end, events } = await run([raise, read(6), submit]);
    expect(answers(events)[0]).toBe("Task #1 created: Write it The budget is 6 tool calls now.");
    expect(events.filter(({ type }) => type === "work-kind")).toMatchObject([
      { found: { kind: "authentication", reason }, toolCalls: 6 },
    ]);
    expect(answers(events).filter((text) => text.includes("budget exhausted"))).toEqual([]);
    expect(end).toMatchObject({ kind: "reported", spend: { toolCalls: 6 } });
  });

  test("gets it once, and never a smaller one", async () => {
    const { events } = await run([
      { calls: [task({ kind: "crud", reason })] },
      { calls: [task({ kind: "authentication", reason })] },
      { calls: [task({ kind: "microservice", reason })] },
      submit,
    ]);
    const [same, , again] = answers(events);
    expect(same).toContain("a CRUD feature has 4 tool calls, which is no more than this run has (4)");
    expect(same).toContain("a correction only goes upwards");
    expect(again).toContain("was corrected once already, to an authentication system");
    expect(events.filter(({ type }) => type === "work-kind")).toHaveLength(1);
  });

  test("must say why", async () => {
    const { events } = await run([{ calls: [task({ kind: "authentication", reason: "big" })] }, submit]);
    expect(answers(events)[0]).toContain("`work` must be crud, authentication or microservice, a colon and the reason");
  });

  test("counts to the same numbers after a crash, also of calls that were over the first budget", async () => {
    const turns = [read(5), { calls: [task({ kind: "microservice", reason })] }, read(3), submit];
    const whole = await run(turns);
    expect(whole.end.spend.toolCalls).toBe(7);
    const last = whole.events.findLastIndex(({ type }) => type === "assistant");
    for (let at = 2; at < last; at++) {
      if (whole.events[at]?.type !== "user") continue;
      const resume = resumeFrom(whole.events.slice(0, at + 1));
      const again = await run(turns, { resume });
      expect(again.end.spend.toolCalls, `event ${at}`).toBe(7);
    }
  });

  test("is told in the pull request, as the agent's reason in a sentence of ours", () => {
    const input = { report: soundReport, status: "DONE" as const, issue: 3, findings: [], evidence: [], tree: "t" };
    const spend = { toolCalls: 6, turns: 1, tokens: 1, usd: 0 };
    const body = renderPullBody({
      ...{ ...input, spend, toolCallLimit: 6 },
      found: { kind: "authentication", reason: "tokens for @everyone" },
    });
    expect(body).toContain(
      "The agent found this to be the work of an authentication system, and got its budget: tokens",
    );
    expect(body).not.toMatch(/(^|\s)@everyone/);
  });
});

test("an agent without a choice has no such field", async () => {
  const { model } = await run([submit], { limitsOf: undefined });
  const [tool] = model.requests[0]?.tools.filter(({ name }) => name === "TaskCreate") ?? [];
  expect(JSON.stringify(tool?.input_schema)).not.toContain("microservice");
});
