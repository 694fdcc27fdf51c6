import { describe, expect, test } from "vitest";
import { lowerBounds, maxBotsInARow, reachedBound, whyNoMoreRuns } from "../../src/domain/run-bounds.ts";

const none = { issue: 0, person: 0, day: 0, botsInARow: 0 };

describe("how many runs may begin", () => {
  test.each([
    ["none is set", { ...none, day: 1_000 }, {}, undefined],
    ["the last one of an issue began", { ...none, issue: 2 }, { issue: 2 }, "issue"],
    ["one is left", { ...none, person: 1 }, { person: 2 }, undefined],
    ["the last one for a person began", { ...none, person: 2, day: 2 }, { person: 2, day: 3 }, "person"],
    ["the repository has had its day", { ...none, day: 3 }, { person: 2, day: 3 }, "day"],
  ] as const)("is bounded by what is set: %s", (_, begun, bounds, bound) => {
    expect(reachedBound(begun, bounds, false)).toBe(bound);
  });

  test("is bounded for bots among themselves, whatever is set, and for nobody else", () => {
    const begun = { ...none, botsInARow: maxBotsInARow };
    expect(reachedBound(begun, {}, true)).toBe("botsInARow");
    expect(reachedBound(begun, {}, false)).toBeUndefined();
    expect(reachedBound({ ...begun, botsInARow: maxBotsInARow - 1 }, {}, true)).toBeUndefined();
  });

  test("is lowered by a repository, and raised by none", () => {
    expect(lowerBounds({ issue: 5, day: 9 }, { issue: 7, person: 2, day: 3 })).toEqual({ issue: 5, person: 2, day: 3 });
    expect(lowerBounds({ issue: 5 })).toEqual({ issue: 5, person: undefined, day: undefined });
  });

  test("is said in a sentence that names the number and what to wait for", () => {
    const bounds = { issue: 1, person: 2, day: 3 };
    expect(
      (["issue", "person", "day", "botsInARow"] as const).map((each) => whyNoMoreRuns(each, bounds, "maintainer")),
    ).toMatchInlineSnapshot(`
      [
        "Nothing was started: one run of this issue began today, and no more may. The count begins anew at 00:00 UTC. This is said once.",
        "Nothing was started: 2 runs for @maintainer began today, and no more may. The count begins anew at 00:00 UTC. This is said once.",
        "Nothing was started: 3 runs in this repository began today, and no more may. The count begins anew at 00:00 UTC. This is said once.",
        "Nothing was started: bots asked for 3 runs in a row here, and no more begin for them until a person asks for one.",
      ]
    `);
  });
});
