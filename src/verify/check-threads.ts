/** What became of review threads as the diff shows it, whatever the report says. Knows neither GitHub nor the agent. */
import { bytesOf, type Changeset } from "../domain/changeset.ts";
import type { Finding } from "../domain/finding.ts";
import type { Report } from "../domain/report.ts";
import { itemId, type ThreadItem } from "../domain/review-thread.ts";
import { type Planned, standsIn } from "../domain/suggestion.ts";
import type { ThreadOutcome } from "../domain/thread-ledger.ts";
import { changedLines } from "./changed-lines.ts";

/** Where the change lies: at the lines of the thread, elsewhere in its file, or not in its file at all. */
export type Touch = "here" | "file" | "none";

/** Lines above and below those of a thread that still are its neighbourhood. */
const near = 20;

/** @param before text of the file that the thread stands in, as the run found it */
const touchOf = (
  { path, line, lines, side }: ThreadItem["thread"],
  changeset: Changeset,
  before: string | undefined,
): Touch => {
  const change = changeset.find((one) => one.path === path);
  if (!change) return "none";
  // On the file as a whole, or on lines that are not there any more.
  if (line === undefined || side === "LEFT" || change.kind === "deleted" || before === undefined) return "here";
  // By the lines of before: what they call added is what was replaced, and a gap is where lines came in.
  const { added, gaps } = changedLines(bytesOf(change).toString("utf8"), before);
  const [from, to] = [line - lines + 1 - near, line + near];
  return [...added, ...gaps].some((at) => at >= from && at <= to) ? "here" : "file";
};

/** How a thread ended. */
export type ThreadEnd = {
  readonly item: ThreadItem;
  readonly outcome: ThreadOutcome;
  readonly touch: Touch;
  /** It was said to be changed, and the diff does not show it. */
  readonly lowered: boolean;
  readonly suggestion: "applied" | "undone" | { readonly not: string } | undefined;
  /** The agent's words. */
  readonly answer: string;
};

export const endThread = (
  item: ThreadItem,
  known: {
    readonly report: Pick<Report, "threads" | "blockers" | "summary">;
    readonly changeset: Changeset;
    /** Of the thread's file: as the run found it, and as it left it. */
    readonly before: string | undefined;
    readonly planned: Planned | undefined;
  },
): ThreadEnd => {
  const { report, changeset, before, planned } = known;
  const given = report.threads.find(({ comment_id }) => comment_id === itemId(item)) ?? {
    outcome: "declined" as const,
    answer: `Not done: ${report.blockers[0] ?? report.summary}`,
  };
  const touch = touchOf(item.thread, changeset, before);
  const change = changeset.find(({ path }) => path === item.thread.path);
  const now = change && change.kind !== "deleted" ? bytesOf(change).toString("utf8") : undefined;
  const suggestion = fateOf(planned, now);
  const { answer } = given;
  if (suggestion === "applied") return { item, outcome: "changed", touch: "here", lowered: false, suggestion, answer };
  const lowered = given.outcome === "changed" && touch === "none";
  return { item, outcome: lowered ? "declined" : given.outcome, touch, lowered, suggestion, answer };
};

const fateOf = (planned: Planned | undefined, now: string | undefined): ThreadEnd["suggestion"] => {
  if (!planned) return undefined;
  if (!planned.applies) return { not: planned.reason };
  return now !== undefined && standsIn(planned.suggestion, now) ? "applied" : "undone";
};

/** A thread is resolved where the commit changes what it is about, in its author's words if there are any; the rest is for people to close. */
export const isSettled = ({ outcome, touch, suggestion }: ThreadEnd): boolean =>
  outcome === "changed" && touch === "here" && (suggestion === undefined || suggestion === "applied");

/** Review comments that each need an answer, and where they stand. */
export type CommentPlace = { readonly id: number; readonly path: string };

const error = (rule: string, message: string): Finding => ({ rule, severity: "error", message });

/** For the agent, while it can still mend. */
export const checkThreads = (
  report: Pick<Report, "threads">,
  { changeset, threads }: { readonly changeset: Changeset; readonly threads: readonly CommentPlace[] },
): Finding[] => {
  const answered = report.threads.map((thread) => thread.comment_id);
  const twice = answered.filter((id, index) => answered.indexOf(id) !== index);
  const changed = new Set(changeset.map(({ path }) => path));
  return [
    ...threads
      .filter(({ id }) => !answered.includes(id))
      .map(({ id }) => error("thread-unanswered", `review comment ${id} has no answer in threads`)),
    ...answered
      .filter((id) => !threads.some((one) => one.id === id))
      .map((id) => error("thread-unknown", `threads answers ${id}, which is no comment of this review`)),
    ...twice.map((id) => error("thread-twice", `threads answers comment ${id} more than once`)),
    ...report.threads.flatMap(({ comment_id, outcome }) => {
      const path = threads.find(({ id }) => id === comment_id)?.path;
      if (outcome !== "changed" || path === undefined || changed.has(path)) return [];
      return [
        error(
          "thread-unchanged",
          changed.size === 0
            ? `comment ${comment_id} is said to be changed, but no file was`
            : `comment ${comment_id} is said to be changed, but ${path} was not: change it there, or answer it as declined and say where it is done`,
        ),
      ];
    }),
  ];
};
