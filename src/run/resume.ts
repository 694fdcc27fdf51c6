/** A stored transcript, turned back into where its run stood: pure, so that a crash costs no turn that was paid for. */

import { addCost, addSubagent, addTurn, isCounted, noSpend, type WorkFound } from "../domain/budget.ts";
import { blobSha, bytesOf, type Changeset, type Refusal, treeHash } from "../domain/changeset.ts";
import type { Definition } from "../domain/definition.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Evidence } from "../domain/finding.ts";
import { handedInBy } from "../domain/handed-in.ts";
import type { AssistantMessage, Message, Thinking, ToolSpec, ToolUse, UserMessage } from "../domain/message.ts";
import type { Spend } from "../domain/outcome.ts";
import { canonPath } from "../domain/policy.ts";
import type { Remark } from "../domain/remark.ts";
import type { ReportDecision } from "../domain/report.ts";
import { endsRun } from "../domain/submission.ts";
import type { TaskList } from "../domain/task.ts";
import type { Range } from "./tools/seen-files.ts";
import type { Judged } from "./tools/submit-report.ts";

/** Lines of a file that the agent saw and that still read the same. */
type SeenRange = { readonly path: string; readonly ranges: readonly Range[] };

export type ResumeState = {
  readonly agent: string;
  /** The model that wrote the transcript: it alone can go on with it. */
  readonly model: string;
  readonly commit: string;
  readonly base: string;
  /** It goes on where others have pushed since: what it did before is part of what the worktree began with. */
  readonly moved?: boolean;
  /** @see Gathered */
  readonly parent?: string | undefined;
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly effort?: Definition["effort"] | undefined;
  readonly thinking?: Thinking | undefined;
  /** What it had taken up itself. */
  readonly takesUp?: { readonly why: string; readonly spent: Spend } | undefined;
  readonly messages: readonly Message[];
  /** Of these, so many were of runs that this one goes on from: they count for nothing any more. */
  readonly counted: number;
  /** The last message, where that is the model's: its calls have no results yet. */
  readonly unanswered?: {
    readonly message: AssistantMessage;
    readonly stopReason: string;
    readonly before: Omit<Spend, "toolCalls">;
  };
  readonly tasks: TaskList;
  /** Of the last checkpoint: what the worktree is restored to. */
  readonly changeset: Changeset;
  readonly refused: readonly Refusal[];
  readonly evidence: readonly Evidence[];
  readonly remembered: readonly ReportDecision[];
  readonly remarks: readonly Remark[];
  /** What the work was found to be, and how many messages came before that was stored. */
  readonly found?: WorkFound | undefined;
  readonly foundAt: number;
  /** Tool calls are counted again by the loop, which knows the tools. */
  readonly spend: Omit<Spend, "toolCalls">;
  readonly seen: readonly SeenRange[];
  /** The work was given up. */
  readonly removed: boolean;
  /** The report that ended the loop, if one did. */
  readonly judged?: Judged;
};

/** What was stored since the run's own agent began its last conversation, its subagents' events included. */
export const lastConversation = (all: readonly RunEvent[]): readonly RunEvent[] => {
  const begin = all.findLastIndex((event) => event.type === "started" && event.child === undefined);
  return begin < 0 ? [] : all.slice(begin);
};

/** @param child id of a subagent in the run's last conversation; the run's own agent where left out @returns undefined where it was not begun */
export const resumeFrom = (all: readonly RunEvent[], child?: string): ResumeState | undefined =>
  stateIn(lastConversation(all), child);

/** What a run has stored itself of its last conversation, whether it began it or goes on with it. */
export const ownStretch = (own: readonly RunEvent[]): readonly RunEvent[] => {
  const begin = own.findLastIndex(
    ({ type, child }) => child === undefined && (type === "started" || type === "continues"),
  );
  return begin < 0 ? [] : own.slice(begin);
};

/** @param events of one conversation of the run's own agent, or at least all of the subagent's */
export const stateIn = (events_: readonly RunEvent[], child?: string): ResumeState | undefined => {
  const begin = events_.findLastIndex((event) => event.type === "started" && event.child === child);
  const started = events_[begin];
  if (started?.type !== "started") return undefined;
  const conversation = events_.slice(begin);
  const events = conversation.filter((event) => event.child === child);
  const goesOn = events.findLast((event) => event.type === "continues");
  const mark = goesOn ? conversation.indexOf(goesOn) : 0;
  const since = conversation.slice(mark).filter((event) => event.child === child);
  const before = goesOn ? noSpend : (started.takesUp?.spent ?? noSpend);
  const messages = messagesIn(events);
  const last = events.findLast((event) => event.type === "assistant" || isSaid(event));
  // A subagent counts once the call that started it is answered: until then the call is made again.
  const answered = last ? conversation.slice(0, conversation.indexOf(last) + 1) : [];
  const isOwn = (event: RunEvent) => event.child === child || child === undefined;
  const fresh = answered.slice(mark).filter(isOwn);
  const checkpoint = events.findLast((event) => event.type === "checkpoint");
  const judged = judgedIn(since);
  const { agent, model, system, tools, effort, thinking } = started;
  const { commit, base } = goesOn ?? started;
  const takesUp = started.takesUp && { ...started.takesUp, spent: before };
  return {
    parent: goesOn?.parent,
    ...(goesOn?.stands === false ? { moved: true } : {}),
    ...{ agent, model, commit, base, system, tools, effort, thinking, takesUp },
    messages,
    counted: goesOn ? messagesIn(events.slice(0, events.indexOf(goesOn) + 1)).length : 0,
    ...(last?.type === "assistant"
      ? {
          unanswered: {
            message: last.message,
            stopReason: last.stopReason,
            before: spendOf(before, fresh.slice(0, -1), child),
          },
        }
      : {}),
    tasks: events.findLast((event) => event.type === "tasks")?.tasks ?? [],
    changeset: checkpoint?.changeset ?? [],
    refused: checkpoint?.refused ?? [],
    evidence: (goesOn?.stands ? answered.filter(isOwn) : fresh)
      .filter((event) => event.type === "evidence")
      .map(({ evidence }) => evidence),
    remembered: rememberedIn(events),
    ...foundIn(events),
    remarks: events.flatMap((event) => (event.type === "remark" ? [event.remark] : [])),
    spend: spendOf(before, fresh, child),
    seen: seenIn(goesOn?.stands === false ? since : events, handedBackIn(answered)),
    removed: removedIn(since),
    ...(judged ? { judged } : {}),
  };
};

/** Of the run's own agent: no other one has the field. */
export const foundIn = (events: readonly RunEvent[]): Pick<ResumeState, "found" | "foundAt"> => {
  const at = events.findLastIndex(({ type }) => type === "work-kind");
  const event = events[at];
  if (event?.type !== "work-kind") return { foundAt: 0 };
  return { found: event.found, foundAt: messagesIn(events.slice(0, at)).length };
};

const isSaid = (event: RunEvent): event is Extract<RunEvent, { type: "user" | "continues" }> =>
  event.type === "user" || event.type === "continues";

/** What is said when a run goes on stands in the message that was not answered yet, if there is one: the API takes turns. */
const messagesIn = (events: readonly RunEvent[]): readonly Message[] =>
  events.reduce<Message[]>((messages, event) => {
    if (event.type === "assistant") messages.push(event.message);
    if (!isSaid(event)) return messages;
    const last = messages.at(-1);
    if (event.type === "continues" && last?.role === "user")
      messages.splice(-1, 1, { role: "user", content: [...last.content, ...event.message.content] });
    else messages.push(event.message);
    return messages;
  }, []);

export const rememberedIn = (events: readonly RunEvent[]): readonly ReportDecision[] =>
  events.flatMap((event) => (event.type === "remembered" ? [event.decision] : []));

/** Counted calls of a transcript, those that were not run for want of budget included: at most so many were made. */
const callsIn = ({ messages, counted, takesUp }: ResumeState): number =>
  messages
    .slice(counted)
    .flatMap((message) => (message.role === "assistant" ? usesOf(message) : []))
    .filter(({ name }) => isCounted(name)).length + (takesUp?.spent.toolCalls ?? 0);

/** All that the conversation has cost, its calls included. */
export const spentBy = (state: ResumeState | undefined): Spend =>
  state ? { ...state.spend, toolCalls: callsIn(state) } : noSpend;

/** @param child whose own turns count as turns */
const spendOf = (before: Spend, ledger: readonly RunEvent[], child?: string): Spend =>
  ledger.reduce((spend, event) => {
    if (event.type === "assistant" && event.child === child) return addTurn(spend, event.usage, event.usd);
    if (event.type === "paid" && event.child === child) return addCost(spend, event);
    if (event.type === "handed-back" && child === undefined) return addSubagent(spend, event.result.spend);
    if (event.type === "rested" && child === undefined) return addSubagent(spend, event.spend);
    return spend;
  }, before);

/** What each subagent changed, by the id of the call that started it; and teammates, by the last call before they worked. */
const handedBackIn = (events: readonly RunEvent[]): ReadonlyMap<string, readonly string[]> => {
  const changed = new Map<string, readonly string[]>();
  const add = (call: string, paths: readonly string[]) => changed.set(call, [...(changed.get(call) ?? []), ...paths]);
  for (const event of events) {
    if (event.type === "handed-back")
      add(
        event.call,
        event.result.files.map(({ path }) => path),
      );
    if (event.type === "rested" && event.call !== undefined) add(event.call, event.files);
  }
  return changed;
};

const usesOf = (message: AssistantMessage): readonly ToolUse[] =>
  message.content.filter((block) => block.type === "tool_use");

const succeeded = (answer: UserMessage): ReadonlyMap<string, string> =>
  new Map(
    answer.content
      .filter((block) => block.type === "tool_result")
      .filter((result) => !result.is_error)
      .map((result) => [result.tool_use_id, result.content]),
  );

type Turn = {
  readonly uses: readonly ToolUse[];
  readonly answer: UserMessage;
  /** At its end. */
  readonly changeset: Changeset;
  /** No command of it found other files than there were at its end. */
  readonly steady: boolean;
};

/** Each message to the model, with the calls that it answers. */
const turnsOf = (events: readonly RunEvent[]): readonly Turn[] => {
  const turns: Turn[] = [];
  let uses: readonly ToolUse[] = [];
  let changeset: Changeset = [];
  let trees: string[] = [];
  for (const event of events) {
    if (event.type === "assistant") uses = usesOf(event.message);
    if (event.type === "evidence") trees.push(event.evidence.tree);
    if (event.type === "checkpoint") changeset = event.changeset;
    if (!isSaid(event)) continue;
    const end = trees.length > 0 ? treeHash(changeset) : "";
    turns.push({ uses, answer: event.message, changeset, steady: trees.every((tree) => tree === end) });
    trees = [];
  }
  return turns;
};

const isRemoval = ({ name, input }: ToolUse): boolean =>
  name === "ExitWorktree" && (input as { action?: unknown } | null)?.action === "remove";

const removedIn = (events: readonly RunEvent[]): boolean =>
  turnsOf(events).some(({ uses, answer }) => {
    const good = succeeded(answer);
    return uses.some((use) => isRemoval(use) && good.has(use.id));
  });

const judgedIn = (events: readonly RunEvent[]): Judged | undefined => {
  const report = events.map(handedInBy).findLast((one) => one !== undefined);
  if (!report) return undefined;
  const accepted = turnsOf(events).some(({ uses, answer }) => {
    const good = succeeded(answer);
    return uses.some((use) => endsRun(use.name) && good.has(use.id));
  });
  return { accepted, ...report };
};

type Sighting = { readonly content: string; readonly ranges: readonly Range[] };

/** The ledger of seen files, from what the transcript shows and what the checkpoints say the files held then. */
const seenIn = (
  events: readonly RunEvent[],
  handedBack: ReadonlyMap<string, readonly string[]>,
): readonly SeenRange[] => {
  const sightings = new Map<string, Sighting>();
  const turns = turnsOf(events);
  for (const turn of turns) {
    for (const [path, ranges] of sightsOf(turn, handedBack)) {
      const content = contentKey(turn.changeset, path);
      const known = sightings.get(path);
      sightings.set(path, { content, ranges: [...(known?.content === content ? known.ranges : []), ...ranges] });
    }
  }
  const now = turns.at(-1)?.changeset ?? [];
  return [...sightings]
    .filter(([path, { content }]) => content === contentKey(now, path))
    .map(([path, { ranges }]) => ({ path, ranges }));
};

/** What one turn showed of each file. */
const sightsOf = (
  { uses, answer, steady }: Turn,
  handedBack: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly Range[]> => {
  const good = succeeded(answer);
  const sights = new Map<string, readonly Range[]>();
  for (const use of uses) {
    // A command may have changed what was shown before it, and the checkpoint holds only what came of that.
    if ((use.name === "Bash" && !steady) || isRemoval(use)) sights.clear();
    const path = pathOf(use);
    const result = good.get(use.id);
    if (path !== undefined && result !== undefined) {
      if (use.name === "Read") sights.set(path, [...(sights.get(path) ?? []), shownRange(result)]);
      if (["Edit", "MultiEdit", "Write"].includes(use.name)) sights.set(path, [everything]);
    }
    for (const changed of handedBack.get(use.id) ?? []) sights.delete(changed);
  }
  return sights;
};

const everything: Range = [1, Number.POSITIVE_INFINITY];

const pathOf = (use: ToolUse): string | undefined => {
  const { file_path } = (use.input ?? {}) as { file_path?: unknown };
  if (typeof file_path !== "string") return undefined;
  const canon = canonPath(file_path);
  return canon.ok ? canon.path : undefined;
};

/** Of a Read's result: each line begins with its number and a tab. */
const shownRange = (result: string): Range => {
  const numbers = result.split("\n").flatMap((line) => /^ *(\d+)\t/.exec(line)?.[1] ?? []);
  return [Number(numbers[0] ?? 1), Number(numbers.at(-1) ?? 0)];
};

const contentKey = (changeset: Changeset, path: string): string => {
  const change = changeset.find((one) => one.path === path);
  if (!change) return "as committed";
  return change.kind === "deleted" ? "deleted" : blobSha(bytesOf(change));
};
