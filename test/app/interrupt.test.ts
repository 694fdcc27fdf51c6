/** Ctrl-C, once and twice. */
import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { watchInterrupts } from "../../src/app/interrupt.ts";

const scene = () => {
  const source = new EventEmitter();
  const told: string[] = [];
  const time = { now: 0 };
  const interrupts = watchInterrupts({
    source,
    now: () => time.now,
    onFirst: () => told.push("first"),
    onSecond: () => told.push("second"),
  });
  return { source, told, time, interrupts };
};

test("the first aborts, and a second one ends", () => {
  const { source, told, time, interrupts } = scene();
  expect(interrupts.signal.aborted).toBe(false);
  source.emit("SIGINT");
  expect([interrupts.signal.aborted, told]).toEqual([true, ["first"]]);
  time.now = 2_000;
  source.emit("SIGINT");
  expect(told).toEqual(["first", "second"]);
});

test("one Ctrl-C that comes twice, by the terminal and by npm, is one", () => {
  const { source, told, time } = scene();
  source.emit("SIGINT");
  time.now = 20;
  source.emit("SIGINT");
  expect(told).toEqual(["first"]);
});

test("whoever asks the process to end is heard like Ctrl-C", () => {
  const { source, interrupts } = scene();
  source.emit("SIGTERM");
  expect(interrupts.signal.aborted).toBe(true);
});

test("nothing is listened to any more when it is released", () => {
  const { source, told, interrupts } = scene();
  interrupts.release();
  expect([source.emit("SIGINT"), source.emit("SIGTERM"), told]).toEqual([false, false, []]);
});
