/** What the blueprint makes of comments that come while it works: it cannot follow them, and its report says whose they were. */
import type { Message } from "../../domain/message.ts";
import { remarksIn, type ToldRemark } from "../../domain/remark.ts";
import type { Call, Plan, Result, Turn } from "./conversation.ts";

/** The rule of the App by which a report comes back so that comments are read first. */
const unheard = "[unheard-comment]";

/** The plan, with those comments in its report that had been told by then. Pure in the conversation, as the plan is. */
export function* heeding(plan: Plan, messages: readonly Message[]): Plan {
  let said = 0;
  let step = plan.next();
  while (!step.done) {
    let results: readonly Result[] = yield withRemarks(step.value, toldBefore(messages, said));
    said += 1;
    // It comes back for nothing but the comments: the same report again, with them.
    while (results.some(({ failed, text }) => failed && text.includes(unheard))) {
      results = yield withRemarks(step.value, toldBefore(messages, said));
      said += 1;
    }
    step = plan.next(results);
  }
}

/** @param said how many messages of ours come before */
const toldBefore = (messages: readonly Message[], said: number): readonly ToldRemark[] => {
  const own = messages.flatMap(({ role }, index) => (role === "assistant" ? [index] : []));
  return messages
    .slice(1, own[said] ?? messages.length)
    .flatMap((message) =>
      message.role === "user"
        ? message.content.flatMap((block) => (block.type === "text" ? remarksIn(block.text) : []))
        : [],
    );
};

const withRemarks = (turn: Turn, remarks: readonly ToldRemark[]): Turn =>
  remarks.length === 0 ? turn : { ...turn, calls: turn.calls.map((call) => heeded(call, remarks)) };

const maxText = 300;

const heeded = (call: Call, remarks: readonly ToldRemark[]): Call => {
  if (call.name !== "SubmitReport") return call;
  const { status, concerns } = call.input as { readonly status?: unknown; readonly concerns?: unknown };
  return {
    ...call,
    input: {
      ...call.input,
      status: status === "DONE" ? "DONE_WITH_CONCERNS" : status,
      concerns: [...(Array.isArray(concerns) ? concerns : []), ...remarks.map(concernOf)].slice(-50),
    },
  };
};

const concernOf = ({ author, text }: ToldRemark): string => {
  const line = text.replace(/\s+/g, " ").trim();
  const short = line.length > maxText ? `${line.slice(0, maxText).trimEnd()}…` : line;
  return `${author} commented while the work was going on, and the blueprint model follows no comments: "${short}". A language model would; here, ask for it as a change of its own.`;
};
