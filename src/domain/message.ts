/** Messages of one conversation with a model, in the shape of the Anthropic Messages API. A message is stored, then never changed. */

export type TextBlock = { readonly type: "text"; readonly text: string };
export type ThinkingBlock =
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string };
export type ToolUse = {
  readonly type: "tool_use";
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
};
export type ToolResult = {
  readonly type: "tool_result";
  readonly tool_use_id: string;
  readonly content: string;
  readonly is_error?: boolean;
};

/** https://platform.claude.com/docs/en/build-with-claude/vision */
export type ImageBlock = {
  readonly type: "image";
  readonly source: {
    readonly type: "base64";
    readonly media_type: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
    readonly data: string;
  };
};

export type AssistantBlock = TextBlock | ThinkingBlock | ToolUse;
export type UserBlock = TextBlock | ToolResult | ImageBlock;

export type AssistantMessage = { readonly role: "assistant"; readonly content: readonly AssistantBlock[] };
export type UserMessage = { readonly role: "user"; readonly content: readonly UserBlock[] };
export type Message = AssistantMessage | UserMessage;

/** A tool as the model sees it. `input_schema` is JSON Schema of type object. */
export type ToolSpec = {
  readonly name: string;
  readonly description: string;
  readonly input_schema: { readonly type: "object"; readonly [key: string]: unknown };
};

/** Tokens of one turn, as the API counts them: the four add up, none contains another. */
export type Usage = {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
};

export const noUsage: Usage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

/** How a model is asked to think. It belongs to a conversation: thinking of one setting is not taken back under another. */
export type Thinking =
  | { readonly type: "adaptive" }
  | { readonly type: "enabled"; readonly budget_tokens: number }
  /** The request says nothing of it. */
  | { readonly type: "none" };
