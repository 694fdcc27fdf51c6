import { describe, expect, test } from "vitest";
import { capsFor, lowerCaps, whyUsedUp } from "../../src/domain/caps.ts";

describe("capsFor", () => {
  const operator = { usd: 5, tokens: 1_000, minutes: 90 };

  test("a command lowers the operator's budget without a word", () => {
    expect(capsFor(operator, { budget: 3 })).toEqual({ caps: { ...operator, usd: 3 }, notices: [] });
  });

  test("a command that asks for more gets the operator's, and people are told", () => {
    const { caps, notices } = capsFor(operator, { budget: 8 });
    expect(caps).toEqual(operator);
    expect(notices).toEqual([
      "The budget of $8.00 that was asked for is above what a run may spend here, so $5.00 counts.",
    ]);
  });
});

test("a repository lowers bounds and raises none", () => {
  const operator = { usd: 5, tokens: 1_000, day: { usd: 50 }, issue: { usd: 20, tokens: 9 } };
  expect(
    lowerCaps(operator, { run: { usd: 9, tokens: 10, minutes: 30 }, day: { usd: 8, tokens: 70 }, issue: { usd: 30 } }),
  ).toEqual({ usd: 5, tokens: 10, minutes: 30, day: { usd: 8, tokens: 70 }, issue: { usd: 20, tokens: 9 } });
});

describe("whyUsedUp", () => {
  test("names what was used, of what, and when it counts anew", () => {
    expect(whyUsedUp("day", { usd: 50.2, tokens: 1 }, { usd: 50 })).toBe(
      "budget exhausted: this repository has used $50.20 of $50.00 today (UTC). The count begins anew at 00:00 UTC.",
    );
    expect(whyUsedUp("issue", { usd: 0, tokens: 12_000 }, { tokens: 10_000 })).toBe(
      "budget exhausted: this issue has used 12,000 of 10,000 tokens in all. Whoever operates the App can raise that.",
    );
  });

  test("says nothing while something is left, or where there is no bound", () => {
    expect(whyUsedUp("day", { usd: 49, tokens: 1e9 }, { usd: 50 })).toBeUndefined();
    expect(whyUsedUp("day", { usd: 49, tokens: 1e9 })).toBeUndefined();
  });
});
