/** A run's events as the turns they tell of: subagents below the calls that started them, teammates below the turn they worked after. Pure. */
import { tokensOf } from "../domain/budget.ts";
import type { Changeset } from "../domain/changeset.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Evidence, Finding } from "../domain/finding.ts";
import { handedInBy } from "../domain/handed-in.ts";
import type { AssistantMessage, UserMessage } from "../domain/message.ts";
import { dataIn, remarksIn } from "../domain/remark.ts";
import { agentOfChild, changesSince } from "../domain/subagent.ts";
import { mateOfChild, toldMails } from "../domain/team.ts";

export type Call = {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  /** Absent where the run stopped before there was one. */
  readonly result?: string;
  readonly failed: boolean;
  readonly subagent?: Conversation;
  /** Of a command that ran. */
  readonly evidence?: Pick<Evidence, "exitCode" | "durationMs" | "tree">;
};

type Said = { readonly from: string; readonly text: string };

export type Turn = {
  readonly at: string;
  readonly text: string;
  readonly calls: readonly Call[];
  /** What stands in the message that answers it besides results: notices of ours, … */
  readonly notices: readonly string[];
  /** … comments of people, and mail of the team. */
  readonly comments: readonly Said[];
  readonly mail: readonly Said[];
  /** Teammates that worked before that message, with what they did until it. */
  readonly teammates: readonly Conversation[];
  /** Files that are otherwise at its end than at the end of the turn before. */
  readonly changed: readonly { readonly path: string; readonly kind: string }[];
  readonly findings?: readonly Finding[];
  /** What the App ran itself to hold a report against. */
  readonly ranByApp: readonly Evidence[];
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
  const starts = own.flatMap((event, index) =>
    event.type === "started" || event.type === "continues" ? [{ event, index }] : [],
  );
  return starts.map(({ event, index }, place) => ({
    ...headOf(event),
    turns: turnsOf(
      all,
      own.slice(index + 1, starts[place + 1]?.index),
      event.type === "continues"
        ? own.slice(0, index).findLast((one) => one.type === "checkpoint")?.changeset
        : undefined,
    ),
  }));
};

/** What a run that goes on from another one began with stands in that one's transcript. */
const headOf = (event: Extract<RunEvent, { type: "started" | "continues" }>): Omit<Conversation, "turns"> => {
  const { at, commit } = event;
  if (event.type === "continues")
    return { agent: "the agent", model: "its model", at, commit, why: `It goes on from run ${event.run}.` };
  const { agent, model, takesUp } = event;
  return { agent, model, at, commit, ...(takesUp ? { why: takesUp.why } : {}) };
};

/** @param found what the worktree held before; where left out, what the conversation began with */
const turnsOf = (all: readonly RunEvent[], events: readonly RunEvent[], found?: Changeset): Turn[] => {
  const starts = events.flatMap((event, index) => (event.type === "assistant" ? [{ event, index }] : []));
  // A subagent finds files that others changed.
  let before = found ?? events.slice(0, starts[0]?.index).findLast((one) => one.type === "checkpoint")?.changeset ?? [];
  return starts.map(({ event, index }, place) => {
    const rest = events.slice(index + 1, starts[place + 1]?.index);
    const answer = rest.find((one) => one.type === "user")?.message;
    const after = rest.findLast((one) => one.type === "checkpoint")?.changeset ?? before;
    const changed = changesSince(before, after).map(({ path, kind }) => ({ path, kind }));
    before = after;
    const judged = rest.map(handedInBy).findLast((one) => one !== undefined);
    return {
      at: event.at,
      text: textOf(event.message.content),
      calls: callsOf(all, event.message, rest),
      ...toldIn(answer),
      teammates: event.child === undefined ? matesBetween(all, event, starts[place + 1]?.event) : [],
      changed,
      ...(judged ? { findings: judged.findings } : {}),
      ranByApp: rest.flatMap((one) => (one.type === "checked" ? one.evidence : [])),
      tokens: tokensOf(event.usage),
      usd: event.usd,
    };
  });
};

const toldIn = (answer: UserMessage | undefined): Pick<Turn, "notices" | "comments" | "mail"> => {
  const texts = (answer?.content ?? []).flatMap((block) => (block.type === "text" ? [block.text] : []));
  const isOther = (text: string) => [remarksIn, dataIn, toldMails].some((read) => read(text).length > 0);
  return {
    notices: texts.filter((text) => !isOther(text)),
    comments: texts.flatMap((text) => [
      ...remarksIn(text).map(({ author, text: said }) => ({ from: author, text: said })),
      ...dataIn(text).map(({ author, text: said }) => ({ from: `${author} (told as data)`, text: said })),
    ]),
    mail: texts.flatMap(toldMails).map(({ from, text }) => ({ from, text })),
  };
};

/** What teammates did from one message of their lead to its next. */
const matesBetween = (all: readonly RunEvent[], from: RunEvent, to: RunEvent | undefined): Conversation[] => {
  const first = all.indexOf(from);
  const stretch = all.slice(first, to ? all.indexOf(to) : undefined);
  const mates = new Set(stretch.flatMap(({ child }) => (mateOfChild(child) === undefined ? [] : [child])));
  return [...mates].flatMap((mate): Conversation[] => {
    const own = stretch.filter(({ child }) => child === mate);
    const begin = own.findIndex(({ type }) => type === "assistant");
    const started = all.find((event) => event.type === "started" && event.child === mate);
    if (begin < 0 || started?.type !== "started") return [];
    const found = all.slice(0, all.indexOf(own[begin] ?? from)).findLast((one) => one.type === "checkpoint");
    const head = { ...headOf(started), agent: `${mateOfChild(mate)} of the team` };
    return [{ ...head, turns: turnsOf(all, own, found?.changeset ?? []) }];
  });
};

const textOf = (content: readonly { readonly type: string; readonly text?: string }[]): string =>
  content
    .flatMap((block) => (block.type === "text" ? [block.text ?? ""] : []))
    .join("\n")
    .trim();

/** Commands ran in the order of their calls; one that did not run has no evidence, and its result says why. */
const callsOf = (all: readonly RunEvent[], message: AssistantMessage, rest: readonly RunEvent[]): Call[] => {
  const answer = rest.find((one) => one.type === "user")?.message;
  const evidence = rest.flatMap((one) => (one.type === "evidence" ? [one.evidence] : []));
  return message.content.flatMap((block) => {
    if (block.type !== "tool_use") return [];
    const call = callOf(all, block, answer);
    const ran = call.name === "Bash" && /^exit code/.test(call.result ?? "") ? evidence.shift() : undefined;
    if (!ran) return [call];
    const { exitCode, durationMs, tree } = ran;
    return [{ ...call, evidence: { exitCode, durationMs, tree } }];
  });
};

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
