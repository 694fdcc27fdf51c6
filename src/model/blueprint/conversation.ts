/** A plan said turn by turn: a generator is replayed over the transcript, so that nothing is kept between turns. */
import { isDeepStrictEqual } from "node:util";
import type { AssistantMessage, Message, ToolResult, ToolUse } from "../../domain/message.ts";

export type Call = { readonly name: string; readonly input: Readonly<Record<string, unknown>> };

/** One assistant message: a sentence for people, and the calls that do not depend on one another. */
export type Turn = { readonly text: string; readonly calls: readonly Call[] };

export type Result = { readonly text: string; readonly failed: boolean };

/** Yields turns and receives the results of each, in the order of its calls. */
export type Plan<T = void> = Generator<Turn, T, readonly Result[]>;

/** @param index of all that was ever said in the conversation: an id stands in it once */
const toMessage = (turn: Turn, index: number): AssistantMessage => ({
  role: "assistant",
  content: [
    { type: "text", text: turn.text },
    ...turn.calls.map(
      (call, place): ToolUse => ({
        type: "tool_use",
        id: `toolu_bp_${index + 1}_${place + 1}`,
        name: call.name,
        input: call.input,
      }),
    ),
  ],
});

const usesOf = (message: Message): readonly ToolUse[] =>
  message.role === "assistant" ? message.content.filter((block) => block.type === "tool_use") : [];

const sameCalls = (said: AssistantMessage, wanted: AssistantMessage): boolean =>
  isDeepStrictEqual(
    usesOf(said).map(({ name, input }) => ({ name, input })),
    usesOf(wanted).map(({ name, input }) => ({ name, input })),
  );

const resultsOf = (said: AssistantMessage, answer: Message | undefined): readonly Result[] => {
  const results = (answer?.role === "user" ? answer.content : []).filter((block) => block.type === "tool_result");
  return usesOf(said).map((use): Result => {
    const result: ToolResult | undefined = results.find((block) => block.tool_use_id === use.id);
    return { text: result?.content ?? "", failed: result === undefined || result.is_error === true };
  });
};

export type Spoken =
  | { readonly kind: "turn"; readonly message: AssistantMessage }
  /** The plan has nothing more to say. */
  | { readonly kind: "over" }
  /** The transcript holds another turn than the plan says at this place. */
  | { readonly kind: "differs"; readonly turn: number };

/**
 * What the plan says next. Pure in the conversation: the same messages give the same answer, whoever asks and however
 * often.
 *
 * @param before messages of ours in the same conversation that an earlier plan said
 */
export const speak = (plan: Plan, messages: readonly Message[], before = 0): Spoken => {
  const said = messages.flatMap((message, at) => (message.role === "assistant" ? [{ message, at }] : []));
  let step = plan.next();
  for (const [index, { message, at }] of said.entries()) {
    if (step.done) return { kind: "over" };
    const turn = before + index;
    if (!sameCalls(message, toMessage(step.value, turn))) return { kind: "differs", turn: turn + 1 };
    step = plan.next(resultsOf(message, messages[at + 1]));
  }
  return step.done ? { kind: "over" } : { kind: "turn", message: toMessage(step.value, before + said.length) };
};
