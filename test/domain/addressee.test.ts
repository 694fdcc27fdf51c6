import { describe, expect, test } from "vitest";
import { addresseeOf, isCourtesy, slugOf } from "../../src/domain/addressee.ts";

const us = "backend-architect";

describe("whom a comment speaks to", () => {
  test.each([
    ["@backend-architect make it 2", "us"],
    ["Make it 2, @Backend-Architect, please", "us"],
    ["@maintainer do you agree, @backend-architect could do it", "us"],
    ["@maintainer what do you think?", "others"],
    ["  @maintainer what do you think?", "others"],
    ["I asked @maintainer about it: make it 2", "nobody"],
    ["Make it 2", "nobody"],
    ["> @maintainer what do you think?\n\nMake it 2", "nobody"],
    ["`@maintainer` is what it prints", "nobody"],
    ["mail me at x@maintainer.example", "nobody"],
    ["```\n@maintainer\n```\nMake it 2", "nobody"],
    ["@backend-architect-2 make it 2", "others"],
  ])("%j speaks to %s", (body, to) => {
    expect(addresseeOf(body, us)).toBe(to);
  });

  test("an App is mentioned without its [bot]", () => {
    expect(slugOf({ login: "backend-architect[bot]" })).toBe(us);
  });
});

describe("a courtesy", () => {
  test.each([
    "Thanks!",
    "👍",
    ":tada:",
    "LGTM, nice work",
    "@backend-architect thank you so much",
    "> Make it 2\n\nPerfect, thanks.",
  ])("%j asks for nothing", (body) => {
    expect(isCourtesy(body)).toBe(true);
  });

  test.each(["Thanks, but make it 2", "ok?", "No", "Good point: the other one", "```suggestion\nok\n```", "Yes"])(
    "%j asks for something",
    (body) => {
      expect(isCourtesy(body)).toBe(false);
    },
  );

  test("is told from what is long in bounded time", () => {
    const started = performance.now();
    expect(isCourtesy("thanks ".repeat(40))).toBe(true);
    expect(isCourtesy("@a ".repeat(20_000))).toBe(false);
    expect(addresseeOf("@a ".repeat(20_000), us)).toBe("others");
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
