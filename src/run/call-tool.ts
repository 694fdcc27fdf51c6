/** One tool call: find, validate, decide, run, bound, redact. Whatever happens, a call gets one result; the only try/catch of this floor. */
import { decideCall, type Limits } from "../domain/budget.ts";
import { ToolError } from "../domain/errors.ts";
import type { ToolResult, ToolUse } from "../domain/message.ts";
import type { Spend } from "../domain/outcome.ts";
import { endsRun } from "../domain/submission.ts";
import { truncateMiddle } from "../domain/truncate.ts";
import type { CallContext, Tool } from "./tools/tool.ts";

export type Plan =
  | {
      readonly kind: "run";
      readonly use: ToolUse;
      readonly tool: Tool;
      readonly run: (context: CallContext) => Promise<string>;
    }
  /** `malformed`: not offered, or its input does not fit. `over`: there is no call left for it. */
  | { readonly kind: "malformed" | "over"; readonly use: ToolUse; readonly reason: string };

/** Above what any tool returns by its own bounds: a net, not a rule. */
const maxResultChars = 150_000;

/** The one of them that ends the conversation. */
export const endingTool = (tools: readonly Tool[]): string | undefined =>
  tools.find(({ spec }) => endsRun(spec.name))?.spec.name;

/** Decides all calls of one message before any of them runs, in the model's order. */
export const planCalls = (
  tools: readonly Tool[],
  uses: readonly ToolUse[],
  spend: Spend,
  limits: Limits,
): readonly Plan[] => {
  let toolCalls = spend.toolCalls;
  return uses.map((use) => {
    const plan = planCall(tools, use, { ...spend, toolCalls }, limits);
    if (plan.kind === "run" && plan.tool.counts) toolCalls += 1;
    return plan;
  });
};

const planCall = (tools: readonly Tool[], use: ToolUse, spend: Spend, limits: Limits): Plan => {
  const tool = tools.find(({ spec }) => spec.name === use.name);
  if (!tool) {
    const names = tools.map(({ spec }) => spec.name).join(", ");
    return { kind: "malformed", use, reason: `There is no tool ${JSON.stringify(use.name)}. There are: ${names}.` };
  }
  const prepared = tool.prepare(use.input);
  if (!prepared.ok) return { kind: "malformed", use, reason: prepared.reason };
  const verdict = decideCall(spend, limits, use.name, endingTool(tools));
  if (!verdict.allowed) return { kind: "over", use, reason: verdict.reason };
  return { kind: "run", use, tool, run: prepared.run };
};

/** @returns undefined when the run was aborted meanwhile @throws what is no ToolError: an accident, not the model's doing */
export const callTool = async (
  plan: Plan,
  context: CallContext,
  redact: (text: string) => string,
): Promise<ToolResult | undefined> => {
  if (plan.kind !== "run") return toolResult(plan.use, plan.reason, true, redact);
  try {
    return toolResult(plan.use, await plan.run(context), false, redact);
  } catch (error) {
    if (context.signal.aborted) return undefined;
    if (error instanceof ToolError) return toolResult(plan.use, error.message, true, redact);
    // Out of a subagent's loop it comes as it would out of this one, and by its class is dealt with the same way.
    if (plan.use.name === "Agent") throw error;
    throw new Error(`${plan.use.name} failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
};

export const toolResult = (
  use: ToolUse,
  text: string,
  failed: boolean,
  redact: (text: string) => string,
): ToolResult => ({
  type: "tool_result",
  tool_use_id: use.id,
  content: truncateMiddle(redact(text), maxResultChars, "Ask for less at once") || "(no output)",
  ...(failed ? { is_error: true } : {}),
});
