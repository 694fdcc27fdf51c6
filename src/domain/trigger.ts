/** A trigger: our parsed reading of one delivery. What it says is the snapshot that the signed payload carried. */
import type { Command } from "./command.ts";
import type { Person, RepositoryRef, Thread } from "./repository.ts";

type Common = { readonly repository: RepositoryRef; readonly sender: Person };

export type PutLabel = {
  readonly name: string;
  /** It is the operator's, which counts where a repository chose no other. */
  readonly usual: boolean;
  /** The repository chose it: known once that was looked up. */
  readonly chosen?: boolean;
};

/** A label that starts runs was put on an open issue: its title and body are the request. */
export type LabelTrigger = Common & {
  readonly kind: "label";
  readonly thread: Thread;
  readonly title: string;
  readonly body: string;
  /** Undefined where somebody asked without one. */
  readonly label?: PutLabel;
};

/** `/architect …` at the start of a line of a comment. */
export type CommandTrigger = Common & {
  readonly kind: "command";
  readonly thread: Thread;
  readonly command: Command;
  readonly commentId: number;
  readonly title: string;
  readonly body: string;
  /** Who wrote `body` (the issue): used as context only where that person may write, too. */
  readonly author: Person;
  /** Then no run begins: people are told where to go. */
  readonly closed?: Closed | undefined;
};

/** What a delivery says of a review. */
export type ReviewNotice = {
  readonly id: number;
  readonly by: Person;
  /** Those of its comments that were announced so far. */
  readonly comments: readonly number[];
  /** It has no words of its own and demands nothing: a comment or a reply that stands alone is announced so. */
  readonly loose: boolean;
};

/** Reviews of a pull request whose branch is ours; a loose inline comment is a review of one. */
export type ReviewTrigger = Common & {
  readonly kind: "review";
  readonly thread: Thread;
  /** Those that are answered together, oldest first. `sender` is who gave the first. */
  readonly reviews: readonly ReviewNotice[];
  /** The pull request's head branch, `architect/issue-<n>-<slug>`. */
  readonly branch: string;
  readonly title: string;
  /** Then it starts no run: people are told where to go. */
  readonly closed?: Closed | undefined;
};

/** How a pull request or issue ended. */
export type Closed = "closed" | "merged";

/** Somebody pushed to the branch of our pull request, or its head is to be checked once more: starts no run. */
export type PushTrigger = Common & {
  readonly kind: "push";
  readonly thread: Thread;
  readonly branch: string;
  readonly headSha: string;
  readonly title: string;
  /** Nothing was pushed: `sender` asked for the check again, or edited what it holds the head against. */
  readonly again?: "asked" | "edited";
  /** Where an edit sent it, or GitHub because a branch was renamed. */
  readonly base?: string;
};

/**
 * The checks of one App on the head of our pull request have ended, whatever came of them. `sender` is whoever GitHub
 * names, often a bot: who is asked for permission is the person whom the pull request's runs work for.
 */
export type ChecksTrigger = Common & {
  readonly kind: "checks";
  readonly thread: Thread;
  readonly branch: string;
  readonly headSha: string;
  readonly title: string;
};

/** A pull request was merged, whoever's it is: ours that go where it went are held against what is there now. Starts no run. */
export type MergedTrigger = Common & {
  readonly kind: "merged";
  /** The one that was merged. */
  readonly thread: Thread;
  /** What it was merged into. */
  readonly base: string;
  /** Its own branch, where that lies in this repository; and its last commit, which a squash leaves out. */
  readonly branch?: string;
  readonly headSha: string;
  /** Where it left the base. */
  readonly tip?: string;
  readonly title: string;
  /** The one of our pull requests that is left to be looked at, behind the runs of its issue. */
  readonly only?: number;
};

/** The same after a push to a branch that ours go to. */
export type MovedTrigger = Common & {
  readonly kind: "moved";
  /** One of ours that goes there. */
  readonly thread: Thread;
  readonly base: string;
  readonly tip: string;
  readonly title: string;
  readonly only?: number;
};

/** What asks for upkeep. */
export type UpkeepTrigger = MergedTrigger | MovedTrigger;

export type Trigger = LabelTrigger | CommandTrigger | ReviewTrigger | PushTrigger | ChecksTrigger | UpkeepTrigger;

export const isUpkeep = (trigger: Trigger): trigger is UpkeepTrigger =>
  trigger.kind === "merged" || trigger.kind === "moved";
