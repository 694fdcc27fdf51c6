import { describe, expect, it } from "vitest";
import { costOf, publishedPrices } from "../../src/model/prices.ts";

const usage = (fields: Partial<Parameters<typeof costOf>[1]>) => ({
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  ...fields,
});

describe("costOf", () => {
  const price = { input: 4, output: 20 };

  it.each([
    ["input", usage({ inputTokens: 1_000_000 }), 4],
    ["output", usage({ outputTokens: 1_000_000 }), 20],
    ["a read from the cache", usage({ cacheReadTokens: 1_000_000 }), 0.4],
    ["a write for five minutes", usage({ cacheWriteTokens: 1_000_000 }), 5],
    ["a write for an hour", usage({ cacheWriteTokens: 1_000_000, cacheWrite1hTokens: 1_000_000 }), 8],
  ])("charges %s at its rate", (_, used, usd) => {
    expect(costOf(price, used)).toBeCloseTo(usd, 9);
  });

  it("charges the whole request at the higher rate above a prompt's length, whatever the prompt is made of", () => {
    const haiku = publishedPrices["claude-haiku-5-5"];
    if (!haiku) throw new Error("no price");
    expect(costOf(haiku, usage({ inputTokens: 100_000, outputTokens: 1_000 }))).toBeCloseTo(0.0105, 9);
    expect(costOf(haiku, usage({ inputTokens: 1, cacheReadTokens: 100_000, outputTokens: 1_000 }))).toBeCloseTo(
      (0.5 + 100_000 * 0.05 + 1_000 * 2.5) / 1e6,
      9,
    );
  });
});
