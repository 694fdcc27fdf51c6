/** Somebody's pull request as a review finds it: its head and where that comes from, what it changes, what our facts say of it, and what was said before. */
import type { ShownEvidence } from "../domain/finding.ts";
import type { Depth, Known } from "../domain/pull-review.ts";
import type { Deviation } from "../domain/standards.ts";
import type { Pull, PullFile } from "../ports.ts";
import type { PullChecked } from "../verify/check-pull.ts";

export type ReviewTarget = {
  readonly pull: Pull;
  /** The commit that is reviewed: the pull request's head when the run began. */
  readonly head: string;
  /** What it grew from on the branch that it goes to. */
  readonly mergeBase: string;
  readonly files: readonly PullFile[];
  /** The App opened it. */
  readonly ours: boolean;
  /** Commands run inside walls here. */
  readonly sandboxed: boolean;
  /** Whether anything of it may be run: it is ours, or somebody who may allowed this very commit; and there are walls. */
  readonly runnable: boolean;
  /** Undefined where the code could not be read; `notices` say why. */
  readonly checked: PullChecked | undefined;
  readonly deviations: readonly Deviation[];
  readonly known: Known;
  /** By an earlier attempt of this run. */
  readonly written?: { readonly url: string } | undefined;
  /** Of the repository's own tests, where they were run on this head. */
  readonly suite?: readonly ShownEvidence[] | undefined;
  /** What whoever asked wants to be looked at; empty where they said nothing. */
  readonly wish: string;
  /** Sentences for people. */
  readonly notices: readonly string[];
};

/** How deep it can be looked at, where an agent looks. */
export const depthOf = ({ runnable }: Pick<ReviewTarget, "runnable">): Depth => (runnable ? "run" : "read");
