/** What tokens cost: a table with a date, since the API tells tokens and never money. */
import type { Usage } from "../domain/message.ts";
import type { Access } from "./client.ts";
import { familyOf } from "./known-models.ts";

/** USD for a million tokens. */
type Rate = { readonly input: number; readonly output: number };

/** `above`: another rate for the whole request once its prompt is longer than that many tokens. */
export type Price = Rate & { readonly above?: Rate & { readonly promptTokens: number } };

export type PriceTable = Readonly<Record<string, Price>>;

/** As published on 2026-11-01 (https://platform.claude.com/docs/en/about-claude/pricing). */
const publishedPrices: PriceTable = {
  "claude-opus-5-5": { input: 4, output: 20 },
  "claude-sonnet-5-5": { input: 2, output: 10 },
  "claude-haiku-5-5": { input: 0.1, output: 0.5, above: { promptTokens: 100_000, input: 0.5, output: 2.5 } },
  "claude-fable-5-1": { input: 10, output: 50 },
  "claude-opus-5": { input: 5, output: 25 },
  "claude-opus-4-6": { input: 5, output: 25 },
};

/** Clouds take it for a region of one's own choice. */
const regionalPremium = 1.1;

const isRegional = (id: string, { provider, region }: Where): boolean =>
  (provider === "vertex" && region !== "global") || (provider === "bedrock" && !id.startsWith("global."));

type Where = { readonly provider: Access["provider"]; readonly region?: string | undefined };

/** @param own the operator's prices, by the id as it is asked for; they stand as they are */
export const priceOf = (
  id: string,
  { own = {}, ...where }: Where & { readonly own?: PriceTable | undefined },
): Price | undefined => {
  if (Object.hasOwn(own, id)) return own[id];
  const family = familyOf(id);
  const price = Object.hasOwn(publishedPrices, family) ? publishedPrices[family] : undefined;
  if (!price || !isRegional(id, where)) return price;
  const dearer = <T extends Rate>(rate: T): T => ({
    ...rate,
    input: rate.input * regionalPremium,
    output: rate.output * regionalPremium,
  });
  return { ...dearer(price), ...(price.above ? { above: dearer(price.above) } : {}) };
};

/** A write into the cache and a read from it, as multiples of the input rate. */
const cacheWrite5m = 1.25;
const cacheWrite1h = 2;
const cacheRead = 0.1;

/** `cacheWrite1hTokens` is the part of `cacheWriteTokens` that stays for an hour. */
export type Billed = Usage & { readonly cacheWrite1hTokens: number };

/** @returns USD */
export const costOf = (price: Price, usage: Billed): number => {
  const prompt = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const { input, output } = price.above && prompt > price.above.promptTokens ? price.above : price;
  const short = usage.cacheWriteTokens - usage.cacheWrite1hTokens;
  const inputTokens =
    usage.inputTokens +
    usage.cacheReadTokens * cacheRead +
    short * cacheWrite5m +
    usage.cacheWrite1hTokens * cacheWrite1h;
  return (inputTokens * input + usage.outputTokens * output) / 1_000_000;
};
