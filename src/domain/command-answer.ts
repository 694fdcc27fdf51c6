/** What people read in answer to a command that starts no run. Knows text only. */
import { type Command, type Verb, verbs } from "./command.ts";
import { nearest } from "./distance.ts";
import type { Outcome, Spend } from "./outcome.ts";
import { queuedHead, type Waiting, waitingSection } from "./render/line.ts";
import { code, count, inline, money } from "./render/safe.ts";
import { outcomeParagraphs } from "./render-status.ts";
import type { Thread } from "./repository.ts";
import type { TaskList } from "./task.ts";
import type { Closed } from "./trigger.ts";

/** By this hidden line the answer to a comment is found again. */
export const answerMarker = (commentId: number): string => `<!-- architect:command:${commentId} -->`;

/** The same of a word to a person on what is closed, once. */
export const closedMarker = (person: number): string => `<!-- architect:closed:${person} -->`;

/** @param where.issue whose pull request it is, or the issue itself */
export const renderClosed = (
  closed: Closed,
  { thread, issue }: { readonly thread: Thread; readonly issue: number },
): string => {
  if (thread.kind === "issue")
    return "**Not started.** This issue is closed. Open it again, or write a new one, and ask there.";
  const from = issue === thread.number ? "on an issue" : `on issue #${issue}`;
  return closed === "merged"
    ? `**Not started.** This pull request is merged, so nothing is changed here any more. For a new one, comment \`/architect design …\` ${from}, with what is to be different.`
    : `**Not started.** This pull request is closed, so nothing is changed here any more. Open it again and ask once more, or comment \`/architect design …\` ${from} for a new one.`;
};

/** There is nothing to be reviewed any more. */
export const renderReviewClosed = (closed: Closed): string =>
  closed === "merged"
    ? "**Not started.** This pull request is merged: it is too late for a review. `/architect ask …` answers questions about it here."
    : "**Not started.** This pull request is closed. Open it again and ask once more; `/architect ask …` answers questions about it here as it is.";

const meanings: Readonly<Record<Verb, string>> = {
  design: "`design …` designs and implements what follows, or what the issue asks for",
  continue:
    "`continue` goes on where the last run of this issue ended, with a fresh budget; words behind it are told to the agent",
  answer:
    "`answer 1b 2: the users table` answers the numbered questions of the last run, by letter or in words, and goes on from there",
  retry: "`retry` does what the last run was asked for once more: a new conversation, on the branch as it is",
  stop: "`stop` ends the run that is at work and those that wait; what was done is kept",
  status: "`status` says what is going on",
  help: "`help` shows this",
  plan: "`plan …` makes a plan of what follows, or of what the issue asks for, to be approved; nothing is changed",
  approve: "`approve HASH` has the plan with that hash carried out; it is void where issue, plan or its files changed",
  ask: "`ask …` answers a question about the code in a comment, with links to the lines; nothing is changed",
  review:
    "`review …` reviews a pull request, anybody's: on its lines, by the code's facts and the house standards, then by the agent; words behind it say what to look at",
  allow:
    "`allow COMMIT` lets that head of somebody's pull request, and no later one, be run in the sandbox; of people with the role *maintain* or *admin*, and without a commit for the one reviewed last",
};

/** Letters by which a verb may be misspelt. */
const near = (word: string): number => (word.length < 5 ? 2 : 3);

export const renderHelp = (models: readonly string[]): string =>
  [
    "At the start of a line, by people with write access:",
    verbs.map((verb) => `- ${meanings[verb]}.`).join("\n"),
    [
      "Options, on the same line:",
      "- `--budget $3`: what the run may spend, up to the cap of this App.",
      `- \`--model NAME\`: ${models.length > 1 ? `one of ${models.map((one) => code(one, 100)).join(", ")}` : `here there is ${models.map((one) => code(one, 100)).join("") || "one model only"}`}.`,
      "- `--base BRANCH` (of `design` and `plan`): where a new pull request goes; the default branch where left out.",
    ].join("\n"),
    "A review of the pull request with comments on its lines is answered line by line, without a command.",
  ].join("\n\n");

/** To a command that is none; undefined where it can be carried out. */
export const renderRefusal = (command: Command, models: readonly string[]): string | undefined => {
  if (command.verb === "mistake") return `**Not started.** ${command.problem}`;
  if (command.verb === "unknown") return unknown(command.word, models);
  return undefined;
};

const instead = "`/architect help` lists what is.";

const unknown = (word: string, models: readonly string[]): string => {
  if (word === "") return renderHelp(models);
  const meant = nearest(word, verbs, near(word));
  const guess = meant === undefined ? "" : ` Did you mean \`/architect ${meant}\`?`;
  return `**Not started.** There is no command ${code(word, 40)}.${guess} ${instead}`;
};

export type Standing = {
  /** Of the newest run that did more than wait. */
  readonly outcome?: Outcome | undefined;
  /** Since when one is at work. */
  readonly since?: string | undefined;
  readonly spend?: Spend | undefined;
  readonly tasks: TaskList;
  readonly waiting: readonly Waiting[];
  /** A sentence on whether the pull request may be run, where somebody ever allowed it. */
  readonly allowed?: string | undefined;
  /** Where the live comment stands. */
  readonly url?: string | undefined;
};

export const renderStanding = ({ outcome, since, spend, tasks, waiting, allowed, url }: Standing): string => {
  const [first, ...rest] = waiting;
  const shown = tasks.filter(({ status }) => status !== "deleted");
  const done = shown.filter(({ status }) => status === "completed").length;
  const now = shown.find(({ status }) => status === "in_progress");
  const doing = now ? `; now: ${inline(now.activeForm ?? now.subject, 200)}` : "";
  const work = [
    ...(since === undefined ? [] : [`**At work** since ${since.slice(0, 16).replace("T", " ")} UTC.`]),
    ...(since !== undefined && shown.length > 0 ? [`${done} of ${shown.length} tasks are done${doing}.`] : []),
    ...(since !== undefined && spend
      ? [
          `Spent so far: ${count(spend.turns)} ${spend.turns === 1 ? "turn" : "turns"}, ${count(spend.tokens)} tokens, ${money(spend.usd)}.`,
        ]
      : []),
  ];
  return [
    ...(since === undefined && outcome ? outcomeParagraphs(outcome) : []),
    ...(since === undefined && !outcome && waiting.length === 0
      ? ["Nothing was asked for here yet. `/architect help` says how."]
      : []),
    work.join(" "),
    ...(since === undefined && first ? [queuedHead(first), waitingSection(rest)] : [waitingSection(waiting)]),
    allowed ?? "",
    url === undefined ? "" : `What goes on is shown in [one comment](${url}).`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
};

export const nothingToStop = "Nothing is at work here, and nothing waits.";
