import { expect, test } from "vitest";
import { hasBubblewrap } from "../workspace/support.ts";
import { benchCache } from "./cache.ts";
import { floor, measure, served } from "./whole-run.ts";

const walled = test.skipIf(!hasBubblewrap);

walled("of the thirty turns of a job every request is legal, and 95 % of the input come from the cache", async () => {
  const figures = await measure(served);
  expect(figures).toMatchObject({ requests: 31, refused: 0 });
  expect(figures.cacheRead).toBeGreaterThan(0.95);
});

test("the floor does the same thirty turns", async () => {
  expect(await measure(floor)).toMatchObject({ requests: 31, refused: 0 });
});

walled("with subagents and a team 95 % of the input come from the cache, and so for each of them", async () => {
  const { later, byRole } = await benchCache();
  expect([...byRole.keys()].sort()).toEqual(["code-reviewer", "lead", "migration", "test-engineer", "tests"]);
  expect(Math.min(later, ...byRole.values())).toBeGreaterThan(0.95);
});
