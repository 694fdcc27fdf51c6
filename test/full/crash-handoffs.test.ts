/** Generated: the dialogues of one group, broken off at every write to GitHub. */

import { breakOff } from "../support/crash/break-off.ts";
import { handoffDialogues } from "../support/crash/dialogues/handoffs.ts";
import { createShared } from "../support/crash/life.ts";
import { createPlayer } from "../support/crash/play.ts";

const player = createPlayer(createShared());
for (const dialogue of handoffDialogues) await breakOff(player, dialogue);
