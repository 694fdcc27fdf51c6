/** How a run ended, for people: kept in the store and shown in the status comment. */
import type { Questions } from "./answered.ts";
import type { StoredPlan } from "./plan.ts";
import type { Status } from "./report.ts";
import type { ThreadTally } from "./thread-ledger.ts";

export type Spend = {
  readonly toolCalls: number;
  readonly turns: number;
  /** Those of subagents included, as with `usd`. */
  readonly tokens: number;
  readonly usd: number;
  /** Theirs alone, on budgets of their own. */
  readonly subagents?: { readonly toolCalls: number; readonly turns: number };
};

/** Why a run ended before its agent was done, though it could have gone on. */
export type CutShort = "limit" | "stopped";

export type Outcome = {
  readonly kind: "published" | "answered" | "planned" | "refused" | "failed";
  /** Absent where no report was accepted. */
  readonly status?: Status;
  readonly cutShort?: CutShort;
  /** One or two sentences in plain words. */
  readonly summary: string;
  readonly pull?: { readonly number: number; readonly url: string; readonly branch: string; readonly headSha: string };
  /** The pull requests that it stands on, the lowest first: it is the last of a stack. */
  readonly below?: readonly { readonly number: number; readonly branch: string }[];
  /** Where the comment stands that holds what came of it, for a run that writes no code. */
  readonly comment?: string;
  /** Where the review of a pull request stands. */
  readonly review?: string;
  /** What a `plan` run made, to be approved. */
  readonly plan?: StoredPlan;
  /** The hash of the plan that it carried out. */
  readonly carriedOut?: string;
  /** Of a review that it answered. */
  readonly threads?: ThreadTally;
  /** What was filed for others, one line of ours. */
  readonly handoffs?: string;
  /** What became of failed checks, one line of ours. */
  readonly ci?: string;
  readonly blockers: readonly string[];
  /** The end of what a command of the repository said, where that is why. Secrets are taken out. */
  readonly log?: string;
  /** Numbered from 1 in what people see. */
  readonly questions: Questions;
  readonly spend: Spend;
};
