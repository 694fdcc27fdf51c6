/** What a model can do, asked of the models endpoint at start. Decides what an answer means; knows no agent and no setting. */
import { z } from "zod";
import type { Client } from "./client.ts";
import { type Capabilities, efforts, knownCapabilities, leastCapabilities } from "./known-models.ts";
import { delayBefore, describe, passes } from "./retry.ts";

export type Asked =
  | { readonly kind: "found"; readonly capabilities: Capabilities; readonly deprecated?: string | undefined }
  | { readonly kind: "retired" }
  /** The server has models, and this is none of them. */
  | { readonly kind: "unknown"; readonly others: readonly string[] }
  /** The server has no list of models. */
  | { readonly kind: "no-endpoint" }
  | { readonly kind: "refused" | "unreachable" | "busy"; readonly why: string };

export type AskOptions = {
  /** Of one request. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Between two attempts, at most. */
  readonly maxDelayMs: number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
};

type Models = NonNullable<Client["models"]>;

/** Servers that only resemble Anthropic's leave out what they do not know. */
const support = z.object({ supported: z.boolean() }).nullish();
const answer = z.object({
  id: z.string(),
  lifecycle: z.enum(["active", "deprecated", "retired"]).nullish(),
  retires_at: z.string().nullish(),
  max_input_tokens: z.number().int().positive().nullish(),
  max_tokens: z.number().int().positive().nullish(),
  capabilities: z
    .object({
      image_input: support,
      effort: z
        .object({
          supported: z.boolean(),
          low: support,
          medium: support,
          high: support,
          xhigh: support,
          max: support,
        })
        .nullish(),
      thinking: z
        .object({ supported: z.boolean(), types: z.object({ adaptive: support, enabled: support }).nullish() })
        .nullish(),
    })
    .nullish(),
});

/** Of models that cannot decide themselves how long to think. */
const thinkingTokens = 16_000;

const toCapabilities = (id: string, info: z.infer<typeof answer>): Capabilities => {
  const otherwise = knownCapabilities(id) ?? knownCapabilities(info.id) ?? leastCapabilities;
  const { effort, thinking, image_input: images } = info.capabilities ?? {};
  const outputTokens = info.max_tokens ?? otherwise.outputTokens;
  return {
    contextTokens: info.max_input_tokens ?? otherwise.contextTokens,
    outputTokens,
    images: images?.supported ?? otherwise.images,
    thinking: thinking ? thinkingOf(thinking, outputTokens) : otherwise.thinking,
    efforts: effort
      ? efforts.filter((level) => effort.supported && effort[level]?.supported === true)
      : otherwise.efforts,
  };
};

type Info = NonNullable<z.infer<typeof answer>["capabilities"]>;

const thinkingOf = (
  { supported, types }: NonNullable<Info["thinking"]>,
  outputTokens: number,
): Capabilities["thinking"] => {
  if (supported && types?.adaptive?.supported) return { type: "adaptive" };
  if (supported && types?.enabled?.supported)
    return { type: "enabled", budget_tokens: Math.min(thinkingTokens, Math.floor(outputTokens / 2)) };
  return { type: "none" };
};

/** @param client one whose provider has a list of models */
export const askCapabilities = async (
  { sdk, models }: { readonly sdk: Client["sdk"]; readonly models: Models },
  id: string,
  options: AskOptions,
): Promise<Asked> => {
  const found = await ask(() => models.retrieve(id, null, limits(options)), sdk, options);
  if (found.ok) return judge(id, found.value);
  if (found.status !== 404) return found.asked;
  // Either this model is unknown here, or the whole list is.
  const list = await ask(() => models.list({ limit: 100 }, limits(options)), sdk, options);
  const others = list.ok ? idsOf(list.value) : undefined;
  return others === undefined ? { kind: "no-endpoint" } : { kind: "unknown", others };
};

const limits = ({ timeoutMs }: AskOptions) => ({ timeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs) });

const judge = (id: string, value: unknown): Asked => {
  const info = answer.safeParse(value);
  if (!info.success) return { kind: "no-endpoint" };
  if (info.data.lifecycle === "retired") return { kind: "retired" };
  const capabilities = toCapabilities(id, info.data);
  if (info.data.lifecycle !== "deprecated") return { kind: "found", capabilities };
  return { kind: "found", capabilities, deprecated: info.data.retires_at?.slice(0, 10) ?? "a day not named yet" };
};

const idsOf = (page: unknown): readonly string[] | undefined => {
  const parsed = z.object({ data: z.array(z.object({ id: z.string() })) }).safeParse(page);
  return parsed.success ? parsed.data.data.map(({ id }) => id) : undefined;
};

type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: number | undefined; readonly asked: Asked };

const ask = async <T>(
  request: () => PromiseLike<T>,
  sdk: typeof import("@anthropic-ai/sdk"),
  options: AskOptions,
): Promise<Answer<T>> => {
  for (let number = 0; ; number++) {
    try {
      return { ok: true, value: await request() };
    } catch (error) {
      if (passes(error, sdk, false) && number + 1 < options.attempts) {
        const delay = Math.min(options.maxDelayMs, delayBefore(number, error, sdk, Math.random()));
        await options.wait(delay, new AbortController().signal);
        continue;
      }
      return failed(error, sdk);
    }
  }
};

const failed = (error: unknown, sdk: typeof import("@anthropic-ai/sdk")): Extract<Answer<never>, { ok: false }> => {
  const why = error instanceof sdk.APIUserAbortError ? "it did not answer in time" : describe(error, sdk);
  const status = error instanceof sdk.APIError ? (error.status as number | undefined) : undefined;
  if (status === undefined) return { ok: false, status, asked: { kind: "unreachable", why: reasonOf(error, why) } };
  if ([404, 405, 501].includes(status)) return { ok: false, status: 404, asked: { kind: "no-endpoint" } };
  if (passes(error, sdk, false)) return { ok: false, status, asked: { kind: "busy", why } };
  return { ok: false, status, asked: { kind: "refused", why } };
};

/** The SDK's own sentence is "Connection error."; the system's stands under it. */
const reasonOf = (error: unknown, why: string): string => {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return why;
  return cause.cause instanceof Error && cause.cause.message ? cause.cause.message : cause.message || why;
};
