/** What the loop counts besides money, as a fold over turns: a run that goes on after a crash counts to the same numbers. */
import type { Limits } from "../domain/budget.ts";
import { noSpend } from "../domain/budget.ts";
import type { Message, ToolResult, ToolUse } from "../domain/message.ts";
import { type Plan, planCalls } from "./call-tool.ts";
import { teamOpenRule, unheardRule } from "./tools/submit-report.ts";
import type { Tool } from "./tools/tool.ts";

export type Counters = {
  readonly toolCalls: number;
  /** Turns in a row in which no call was well-formed. */
  readonly strikes: number;
  /** Turns that asked for more calls than the budget had. */
  readonly overruns: number;
  /** Reports that were judged and not accepted. */
  readonly refusals: number;
  /** Messages to a model that had stopped without a report. */
  readonly nudges: number;
  /** Reports that came back for what the team had left open. */
  readonly reminders: number;
};

export const noCounters: Counters = { toolCalls: 0, strikes: 0, overruns: 0, refusals: 0, nudges: 0, reminders: 0 };

export const countTurn = (counters: Counters, plans: readonly Plan[], results: readonly ToolResult[]): Counters => {
  const failed = new Set(results.filter((result) => result.is_error).map((result) => result.tool_use_id));
  const ran = plans.filter((plan) => plan.kind === "run");
  const submits = ran.filter(({ use }) => use.name === "SubmitReport");
  return {
    ...counters,
    toolCalls: counters.toolCalls + ran.filter((plan) => plan.tool.counts).length,
    strikes: plans.every((plan) => plan.kind === "malformed") ? counters.strikes + 1 : 0,
    overruns: counters.overruns + (plans.some((plan) => plan.kind === "over") ? 1 : 0),
    refusals:
      counters.refusals + submits.filter(({ use }) => failed.has(use.id) && !names(unheardRule, use, results)).length,
    reminders: counters.reminders + submits.filter(({ use }) => names(teamOpenRule, use, results)).length,
  };
};

/** The answer to a report names a rule. */
const names = (rule: string, use: ToolUse, results: readonly ToolResult[]): boolean =>
  results.some(({ tool_use_id, content }) => tool_use_id === use.id && content.includes(`[${rule}]`));

/** The same numbers from a transcript. @param toolCalls of conversations before it */
export const countMessages = (
  messages: readonly Message[],
  tools: readonly Tool[],
  limits: Limits,
  toolCalls = 0,
): Counters => {
  let counters = { ...noCounters, toolCalls };
  let uses: readonly ToolUse[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === "assistant") {
      uses = message.content.filter((block) => block.type === "tool_use");
      continue;
    }
    const results = message.content.filter((block) => block.type === "tool_result");
    if (results.length > 0) {
      const plans = planCalls(tools, uses, { ...noSpend, toolCalls: counters.toolCalls }, limits);
      counters = countTurn(counters, plans, results);
    } else if (index > 0) counters = { ...counters, nudges: counters.nudges + 1 };
  }
  return counters;
};
