/** Which mode a run has, told from what was asked for. */
import type { Trigger } from "../domain/trigger.ts";
import type { Mode } from "./mode.ts";
import { answering } from "./modes/answer.ts";

/** @returns undefined for the runs that implement */
export const modeOf = (trigger: Trigger): Mode | undefined =>
  trigger.kind === "command" && trigger.command.verb === "ask" ? answering : undefined;
