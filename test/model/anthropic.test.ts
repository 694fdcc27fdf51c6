import { afterEach, describe, expect, it } from "vitest";
import { BusyError } from "../../src/domain/errors.ts";
import type { AssistantMessage, Message, ToolSpec, UserMessage } from "../../src/domain/message.ts";
import { type AnthropicOptions, createAnthropic } from "../../src/model/anthropic.ts";
import { createConnect } from "../../src/model/client.ts";
import { knownCapabilities, leastCapabilities } from "../../src/model/known-models.ts";
import { priceOf } from "../../src/model/prices.ts";
import type { Model, ModelTurn } from "../../src/ports.ts";
import { catalogueOf, modelInfo } from "../support/messages-api/catalogue.ts";
import { continues, type MessagesApi, type Script, type Step, startMessagesApi } from "../support/messages-api.ts";

const tools: readonly ToolSpec[] = ["Bash", "Edit", "Read", "SubmitReport"].map((name) => ({
  name,
  description: `The tool ${name}. ${"It has rules. ".repeat(40)}`,
  input_schema: { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false },
}));
const system = "You are an architect. ".repeat(200);
const first: UserMessage = { role: "user", content: [{ type: "text", text: "Build it. ".repeat(100) }] };

let api: MessagesApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

const capabilities = knownCapabilities("claude-opus-5-5") ?? leastCapabilities;
const connectTo = (double: MessagesApi, apiKey = double.apiKey, log?: (line: string) => void) =>
  createConnect({ provider: "anthropic", apiKey, baseURL: double.url }, log ? { log } : {});

type Setup = { readonly model: Model; readonly api: MessagesApi; readonly waits: number[]; readonly lines: string[] };

const setUp = async (
  script: Script,
  { apiKey, ...options }: Partial<AnthropicOptions> & { readonly apiKey?: string } = {},
): Promise<Setup> => {
  api = await startMessagesApi(script);
  const waits: number[] = [];
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const model = createAnthropic({
    connect: connectTo(api, apiKey, log),
    model: "claude-opus-5-5",
    capabilities,
    price: priceOf("claude-opus-5-5", { provider: "anthropic" }),
    log,
    wait: async (ms) => {
      waits.push(ms);
    },
    ...options,
  });
  return { model, api, waits, lines };
};

const ask = (model: Model, messages: readonly Message[], signal = new AbortController().signal): Promise<ModelTurn> =>
  model.turn({ system, tools, messages, maxOutputTokens: 64_000, effort: "medium" }, signal);

const resultsOf = (message: AssistantMessage, content = "ok"): UserMessage => ({
  role: "user",
  content: message.content.flatMap((block) =>
    block.type === "tool_use" ? [{ type: "tool_result" as const, tool_use_id: block.id, content }] : [],
  ),
});

/** Plays a conversation to its end, as the loop does. */
const converse = async (model: Model, result = "ok"): Promise<{ turns: ModelTurn[]; messages: Message[] }> => {
  const turns: ModelTurn[] = [];
  const messages: Message[] = [first];
  for (;;) {
    const turn = await ask(model, [...messages]);
    turns.push(turn);
    messages.push(turn.message);
    if (turn.stopReason !== "tool_use") return { turns, messages };
    messages.push(resultsOf(turn.message, result));
  }
};

const steps =
  (...all: Step[]): Script =>
  (_, served) =>
    all[served] ?? { text: "Done." };

const read = { name: "Read", input: { a: "x".repeat(200) } };

describe("a turn", () => {
  it("returns the message as it came, thinking with its signature included", async () => {
    const { model } = await setUp(steps({ thinking: "Let me see.", text: "Reading.", tools: [read, read] }));
    const turn = await ask(model, [first]);
    expect(turn.stopReason).toBe("tool_use");
    expect(turn.message).toEqual({
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Let me see.", signature: expect.stringMatching(/^[0-9a-f]{32}$/) },
        { type: "text", text: "Reading.", citations: null },
        { type: "tool_use", id: "toolu_msg_1_0", name: "Read", input: read.input, caller: { type: "direct" } },
        { type: "tool_use", id: "toolu_msg_1_1", name: "Read", input: read.input, caller: { type: "direct" } },
      ],
    });
  });

  it("asks with adaptive thinking, the effort, and room for a long answer", async () => {
    const { model, api } = await setUp(steps());
    await model.turn(
      { system, tools, messages: [first], maxOutputTokens: 128_000, effort: "xhigh" },
      new AbortController().signal,
    );
    expect(api.requests[0]).toMatchObject({
      model: "claude-opus-5-5",
      max_tokens: 128_000,
      thinking: { type: "adaptive" },
      output_config: { effort: "xhigh" },
      stream: true,
    });
  });

  it.each(["end_turn", "max_tokens", "stop_sequence", "pause_turn", "model_context_window_exceeded"] as const)(
    "says that the model stopped by %s",
    async (stop) => {
      const { model } = await setUp(steps({ text: "x", stop }));
      expect((await ask(model, [first])).stopReason).toBe(stop);
    },
  );

  it("names the category of a refusal", async () => {
    const { model } = await setUp(steps({ text: "x", stop: "refusal", category: "cyber" }));
    expect(await ask(model, [first])).toMatchObject({ stopReason: "refusal", refusalCategory: "cyber" });
  });

  it("takes no empty text into the conversation, which the API would not take back", async () => {
    const { model } = await setUp(steps({ text: "", tools: [read] }));
    const { messages } = await converse(model);
    expect(messages[1]?.content.map(({ type }) => type)).toEqual(["tool_use"]);
  });
});

describe("a conversation", () => {
  const wide = { thinking: "Go on.", tools: Array.from({ length: 12 }, () => read) };

  it("is legal in every request, and each one begins with the whole of the one before", async () => {
    const { model, api } = await setUp(steps({ thinking: "a", text: "b", tools: [read] }, wide, wide));
    await converse(model);
    expect(api.refusals).toEqual([]);
    expect(api.requests).toHaveLength(4);
    for (const [index, body] of api.requests.slice(1).entries())
      expect(continues(api.requests[index] as never, body)).toBe(true);
  });

  it("is the same to the API after it was stored and read again", async () => {
    const { model, api } = await setUp(steps({ thinking: "a", tools: [read] }, { thinking: "b", tools: [read] }));
    const turn = await ask(model, [first]);
    const stored = JSON.parse(JSON.stringify([first, turn.message, resultsOf(turn.message)])) as Message[];
    await ask(model, stored);
    expect(api.refusals).toEqual([]);
  });

  it("has four breakpoints at most, and reads all of the request before from the cache", async () => {
    const { model, api } = await setUp(steps(...Array.from({ length: 8 }, () => wide)));
    await converse(model, "result ".repeat(200));
    const totals = api.uses.map(({ input, read, write5m, write1h }) => input + read + write5m + write1h);
    for (const [index, use] of api.uses.slice(1).entries()) expect(use.read).toBe(totals[index]);
    expect(api.uses.every(({ input }) => input === 0)).toBe(true);
  });

  it("writes the shared head for an hour and the rest for five minutes", async () => {
    const { model, api } = await setUp(steps(wide, wide));
    await converse(model);
    expect(api.uses[0]).toMatchObject({ write5m: 0, read: 0 });
    expect(api.uses.slice(1).every(({ write1h }) => write1h === 0)).toBe(true);
  });

  it("lets a second run of the same agent read tools and system from the cache", async () => {
    const { model, api } = await setUp(steps());
    await ask(model, [first]);
    await ask(model, [{ role: "user", content: [{ type: "text", text: "Another request." }] }]);
    expect(api.uses[1]?.read).toBeGreaterThan(1_500);
  });

  it("goes on after a pause with the message as it was", async () => {
    const { model, api } = await setUp(steps({ text: "wait", stop: "pause_turn" }, { tools: [read] }));
    const turn = await ask(model, [first]);
    await ask(model, [first, turn.message]);
    expect(api.refusals).toEqual([]);
  });

  it("asks the API why a cache was missed, and logs the answer", async () => {
    const { model, api, lines } = await setUp(steps({ tools: [read] }, { text: "x", cacheMiss: "tools_changed" }));
    await converse(model);
    expect(api.requests.map(({ diagnostics }) => diagnostics)).toEqual([undefined, { previous_message_id: "msg_1" }]);
    expect(lines).toEqual(["claude-opus-5-5: the prompt cache was missed: tools_changed"]);
  });
});

describe("cost", () => {
  it("is counted from what the API says, each kind of token at its rate", async () => {
    const { model, api } = await setUp(steps({ tools: [read] }, { text: "Done." }));
    const { turns } = await converse(model);
    const [one, two] = api.uses;
    if (!one || !two) throw new Error("two answers were expected");
    expect(turns[0]?.usage).toEqual({
      inputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: one.write1h,
      outputTokens: one.output,
    });
    expect(turns[0]?.usd).toBeCloseTo((one.write1h * 8 + one.output * 20) / 1e6, 12);
    expect(turns[1]?.usd).toBeCloseTo((two.read * 0.4 + two.write5m * 5 + two.output * 20) / 1e6, 12);
  });

  it("includes what was lost with an attempt that broke off", async () => {
    let requests = 0;
    const { model, api } = await setUp(() => (requests++ === 0 ? { breaks: "cut" } : { text: "Done." }));
    const turn = await ask(model, [first]);
    const [use] = api.uses;
    expect(turn.usage.cacheReadTokens).toBe(use?.read);
    expect(turn.usage.cacheWriteTokens).toBe(use?.read);
    expect(turn.usage.outputTokens).toBe((use?.output ?? 0) + 1);
  });

  it("is nothing for a model without a price", async () => {
    const { model } = await setUp(steps(), { price: undefined });
    expect((await ask(model, [first])).usd).toBe(0);
  });
});

describe("what a model can do", () => {
  const plain = {
    contextTokens: 200_000,
    outputTokens: 32_000,
    thinking: { type: "none" },
    efforts: [],
    images: false,
  } as const;

  it("is all that a request asks of it", async () => {
    const { model, api } = await setUp(steps(), { capabilities: plain });
    await ask(model, [first]);
    expect(api.requests[0]).not.toHaveProperty("thinking");
    expect(api.requests[0]).not.toHaveProperty("output_config");
    expect([model.thinking, model.maxOutputTokens]).toEqual([{ type: "none" }, 32_000]);
  });

  it("does not change how a conversation thinks that began otherwise", async () => {
    const { model, api } = await setUp(steps(), { capabilities: plain });
    const request = { system, tools, messages: [first], maxOutputTokens: 64_000, effort: "medium" } as const;
    await model.turn({ ...request, thinking: { type: "adaptive" } }, new AbortController().signal);
    expect(api.requests[0]).toMatchObject({ thinking: { type: "adaptive" } });
  });

  it("is thinking within a budget where a model cannot think by its own measure", async () => {
    api = await startMessagesApi(steps(), {
      catalogue: catalogueOf(modelInfo("claude-old", { thinking: ["enabled", "disabled"], efforts: [] })),
    });
    const thinking = { type: "enabled", budget_tokens: 16_000 } as const;
    const old = createAnthropic({
      connect: connectTo(api),
      model: "claude-old",
      capabilities: { ...plain, thinking },
    });
    expect((await ask(old, [first])).stopReason).toBe("end_turn");
    expect(api.requests[0]).toMatchObject({ thinking });
  });
});

describe("failures", () => {
  const overloaded: Step = { status: { code: 529, type: "overloaded_error" } };

  /** Plays the failures first, one for each request. */
  const failing = (...failures: Step[]): Script => {
    let request = 0;
    return () => failures[request++] ?? { text: "Done." };
  };

  it.each<[string, Step]>([
    ["status 529", overloaded],
    ["status 500", { status: { code: 500, type: "api_error" } }],
    ["status 408", { status: { code: 408, type: "timeout_error" } }],
    ["an error inside the stream", { breaks: "error" }],
    ["a connection that is cut", { breaks: "cut" }],
    ["a stream that ends early", { breaks: "end" }],
  ])("%s is answered by the same bytes again", async (_, failure) => {
    const { model, api, waits, lines } = await setUp(failing(failure, failure));
    const turn = await ask(model, [first]);
    expect(turn.message.content).toMatchObject([{ type: "text", text: "Done." }]);
    expect(api.requests).toHaveLength(3);
    expect(new Set(api.requests.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(waits).toHaveLength(2);
    expect(waits[0]).toBeGreaterThanOrEqual(750);
    expect(waits[1]).toBeLessThanOrEqual(2_000);
    expect(lines).toHaveLength(2);
  });

  it("waits as long as the API asks for, a minute at most", async () => {
    const limited = (headers: Record<string, string>): Step => ({
      status: { code: 429, type: "rate_limit_error", headers },
    });
    const { model, waits } = await setUp(
      failing(
        limited({ "retry-after": "7" }),
        limited({ "retry-after-ms": "250" }),
        limited({ "retry-after": "86400" }),
      ),
    );
    await ask(model, [first]);
    expect(waits).toEqual([7_000, 250, 60_000]);
  });

  it("gives up when all waiting reaches its bound, and says after what", async () => {
    const { model, waits } = await setUp(failing(...Array.from({ length: 50 }, () => overloaded)), {
      maxWaitMs: 30_000,
    });
    const turn = ask(model, [first]);
    await expect(turn).rejects.toThrow(BusyError);
    await expect(turn).rejects.toThrow(
      /^claude-opus-5-5 did not answer in \d+ attempts; the last one: status 529 \(overloaded_error\): as scripted, request req_\d+$/,
    );
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(30_000);
  });

  it.each<[string, Step, RegExp]>([
    ["status 400", { status: { code: 400, type: "invalid_request_error" } }, /refused the request: status 400/],
    ["status 403", { status: { code: 403, type: "permission_error" } }, /refused the request: status 403/],
    [
      "a 503 that says so",
      { status: { code: 503, type: "api_error", headers: { "x-should-retry": "false" } } },
      /refused the request: status 503/,
    ],
  ])("%s is not tried again", async (_, failure, message) => {
    const { model, api } = await setUp(failing(failure));
    await expect(ask(model, [first])).rejects.toThrow(message);
    expect(api.requests).toHaveLength(1);
  });

  it("a wrong key is not tried again, and stands in no message", async () => {
    const { model } = await setUp(steps(), { apiKey: "sk-wrong-and-secret" });
    const error = await ask(model, [first]).catch((reason: Error) => reason);
    expect(String(error)).toContain("status 401 (authentication_error)");
    expect(String(error)).not.toContain("sk-wrong");
  });

  it("a stream that falls silent is given up and asked for again", async () => {
    const { model, api, lines } = await setUp(failing({ breaks: "silence" }), { idleMs: 200 });
    await ask(model, [first]);
    expect(api.requests).toHaveLength(2);
    expect(lines[0]).toContain("no sign of life for 0.2 s");
  });

  it("pings keep a slow stream alive for longer than its silence may last", async () => {
    const { model, api } = await setUp(() => ({ text: "Done.", pings: { count: 8, everyMs: 100 } }), { idleMs: 500 });
    await ask(model, [first]);
    expect(api.requests).toHaveLength(1);
  });

  it("an abort ends a turn at once: before it, in a stream, and in a wait", async () => {
    const reason = new Error("stopped");
    const { model } = await setUp(failing({ breaks: "silence" }));
    await expect(ask(model, [first], AbortSignal.abort(reason))).rejects.toBe(reason);
    const inStream = new AbortController();
    const turn = ask(model, [first], inStream.signal);
    await expect.poll(() => api?.requests.length).toBe(1);
    inStream.abort(reason);
    await expect(turn).rejects.toBe(reason);
    await api?.close();
    const inWait = new AbortController();
    api = await startMessagesApi(failing(overloaded));
    const log = () => inWait.abort(reason);
    const waiting = createAnthropic({ connect: connectTo(api), model: "claude-opus-5-5", capabilities, log });
    await expect(ask(waiting, [first], inWait.signal)).rejects.toBe(reason);
  });
});
