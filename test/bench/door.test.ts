import { expect, test } from "vitest";
import { benchDoor } from "./door.ts";

test("the door's measurement sends real deliveries, and each that is answered is stored", async () => {
  const figures = await benchDoor(0.3);
  expect(figures.stored).toBeGreaterThan(100);
  expect(figures.perSecond).toBeGreaterThan(50);
  expect(figures.p50Ms).toBeGreaterThan(0);
  expect(figures.p99Ms).toBeGreaterThanOrEqual(figures.p50Ms);
});
