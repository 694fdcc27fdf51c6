/** Where a conversation stands between two turns: the only state of the loop. */
import { type Changeset, type Refusal, treeHash } from "../domain/changeset.ts";
import type { Definition } from "../domain/definition.ts";
import type { Evidence } from "../domain/finding.ts";
import type { AssistantMessage, Message, Thinking, ToolSpec } from "../domain/message.ts";
import type { Spend } from "../domain/outcome.ts";
import type { ReportDecision } from "../domain/report.ts";
import type { TaskList } from "../domain/task.ts";
import type { LoopDeps } from "./context.ts";
import type { Counters } from "./counters.ts";
import type { Measure } from "./raise-work.ts";
import type { Judged } from "./tools/submit-report.ts";
import type { Tool } from "./tools/tool.ts";

type Checkpoint = {
  readonly changeset: Changeset;
  readonly refused: readonly Refusal[];
  readonly tree: string;
  /** Tells two checkpoints apart. */
  readonly key: string;
};

type Fresh = {
  readonly evidence: Evidence[];
  /** Evidence of subagents, which is stored already. */
  readonly handedBack: Evidence[];
  readonly remembered: ReportDecision[];
  tasks: boolean;
  /** The kind of work was corrected. */
  work: boolean;
  refusals: number;
};

export type Unanswered = {
  readonly message: AssistantMessage;
  readonly stopReason: string;
  /** What was spent before it. */
  readonly before: Spend;
};

/** The loop's only state; the loop alone changes it. */
export type Conversation = Measure & {
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly effort: Definition["effort"];
  readonly thinking: Thinking | undefined;
  readonly registry: readonly Tool[];
  /** Append-only. */
  readonly messages: Message[];
  /** The last message, while it is the model's. */
  unanswered: Unanswered | undefined;
  counters: Counters;
  spend: Spend;
  tasks: TaskList;
  readonly evidence: Evidence[];
  readonly remembered: ReportDecision[];
  /** Of the turn under way, stored with its results. */
  fresh: Fresh;
  /** The report that ended the run; `judging` is the last one of the turn under way. */
  judged: Judged | undefined;
  judging: Judged | undefined;
  checkpoint: Checkpoint;
  storedKey: string;
  /** Files may have changed since `checkpoint`. */
  dirty: boolean;
  /** The work was given up. */
  removed: boolean;
};

export const checkpointOf = (changeset: Changeset, refused: readonly Refusal[]): Checkpoint => {
  const tree = treeHash(changeset);
  return { changeset, refused, tree, key: JSON.stringify([tree, refused]) };
};

export const nothingFresh = (): Fresh => ({
  evidence: [],
  handedBack: [],
  remembered: [],
  tasks: false,
  work: false,
  refusals: 0,
});

export const collectCheckpoint = async (deps: LoopDeps, talk: Conversation): Promise<void> => {
  const { changeset, refused } = await deps.checkpoint();
  talk.checkpoint = checkpointOf(changeset, refused);
  talk.dirty = false;
};
