/** Which mode a run has, told from what was asked for. */
import type { Command } from "../domain/command.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { Mode } from "./mode.ts";
import { answering } from "./modes/answer.ts";
import { planning } from "./modes/plan.ts";
import { reviewing } from "./modes/review.ts";

/** @returns undefined for the runs that implement */
export const modeOf = (trigger: Trigger): Mode | undefined =>
  trigger.kind === "command" ? byVerb[trigger.command.verb] : undefined;

const byVerb: Readonly<Partial<Record<Command["verb"], Mode>>> = {
  ask: answering,
  plan: planning,
  review: reviewing,
};
