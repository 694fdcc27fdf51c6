/** A local Messages API that plays a script: it refuses what the real one refuses, and counts what a prompt cache would read. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Catalogue, modelInfo, usualCatalogue } from "./messages-api/catalogue.ts";
import { conversationBlocks, headerRefusalOf, refusalOf, sign } from "./messages-api/legality.ts";
import { type CacheUse, createPromptCache, tokensIn } from "./messages-api/prompt-cache.ts";
import { type RequestBody, renderedBlocks, spelledOut } from "./messages-api/request.ts";

export type Step = {
  readonly thinking?: string;
  readonly text?: string;
  /** `raw` is sent in place of the input's JSON. */
  readonly tools?: readonly { readonly name: string; readonly input: unknown; readonly raw?: string }[];
  readonly stop?: string;
  /** Of a refusal. */
  readonly category?: string;
  /** An answer that is none. */
  readonly status?: { readonly code: number; readonly type: string; readonly headers?: Record<string, string> };
  /** After `message_start`: an error event, a cut connection, the end of the stream, or silence. */
  readonly breaks?: "error" | "cut" | "end" | "silence";
  /** Pings at this distance before anything else comes. */
  readonly pings?: { readonly count: number; readonly everyMs: number };
  readonly cacheMiss?: string;
};

/** @param served how many whole answers were given before */
export type Script = (body: RequestBody, served: number) => Step | Promise<Step>;

export type MessagesApi = {
  readonly url: string;
  readonly apiKey: string;
  /** Every request that came, legal or not. */
  readonly requests: readonly RequestBody[];
  /** What was refused, in the API's words. */
  readonly refusals: readonly string[];
  /** Of each whole answer. */
  readonly uses: readonly (CacheUse & { readonly output: number })[];
  close(): Promise<void>;
};

export type MessagesApiOptions = {
  /** Its models; "none" where it has no list of them, as other servers have none. */
  readonly catalogue?: Catalogue | "none";
  /** What the models endpoint answers instead of an answer, one after another. */
  readonly modelFailures?: readonly { readonly code: number; readonly type: string }[];
  /** Of every answer, once it is sent. */
  readonly onExchange?: (exchange: Exchange) => void;
  /** Has every model, says what it would refuse and answers all the same: for other people's programs. */
  readonly tolerant?: boolean;
};

/** Milliseconds of `performance.now()`: when the request had come whole, and when its answer had gone. */
export type Exchange = {
  readonly body: RequestBody;
  readonly bytes: number;
  readonly arrivedAt: number;
  readonly answeredAt: number;
  readonly use: CacheUse;
};

export const startMessagesApi = async (script: Script, options: MessagesApiOptions = {}): Promise<MessagesApi> => {
  const { catalogue = usualCatalogue, tolerant = false } = options;
  const modelFailures = [...(options.modelFailures ?? [])];
  const apiKey = "test-key";
  const requests: RequestBody[] = [];
  const refusals: string[] = [];
  const uses: (CacheUse & { output: number })[] = [];
  const cache = createPromptCache();
  const server = createServer(async (request, response) => {
    if (request.method === "GET") {
      const failure = modelFailures.shift();
      if (failure) return fail(response, failure.code, failure.type, "as scripted");
      return answerModels(request, response, apiKey, catalogue);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const arrivedAt = performance.now();
    const bytes = Buffer.concat(chunks);
    if (!/^\/v1\/messages(\?|$)/.test(request.url ?? ""))
      return fail(response, 404, "not_found_error", `not found: ${request.url}`);
    const body = spelledOut(JSON.parse(bytes.toString()) as RequestBody);
    requests.push(body);
    response.setHeader("request-id", `req_${requests.length}`);
    const refused =
      headerRefusalOf(request.headers, apiKey) ??
      refusalOf(body, tolerant || catalogue === "none" ? modelInfo(body.model) : catalogue[body.model]);
    if (refused) {
      refusals.push(refused.message);
      if (!tolerant) return fail(response, refused.status, refused.type, refused.message);
    }
    const step = await script(body, uses.length);
    if (step.status) return fail(response, step.status.code, step.status.type, "as scripted", step.status.headers);
    const id = `msg_${requests.length}`;
    const use = cache(body);
    const answer = await play(response, body, step, { id, use });
    if (answer !== undefined) uses.push({ ...use, output: answer });
    options.onExchange?.({ body, bytes: bytes.byteLength, arrivedAt, answeredAt: performance.now(), use });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey,
    requests,
    refusals,
    uses,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const answerModels = (
  request: IncomingMessage,
  response: ServerResponse,
  apiKey: string,
  catalogue: Catalogue | "none",
): void => {
  const [, id] = /^\/v1\/models(?:\/([^?]+))?/.exec(request.url ?? "") ?? [];
  const models = catalogue === "none" ? {} : catalogue;
  const list = { data: Object.values(models), has_more: false, first_id: null, last_id: null };
  const found = id === undefined && catalogue !== "none" ? list : models[decodeURIComponent(id ?? "")];
  const refused =
    headerRefusalOf(request.headers, apiKey) ??
    (found ? undefined : { status: 404, type: "not_found_error", message: `not found: ${request.url}` });
  if (refused) fail(response, refused.status, refused.type, refused.message);
  else {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(found));
  }
};

const fail = (
  response: ServerResponse,
  status: number,
  type: string,
  message: string,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ type: "error", error: { type, message } }));
};

type Event = { readonly type: string; readonly [key: string]: unknown };

/** Streams one answer. @returns its output tokens, or undefined where it was broken off */
const play = async (
  response: ServerResponse,
  body: RequestBody,
  step: Step,
  { id, use }: { readonly id: string; readonly use: CacheUse },
): Promise<number | undefined> => {
  const send = (event: Event): void => {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  };
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  send({ type: "message_start", message: emptyMessage(body, step, id, use) });
  for (let ping = 0; ping < (step.pings?.count ?? 0); ping++) {
    await new Promise((resolve) => setTimeout(resolve, step.pings?.everyMs));
    send({ type: "ping" });
  }
  if (step.breaks) return breakOff(response, step.breaks, send);
  const { events, output } = contentEvents(body, step, id);
  for (const event of events) send(event);
  const stop = step.stop ?? (step.tools ? "tool_use" : "end_turn");
  const details = stop === "refusal" ? { type: "refusal", category: step.category ?? null, explanation: null } : null;
  const delta = { stop_reason: stop, stop_sequence: null, stop_details: details };
  send({ type: "message_delta", delta, usage: { output_tokens: output } });
  send({ type: "message_stop" });
  response.end();
  return output;
};

const breakOff = (
  response: ServerResponse,
  how: NonNullable<Step["breaks"]>,
  send: (event: Event) => void,
): undefined => {
  if (how === "error") send({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
  if (how === "error" || how === "end") response.end();
  // What was written must be on its way before the connection goes.
  if (how === "cut") response.write("", () => setImmediate(() => response.destroy()));
};

const emptyMessage = (body: RequestBody, step: Step, id: string, use: CacheUse) => ({
  id,
  type: "message",
  role: "assistant",
  model: body.model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  stop_details: null,
  container: null,
  diagnostics: step.cacheMiss ? { cache_miss_reason: { type: step.cacheMiss } } : null,
  usage: {
    input_tokens: use.input,
    cache_creation_input_tokens: use.write5m + use.write1h,
    cache_creation: { ephemeral_5m_input_tokens: use.write5m, ephemeral_1h_input_tokens: use.write1h },
    cache_read_input_tokens: use.read,
    output_tokens: 1,
    service_tier: "standard",
  },
});

const contentEvents = (body: RequestBody, step: Step, id: string): { events: Event[]; output: number } => {
  const events: Event[] = [];
  let output = 0;
  const add = (block: Record<string, unknown>, deltas: readonly Event[], text: string): void => {
    const index = events.filter(({ type }) => type === "content_block_start").length;
    output += tokensIn(text);
    events.push({ type: "content_block_start", index, content_block: block });
    events.push(...deltas.map((delta) => ({ type: "content_block_delta", index, delta })));
    events.push({ type: "content_block_stop", index });
  };
  if (step.thinking !== undefined) {
    const signature = sign(body, conversationBlocks(body), step.thinking);
    const deltas = pieces(step.thinking, 20).map((thinking) => ({ type: "thinking_delta", thinking }));
    const block = { type: "thinking", thinking: "", signature: "" };
    add(block, [...deltas, { type: "signature_delta", signature }], step.thinking);
  }
  if (step.text !== undefined) {
    const deltas = pieces(step.text, 20).map((text) => ({ type: "text_delta", text }));
    add({ type: "text", text: "", citations: null }, deltas, step.text);
  }
  for (const [index, { name, input, raw }] of (step.tools ?? []).entries()) {
    const json = raw ?? JSON.stringify(input);
    const deltas = pieces(json, 37).map((partial_json) => ({ type: "input_json_delta", partial_json }));
    const use = { type: "tool_use", id: `toolu_${id}_${index}`, name, input: {}, caller: { type: "direct" } };
    add(use, deltas, json);
  }
  return { events, output };
};

const pieces = (text: string, length: number): string[] =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  );

/** Whether a later request begins, block by block, with all of an earlier one. */
export const continues = (earlier: RequestBody, later: RequestBody): boolean => {
  const [before, after] = [earlier, later].map((body) => renderedBlocks(body).map(({ text }) => text));
  return (before ?? []).every((text, index) => text === after?.[index]);
};
