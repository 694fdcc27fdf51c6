/** What is known of models without asking: sizes, thinking, efforts, as published; and how clouds spell their names. */
import type { Thinking } from "../domain/message.ts";
import type { ModelRequest } from "../ports.ts";

export type Effort = ModelRequest["effort"];

export const efforts = ["low", "medium", "high", "xhigh", "max"] as const satisfies readonly Effort[];

export type Capabilities = {
  /** Tokens that a conversation may have. */
  readonly contextTokens: number;
  /** Tokens that one message may have. */
  readonly outputTokens: number;
  readonly thinking: Thinking;
  /** None: the model has no such setting. */
  readonly efforts: readonly Effort[];
  /** It sees images. */
  readonly images: boolean;
};

const current: Capabilities = {
  contextTokens: 1_000_000,
  outputTokens: 128_000,
  thinking: { type: "adaptive" },
  efforts,
  images: true,
};

/** https://platform.claude.com/docs/en/about-claude/models/overview and …/build-with-claude/effort, read on 2026-11-20. */
const known: Readonly<Record<string, Capabilities>> = {
  "claude-opus-5-5": current,
  "claude-sonnet-5-5": current,
  "claude-haiku-5-5": current,
  "claude-fable-5-1": current,
  "claude-opus-5": current,
  "claude-opus-4-6": { ...current, efforts: ["low", "medium", "high", "max"] },
};

/** What every server that speaks the Messages API can be trusted with. */
export const leastCapabilities: Capabilities = {
  contextTokens: 200_000,
  outputTokens: 32_000,
  thinking: { type: "none" },
  efforts: [],
  images: false,
};

/** `claude-opus-5-5`, whether it is called `global.anthropic.claude-opus-5-5-20261001-v1:0` or `claude-opus-5-5@20261001`. */
export const familyOf = (id: string): string =>
  id
    .replace(/^(?:[a-z]+\.)?anthropic\./, "")
    .replace(/-v\d+(?::\d+)?$/, "")
    .replace(/[@-]\d{8}$/, "");

export const knownCapabilities = (id: string): Capabilities | undefined => {
  const family = familyOf(id);
  return Object.hasOwn(known, family) ? known[family] : undefined;
};
