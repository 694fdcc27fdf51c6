/** A conversation that goes on with answers: the brief as they leave it, and the messages since. Pure. */
import { answersIn, type ToldAnswer } from "../../domain/answered.ts";
import type { Message } from "../../domain/message.ts";
import type { BlueprintBrief } from "./brief.ts";
import { parseRequest } from "./request.ts";

/** Messages that the plan of this stretch is replayed over, the first of them the brief. */
export type Stretch = {
  readonly messages: readonly Message[];
  /** Messages of ours before it: ids of calls count on. */
  readonly said: number;
  /** All that was answered so far, the last word of each question. */
  readonly answers: readonly ToldAnswer[];
};

export const lastStretch = (messages: readonly Message[]): Stretch => {
  const told = messages.map(answersOf);
  const at = told.findLastIndex((answers) => answers !== undefined);
  if (at < 1) return { messages, said: 0, answers: [] };
  const before = messages.slice(0, at);
  const answers = new Map(told.flatMap((all) => (all ?? []).map((one) => [one.question, one] as const)));
  return {
    messages: [...messages.slice(0, 1), ...messages.slice(at + 1)],
    said: before.filter(({ role }) => role === "assistant").length,
    answers: [...answers.values()],
  };
};

const answersOf = (message: Message): readonly ToldAnswer[] | undefined =>
  message.role === "user"
    ? message.content.map((block) => (block.type === "text" ? answersIn(block.text) : undefined)).find(Boolean)
    : undefined;

/** An answer that is a request of its own takes the request's place; any other one is said with it. */
export const answeredBrief = (brief: BlueprintBrief, since: readonly ToldAnswer[]): BlueprintBrief => {
  const words = [...brief.answers, ...since]
    .flatMap(({ option, text }) => [option, text])
    .filter((part) => part !== undefined);
  if (words.length === 0) return brief;
  if (brief.kind === "follow-up") {
    const { body = "", comments = [] } = brief.review ?? {};
    return { ...brief, review: { body: [body, ...words].join("\n"), comments } };
  }
  const title = words.findLast((line) => parseRequest({ title: line, body: "" }).ok);
  const body = [brief.request.body, ...words.filter((line) => line !== title).flatMap(asLines)].join("\n");
  return { ...brief, request: { title: title ?? brief.request.title, body } };
};

/** `name: str, price: Decimal` names one field a line, as in a body. */
const asLines = (text: string): readonly string[] =>
  text
    .split(/\n|,\s*(?=\w+\s*:)/)
    .map((line) => (/^\s*[-*]/.test(line) || !/^\s*\w+\s*:/.test(line) ? line : `- ${line}`));
