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

export type ScriptedCast = Model & {
  /** Every request, as the role and the turn (from 0) that it asked for. */
  readonly asked: string[];
  /** By role, those of its latest conversation. */
  readonly requests: (role: string) => readonly ModelRequest[];
};

/**
 * Several conversations with one model, as an agent and its subagents hold them. A turn is known by how many came before
 * it in its conversation, so that one that goes on after a crash finds its place.
 *
 * @param roleOf whose conversation it is, by its first message
 */
export const createScriptedCast = (
  roleOf: (firstMessage: string) => string,
  scripts: Readonly<Record<string, readonly ScriptedTurn[]>>,
): ScriptedCast => {
  const asked: string[] = [];
  const parts = new Map<string, { readonly first: string; readonly model: ScriptedModel }>();
  return {
    name: "scripted",
    asked,
    requests: (role) => parts.get(role)?.model.requests ?? [],
    async turn(request, signal) {
      const [block] = request.messages[0]?.content ?? [];
      const first = block?.type === "text" ? block.text : "";
      const role = roleOf(first);
      if (parts.get(role)?.first !== first)
        parts.set(role, {
          first,
          model: createScriptedModel((_, { messages }) => {
            const turn = messages.filter((message) => message.role === "assistant").length;
            asked.push(`${role} ${turn}`);
            const step = scripts[role]?.[turn];
            if (!step) throw new Error(`the script of ${role} has no turn ${turn}`);
            return step;
          }),
        });
      return (parts.get(role)?.model ?? expectedPart(role)).turn(request, signal);
    },
  };
};

const expectedPart = (role: string): never => {
  throw new Error(`nobody plays ${role}`);
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
