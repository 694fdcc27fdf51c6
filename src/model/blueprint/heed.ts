/** What the blueprint makes of what it cannot follow, comments while it works and images: its report names them. */
import type { Message } from "../../domain/message.ts";
import { remarksIn, type ToldRemark } from "../../domain/remark.ts";
import type { BlueprintBrief } from "./brief.ts";
import type { Call, Plan, Result, Turn } from "./conversation.ts";

/** The rule of the App by which a report comes back so that comments are read first. */
const unheard = "[unheard-comment]";

/**
 * The plan, with those comments in its report that had been told by then. Pure in the conversation, as the plan is.
 *
 * @param unseen what the request has and the plan can't see, each a concern
 */
export function* heeding(plan: Plan, messages: readonly Message[], unseen: readonly string[]): Plan {
  const concerns = (said: number) => [...unseen, ...toldBefore(messages, said).map(concernOf)];
  let said = 0;
  let step = plan.next();
  while (!step.done) {
    let results: readonly Result[] = yield withConcerns(step.value, concerns(said));
    said += 1;
    // It comes back for nothing but the comments: the same report again, with them.
    while (results.some(({ failed, text }) => failed && text.includes(unheard))) {
      results = yield withConcerns(step.value, concerns(said));
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

const withConcerns = (turn: Turn, concerns: readonly string[]): Turn =>
  concerns.length === 0 ? turn : { ...turn, calls: turn.calls.map((call) => concerned(call, concerns)) };

const concerned = (call: Call, added: readonly string[]): Call => {
  if (call.name === "SubmitPlan")
    return { ...call, input: { ...call.input, risks: [...listIn(call.input["risks"]), ...added].slice(-10) } };
  if (call.name === "SubmitAnswer")
    return { ...call, input: { ...call.input, answer: [call.input["answer"], ...added].join("\n\n") } };
  if (call.name !== "SubmitReport") return call;
  const { status, concerns } = call.input as { readonly status?: unknown; readonly concerns?: unknown };
  return {
    ...call,
    input: {
      ...call.input,
      status: status === "DONE" ? "DONE_WITH_CONCERNS" : status,
      concerns: [...listIn(concerns), ...added].slice(-50),
    },
  };
};

const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const maxText = 300;

const concernOf = ({ author, text }: ToldRemark): string => {
  const line = text.replace(/\s+/g, " ").trim();
  const short = line.length > maxText ? `${line.slice(0, maxText).trimEnd()}…` : line;
  return `${author} commented while the work was going on, and the blueprint model follows no comments: "${short}". A language model would; here, ask for it as a change of its own.`;
};

/** A request that speaks of a picture may mean something that stands in it alone. */
export const unseenIn = ({ request, images }: BlueprintBrief): readonly string[] => {
  const text = `${request.title}\n${request.body}`.replaceAll("[image]", "");
  if (!images || images.leftOut.length === 0 || !pictureWords.test(text)) return [];
  return [
    `The request speaks of an image, and the blueprint model sees none: look whether something in it is missing.`,
  ];
};

const pictureWords = /\b(?:images?|screen ?shots?|pictures?|diagrams?|mock-?ups?|sketch(?:es)?|figures?)\b/i;
