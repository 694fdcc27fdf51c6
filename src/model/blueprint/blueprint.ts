/** The blueprint model: deterministic, offline, behind the same port as a language model. It keeps nothing between turns. */
import type { Message } from "../../domain/message.ts";
import type { Model, ModelRequest, ModelTurn } from "../../ports.ts";
import { answerQuestion } from "./answer-question.ts";
import { answeredBrief, lastStretch, type Stretch } from "./answers.ts";
import { parseBrief } from "./brief.ts";
import { type Plan, speak } from "./conversation.ts";
import { agentsIn } from "./delegate.ts";
import { design } from "./design.ts";
import { endingFor } from "./ending.ts";
import { followUp } from "./follow-up.ts";
import { heeding, unseenIn } from "./heed.ts";
import { makePlan } from "./make-plan.ts";
import { migrate } from "./migration.ts";
import { emptyPaper, emptyReport } from "./reports.ts";
import { blocked, submit } from "./submit.ts";
import { writeTests } from "./tests.ts";

const briefText = (messages: readonly Message[]): string => {
  const first = messages[0];
  return (first?.role === "user" ? first.content : [])
    .map((block) => (block.type === "text" ? block.text : ""))
    .join("\n");
};

const noPaper =
  "Decisions and boundaries between services are asked for, and the blueprint model, which is at work without a key, writes code from templates: it weighs no forces. Start the App with a language model and ask again, or name an endpoint or a resource to have its code.";

function* endBlocked(reason: string): Plan {
  yield* submit(blocked(emptyReport("design-request"), reason), "I cannot work on this.");
}

const planOf = ({ messages, answers }: Stretch, { tools }: Pick<ModelRequest, "tools">): Plan => {
  const parsed = parseBrief(briefText(messages));
  if (!parsed.ok) return endBlocked(`The blueprint model cannot read its brief: ${parsed.reason}.`);
  const brief = "request" in parsed.brief ? answeredBrief(parsed.brief, answers) : parsed.brief;
  switch (brief.kind) {
    case "design":
      return design(brief, agentsIn(tools));
    case "follow-up":
      return followUp(brief, agentsIn(tools));
    case "paper":
      return submit(blocked(emptyPaper, noPaper), "I write code from templates, and decide nothing.", "SubmitPaper");
    case "plan":
      return makePlan(brief);
    case "answer":
      return answerQuestion(brief);
    case "migration":
      return migrate(brief);
    case "tests":
      return writeTests(brief);
  }
};

const unseenOf = (messages: readonly Message[]): readonly string[] => {
  const parsed = parseBrief(briefText(messages));
  return parsed.ok && "request" in parsed.brief ? unseenIn(parsed.brief) : [];
};

const kindOf = (messages: readonly Message[]): string | undefined => {
  const parsed = parseBrief(briefText(messages));
  return parsed.ok ? parsed.brief.kind : undefined;
};

const otherVersion = (messages: readonly Message[], turn: number) =>
  endingFor(
    kindOf(messages),
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

const next = (request: ModelRequest): { message: ModelTurn["message"]; ends: boolean } => {
  const stretch = lastStretch(request.messages);
  const { messages, said: before } = stretch;
  const spoken = speak(heeding(planOf(stretch, request), messages, unseenOf(messages)), messages, before);
  if (spoken.kind === "turn") return { message: spoken.message, ends: false };
  if (spoken.kind === "over")
    return { message: said("The report is submitted; there is nothing more to do."), ends: true };
  const count = request.messages.filter((message) => message.role === "assistant").length;
  if (count > spoken.turn)
    return { message: said(`This conversation was begun by another version (turn ${spoken.turn}).`), ends: true };
  const { tool, input } = otherVersion(messages, spoken.turn);
  const use = { type: "tool_use" as const, id: `toolu_bp_${count + 1}_1`, name: tool, input };
  return {
    message: { role: "assistant", content: [{ type: "text", text: "This conversation is not mine." }, use] },
    ends: false,
  };
};

export const createBlueprint = (): Model => ({
  name: "blueprint",
  templated: true,
  async turn(request, signal) {
    signal.throwIfAborted();
    const { message, ends } = next(request);
    return toTurn(request, message, ends);
  },
});
