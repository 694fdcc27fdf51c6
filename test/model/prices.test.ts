import { describe, expect, it } from "vitest";
import { costOf, priceOf } from "../../src/model/prices.ts";

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
    const haiku = priceOf("claude-haiku-5-5", { provider: "anthropic" });
    if (!haiku) throw new Error("no price");
    expect(costOf(haiku, usage({ inputTokens: 100_000, outputTokens: 1_000 }))).toBeCloseTo(0.0105, 9);
    expect(costOf(haiku, usage({ inputTokens: 1, cacheReadTokens: 100_000, outputTokens: 1_000 }))).toBeCloseTo(
      (0.5 + 100_000 * 0.05 + 1_000 * 2.5) / 1e6,
      9,
    );
  });
});

describe("priceOf", () => {
  const opus = { input: 4, output: 20 };

  it.each([
    ["claude-opus-5-5", "anthropic", undefined],
    ["claude-opus-5-5-20261001", "anthropic", undefined],
    ["claude-opus-5-5@20261001", "vertex", "global"],
    ["global.anthropic.claude-opus-5-5-20261001-v1:0", "bedrock", "eu-central-1"],
  ] as const)("knows %s on %s as what it is", (id, provider, region) => {
    expect(priceOf(id, { provider, region })).toEqual(opus);
  });

  it.each([
    ["eu.anthropic.claude-opus-5-5-v1:0", "bedrock", "eu-central-1"],
    ["claude-opus-5-5", "vertex", "europe-west1"],
  ] as const)("takes a tenth more for %s on %s in a region of one's own", (id, provider, region) => {
    const price = priceOf(id, { provider, region });
    expect(price?.input).toBeCloseTo(4.4, 9);
    expect(price?.output).toBeCloseTo(22, 9);
  });

  it("lets the operator's own stand as it is, also where it is nothing", () => {
    const own = { "some-local-model": { input: 0, output: 0 }, "claude-opus-5-5": { input: 1, output: 2 } };
    expect(priceOf("some-local-model", { own, provider: "anthropic" })).toEqual({ input: 0, output: 0 });
    expect(priceOf("claude-opus-5-5", { own, provider: "vertex", region: "us" })).toEqual({ input: 1, output: 2 });
  });

  it.each(["claude-unknown-1", "constructor", "anthropic.constructor"])("knows none of %s", (id) => {
    expect(priceOf(id, { provider: "anthropic" })).toBeUndefined();
  });
});
