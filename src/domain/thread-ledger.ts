/** How each review thread of a pull request ended: one entry for each answer of ours, the last one of a thread counts. */
export type ThreadOutcome = "changed" | "declined" | "question";

export type ThreadEntry = {
  /** Of its first comment. */
  readonly thread: number;
  /** What was answered. */
  readonly comment: number;
  readonly run: string;
  readonly path: string;
  readonly line?: number | undefined;
  /** What it is about, in the words of who began it: as many as a row has room for. */
  readonly about: string;
  readonly outcome: ThreadOutcome;
  /** The commit that holds the change. */
  readonly commit?: string | undefined;
  /** As people read it, without its head. */
  readonly answer: string;
  readonly resolved: boolean;
};

/** What became of the threads that one run answered. */
export type ThreadTally = {
  readonly changed: number;
  readonly declined: number;
  readonly questions: number;
  readonly resolved: number;
  /** Why GitHub did not let us resolve others, as it says it. */
  readonly refused?: { readonly threads: number; readonly reason: string };
  /** People whose wish for changes is met: asked to look again, or ready to be. */
  readonly askedAgain: readonly string[];
  readonly ready: readonly string[];
};

/** By thread, in the order in which they were first answered. */
export const latestOf = (entries: readonly ThreadEntry[]): readonly ThreadEntry[] => [
  ...new Map(entries.map((entry) => [entry.thread, entry])).values(),
];
