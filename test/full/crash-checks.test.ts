/** Generated: the dialogues of one group, broken off at every write to GitHub. */

import { breakOff } from "../support/crash/break-off.ts";
import { checksDialogues } from "../support/crash/dialogues/checks.ts";
import { createShared } from "../support/crash/life.ts";
import { createPlayer } from "../support/crash/play.ts";

const player = createPlayer(createShared());
for (const dialogue of checksDialogues) await breakOff(player, dialogue);
