/** RunEvents: everything that happened in a run, in order. The transcript is these and nothing else. */
import type { Answered } from "./answered.ts";
import type { StoredLimits, WorkFound } from "./budget.ts";
import type { Changeset, Refusal } from "./changeset.ts";
import type { ChildReport } from "./child-report.ts";
import type { Definition } from "./definition.ts";
import type { ToldCheck } from "./failed-check.ts";
import type { Evidence, Finding } from "./finding.ts";
import type { FollowUp } from "./follow-up.ts";
import type { AssistantMessage, Thinking, ToolSpec, Usage, UserMessage } from "./message.ts";
import type { Outcome, Spend } from "./outcome.ts";
import type { StoredPlan } from "./plan.ts";
import type { Remark } from "./remark.ts";
import type { Report, ReportDecision } from "./report.ts";
import type { Review, ReviewReport } from "./review.ts";
import type { CommitPurpose, StackPart } from "./stack.ts";
import type { HandedBack } from "./subagent.ts";
import type { Submission } from "./submission.ts";
import type { TaskList } from "./task.ts";
import type { Mail } from "./team.ts";

export type Phase = "preparing" | "working" | "checking" | "publishing" | "ended";

/** What happened in the conversation of a subagent or teammate carries its id (`childId`, `mateId`). */
export type RunEvent = Happening & { readonly child?: string };

type Happening =
  /** The commit the run works on, the base it is measured against, and the exact bytes of the conversation's head. */
  | {
      readonly type: "started";
      readonly at: string;
      readonly agent: string;
      readonly model: string;
      readonly commit: string;
      readonly base: string;
      readonly system: string;
      readonly tools: readonly ToolSpec[];
      /** The settings of all its requests; absent in older transcripts. */
      readonly effort?: Definition["effort"];
      readonly thinking?: Thinking;
      /** Where it takes up the work of one that does not go on: why, for people, and what had been spent by then. */
      readonly takesUp?: { readonly why: string; readonly spent: Spend };
      /** As it began: `work-kind` raises the calls. Absent in older transcripts. */
      readonly limits?: StoredLimits;
    }
  /** What failed checks are to be mended, as they were found; stored before anything is done. */
  | { readonly type: "checks"; readonly at: string; readonly headSha: string; readonly failed: readonly ToldCheck[] }
  /** The run goes on from another one's transcript: what comes before it there is its own, too. */
  | {
      readonly type: "continues";
      readonly at: string;
      /** The other one. */
      readonly run: string;
      readonly commit: string;
      readonly base: string;
      /** What its commits go on top of, where that is another commit: the work of before, as it was published. */
      readonly parent?: string;
      /** Whether the files are as they were, so that what was seen and what ran still holds. */
      readonly stands: boolean;
      /** What people said with it. */
      readonly said: string;
      /** What they answered, where it goes on for that; and the numbers of the questions that nobody answered. */
      readonly answered?: readonly Answered[];
      readonly open?: readonly number[];
      /** From here on. Absent in older transcripts. */
      readonly limits?: StoredLimits;
      readonly message: UserMessage;
    }
  /** Taken up again after a crash or a failure: the time before it was not spent at work. */
  | { readonly type: "resumed"; readonly at: string }
  /** Somebody who may approved a plan, and it counted: the run carries it out. */
  | { readonly type: "approved"; readonly at: string; readonly by: string; readonly plan: StoredPlan }
  /** What reviews asked of it when it began. */
  | { readonly type: "review"; readonly at: string; readonly followUp: FollowUp }
  /** Somebody who may asked for its end. */
  | { readonly type: "stop"; readonly at: string; readonly by: string }
  | { readonly type: "phase"; readonly at: string; readonly phase: Phase }
  | { readonly type: "user"; readonly at: string; readonly message: UserMessage }
  | {
      readonly type: "assistant";
      readonly at: string;
      readonly message: AssistantMessage;
      readonly usage: Usage;
      readonly usd: number;
      readonly stopReason: string;
    }
  /** What was paid for and left no message: it was refused, empty, or cut off each time. */
  | {
      readonly type: "paid";
      readonly at: string;
      readonly usage: Usage;
      readonly usd: number;
      /** Whether it counts as a turn. */
      readonly turns: 0 | 1;
    }
  /** The agent found the work to be of a larger kind: once in a run, with the calls that it has from then on. */
  | { readonly type: "work-kind"; readonly at: string; readonly found: WorkFound; readonly toolCalls: number }
  | { readonly type: "tasks"; readonly at: string; readonly tasks: TaskList }
  /** Asked to be kept in the memory; recorded with the report's decisions. */
  | { readonly type: "remembered"; readonly at: string; readonly decision: ReportDecision }
  | { readonly type: "evidence"; readonly at: string; readonly evidence: Evidence }
  /** What the App ran to hold a report against. `key` is a hash of all that its outcome depends on: it is not run twice. */
  | { readonly type: "checked"; readonly at: string; readonly key: string; readonly evidence: readonly Evidence[] }
  /** Stored with the message that tells the agent of it: told once, whatever happens. */
  | { readonly type: "remark"; readonly at: string; readonly remark: Remark }
  /** Stored at a turn's end when the changeset differs from the last one stored. */
  | {
      readonly type: "checkpoint";
      readonly at: string;
      readonly changeset: Changeset;
      readonly refused: readonly Refusal[];
    }
  | { readonly type: "report"; readonly at: string; readonly report: Report; readonly findings: readonly Finding[] }
  /** The same of a run that writes no code. */
  | {
      readonly type: "submission";
      readonly at: string;
      readonly submission: Submission;
      readonly findings: readonly Finding[];
    }
  /** The same of a subagent. */
  | {
      readonly type: "child-report";
      readonly at: string;
      readonly report: ChildReport | ReviewReport;
      readonly findings: readonly Finding[];
    }
  /** A subagent's end, the last event of its own. `call` is the tool call that started it. */
  | { readonly type: "handed-back"; readonly at: string; readonly call: string; readonly result: HandedBack }
  /** The run's one team. */
  | {
      readonly type: "team";
      readonly at: string;
      readonly name: string;
      readonly description?: string | undefined;
      /** The lead's role. */
      readonly agentType: string;
      readonly members: readonly string[];
    }
  | { readonly type: "mail"; readonly at: string; readonly mail: Mail }
  /** @see unreadBy */
  | { readonly type: "mail-read"; readonly at: string; readonly reader: string; readonly upTo: number }
  /** A teammate rests: the last event of a stretch of its work. */
  | {
      readonly type: "rested";
      readonly at: string;
      /** In this stretch. */
      readonly spend: Spend;
      /** Paths that it changed in this stretch. */
      readonly files: readonly string[];
      /** The last call of the lead before it. */
      readonly call?: string | undefined;
      /** Why it reads nothing any more. */
      readonly ended?: string | undefined;
      readonly result?: HandedBack | undefined;
      readonly review?: Review | undefined;
    }
  /** A commit made on GitHub that no branch may point at yet: found again after a crash instead of made again. */
  | {
      readonly type: "committed";
      readonly at: string;
      readonly purpose: CommitPurpose;
      readonly sha: string;
    }
  /** How the work was cut into pull requests, right before the first of their commits: whoever goes on cuts it so. */
  | {
      readonly type: "stacked";
      readonly at: string;
      readonly parts: readonly StackPart[];
    }
  /** Where the base branch stood when the work was to be published, where it had moved: whoever goes on merges that. */
  | { readonly type: "base-moved"; readonly at: string; readonly branch: string; readonly tip: string }
  /** The pull request is there; what is said on it follows. */
  | {
      readonly type: "proposed";
      readonly at: string;
      readonly pull: { readonly number: number; readonly url: string; readonly branch: string };
    }
  | { readonly type: "outcome"; readonly at: string; readonly outcome: Outcome };
