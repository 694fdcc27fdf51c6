/** What reviews of a pull request ask of one run, as it stood when the run began: places in a thread move with every push. Knows values only. */
import type { Person } from "./repository.ts";
import type { ThreadItem } from "./review-thread.ts";
import type { ItemSuggestion, Planned } from "./suggestion.ts";

/** A review as somebody gave it. */
export type GivenReview = {
  readonly id: number;
  readonly state: "approved" | "changes_requested" | "commented" | "dismissed" | "pending";
  /** What is written above its inline comments. */
  readonly body: string;
  readonly author: Person;
};

export type FollowUp = {
  /** Whose files the places are of. */
  readonly commit: string;
  readonly reviews: readonly GivenReview[];
  /** Of people who may not write, with words of their own, where the configuration lets them in: data. */
  readonly others?: readonly GivenReview[];
  /** Those that the run answers. */
  readonly items: readonly ThreadItem[];
  readonly suggestions: readonly ItemSuggestion[];
};

export const suggestionOf = ({ suggestions }: FollowUp, item: number): Planned | undefined =>
  suggestions.find((one) => one.item === item)?.planned;
