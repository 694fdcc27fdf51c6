/** The one live comment on a thread, as people read it. Knows text only. */
import { answerExample } from "./answered.ts";
import { type AskedFor, renderAskedFor } from "./asked-for.ts";
import { noSpend, type WorkFound } from "./budget.ts";
import type { Phase } from "./event.ts";
import type { Ledger } from "./ledger.ts";
import type { Outcome, Spend } from "./outcome.ts";
import { shownHash } from "./plan.ts";
import {
  type Earlier,
  earlierSection,
  isNotStarted,
  notStarted,
  outcomeWord,
  queuedHead,
  type Waiting,
  waitingSection,
} from "./render/line.ts";
import { code, details, fenced, inline, money, prose } from "./render/safe.ts";
import { foundSentence, ledgerSentence, numberedQuestions, spendSentence } from "./render/sections.ts";
import { renderTally } from "./render/threads.ts";
import type { Status } from "./report.ts";
import type { Task, TaskList } from "./task.ts";

/** By this hidden line the comment is found again. */
export const statusMarker = "<!-- architect:status -->";

export type StatusView = {
  readonly phase: Phase;
  readonly tasks: TaskList;
  readonly spend: Spend;
  /** Who spent it. */
  readonly ledger?: Ledger | undefined;
  /** Unknown where the view was put together after its run's end. */
  readonly limits?: { readonly toolCalls: number; readonly usd?: number | undefined } | undefined;
  /** As people know it, such as `claude-opus-5-5`. */
  readonly model?: string | undefined;
  readonly branch?: string | undefined;
  readonly pull?: { readonly number: number; readonly url: string } | undefined;
  /** Where the run's own page is, where it has one. */
  readonly page?: string | undefined;
  /** The subagent that is at work, while one is. */
  readonly subagent?: string | undefined;
  /** Teammates that have worked, and whether each is at work now. */
  readonly mates?: Readonly<Record<string, boolean>> | undefined;
  /** What the agent found the work to be, where that is more than it looked. */
  readonly found?: WorkFound | undefined;
  /** A sentence of ours that people must see, such as that no sandbox is used. */
  readonly notice?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** What it is about. */
  readonly asked?: AskedFor | undefined;
  /** Runs of this thread that come after it. */
  readonly waiting?: readonly Waiting[] | undefined;
  /** Runs of this thread that ended before it, newest first. */
  readonly earlier?: readonly Earlier[] | undefined;
};

export const initialStatus = (known: Pick<StatusView, "limits" | "model" | "tasks" | "notice">): StatusView => ({
  ...known,
  phase: "preparing",
  spend: noSpend,
});

export const phaseSentence: Readonly<Record<Phase, string>> = {
  preparing: "Reading the request and preparing the worktree.",
  working: "Working.",
  checking: "Checking the report against the files and what was run.",
  publishing: "Publishing.",
  ended: "Ended.",
};

const maxTasks = 40;
const maxText = 4_000;

export const renderStatus = (view: StatusView): string => {
  const { outcome, waiting = [], earlier = [] } = view;
  return joined([
    statusMarker,
    ...(outcome ? endedParts(view, outcome) : workingParts(view)),
    waitingSection(waiting),
    earlierSection(earlier),
  ]);
};

/** Of a thread on which no run is at work and the first of some waits. */
export const renderQueued = ([first, ...rest]: readonly [Waiting, ...Waiting[]], earlier: readonly Earlier[]): string =>
  joined([statusMarker, queuedHead(first), waitingSection(rest), earlierSection(earlier)]);

/** Of a thread on which nothing is left to be told but how to go on. */
export const renderIdle = (): string =>
  joined([statusMarker, "**Nothing is at work here.** `/architect help` says what can be asked for."]);

const joined = (parts: readonly string[]): string => parts.filter((part) => part !== "").join("\n\n");

const workingParts = (view: StatusView): string[] => [
  `**${phaseSentence[view.phase]}**${view.asked === undefined ? "" : ` ${renderAskedFor(view.asked)}.`}`,
  ...noticeOf(view),
  tasksOf(view.tasks, false),
  ...(view.mates === undefined ? [] : [matesOf(view.mates)]),
  ...(view.subagent === undefined ? [] : [`${code(view.subagent, 64)} is at work …`]),
  links(view),
  ...(view.found ? [foundSentence(view.found)] : []),
  `<sub>${spent(view)}</sub>`,
];

/** The outcome and what to do next; the rest is folded. */
const endedParts = (view: StatusView, outcome: Outcome): string[] => {
  const { kind, spend } = outcome;
  const isFolded = kind === "published" && spend.turns > 0;
  const said = isNotStarted(outcome) ? "" : saidOf(outcome);
  const folded = [isFolded ? said : "", tasksOf(view.tasks, true), ...(view.found ? [foundSentence(view.found)] : [])];
  const cap = view.limits?.usd ? ` of ${money(view.limits.usd)}` : "";
  return [
    ...headsOf(outcome),
    ...noticeOf(view),
    isFolded ? "" : said,
    ...detailsOf(outcome),
    [
      next(outcome),
      ...(spend.turns > 0 ? [`Spent: ${money(spend.usd)}${cap}.`] : []),
      ...(isNotStarted(outcome) ? [] : pageLink(view.page)),
    ].join(" "),
    ...(spend.turns > 0 ? [details("What was done and spent", joined([...folded, spent(view)]))] : []),
  ];
};

const noticeOf = ({ notice }: StatusView): string[] => (notice === undefined ? [] : [`> ${notice}`]);

export const statusSentence: Readonly<Record<Status, string>> = {
  DONE: "What was asked for is there, and nothing is left open.",
  DONE_WITH_CONCERNS: "The work is complete, and something is left for you: the pull request lists it.",
  BLOCKED: "The work could not be finished.",
  NEEDS_CONTEXT: "The work waits for answers.",
};

/** How it ended and why, as Markdown. */
export const outcomeParagraphs = (outcome: Outcome): string[] => [
  ...headsOf(outcome),
  ...(isNotStarted(outcome) ? [] : [saidOf(outcome)]),
  ...detailsOf(outcome),
];

const headsOf = (outcome: Outcome): string[] => {
  const { pull, ci } = outcome;
  if (isNotStarted(outcome)) return [notStarted(outcome.summary)];
  const head = `**${outcomeWord(outcome)}.**${endSentence(outcome)}${pull ? pullSentence(outcome, pull) : ""}`;
  const checks = ci === undefined ? [] : [`**CI:** ${ci}`];
  return ci !== undefined && outcome.kind === "answered" ? checks : [head, ...checks];
};

const endSentence = ({ status, cutShort }: Outcome): string => {
  if (cutShort === "stopped") return " What was done by then is kept.";
  return status ? ` ${statusSentence[status]}` : "";
};

const saidOf = ({ summary, comment, review }: Outcome): string =>
  [
    prose(summary, maxText),
    ...(comment === undefined ? [] : [`It stands in [a comment of its own](${comment}).`]),
    ...(review === undefined ? [] : [`[Read it here](${review}).`]),
  ].join(" ");

const detailsOf = ({ threads, handoffs, blockers, log, questions }: Outcome): string[] => [
  ...(threads ? [renderTally(threads)] : []),
  ...(handoffs === undefined ? [] : [`**Hand-offs:** ${handoffs}`]),
  whyOf(blockers),
  ...(log === undefined ? [] : [`**The end of its log**\n\n${fenced(log.slice(-maxText), "text")}`]),
  ...(questions.length > 0 ? [`**Questions**\n\n${numberedQuestions(questions, { text: 1_000, items: 20 })}`] : []),
];

const whyOf = (blockers: readonly string[]): string => {
  const [only] = blockers;
  if (only !== undefined && blockers.length === 1) return `**Why:** ${inline(only, 1_000)}`;
  return blockers.length === 0 ? "" : `**Blockers**\n\n${blockers.map((one) => `- ${inline(one, 1_000)}`).join("\n")}`;
};

const pullSentence = ({ below = [] }: Outcome, { number, branch }: { number: number; branch: string }): string => {
  const where = `branch ${code(branch, 255)}.`;
  if (below.length === 0) return ` Pull request: #${number}, ${where}`;
  const all = [...below, { number }].map((one) => `#${one.number}`).join(", ");
  return ` Pull requests, each on the one before: ${all}; the last one has the report, ${where}`;
};

const mark: Readonly<Record<Task["status"], string>> = {
  pending: "- [ ]",
  in_progress: "- [ ]",
  completed: "- [x]",
  deleted: "",
};

const tasksOf = (tasks: TaskList, over: boolean): string => {
  const shown = tasks.filter(({ status }) => status !== "deleted");
  const lines = shown.slice(0, maxTasks).map((task) => {
    const running = task.status === "in_progress" && !over;
    const text = running ? `**${inline(task.activeForm ?? task.subject, 200)}…**` : inline(task.subject, 200);
    return `${mark[task.status]} ${text}`;
  });
  return [...lines, ...(shown.length > maxTasks ? [`- … and ${shown.length - maxTasks} more`] : [])].join("\n");
};

const matesOf = (mates: Readonly<Record<string, boolean>>): string =>
  Object.entries(mates)
    .map(([name, works]) => `- ${code(name, 64)} ${works ? "is at work …" : "rests"}`)
    .join("\n");

const pageLink = (page: string | undefined): string[] => (page === undefined ? [] : [`[Run page](${page}).`]);

const links = ({ branch, pull, page }: StatusView): string =>
  [
    ...pageLink(page),
    ...(pull ? [`Pull request: #${pull.number}.`] : []),
    ...(branch === undefined ? [] : [`Branch: ${code(branch, 255)}.`]),
  ].join(" ");

const spent = ({ spend, limits, model, ledger = {} }: StatusView): string => {
  const by = model === undefined ? "" : ` ${code(model, 100)}.`;
  const shares = ledgerSentence(ledger);
  return `Spent: ${spendSentence(spend, limits)}.${by}${shares === undefined ? "" : ` ${shares}`}`;
};

/** What people can do now. */
const next = (outcome: Outcome): string => {
  const { kind, status, pull, questions, cutShort, review, plan } = outcome;
  if (review !== undefined) return "After the next push, `/architect review` tells what is new and what is mended.";
  if (cutShort !== undefined)
    return "`/architect continue` goes on from here, with a fresh budget; `/architect retry` begins anew.";
  if (plan && questions.length === 0)
    return `To have it carried out, comment \`/architect approve ${shownHash(plan)}\`.`;
  if (kind === "failed")
    return "When that is mended: `/architect continue` goes on where it stood, `/architect retry` begins anew.";
  if (status === "NEEDS_CONTEXT" || questions.length > 0) return howToAnswer(questions);
  if (isNotStarted(outcome))
    return outcome.summary.includes("/architect")
      ? ""
      : "When that is mended, `/architect retry` asks for the same again.";
  if (pull)
    return `To change something, review #${pull.number} with comments on its lines, or comment \`/architect design …\` there.`;
  return "To go on, comment `/architect design …` with what is to be done.";
};

const howToAnswer = (questions: Outcome["questions"]): string => {
  const rest = questions.length > 1 ? " What you leave out the agent decides." : "";
  return `To answer, comment \`${answerExample(questions.slice(0, 2))}\`: the letter of an option, or a colon and your words.${rest}`;
};
