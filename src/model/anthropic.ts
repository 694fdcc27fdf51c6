/** The Model port over the Messages API. Knows the wire: streaming, breakpoints, silence, retries, cost; nothing of loops and tools. */
import type Anthropic from "@anthropic-ai/sdk";
import { BusyError } from "../domain/errors.ts";
import type { AssistantBlock, AssistantMessage } from "../domain/message.ts";
import type { Model, ModelRequest, ModelTurn } from "../ports.ts";
import type { Client, Connect } from "./client.ts";
import type { Capabilities } from "./known-models.ts";
import { composeRequest } from "./messages-request.ts";
import { type Billed, costOf, type Price } from "./prices.ts";
import { delayBefore, describe, isOverload, passes } from "./retry.ts";

/** How patient a turn is. */
export type TurnOptions = {
  /** A stream that is silent for so long is given up and asked for again. Pings count as life: thinking takes its time. */
  readonly idleMs?: number;
  /** All waiting between the attempts of one turn; then the turn fails, and the job is handed back with its transcript. */
  readonly maxWaitMs?: number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
};

export type AnthropicOptions = TurnOptions & {
  readonly connect: Connect;
  /** As the provider knows it. */
  readonly model: string;
  readonly capabilities: Capabilities;
  /** Without one a turn counts as costing nothing. */
  readonly price?: Price | undefined;
  readonly log?: (line: string) => void;
};

type Deps = Required<Omit<AnthropicOptions, "price">> & {
  readonly price: Price | undefined;
  /** The API's id of a message, by the message as the conversation holds it; forgotten with it. */
  readonly ids: WeakMap<object, string>;
};

export const createAnthropic = (options: AnthropicOptions): Model => {
  const deps: Deps = {
    ...options,
    price: options.price,
    log: options.log ?? (() => undefined),
    idleMs: options.idleMs ?? 300_000,
    maxWaitMs: options.maxWaitMs ?? 600_000,
    wait: options.wait ?? pause,
    ids: new WeakMap(),
  };
  const { thinking, outputTokens, images } = options.capabilities;
  return {
    name: options.model,
    thinking,
    images,
    maxOutputTokens: outputTokens,
    turn: (request, signal) => takeTurn(deps, request, signal),
  };
};

export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });

type Middleware = import("@anthropic-ai/sdk").Middleware;

type Attempt =
  | { readonly ok: true; readonly message: Anthropic.Message }
  | {
      readonly ok: false;
      readonly error: unknown;
      readonly silent: boolean;
      readonly begun: boolean;
      /** Its tool input is no JSON: it was whole, and the same request may get a better one or not. */
      readonly broken: boolean;
      readonly billed: Billed;
    };

const takeTurn = async (deps: Deps, request: ModelRequest, signal: AbortSignal): Promise<ModelTurn> => {
  signal.throwIfAborted();
  let lost: readonly Billed[] = [];
  let waited = 0;
  for (let number = 0; ; number++) {
    const client = await deps.connect.open();
    const attempt = await attemptOnce(deps, client, request, signal);
    signal.throwIfAborted();
    if (attempt.ok) return toTurn(deps, attempt.message, lost);
    lost = [...lost, attempt.billed];
    const { error } = attempt;
    if (attempt.broken) return unreadable(deps, lost);
    const what = attempt.silent ? `no sign of life for ${deps.idleMs / 1_000} s` : describe(error, client.sdk);
    if (!attempt.silent && !passes(error, client.sdk, attempt.begun))
      throw new Error(`${deps.model} refused the request: ${what}`, { cause: error });
    const delay = delayBefore(number, error, client.sdk, Math.random());
    if (waited + delay > deps.maxWaitMs) {
      const last = `${deps.model} did not answer in ${number + 1} attempts; the last one: ${what}`;
      throw isOverload(error, client.sdk) ? new BusyError(last, { cause: error }) : new Error(last, { cause: error });
    }
    if (error instanceof client.sdk.APIConnectionError) deps.connect.drop();
    deps.log(`${deps.model}: ${what}; the same request again in ${Math.round(delay)} ms`);
    await deps.wait(delay, signal);
    waited += delay;
  }
};

const attemptOnce = async (
  deps: Deps,
  client: Client,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<Attempt> => {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), deps.idleMs);
  const onLife = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), deps.idleMs);
  };
  const last = request.messages.findLast(({ role }) => role === "assistant");
  const previousId = last && deps.ids.get(last);
  const stream = client.api.messages.stream(composeRequest(deps.model, deps.capabilities, request, previousId), {
    signal: AbortSignal.any([signal, silence.signal]),
    middleware: [watch(onLife)],
  });
  try {
    return { ok: true, message: await stream.finalMessage() };
  } catch (error) {
    const usage = stream.currentMessage?.usage;
    const begun = stream.response instanceof Response;
    const cause = error instanceof Error ? error.cause : undefined;
    const broken = cause instanceof SyntaxError && stream.currentMessage?.content.at(-1)?.type === "tool_use";
    const billed = usage ? billedOf(usage) : nothing;
    return { ok: false, error, silent: silence.signal.aborted, begun, broken, billed };
  } finally {
    clearTimeout(timer);
  }
};

/** The SDK drops pings before anybody sees them, so life is seen in the bytes. Its own timeout ends with the headers. */
const watch =
  (onLife: () => void): Middleware =>
  async (request, next) => {
    const response = await next(request);
    onLife();
    const seen = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        onLife();
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body?.pipeThrough(seen) ?? null, response);
  };

const nothing: Billed = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
};

const billedOf = (usage: Anthropic.Usage): Billed => ({
  inputTokens: usage.input_tokens,
  cacheReadTokens: usage.cache_read_input_tokens ?? 0,
  cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
  cacheWrite1hTokens: usage.cache_creation?.ephemeral_1h_input_tokens ?? 0,
  outputTokens: usage.output_tokens,
});

/** @param lost what attempts cost that broke off after the API had begun to answer */
const toTurn = (deps: Deps, message: Anthropic.Message, lost: readonly Billed[]): ModelTurn => {
  if (message.stop_reason === null) throw new Error(`${deps.model} ended a message without saying why`);
  const miss = message.diagnostics?.cache_miss_reason;
  if (miss) deps.log(`${deps.model}: the prompt cache was missed: ${miss.type}`);
  const all = [...lost, billedOf(message.usage)];
  if (message.content.some((block) => block.type === "tool_use" && !isObject(block.input)))
    return unreadable(deps, all);
  const answer: AssistantMessage = { role: "assistant", content: message.content.flatMap(toBlock) };
  deps.ids.set(answer, message.id);
  const category = message.stop_details?.category;
  return {
    message: answer,
    stopReason: message.stop_reason,
    ...(category ? { refusalCategory: category } : {}),
    ...costsOf(deps, all),
  };
};

/** The API takes no such message back, so none of it is kept; what it cost is. */
const unreadable = (deps: Deps, all: readonly Billed[]): ModelTurn => ({
  message: { role: "assistant", content: [] },
  stopReason: "end_turn",
  unreadable: "the input of a tool call was no JSON object",
  ...costsOf(deps, all),
});

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

const costsOf = ({ price }: Deps, all: readonly Billed[]): Pick<ModelTurn, "usage" | "usd"> => {
  const sum = (pick: (usage: Billed) => number): number => all.reduce((total, usage) => total + pick(usage), 0);
  return {
    usage: {
      inputTokens: sum((usage) => usage.inputTokens),
      cacheReadTokens: sum((usage) => usage.cacheReadTokens),
      cacheWriteTokens: sum((usage) => usage.cacheWriteTokens),
      outputTokens: sum((usage) => usage.outputTokens),
    },
    usd: price ? all.reduce((total, usage) => total + costOf(price, usage), 0) : 0,
  };
};

const kept = new Set(["text", "thinking", "redacted_thinking", "tool_use"]);

/** Every block as it came, with whatever keys: the API takes them back unchanged. An empty text it would not take. */
const toBlock = (block: Anthropic.ContentBlock): AssistantBlock[] => {
  if (!kept.has(block.type))
    throw new Error(`the model sent a block of the type ${block.type}, which nobody asked for`);
  if (block.type === "text" && block.text === "") return [];
  return [JSON.parse(JSON.stringify(block)) as AssistantBlock];
};
