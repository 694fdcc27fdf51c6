/** The blueprint model: deterministic, offline, behind the same port as a language model. It keeps nothing between turns. */
import type { Message } from "../../domain/message.ts";
import type { Report } from "../../domain/report.ts";
import type { Model, ModelRequest, ModelTurn } from "../../ports.ts";
import { parseBrief } from "./brief.ts";
import { type Plan, speak } from "./conversation.ts";
import { design, submit } from "./design.ts";
import { followUp } from "./follow-up.ts";
import { blocked, emptyReport } from "./reports.ts";

const briefText = (messages: readonly Message[]): string => {
  const first = messages[0];
  return (first?.role === "user" ? first.content : [])
    .map((block) => (block.type === "text" ? block.text : ""))
    .join("\n");
};

function* endBlocked(reason: string): Plan {
  yield* submit(blocked(emptyReport("design-request"), reason), "I cannot work on this.");
}

const planOf = (messages: readonly Message[]): Plan => {
  const parsed = parseBrief(briefText(messages));
  if (!parsed.ok) return endBlocked(`The blueprint model cannot read its brief: ${parsed.reason}.`);
  return parsed.brief.kind === "design" ? design(parsed.brief) : followUp(parsed.brief);
};

const otherVersion = (turn: number): Report =>
  blocked(
    emptyReport("design-request"),
    `The conversation was begun by another version of the blueprint model: its turn ${turn} is not what this version says there. Label the issue again to start anew.`,
  );

/** About four bytes a token: no tokenizer is asked. */
const tokens = (value: unknown): number => Math.ceil(Buffer.byteLength(JSON.stringify(value)) / 4);

const toTurn = (request: ModelRequest, message: ModelTurn["message"], ends: boolean): ModelTurn => ({
  message,
  stopReason: ends ? "end_turn" : "tool_use",
  usage: {
    inputTokens: tokens(request.messages) + tokens(request.system) + tokens(request.tools),
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: tokens(message.content),
  },
  usd: 0,
});

const said = (text: string): ModelTurn["message"] => ({ role: "assistant", content: [{ type: "text", text }] });

const next = (messages: readonly Message[]): { message: ModelTurn["message"]; ends: boolean } => {
  const spoken = speak(planOf(messages), messages);
  if (spoken.kind === "turn") return { message: spoken.message, ends: false };
  if (spoken.kind === "over")
    return { message: said("The report is submitted; there is nothing more to do."), ends: true };
  const count = messages.filter((message) => message.role === "assistant").length;
  if (count > spoken.turn)
    return { message: said(`This conversation was begun by another version (turn ${spoken.turn}).`), ends: true };
  const use = {
    type: "tool_use" as const,
    id: `toolu_bp_${count + 1}_1`,
    name: "SubmitReport",
    input: otherVersion(spoken.turn),
  };
  return {
    message: { role: "assistant", content: [{ type: "text", text: "This conversation is not mine." }, use] },
    ends: false,
  };
};

export const createBlueprint = (): Model => ({
  name: "blueprint",
  async turn(request, signal) {
    signal.throwIfAborted();
    const { message, ends } = next(request.messages);
    return toTurn(request, message, ends);
  },
});
