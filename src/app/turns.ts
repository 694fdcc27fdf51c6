/** A run's events as the turns they tell of, subagents' below the calls that started them. Pure. */
import { tokensOf } from "../domain/budget.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Finding } from "../domain/finding.ts";
import type { UserMessage } from "../domain/message.ts";
import { agentOfChild, changesSince } from "../domain/subagent.ts";

export type Call = {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  /** Absent where the run stopped before there was one. */
  readonly result?: string;
  readonly failed: boolean;
  readonly subagent?: Conversation;
};

export type Turn = {
  readonly at: string;
  readonly text: string;
  readonly calls: readonly Call[];
  /** What stands in the message that answers it besides results: notices of ours. */
  readonly notices: readonly string[];
  /** Files that are otherwise at its end than at the end of the turn before. */
  readonly changed: readonly { readonly path: string; readonly kind: string }[];
  readonly findings?: readonly Finding[];
  readonly tokens: number;
  readonly usd: number;
};

/** From a model's first message on; where a new conversation takes up the work of another, there are several. */
export type Conversation = {
  readonly agent: string;
  readonly model: string;
  readonly commit: string;
  readonly at: string;
  /** Why it takes up the work of the one before. */
  readonly why?: string;
  readonly turns: readonly Turn[];
};

/** @param child whose; the run's own agent where left out */
export const conversationsOf = (all: readonly RunEvent[], child?: string): Conversation[] => {
  const own = all.filter((event) => event.child === child);
  const starts = own.flatMap((event, index) => (event.type === "started" ? [{ event, index }] : []));
  return starts.map(({ event, index }, place) => ({
    agent: event.agent,
    model: event.model,
    commit: event.commit,
    at: event.at,
    ...(event.takesUp ? { why: event.takesUp.why } : {}),
    turns: turnsOf(all, own.slice(index + 1, starts[place + 1]?.index)),
  }));
};

const turnsOf = (all: readonly RunEvent[], events: readonly RunEvent[]): Turn[] => {
  const starts = events.flatMap((event, index) => (event.type === "assistant" ? [{ event, index }] : []));
  // A subagent finds files that others changed.
  let before = events.slice(0, starts[0]?.index).findLast((one) => one.type === "checkpoint")?.changeset ?? [];
  return starts.map(({ event, index }, place) => {
    const rest = events.slice(index + 1, starts[place + 1]?.index);
    const answer = rest.find((one) => one.type === "user")?.message;
    const after = rest.findLast((one) => one.type === "checkpoint")?.changeset ?? before;
    const changed = changesSince(before, after).map(({ path, kind }) => ({ path, kind }));
    before = after;
    const judged = rest.findLast((one) => one.type === "report" || one.type === "child-report");
    return {
      at: event.at,
      text: textOf(event.message.content),
      calls: event.message.content.flatMap((block) => (block.type === "tool_use" ? [callOf(all, block, answer)] : [])),
      notices: (answer?.content ?? []).flatMap((block) => (block.type === "text" ? [block.text] : [])),
      changed,
      ...(judged ? { findings: judged.findings } : {}),
      tokens: tokensOf(event.usage),
      usd: event.usd,
    };
  });
};

const textOf = (content: readonly { readonly type: string; readonly text?: string }[]): string =>
  content
    .flatMap((block) => (block.type === "text" ? [block.text ?? ""] : []))
    .join("\n")
    .trim();

const callOf = (
  all: readonly RunEvent[],
  { id, name, input }: { readonly id: string; readonly name: string; readonly input: unknown },
  answer: UserMessage | undefined,
): Call => {
  const result = answer?.content.find((block) => block.type === "tool_result" && block.tool_use_id === id);
  const child = all.find((event) => event.child?.startsWith(`${id}:`))?.child;
  const subagent = child === undefined || agentOfChild(child) === "" ? undefined : conversationsOf(all, child).at(-1);
  return {
    ...{ id, name, input },
    ...(result?.type === "tool_result" ? { result: result.content } : {}),
    failed: result?.type === "tool_result" && result.is_error === true,
    ...(subagent ? { subagent } : {}),
  };
};
