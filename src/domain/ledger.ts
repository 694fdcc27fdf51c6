/** What a run has spent, from its transcript: every turn of every agent of it, once. */
import { addTurn, noSpend } from "./budget.ts";
import type { RunEvent } from "./event.ts";
import type { Spend } from "./outcome.ts";

/** Turns, tokens and money; tool calls are counted where tools are known. */
export const spentIn = (events: readonly RunEvent[]): Spend =>
  events.reduce((sum, event) => (event.type === "assistant" ? addTurn(sum, event.usage, event.usd) : sum), noSpend);
