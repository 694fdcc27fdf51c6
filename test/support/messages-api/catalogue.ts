/** The models that the double has, as its models endpoint describes them. */
import type { ModelInfo } from "@anthropic-ai/sdk/resources/models";

export type Catalogue = Readonly<Record<string, ModelInfo>>;

type Change = Partial<Pick<ModelInfo, "lifecycle" | "retires_at" | "max_tokens" | "max_input_tokens">> & {
  readonly efforts?: readonly string[];
  readonly thinking?: readonly string[];
};

const is = (supported: boolean) => ({ supported });

/** As the 5.5 generation is, but for what is changed. */
export const modelInfo = (id: string, change: Change = {}): ModelInfo => {
  const { efforts = ["low", "medium", "high", "xhigh", "max"], thinking = ["adaptive"], ...rest } = change;
  const effort = (level: string) => is(efforts.includes(level));
  const type = (name: string) => is(thinking.includes(name));
  return {
    type: "model",
    id,
    display_name: id,
    line: null,
    created_at: "2026-10-01T00:00:00Z",
    deprecated_at: null,
    retires_at: null,
    lifecycle: "active",
    max_input_tokens: 1_000_000,
    max_tokens: 128_000,
    capabilities: {
      batch: is(true),
      citations: is(true),
      code_execution: is(true),
      context_management: {
        supported: true,
        clear_thinking_20251015: is(true),
        clear_tool_uses_20250919: is(true),
        compact_20260112: is(true),
      },
      effort: {
        supported: efforts.length > 0,
        low: effort("low"),
        medium: effort("medium"),
        high: effort("high"),
        xhigh: effort("xhigh"),
        max: effort("max"),
      },
      image_input: is(true),
      pdf_input: is(true),
      server_tools: { supported: true, code_execution: is(true), web_search: is(true) },
      structured_outputs: is(true),
      thinking: {
        supported: thinking.length > 0,
        types: {
          adaptive: type("adaptive"),
          between_tools: type("between_tools"),
          disabled: type("disabled"),
          enabled: type("enabled"),
        },
      },
    },
    ...rest,
  };
};

export const catalogueOf = (...models: readonly ModelInfo[]): Catalogue =>
  Object.fromEntries(models.map((model) => [model.id, model]));

export const usualCatalogue = catalogueOf(modelInfo("claude-opus-5-5"), modelInfo("claude-sonnet-5-5"));
