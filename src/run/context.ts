/** What the loop is given and what it gives back: the seam between a run and whoever started it. */

import type { Limits, WorkFound } from "../domain/budget.ts";
import type { Changeset, Refusal } from "../domain/changeset.ts";
import type { Definition, Library, WorkKind } from "../domain/definition.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Evidence } from "../domain/finding.ts";
import type { Decision } from "../domain/memory.ts";
import type { UserMessage } from "../domain/message.ts";
import type { Spend } from "../domain/outcome.ts";
import type { Remark } from "../domain/remark.ts";
import type { ReportDecision } from "../domain/report.ts";
import type { HandedBack } from "../domain/subagent.ts";
import type { Task, TaskList } from "../domain/task.ts";
import type { Clock, Model, Walls } from "../ports.ts";
import type { ResumeState } from "./resume.ts";
import type { ServerDesk } from "./server-desk.ts";
import type { AgentCall } from "./tools/agent.ts";
import type { Letter } from "./tools/send-message.ts";
import type { Door, Judged } from "./tools/submit-report.ts";
import type { WantedTeam } from "./tools/team-create.ts";
import type { Tool } from "./tools/tool.ts";

/** The agents that a loop may start, one at a time. */
export type Subagents = {
  readonly agents: readonly Definition[];
  /**
   * @param parent what the loop has spent so far, and of what
   * @throws ToolError where none may be started any more; the signal's reason when aborted
   */
  run(
    call: AgentCall,
    parent: { readonly spend: Spend; readonly limits: Limits },
    signal: AbortSignal,
  ): Promise<{ readonly result: HandedBack; readonly evidence: readonly Evidence[] }>;
};

export type TakenUp = {
  /** Why the other one does not go on: a sentence for people. */
  readonly why: string;
  readonly spent: Spend;
  readonly found?: WorkFound | undefined;
  readonly tasks: TaskList;
  readonly remembered: readonly ReportDecision[];
  /** Of commands that ran on the files as they are now. */
  readonly evidence: readonly Evidence[];
  /** What people said to it. */
  readonly remarks: readonly Remark[];
};

/** An agent's place in a team, or where it may make one. A refusal is a ToolError. */
export type TeamDesk = {
  /** What the others call it. */
  readonly self: string;
  /** Everybody; nobody where there is no team. */
  members(): readonly string[];
  /** Of the lead alone. */
  readonly create?: ((wanted: WantedTeam, call: TeamCall) => Promise<string>) | undefined;
  send(letter: Letter, call: TeamCall): Promise<string>;
  /** Tells a member of a task that it can work on now. */
  assign(task: Task, call: TeamCall): Promise<void>;
  /** A file of the team, by the path that agents know. */
  document(path: string, tasks: TaskList): string | undefined;
};

/** @property spend of the conversation so far */
export type TeamCall = { readonly callId: string; readonly spend: Spend };

/** The others of a team, as its lead has them: they work between two of its turns, one at a time. */
export type Mates = {
  /** Until all rest. @returns undefined when aborted */
  work(
    lead: {
      readonly spend: Spend;
      readonly limits: Limits;
      readonly tasks: TaskList;
      readonly callId?: string | undefined;
    },
    signal: AbortSignal,
  ): Promise<Heard | undefined>;
};

/** What came of it for the lead. */
export type Heard = {
  readonly spend: Spend;
  readonly tasks: TaskList;
  readonly evidence: readonly Evidence[];
  /** Files may have changed. */
  readonly worked: boolean;
  /** What it is told, and what is stored with that. */
  readonly mail?: { readonly text: string; readonly events: readonly RunEvent[] } | undefined;
};

/** What people write on the thread while the agent is at work. */
export type Remarks = {
  /** What the agent has not been told; the same until it is. */
  hear(): Promise<Said | undefined>;
};

export type Said = {
  /** Of those who may steer; none where it is data alone, for which no report is sent back and no turn is made. */
  readonly remarks: readonly Remark[];
  /** For the next message, and what is stored with it. */
  readonly text: string;
  readonly events: readonly RunEvent[];
  /** That message is stored. */
  told(): Promise<void>;
};

export type LoopDeps = {
  readonly model: Model;
  readonly walls: Walls;
  readonly definition: Definition;
  readonly library: Library;
  readonly limits: Limits;
  /** A word to the agent when its time is nearly over. @param end the tool that ends the run */
  readonly hurry?: ((end: string) => string | undefined) | undefined;
  /** Those of another kind of work, for an agent that may find the work to be of one. */
  readonly limitsOf?: ((kind: WorkKind) => Limits) | undefined;
  /** What is materialised, and what it is measured against; kept in the transcript's first event. */
  readonly commit: string;
  readonly base: string;
  readonly system: string;
  readonly firstMessage: UserMessage;
  /** What the worktree holds already: of a subagent. Undefined = nothing but the commit. */
  readonly found?: Changeset | undefined;
  /** The transcript so far; its system prompt, tools and messages stand over the ones above. The worktree is restored already. */
  readonly resume?: ResumeState | undefined;
  /** What this conversation takes up from one that does not go on; the worktree holds its files (`found`). */
  readonly takesUp?: TakenUp | undefined;
  /** The list that a conversation begins with; none where left out. */
  readonly tasks?: TaskList | undefined;
  readonly clock: Clock;
  /** Stores events, all or none; nothing else happens before it resolves. */
  readonly record: (events: readonly RunEvent[], spend: Spend) => Promise<void>;
  /** What the agent has changed so far. Never called while a command runs. */
  readonly checkpoint: () => Promise<{ readonly changeset: Changeset; readonly refused: readonly Refusal[] }>;
  /** Puts the worktree back to the commit: of an agent that may give the work up. */
  readonly discard?: (() => Promise<void>) | undefined;
  /** Makes the tool that the loop ends by. */
  readonly submit: (door: Door) => Tool;
  readonly subagents?: Subagents | undefined;
  readonly team?: TeamDesk | undefined;
  readonly mates?: Mates | undefined;
  readonly remarks?: Remarks | undefined;
  /** Tools of servers that the operator named; none where left out. */
  readonly servers?: Pick<ServerDesk, "specs" | "call"> | undefined;
  /** A teammate rests where others are asked for a report. */
  readonly rests?: boolean | undefined;
  /** Decisions of the repository's memory, for those who may search it and add to it. */
  readonly decisions?: readonly Decision[] | undefined;
  /** Takes known secrets out of what a tool returned. */
  readonly redact: (text: string) => string;
  readonly signal: AbortSignal;
};

export type BlockedCause =
  /** Tool calls, turns, tokens, money or time are used up. */
  | "budget"
  /** By people. */
  | "stopped"
  | "refusal"
  /** It stopped without a report, and nudging did not help. */
  | "no-report"
  /** Tools that are not offered, or input that fits no schema, again and again. */
  | "strikes"
  /** The conversation, or one message, is longer than the model can take or give. */
  | "length";

export type LoopEnd = (
  | ({ readonly kind: "reported" } & Judged)
  | { readonly kind: "blocked"; readonly cause: BlockedCause; readonly reason: string }
  /** A teammate ended its turn: it goes on when somebody writes to it. */
  | { readonly kind: "resting" }
  /** The signal: what was stored is enough to go on from. */
  | { readonly kind: "aborted" }
) & { readonly spend: Spend };
