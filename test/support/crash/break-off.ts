/** The tests of a dialogue: the App's end at every one of its writes, and a few times by SIGKILL. */
import { createHash } from "node:crypto";
import { afterAll, describe, expect, type TaskMeta, test } from "vitest";
import type { Dialogue } from "./dialogue.ts";
import { nameOf, type Point, pointsOf } from "./gate.ts";
import type { Played, Player } from "./play.ts";

/** Of each dialogue; `CRASH_VARIANTS=all` plays every point there is, which takes an hour and more. */
const asked = process.env["CRASH_VARIANTS"] ?? "4";
const most = asked === "all" ? Number.POSITIVE_INFINITY : Number(asked);

/** Which of them: the configuration sets another one each day, so that in time all are played. */
const seed = process.env["CRASH_SEED"] ?? "";

/** From 0 to 1. */
const fractionOf = (text: string): number => createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;

/** So many of them: one of each of as many stretches. @param about tells the choices of one seed apart */
export const spread = <T>(all: readonly T[], count: number, about: string): readonly T[] =>
  all.length <= count
    ? all
    : Array.from({ length: count }, (_, nth) => {
        const at = nth + fractionOf(`${about} ${nth}`);
        return all[Math.floor((at * all.length) / count)] as T;
      });

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
  const choose = (from: readonly Point[], count: number, how: string) =>
    spread(from, count, `${seed} ${dialogue.name} ${how}`).map((point) => [nameOf(point), point] as const);
  describe(dialogue.name, () => {
    let ran = 0;
    afterAll(() => {
      console.info(`${dialogue.name}: ${points.length} points, ${ran} variants ran (CRASH_SEED=${seed})`);
    });
    test("is what its name says, and asks the model for each turn once", ({ task }) => {
      task.meta.points = points.length;
      dialogue.open().holds(undisturbed.end);
      expect(undisturbed.turns.twice).toEqual([]);
      expect(undisturbed.wrong).toEqual([]);
      expect(points.length).toBeGreaterThan(0);
    });
    const play = async (point: Point, killed: "here" | "process", meta: TaskMeta): Promise<void> => {
      meta.isVariant = true;
      ran += 1;
      expectSame(await player(dialogue, { point, killed }), undisturbed);
    };
    test.for(choose(points.filter(isWorthwhile), most, "here"))(
      "ends the same when killed %s",
      async ([, point], { task }) => play(point, "here", task.meta),
    );
    test.for(choose(points.filter(isCountable), Math.min(dialogue.processes ?? 1, most), "process"))(
      "ends the same when its process is killed %s",
      async ([, point], { task }) => play(point, "process", task.meta),
    );
  });
};
