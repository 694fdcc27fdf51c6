/** A model that says what a test wrote, and holds the loop to the rules of the Messages API while it does. */
import type { AssistantBlock, Message } from "../../src/domain/message.ts";
import { noUsage } from "../../src/domain/message.ts";
import type { Model, ModelRequest, ModelTurn, StopReason } from "../../src/ports.ts";

export type ScriptedCall = { readonly name: string; readonly input: unknown };

export type ScriptedTurn = {
  readonly text?: string;
  readonly calls?: readonly ScriptedCall[];
  readonly stopReason?: StopReason;
  readonly refusalCategory?: string;
  readonly usage?: Partial<ModelTurn["usage"]>;
  readonly usd?: number;
};

export type ScriptedModel = Model & { readonly requests: ModelRequest[] };

/** @param script one entry a request, or a function of the request's number (from 0); what it throws, `turn` throws */
export const createScriptedModel = (
  script: readonly ScriptedTurn[] | ((index: number, request: ModelRequest) => ScriptedTurn),
): ScriptedModel => {
  const requests: ModelRequest[] = [];
  return {
    name: "scripted",
    requests,
    async turn(request) {
      const index = requests.length;
      checkProtocol(request, requests.at(-1));
      requests.push(structuredClone(request));
      const step = typeof script === "function" ? script(index, request) : script[index];
      if (!step) throw new Error(`the script has no turn ${index + 1}`);
      return toTurn(step, request.messages.length);
    },
  };
};

const toTurn = (step: ScriptedTurn, place: number): ModelTurn => {
  const calls = step.calls ?? [];
  const content: AssistantBlock[] = [
    ...(step.text === undefined ? [] : [{ type: "text" as const, text: step.text }]),
    ...calls.map((call, index) => ({ type: "tool_use" as const, id: `toolu_${place}_${index}`, ...call })),
  ];
  return {
    message: { role: "assistant", content },
    stopReason: step.stopReason ?? (calls.length > 0 ? "tool_use" : "end_turn"),
    ...(step.refusalCategory === undefined ? {} : { refusalCategory: step.refusalCategory }),
    usage: { ...noUsage, inputTokens: 100, outputTokens: 10, ...step.usage },
    usd: step.usd ?? 0,
  };
};

const checkProtocol = (request: ModelRequest, before: ModelRequest | undefined): void => {
  if (before && JSON.stringify([request.system, request.tools]) !== JSON.stringify([before.system, before.tools]))
    throw new Error("the head of the conversation changed");
  for (const [index, message] of (before?.messages ?? []).entries())
    if (JSON.stringify(message) !== JSON.stringify(request.messages[index]))
      throw new Error(`message ${index} changed after it was sent`);
  for (const [index, message] of request.messages.entries()) checkAnswer(message, request.messages[index + 1], index);
};

const checkAnswer = (message: Message, answer: Message | undefined, index: number): void => {
  if (message.role !== "assistant") return;
  const wanted = message.content.filter((block) => block.type === "tool_use").map((use) => use.id);
  if (wanted.length === 0) return;
  const blocks = answer?.role === "user" ? answer.content : [];
  const results = blocks
    .slice(0, wanted.length)
    .map((block) => (block.type === "tool_result" ? block.tool_use_id : "text"));
  if (JSON.stringify(results) !== JSON.stringify(wanted))
    throw new Error(`message ${index} asked for ${wanted.join()} and was answered with ${results.join()}`);
};
