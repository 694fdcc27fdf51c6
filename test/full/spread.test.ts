/** Which points of a dialogue are played where not all of them are. */
import { expect, test } from "vitest";
import { spread } from "../support/crash/break-off.ts";

const points = Array.from({ length: 48 }, (_, at) => at);
const days = Array.from({ length: 400 }, (_, day) => `day ${day}`);

test("the same seed chooses the same points, one of each stretch", () => {
  for (const day of days) {
    const chosen = spread(points, 4, day);
    expect(chosen).toEqual(spread(points, 4, day));
    expect(chosen.map((at) => Math.floor((at * 4) / 48))).toEqual([0, 1, 2, 3]);
  }
});

test("in time every point is chosen", () => {
  expect([...new Set(days.flatMap((day) => spread(points, 4, day)))].sort((a, b) => a - b)).toEqual(points);
});

test("where there are no more than are asked for, all are played", () => {
  expect(spread([1, 2], 4, "any day")).toEqual([1, 2]);
});
