/** What a run has spent, from its transcript: every turn of every agent of it, once. */
import { addCost, addTurn, noSpend } from "./budget.ts";
import type { RunEvent } from "./event.ts";
import type { Spend } from "./outcome.ts";
import { agentOfChild } from "./subagent.ts";
import { mateOfChild } from "./team.ts";

/** Turns, tokens and money; tool calls are counted where tools are known. */
export const spentIn = (events: readonly RunEvent[]): Spend =>
  events.reduce((sum, event) => {
    if (event.type === "paid") return addCost(sum, event);
    return event.type === "assistant" ? addTurn(sum, event.usage, event.usd) : sum;
  }, noSpend);

/** What each agent has spent, by the name that people know: the run's own agent, each kind of subagent, each teammate. */
export type Ledger = Readonly<Record<string, Spend>>;

const ownAgent = "architect";

export const addToLedger = (ledger: Ledger, event: RunEvent): Ledger => {
  if (event.type !== "assistant" && event.type !== "paid") return ledger;
  const { child } = event;
  const name = child === undefined ? ownAgent : (mateOfChild(child) ?? agentOfChild(child));
  const turns = event.type === "paid" ? event.turns : 1;
  return { ...ledger, [name]: addCost(ledger[name] ?? noSpend, { usage: event.usage, usd: event.usd, turns }) };
};

export const ledgerOf = (events: readonly RunEvent[]): Ledger => events.reduce(addToLedger, {});

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
