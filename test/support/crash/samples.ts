/** Dialogues with the App's end at one of their writes each; `npm run test:full` has more of them. */
import { expect, test } from "vitest";
import type { Dialogue } from "./dialogue.ts";
import { nameOf } from "./gate.ts";
import { createShared } from "./life.ts";
import { createPlayer } from "./play.ts";

export const playSamples = (dialogues: readonly Dialogue[]): void => {
  const player = createPlayer(createShared());
  test.each(dialogues.map((dialogue) => [dialogue.name, nameOf(dialogue.sample), dialogue] as const))(
    "%s: the same when the App is killed %s",
    async (_, _point, dialogue) => {
      const { died, end, turns, wrong } = await player(dialogue, { point: dialogue.sample });
      expect(died).toBe(true);
      dialogue.open().holds(end);
      expect(turns.twice).toEqual([]);
      expect(wrong).toEqual([]);
    },
  );
};
