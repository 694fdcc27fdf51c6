/** The one live comment on a thread, as people read it. Knows text only. */
import { answerExample } from "./answered.ts";
import { noSpend, type WorkFound } from "./budget.ts";
import type { Phase } from "./event.ts";
import type { Ledger } from "./ledger.ts";
import type { Outcome, Spend } from "./outcome.ts";
import { shownHash } from "./plan.ts";
import { howToContinue } from "./render/cut-short.ts";
import { code, fenced, inline, prose } from "./render/safe.ts";
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
  readonly limits: { readonly toolCalls: number; readonly usd?: number | undefined };
  /** As people know it, such as `claude-opus-5-5`. */
  readonly model?: string | undefined;
  readonly branch?: string | undefined;
  readonly pull?: { readonly number: number; readonly url: string } | undefined;
  /** The subagent that is at work, while one is. */
  readonly subagent?: string | undefined;
  /** Teammates that have worked, and whether each is at work now. */
  readonly mates?: Readonly<Record<string, boolean>> | undefined;
  /** What the agent found the work to be, where that is more than it looked. */
  readonly found?: WorkFound | undefined;
  /** A sentence of ours that people must see, such as that no sandbox is used. */
  readonly notice?: string | undefined;
  readonly outcome?: Outcome | undefined;
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
  const { outcome } = view;
  const head = outcome ? outcomeParagraphs(outcome) : [`**${phaseSentence[view.phase]}**`];
  return [
    statusMarker,
    ...head,
    ...(view.notice === undefined ? [] : [`> ${view.notice}`]),
    tasksOf(view.tasks, outcome !== undefined),
    ...(view.mates === undefined || outcome ? [] : [matesOf(view.mates)]),
    ...(view.subagent === undefined || outcome ? [] : [`${code(view.subagent, 64)} is at work …`]),
    ...(outcome ? [] : [links(view)]),
    ...(view.found ? [foundSentence(view.found)] : []),
    spent(view),
    ...(outcome ? [next(outcome)] : []),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
};

const statusSentence: Readonly<Record<Status, string>> = {
  DONE: "What was asked for is there, and nothing is left open.",
  DONE_WITH_CONCERNS: "The work is complete, and something is left for you: the pull request lists it.",
  BLOCKED: "The work could not be finished.",
  NEEDS_CONTEXT: "The work waits for answers.",
};

/** How it ended and why, as Markdown. */
export const outcomeParagraphs = (outcome: Outcome): string[] => {
  const { status, pull, blockers, questions, log, cutShort } = outcome;
  const word =
    (cutShort === "stopped" ? "Stopped" : status) ??
    (outcome.review === undefined
      ? { published: "Ended", answered: "Answered", planned: "Planned", refused: "Not started", failed: "Failed" }[
          outcome.kind
        ]
      : "Reviewed");
  const { ci } = outcome;
  const sentence = status && cutShort !== "stopped" ? ` ${statusSentence[status]}` : "";
  const head = `**${word}.**${sentence}${pull ? pullSentence(outcome, pull) : ""}`;
  const checks = ci === undefined ? [] : [`**CI:** ${ci}`];
  return [
    ...(ci !== undefined && outcome.kind === "answered" ? checks : [head, ...checks]),
    `${prose(outcome.summary, maxText)}${outcome.comment === undefined ? "" : ` It stands in [a comment of its own](${outcome.comment}).`}${outcome.review === undefined ? "" : ` [Read it here](${outcome.review}).`}`,
    ...(outcome.threads ? [renderTally(outcome.threads)].filter((sentence) => sentence !== "") : []),
    ...(outcome.handoffs === undefined ? [] : [`**Hand-offs:** ${outcome.handoffs}`]),
    ...(blockers.length > 0 ? [`**Blockers**\n\n${blockers.map((one) => `- ${inline(one, 1_000)}`).join("\n")}`] : []),
    ...(log === undefined ? [] : [`**The end of its log**\n\n${fenced(log.slice(-maxText), "text")}`]),
    ...(questions.length > 0 ? [`**Questions**\n\n${numberedQuestions(questions, { text: 1_000, items: 20 })}`] : []),
  ];
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

const links = ({ branch, pull }: StatusView): string =>
  [
    ...(pull ? [`Pull request: #${pull.number}.`] : []),
    ...(branch === undefined ? [] : [`Branch: ${code(branch, 255)}.`]),
  ].join(" ");

const spent = ({ spend, limits, model, ledger = {} }: StatusView): string => {
  const by = model === undefined ? "" : ` ${code(model, 100)}.`;
  const shares = ledgerSentence(ledger);
  return `<sub>Spent: ${spendSentence(spend, limits)}.${by}${shares === undefined ? "" : ` ${shares}`}</sub>`;
};

/** What people can do now. */
const next = ({ kind, status, pull, questions, cutShort, review, plan }: Outcome): string => {
  if (review !== undefined) return "After the next push, `/architect review` tells what is new and what is mended.";
  if (cutShort !== undefined) return howToContinue;
  if (plan && questions.length === 0)
    return `To have it carried out, comment \`/architect approve ${shownHash(plan)}\`.`;
  if (kind === "failed")
    return "When that is mended: `/architect continue` goes on where it stood, `/architect retry` begins anew.";
  if (status === "NEEDS_CONTEXT" || questions.length > 0) return howToAnswer(questions);
  if (pull)
    return `To change something, review #${pull.number} with comments on its lines, or comment \`/architect design …\` there.`;
  return "To go on, comment `/architect design …` with what is to be done.";
};

const howToAnswer = (questions: Outcome["questions"]): string => {
  const rest = questions.length > 1 ? " What you leave out the agent decides." : "";
  return `To answer, comment \`${answerExample(questions.slice(0, 2))}\`: the letter of an option, or a colon and your words.${rest}`;
};
