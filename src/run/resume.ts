/** A stored transcript, turned back into where its run stood: pure, so that a crash costs no turn that was paid for. */

import { addTurn, noSpend } from "../domain/budget.ts";
import { blobSha, bytesOf, type Changeset, type Refusal } from "../domain/changeset.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Evidence } from "../domain/finding.ts";
import type { AssistantMessage, Message, ToolSpec, ToolUse, Usage, UserMessage } from "../domain/message.ts";
import type { Spend } from "../domain/outcome.ts";
import { canonPath } from "../domain/policy.ts";
import type { TaskList } from "../domain/task.ts";
import type { Range } from "./tools/seen-files.ts";
import type { Judged } from "./tools/submit-report.ts";

/** Lines of a file that the agent saw and that still read the same. */
export type SeenRange = { readonly path: string; readonly ranges: readonly Range[] };

export type ResumeState = {
  readonly agent: string;
  /** The model that wrote the transcript: it alone can go on with it. */
  readonly model: string;
  readonly commit: string;
  readonly base: string;
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly messages: readonly Message[];
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
  /** Tool calls are counted again by the loop, which knows the tools. */
  readonly spend: Omit<Spend, "toolCalls">;
  readonly seen: readonly SeenRange[];
  /** The report that ended the loop, if one did. */
  readonly judged?: Judged;
};

/** @returns undefined where no conversation was begun */
export const resumeFrom = (events: readonly RunEvent[]): ResumeState | undefined => {
  const started = events.find((event) => event.type === "started");
  if (!started) return undefined;
  const messages = events.filter((event) => event.type === "user" || event.type === "assistant");
  const turns = events.filter((event) => event.type === "assistant");
  const last = messages.at(-1);
  const checkpoint = events.findLast((event) => event.type === "checkpoint");
  const judged = judgedIn(events);
  const { agent, model, commit, base, system, tools } = started;
  return {
    ...{ agent, model, commit, base, system, tools },
    messages: messages.map(({ message }) => message),
    ...(last?.type === "assistant"
      ? { unanswered: { message: last.message, stopReason: last.stopReason, before: spendOf(turns.slice(0, -1)) } }
      : {}),
    tasks: events.findLast((event) => event.type === "tasks")?.tasks ?? [],
    changeset: checkpoint?.changeset ?? [],
    refused: checkpoint?.refused ?? [],
    evidence: events.filter((event) => event.type === "evidence").map(({ evidence }) => evidence),
    spend: spendOf(turns),
    seen: seenIn(events),
    ...(judged ? { judged } : {}),
  };
};

const spendOf = (turns: readonly { usage: Usage; usd: number }[]): Spend =>
  turns.reduce((spend, { usage, usd }) => addTurn(spend, usage, usd), noSpend);

const usesOf = (message: AssistantMessage): readonly ToolUse[] =>
  message.content.filter((block) => block.type === "tool_use");

const succeeded = (answer: UserMessage): ReadonlyMap<string, string> =>
  new Map(
    answer.content
      .filter((block) => block.type === "tool_result")
      .filter((result) => !result.is_error)
      .map((result) => [result.tool_use_id, result.content]),
  );

/** Each answered message of the model, with its answer and the changeset at that turn's end. */
const turnsOf = (events: readonly RunEvent[]) => {
  const turns: { uses: readonly ToolUse[]; answer: UserMessage; changeset: Changeset }[] = [];
  let uses: readonly ToolUse[] = [];
  let changeset: Changeset = [];
  for (const event of events) {
    if (event.type === "assistant") uses = usesOf(event.message);
    if (event.type === "checkpoint") changeset = event.changeset;
    if (event.type === "user") turns.push({ uses, answer: event.message, changeset });
  }
  return turns;
};

const judgedIn = (events: readonly RunEvent[]): Judged | undefined => {
  const event = events.findLast((one) => one.type === "report");
  if (!event) return undefined;
  const accepted = turnsOf(events).some(({ uses, answer }) => {
    const good = succeeded(answer);
    return uses.some((use) => use.name === "SubmitReport" && good.has(use.id));
  });
  return { accepted, report: event.report, findings: event.findings };
};

type Sighting = { readonly content: string; readonly ranges: readonly Range[] };
type Sight = {
  readonly ranges: readonly Range[] /** Where the call itself says what the file holds. */;
  readonly sha?: string;
};

/** The ledger of seen files, from what the transcript shows and what the checkpoints say the files held then. */
const seenIn = (events: readonly RunEvent[]): readonly SeenRange[] => {
  const sightings = new Map<string, Sighting>();
  const turns = turnsOf(events);
  for (const { uses, answer, changeset } of turns) {
    for (const [path, { ranges, sha }] of sightsOf(uses, succeeded(answer))) {
      const content = sha ?? contentKey(changeset, path);
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
const sightsOf = (uses: readonly ToolUse[], good: ReadonlyMap<string, string>): ReadonlyMap<string, Sight> => {
  const sights = new Map<string, Sight>();
  for (const use of uses) {
    // A command may have changed what was shown before it in this turn; only a Write says itself what it wrote.
    if (use.name === "Bash") for (const [path, { sha }] of sights) if (sha === undefined) sights.delete(path);
    const path = pathOf(use);
    const result = good.get(use.id);
    if (path === undefined || result === undefined) continue;
    if (use.name === "Read") sights.set(path, { ranges: [...(sights.get(path)?.ranges ?? []), shownRange(result)] });
    if (["Edit", "MultiEdit"].includes(use.name)) sights.set(path, { ranges: [everything] });
    if (use.name === "Write") sights.set(path, { ranges: [everything], sha: shaOfContent(use) });
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

const shaOfContent = (use: ToolUse): string => {
  const { content } = use.input as { content?: unknown };
  return blobSha(Buffer.from(String(content)));
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
