/** What a run has spent, from its transcript: every turn of every agent of it, once. */
import { addCost, addTurn, noSpend } from "./budget.ts";
import type { RunEvent } from "./event.ts";
import type { Spend } from "./outcome.ts";

/** Turns, tokens and money; tool calls are counted where tools are known. */
export const spentIn = (events: readonly RunEvent[]): Spend =>
  events.reduce((sum, event) => {
    if (event.type === "paid") return addCost(sum, event);
    return event.type === "assistant" ? addTurn(sum, event.usage, event.usd) : sum;
  }, noSpend);

/** Time at work in ms: what lies between events, but for what came before the run was taken up again. */
export const workedMs = (events: readonly RunEvent[]): number => {
  const times = events.map(({ at }) => Date.parse(at));
  return events.reduce((sum, { type }, index) => {
    const before = times[index - 1];
    const now = times[index];
    if (before === undefined || now === undefined || type === "resumed") return sum;
    return sum + Math.max(0, now - before);
  }, 0);
};
