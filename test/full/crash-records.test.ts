/** Generated: the dialogues of one group, broken off at every write to GitHub. */

import { breakOff } from "../support/crash/break-off.ts";
import { recordDialogues } from "../support/crash/dialogues/records.ts";
import { createShared } from "../support/crash/life.ts";
import { createPlayer } from "../support/crash/play.ts";

const player = createPlayer(createShared());
for (const dialogue of recordDialogues) await breakOff(player, dialogue);
