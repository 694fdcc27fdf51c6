/** A change that is too large for one pull request, as several that stand on one another. Knows values only. */
/** From what is built on to what builds on it: each pull request holds one or more that are neighbours. */
export const layers = ["models", "services", "routes"] as const;
export type Layer = (typeof layers)[number];

export type StackPart = {
  readonly layers: readonly Layer[];
  readonly paths: readonly string[];
  /** Added and removed, tests left out. */
  readonly lines: number;
};

/** What the commits of a run hold; `work-2` of the second part of a stack, whose last part is `work`. */
export type CommitPurpose = "work" | "memory" | "merge" | `work-${number}`;

/** Lines that a pull request of ours may change where the repository says nothing. */
export const defaultLines = 600;
