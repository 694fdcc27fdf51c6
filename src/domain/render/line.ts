/** What waits on a thread and what was done there before, as people read it in the status comment. Knows text only. */
import { type AskedFor, renderAskedFor } from "../asked-for.ts";
import type { Outcome } from "../outcome.ts";
import { clip, count, details, inline, prose } from "./safe.ts";

export type Waiting = AskedFor & {
  /** Among all runs that wait, 1 for the next one. */
  readonly place: number;
  /** The thread on which the run is at work that it waits for, where that is another one. */
  readonly behind?: number | undefined;
  /** More of what it is about may be on its way. */
  readonly held?: boolean | undefined;
  /** ISO 8601: it was begun and failed, and is tried again then. */
  readonly again?: string | undefined;
};

export type Earlier = AskedFor & {
  readonly outcome: Outcome;
  /** Where its own page is, where it has one. */
  readonly page?: string | undefined;
};

const maxListed = 10;

/** Characters. */
const maxWhy = 4_000;

const bounded = (lines: readonly string[]): string =>
  [
    ...lines.slice(0, maxListed),
    ...(lines.length > maxListed ? [`- … and ${count(lines.length - maxListed)} more`] : []),
  ].join("\n");

/** Of the first that waits where no run is at work. */
export const queuedHead = (first: Waiting): string => {
  const { place, behind, held, again } = first;
  const asked = renderAskedFor(first);
  if (again !== undefined)
    return `**Interrupted.** ${asked}: it goes on by itself at ${timeOf(again)}, nothing is lost.`;
  if (held) return `**Queued.** ${asked}: it begins shortly, with all that is added until then.`;
  if (behind !== undefined) return `**Queued** behind the run that is at work on #${behind}. ${asked}.`;
  if (place === 1) return `**Queued, place 1.** ${asked}: it begins as soon as another run ends.`;
  return `**Queued, place ${count(place)}.** ${asked}: ${place === 2 ? "one run comes" : `${count(place - 1)} runs come`} before it.`;
};

/** @returns nothing where nobody waits */
export const waitingSection = (waiting: readonly Waiting[]): string =>
  waiting.length === 0 ? "" : `Waiting here:\n\n${bounded(waiting.map((one) => `- ${renderAskedFor(one)}`))}`;

/** Newest first, each with how it ended. */
export const earlierSection = (earlier: readonly Earlier[]): string =>
  earlier.length === 0
    ? ""
    : details(
        `Earlier here (${count(earlier.length)})`,
        bounded(earlier.map((one) => `- ${renderAskedFor(one)}: ${endOf(one)}`)),
      );

const endOf = ({ outcome, page }: Earlier): string => {
  const { pull, comment } = outcome;
  const where = pull ? `, #${pull.number}` : comment === undefined ? "" : `, in [a comment](${comment})`;
  const why =
    outcome.kind === "refused" || outcome.kind === "failed" ? `: ${inline(clip(outcome.summary, 200), 200)}` : "";
  const link = page === undefined || isNotStarted(outcome) ? "" : ` ([run page](${page}))`;
  return `**${outcomeWord(outcome)}**${where}${why}${link}`;
};

/** In one word how it ended. */
export const outcomeWord = (outcome: Outcome): string => {
  if (outcome.cutShort === "stopped") return "Stopped";
  if (isNotStarted(outcome)) return "Not started";
  if (outcome.status) return outcome.status;
  if (outcome.review !== undefined) return "Reviewed";
  return wordOf[outcome.kind];
};

const wordOf: Readonly<Record<Outcome["kind"], string>> = {
  published: "Ended",
  answered: "Answered",
  planned: "Planned",
  refused: "Not started",
  failed: "Failed",
};

/** Refused before its agent had a turn. */
export const isNotStarted = ({ kind, cutShort, spend }: Outcome): boolean =>
  kind === "refused" && cutShort === undefined && spend.turns === 0;

/** Such a refusal, without the words that would say so twice. */
export const notStarted = (summary: string): string => {
  const [, why] = /^Nothing was started: (.*)$/s.exec(summary) ?? [];
  return why === undefined ? `**Not started.** ${prose(summary, maxWhy)}` : `**Not started:** ${prose(why, maxWhy)}`;
};

const timeOf = (iso: string): string => `${iso.slice(11, 16)} UTC`;
