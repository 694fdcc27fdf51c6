/** What the loop counts besides money, as a fold over turns: a run that goes on after a crash counts to the same numbers. */
import { createHash } from "node:crypto";
import type { Limits } from "../domain/budget.ts";
import { noSpend } from "../domain/budget.ts";
import type { Message, ToolResult, ToolUse } from "../domain/message.ts";
import { endsRun } from "../domain/submission.ts";
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
  /** Turns in a row in which every call failed. */
  readonly fruitless: number;
  /** Calls that failed when they were made last, by what they were. */
  readonly failing: ReadonlyMap<string, Failing>;
  /** Reports that came back for what the team had left open. */
  readonly reminders: number;
};

type Failing = {
  readonly name: string;
  /** What came of it. */
  readonly how: string;
  /** Turns in which it was made again and failed so again. */
  readonly times: number;
};

/** A model that makes the very same call as often as this, and it fails the very same way, is told; then it is ended. */
const toldRepeats = 3;
export const maxRepeats = 6;
export const maxFruitless = 10;

export const noCounters: Counters = {
  ...{ toolCalls: 0, strikes: 0, overruns: 0, refusals: 0, nudges: 0, reminders: 0, fruitless: 0 },
  failing: new Map(),
};

export const countTurn = (counters: Counters, plans: readonly Plan[], results: readonly ToolResult[]): Counters => {
  const failed = new Set(results.filter((result) => result.is_error).map((result) => result.tool_use_id));
  const ran = plans.filter((plan) => plan.kind === "run");
  const submits = ran.filter(({ use }) => endsRun(use.name));
  return {
    ...counters,
    toolCalls: counters.toolCalls + ran.filter((plan) => plan.tool.counts).length,
    strikes: plans.every((plan) => plan.kind === "malformed") ? counters.strikes + 1 : 0,
    overruns: counters.overruns + (plans.some((plan) => plan.kind === "over") ? 1 : 0),
    refusals:
      counters.refusals + submits.filter(({ use }) => failed.has(use.id) && !names(unheardRule, use, results)).length,
    fruitless: failed.size === results.length ? counters.fruitless + 1 : 0,
    failing: failingAfter(counters.failing, plans, results),
    reminders: counters.reminders + submits.filter(({ use }) => names(teamOpenRule, use, results)).length,
  };
};

/** A call counts once in a turn. A command that fails is another attempt once files were changed. */
const failingAfter = (
  before: Counters["failing"],
  plans: readonly Plan[],
  results: readonly ToolResult[],
): Counters["failing"] => {
  const failing = new Map(before);
  for (const [index, plan] of plans.entries()) {
    const { use } = plan;
    const result = results[index];
    if (plan.kind === "over" || !result) continue;
    const key = digest([use.name, use.input]);
    if (!isFailure(result)) {
      failing.delete(key);
      if (plan.kind === "run" && !plan.tool.readOnly && use.name !== "Bash")
        for (const [other, { name }] of failing) if (name === "Bash") failing.delete(other);
      continue;
    }
    const how = digest(result.content);
    const known = before.get(key);
    failing.set(key, { name: use.name, how, times: known?.how === how ? known.times + 1 : 1 });
  }
  return failing;
};

const isFailure = ({ is_error, content }: ToolResult): boolean =>
  is_error === true || /^exit code (?!0\b)/.test(content);

const digest = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("base64");

/** The call that was repeated most, if one was told of or more often. */
export const repeatedMost = ({ failing }: Counters): Failing | undefined =>
  [...failing.values()].filter(({ times }) => times >= toldRepeats).sort((a, b) => b.times - a.times)[0];

/** What the model is told when a call of this turn failed once too often. */
export const repeatNotice = (before: Counters, after: Counters): string | undefined => {
  const again = [...after.failing].filter(
    ([key, { times }]) => times >= toldRepeats && times > (before.failing.get(key)?.times ?? 0),
  );
  if (again.length === 0) return undefined;
  const said = again.map(([, { name, times }]) => `${name} was called ${times} times with the same input`);
  return `${said.slice(0, 3).join(", and ")}, and failed the same way each time. It will fail again: read what it says, and do something else, or submit a report that says what stands in the way. After ${maxRepeats} times the run ends.`;
};

/** The answer to a report names a rule. */
const names = (rule: string, use: ToolUse, results: readonly ToolResult[]): boolean =>
  results.some(({ tool_use_id, content }) => tool_use_id === use.id && content.includes(`[${rule}]`));

/** The same numbers from a transcript. @param limitsAt the message of this index @param toolCalls of conversations before it */
export const countMessages = (
  messages: readonly Message[],
  tools: readonly Tool[],
  limitsAt: (index: number) => Limits,
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
      const plans = planCalls(tools, uses, { ...noSpend, toolCalls: counters.toolCalls }, limitsAt(index));
      counters = countTurn(counters, plans, results);
    } else if (index > 0) counters = { ...counters, nudges: counters.nudges + 1 };
  }
  return counters;
};
