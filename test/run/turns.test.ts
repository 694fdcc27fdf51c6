import { expect, test } from "vitest";
import { createTurns } from "../../src/run/turns.ts";

const gate = () => Promise.withResolvers<void>();

test("who comes for the same issue waits until the turn is over, in order, also where it failed", async () => {
  const turns = createTurns();
  const [first, second] = [gate(), gate()];
  const seen: string[] = [];
  const a = turns.during("shop#1", async () => {
    seen.push("a");
    await first.promise;
    throw new Error("failed");
  });
  const b = turns.during("shop#1", async () => {
    seen.push("b");
    await second.promise;
  });
  const c = turns.during("shop#1", async () => seen.push("c"));
  await turns.during("shop#2", async () => seen.push("other"));
  expect(seen).toEqual(["a", "other"]);
  first.resolve();
  await expect(a).rejects.toThrow("failed");
  second.resolve();
  await Promise.all([b, c]);
  expect(seen).toEqual(["a", "other", "b", "c"]);
});

test("who would not wait is told at once that somebody has the turn, and has it where nobody does", async () => {
  const turns = createTurns();
  const { promise, resolve } = gate();
  const holding = turns.during("shop#1", () => promise);
  expect(await turns.ifFree("shop#1", async () => "mine")).toBeUndefined();
  resolve();
  await holding;
  expect(await turns.ifFree("shop#1", async () => "mine")).toBe("mine");
});
