/** What the Messages API (version 2026-10-21) refuses, as far as its documentation and clients tell: the reason, or nothing. */
import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { ModelInfo } from "@anthropic-ai/sdk/resources/models";
import { type Block, type RequestBody, renderedBlocks, unmarked } from "./request.ts";

export type Refused = { readonly status: number; readonly type: string; readonly message: string };

const invalid = (message: string): Refused => ({ status: 400, type: "invalid_request_error", message });

const known = new Set(
  "model max_tokens messages system tools tool_choice thinking stream metadata stop_sequences output_config cache_control service_tier speed container inference_geo diagnostics".split(
    " ",
  ),
);

const blockKeys: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text", "cache_control", "citations"],
  thinking: ["type", "thinking", "signature"],
  redacted_thinking: ["type", "data"],
  tool_use: ["type", "id", "name", "input", "cache_control", "caller", "toolset_name"],
  image: ["type", "source", "cache_control"],
  tool_result: ["type", "tool_use_id", "content", "is_error", "cache_control"],
};

/** What goes for every request, whatever it asks. */
export const headerRefusalOf = (headers: IncomingHttpHeaders, apiKey: string): Refused | undefined => {
  if (!headers["anthropic-version"]) return invalid("anthropic-version: header is required");
  if (headers.authorization !== `Bearer ${apiKey}` && headers["x-api-key"] !== apiKey)
    return { status: 401, type: "authentication_error", message: "invalid bearer token" };
  return undefined;
};

/** @param model that the request names, if there is such */
export const refusalOf = (body: RequestBody, model: ModelInfo | undefined): Refused | undefined =>
  checkShape(body) ??
  checkModel(body, model) ??
  checkTools(body) ??
  checkMessages(body) ??
  checkBreakpoints(body) ??
  checkThinking(body);

const checkModel = (body: RequestBody, model: ModelInfo | undefined): Refused | undefined => {
  if (!model || model.lifecycle === "retired")
    return { status: 404, type: "not_found_error", message: `model: ${body.model}` };
  const { max_tokens: most, capabilities } = model;
  if (most !== null && body.max_tokens > most) return invalid(`max_tokens: ${body.max_tokens} > ${most}`);
  const kind = body.thinking?.type as keyof NonNullable<typeof capabilities>["thinking"]["types"] | undefined;
  if (kind && !capabilities?.thinking.types[kind]?.supported)
    return invalid(`thinking.type: "${kind}" is not supported by this model`);
  const budget = (body.thinking as Block | undefined)?.["budget_tokens"];
  if (kind === "enabled" && !(typeof budget === "number" && budget >= 1_024 && budget < body.max_tokens))
    return invalid("thinking.enabled.budget_tokens: must be at least 1024 and less than max_tokens");
  const effort = (body["output_config"] as Block | undefined)?.["effort"] as "low" | undefined;
  if (effort && !capabilities?.effort[effort]?.supported)
    return invalid(`output_config.effort: "${effort}" is not supported by this model`);
  return undefined;
};

const checkShape = (body: RequestBody): Refused | undefined => {
  const extra = Object.keys(body).find((key) => !known.has(key));
  if (extra) return invalid(`${extra}: Extra inputs are not permitted`);
  if (typeof body.model !== "string") return invalid("model: Field required");
  if (!Number.isInteger(body.max_tokens) || body.max_tokens < 1) return invalid("max_tokens: Field required");
  if (body["stream"] !== true && body.max_tokens > 21_333) return invalid("Streaming is required");
  if (body["tool_choice"] && (body["tool_choice"] as Block).type !== "auto")
    return invalid("tool_choice forces tool use, which is not supported with thinking");
  return undefined;
};

const checkTools = (body: RequestBody): Refused | undefined => {
  const names = body.tools.map(({ name }) => name);
  const odd = names.findIndex((name) => !/^[a-zA-Z0-9_-]{1,128}$/.test(name));
  if (odd >= 0) return invalid(`tools.${odd}.custom.name: String should match pattern`);
  if (new Set(names).size < names.length) return invalid("tools: Tool names must be unique.");
  const shapeless = body.tools.findIndex((tool) => (tool["input_schema"] as Block | undefined)?.type !== "object");
  if (shapeless >= 0) return invalid(`tools.${shapeless}.custom.input_schema: Field required`);
  return undefined;
};

const checkMessages = (body: RequestBody): Refused | undefined => {
  if (body.messages.length === 0) return invalid("messages: at least one message is required");
  if (body.messages[0]?.role !== "user") return invalid('messages: first message must use the "user" role');
  let open: readonly unknown[] = [];
  for (const [index, { role, content }] of body.messages.entries()) {
    const at = `messages.${index}`;
    if (content.length === 0) return invalid(`${at}: all messages must have non-empty content`);
    const wrong = content.map((block) => problemOf(block)).find((problem) => problem !== undefined);
    if (wrong) return invalid(`${at}.content: ${wrong}`);
    const results = content.filter(({ type }) => type === "tool_result").map((block) => block["tool_use_id"]);
    const missing = open.filter((id) => !results.includes(id));
    if (missing.length > 0)
      return invalid(`${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing}`);
    const stray = results.find((id) => !open.includes(id));
    if (stray) return invalid(`${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}`);
    if (new Set(results).size < results.length) return invalid(`${at}: each tool_use must have a single result`);
    const firstOther = content.findIndex(({ type }) => type !== "tool_result");
    if (firstOther >= 0 && firstOther < results.length) return invalid(`${at}: tool_result blocks must come first`);
    open = role === "assistant" ? content.filter(({ type }) => type === "tool_use").map(({ id }) => id) : [];
  }
  return open.length > 0 ? invalid("messages: ends with tool_use without tool_result") : undefined;
};

const problemOf = (block: Block): string | undefined => {
  const keys = blockKeys[block.type];
  if (!keys) return `type "${block.type}" is not known`;
  const extra = Object.keys(block).find((key) => !keys.includes(key));
  if (extra) return `${block.type}.${extra}: Extra inputs are not permitted`;
  const { input } = block;
  if (block.type === "tool_use" && (typeof input !== "object" || input === null || Array.isArray(input)))
    return "tool_use.input: Input should be a valid dictionary";
  if (block.type === "image") return problemOfImage(block["source"] as Record<string, unknown>);
  if (block.type === "text" && !block["text"]) return "text content blocks must be non-empty";
  return undefined;
};

/** Type by type the first bytes, in base64. */
const imageStarts: Readonly<Record<string, RegExp>> = {
  "image/png": /^iVBORw0KGgo/,
  "image/jpeg": /^\/9j\//,
  "image/gif": /^R0lGODlh|^R0lGODdh/,
  "image/webp": /^UklGR/,
};

const problemOfImage = ({ type, media_type: kind, data, ...more }: Record<string, unknown>): string | undefined => {
  if (type !== "base64" || typeof data !== "string" || Object.keys(more).length > 0) return "image.source: not known";
  if (!imageStarts[String(kind)]) return `image.source.media_type: ${kind} is not supported`;
  if (data.length > 5 * 1024 * 1024) return "image exceeds 5 MB maximum";
  return imageStarts[String(kind)]?.test(data)
    ? undefined
    : "the image does not appear to be a valid image of its type";
};

const checkBreakpoints = (body: RequestBody): Refused | undefined => {
  const ttls = renderedBlocks(body).flatMap(({ ttl }) => (ttl ? [ttl] : []));
  if (ttls.length > 4)
    return invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${ttls.length}.`);
  if (ttls.join().includes("5m,1h"))
    return invalid("a ttl='1h' cache_control block must not come after a ttl='5m' one");
  const last = body.messages.at(-1)?.content.at(-1)?.cache_control;
  if (last && body.cache_control && (last.ttl ?? "5m") !== (body.cache_control.ttl ?? "5m"))
    return invalid("cache_control: the last block has another ttl already");
  return undefined;
};

/** Thinking is bound to everything before it: system, tools, model, and every earlier block. */
export const sign = (body: RequestBody, before: readonly string[], thinking: string): string => {
  const head = unmarked([body.model, body.tools, body.system, body.thinking]);
  return createHmac("sha256", "signature")
    .update(JSON.stringify([head, before, thinking]))
    .digest("hex")
    .slice(0, 32);
};

const checkThinking = (body: RequestBody): Refused | undefined => {
  const before: string[] = [];
  for (const [index, { role, content }] of body.messages.entries())
    for (const block of content) {
      if (block.type === "thinking" && block["signature"] !== sign(body, before, String(block["thinking"])))
        return invalid(
          `messages.${index}: Invalid signature in thinking block. The block is bound to a different conversation.`,
        );
      before.push(role + JSON.stringify(unmarked(block)));
    }
  return undefined;
};

/** All blocks of a conversation so far, as `sign` wants them. */
export const conversationBlocks = (body: RequestBody): string[] =>
  body.messages.flatMap(({ role, content }) => content.map((block) => role + JSON.stringify(unmarked(block))));
