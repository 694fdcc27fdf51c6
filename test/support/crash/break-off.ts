/** The tests of a dialogue: the App's end at every one of its writes, and a few times by SIGKILL. */
import { afterAll, describe, expect, test } from "vitest";
import type { Dialogue } from "./dialogue.ts";
import { nameOf, type Point, pointsOf } from "./gate.ts";
import type { Played, Player } from "./play.ts";

/** So many of them, spread evenly. */
const spread = <T>(all: readonly T[], count: number): readonly T[] =>
  all.length <= count
    ? all
    : Array.from({ length: count }, (_, nth) => all[Math.floor(((nth + 0.5) * all.length) / count)] as T);

/** Of each dialogue; `CRASH_VARIANTS=all` plays every point there is, which takes an hour and more. */
const asked = process.env["CRASH_VARIANTS"] ?? "4";
const most = asked === "all" ? Number.POSITIVE_INFINITY : Number(asked);

/** In a process of its own the status comment is edited as time goes by: how often is nothing to count on. */
const isCountable = ({ write }: Point): boolean => !write.startsWith("PATCH issues/comments/");

/** Nothing points at blobs and trees before there is a commit of them: of a dialogue's the first ones stand for all. */
const isWorthwhile = ({ write, nth }: Point): boolean => nth === 1 || !/^POST git\/(blobs|trees)$/.test(write);

const expectSame = (variant: Played, undisturbed: Played): void => {
  expect(variant.died, "the App met its end").toBe(true);
  expect(variant.end).toEqual(undisturbed.end);
  expect(variant.turns).toEqual({ all: undisturbed.turns.all, twice: [] });
  expect(variant.wrong).toEqual([]);
};

/** Plays the dialogue undisturbed while the tests are collected: the points, and so the tests, are known after it. */
export const breakOff = async (player: Player, dialogue: Dialogue): Promise<void> => {
  const undisturbed = await player(dialogue);
  const points = pointsOf(undisturbed.writes);
  describe(dialogue.name, () => {
    let ran = 0;
    afterAll(() => {
      console.info(`${dialogue.name}: ${points.length} points, ${ran} variants ran`);
    });
    test("is what its name says, and asks the model for each turn once", () => {
      dialogue.open().holds(undisturbed.end);
      expect(undisturbed.turns.twice).toEqual([]);
      expect(undisturbed.wrong).toEqual([]);
      expect(points.length).toBeGreaterThan(0);
    });
    test.each(spread(points.filter(isWorthwhile), most).map((point) => [nameOf(point), point] as const))(
      "ends the same when killed %s",
      async (_, point) => {
        ran += 1;
        expectSame(await player(dialogue, { point }), undisturbed);
      },
    );
    const some = spread(points.filter(isCountable), Math.min(dialogue.processes ?? 1, most)).map(
      (point) => [nameOf(point), point] as const,
    );
    test.each(some)("ends the same when its process is killed %s", async (_, point) => {
      ran += 1;
      expectSame(await player(dialogue, { point, killed: "process" }), undisturbed);
    });
  });
};
