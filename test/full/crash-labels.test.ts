/** Generated: the dialogues of one group, broken off at every write to GitHub. */

import { breakOff } from "../support/crash/break-off.ts";
import { labelDialogues } from "../support/crash/dialogues/labels.ts";
import { createShared } from "../support/crash/life.ts";
import { createPlayer } from "../support/crash/play.ts";

const player = createPlayer(createShared());
for (const dialogue of labelDialogues) await breakOff(player, dialogue);
