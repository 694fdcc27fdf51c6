/** A conversation as a request of the Messages API: copies only, so that what was sent once is sent again byte for byte. */
import type Anthropic from "@anthropic-ai/sdk";
import type { Message } from "../domain/message.ts";
import type { ModelRequest } from "../ports.ts";
import type { Capabilities } from "./known-models.ts";

type Ttl = "5m" | "1h";

/** Thinking cannot carry a breakpoint, so the last block that can is marked. */
const marked = (message: Message, ttl: Ttl): Anthropic.MessageParam => {
  const content = [...message.content] as Anthropic.ContentBlockParam[];
  const index = content.findLastIndex(({ type }) => type !== "thinking" && type !== "redacted_thinking");
  const block = content[index];
  if (block) content[index] = { ...block, cache_control: { type: "ephemeral", ttl } } as Anthropic.ContentBlockParam;
  return { role: message.role, content };
};

/**
 * Four cache breakpoints, the longer-lived first: the end of `system` (one hour: all runs share tools and system), the
 * first message (one hour: a tool may run longer than five minutes), where the last request ended, and, set by the API
 * itself, the end of this one. The third makes wide turns hit: the API looks back 20 blocks from a breakpoint at most.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
export const composeRequest = (
  model: string,
  { thinking: own, efforts }: Capabilities,
  request: ModelRequest,
  previousId: string | undefined,
): Anthropic.MessageStreamParams => {
  const { messages, thinking = own } = request;
  const lastEnd = messages.findLastIndex(({ role }) => role === "assistant") - 1;
  const ttlOf = (index: number): Ttl | undefined => (index === 0 ? "1h" : index === lastEnd ? "5m" : undefined);
  return {
    model,
    max_tokens: request.maxOutputTokens,
    system: [{ type: "text", text: request.system, cache_control: { type: "ephemeral", ttl: "1h" } }],
    tools: request.tools.map(({ name, description, input_schema }) => ({ name, description, input_schema })),
    messages: messages.map((message, index) => {
      const ttl = ttlOf(index);
      return ttl ? marked(message, ttl) : ({ role: message.role, content: message.content } as Anthropic.MessageParam);
    }),
    ...(thinking.type === "none" ? {} : { thinking }),
    ...(efforts.length === 0 ? {} : { output_config: { effort: request.effort } }),
    // The first request ends where the first message does, which is marked already, for longer.
    ...(messages.length > 1 ? { cache_control: { type: "ephemeral", ttl: "5m" } } : {}),
    ...(previousId === undefined ? {} : { diagnostics: { previous_message_id: previousId } }),
  };
};
