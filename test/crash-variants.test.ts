/** Every dialogue with the App's end at one of its writes; `npm run test:full` has all of them. */
import { expect, test } from "vitest";
import { dialogues } from "./support/crash/dialogues.ts";
import { nameOf } from "./support/crash/gate.ts";
import { createShared } from "./support/crash/life.ts";
import { createPlayer } from "./support/crash/play.ts";

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
