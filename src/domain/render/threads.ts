/** What people read of review threads: the answer in each, the table in the pull request, and a sentence of how many. Knows text only. */
import { readMarkdown } from "../markdown.ts";
import { latestOf, type ThreadEntry, type ThreadOutcome, type ThreadTally } from "../thread-ledger.ts";
import { blockIn, withBlock } from "./block.ts";
import { clip, code, inline, prose, table } from "./safe.ts";

const maxText = 4_000;

/** By this hidden line the one answer to a comment is found again, whichever run gives it. */
export const threadMarker = (commentId: number): string => `<!-- architect:answer:${commentId} -->`;

export type AnswerView = {
  readonly outcome: ThreadOutcome;
  readonly path: string;
  /** Where the commit changes the file: not at the lines of the thread. */
  readonly elsewhere: boolean;
  /** It was said to be changed, and is not. */
  readonly lowered: boolean;
  readonly suggestion: "applied" | "undone" | { readonly not: string } | undefined;
  readonly answer: string;
  /** Of the commit of this run, where there is one. */
  readonly commitUrl: string | undefined;
};

export const renderThreadAnswer = (view: AnswerView): string => {
  const { suggestion, answer } = view;
  const said = prose(answer, maxText);
  const below = belowOf(view);
  return `${headOf(view)} ${fateOf(suggestion)}${said}${below === "" ? "" : `\n\n<sub>${below}</sub>`}`;
};

const fateOf = (suggestion: AnswerView["suggestion"]): string => {
  if (suggestion === undefined) return "";
  if (suggestion === "applied") return "The suggestion is applied word for word. ";
  if (suggestion === "undone") return "The suggestion was applied, and does not stand so any more. ";
  return `The suggestion is not applied word for word: ${suggestion.not}. `;
};

const belowOf = ({ outcome, elsewhere, suggestion }: AnswerView): string => {
  if (outcome === "question") return "Answer in this thread, and the work goes on.";
  if (outcome !== "changed") return "";
  if (elsewhere)
    return "The commit changes this file, but not near these lines: the thread stays open for you to judge.";
  return suggestion === undefined || suggestion === "applied" ? "" : "The thread stays open for you to judge.";
};

const headOf = ({ outcome, lowered, path, commitUrl }: AnswerView): string => {
  const commit = commitUrl === undefined ? undefined : `[${shaIn(commitUrl)}](${commitUrl})`;
  if (lowered)
    return commit
      ? `**Not changed here.** The agent calls this changed, but ${commit} does not touch ${code(path, 200)}. It says:`
      : "**Not changed.** The agent calls this changed, but no file was. It says:";
  if (outcome === "question") return "**A question first.**";
  if (outcome === "declined") return "**Not changed.**";
  return commit ? `**Changed in ${commit}.**` : "**Changed.**";
};

const shaIn = (url: string): string => url.split("/").at(-1)?.slice(0, 7) ?? "the commit";

/** For the status comment; nothing where there is nothing to say. */
export const renderTally = (tally: ThreadTally): string => {
  const { changed, declined, questions, resolved, refused, askedAgain, ready } = tally;
  const names = (logins: readonly string[]) => logins.map((login) => inline(login, 60)).join(", ");
  const ends = [
    ...(changed > 0 ? [`${changed} changed${resolved > 0 ? ` (${resolved} resolved)` : ""}`] : []),
    ...(declined > 0 ? [`${declined} not changed`] : []),
    ...(questions > 0 ? [`${questions} ${questions === 1 ? "waits" : "wait"} for your answer`] : []),
  ];
  return [
    ...(ends.length > 0 ? [`Review threads: ${ends.join(", ")}.`] : []),
    ...(refused
      ? [
          `GitHub did not let the App resolve ${refused.threads} of them (${inline(refused.reason, 200)}): that takes the permission to write contents.`,
        ]
      : []),
    ...(askedAgain.length > 0 ? [`A new review is asked for from ${names(askedAgain)}.`] : []),
    ...(ready.length > 0 ? [`Ready for another look by ${names(ready)}.`] : []),
  ].join(" ");
};

/** Of the table, in characters. */
const maxTable = 12_000;

const words: Readonly<Record<ThreadOutcome, string>> = {
  changed: "Changed",
  declined: "Not changed",
  question: "A question",
};

/** How each thread ended, those that wait for people first. */
const renderThreads = (entries: readonly ThreadEntry[], pullUrl: string, room: number): string => {
  const all = latestOf(entries).toSorted((a, b) => rank(a) - rank(b));
  const rows: string[][] = [];
  let length = 0;
  for (const entry of all) {
    const row = rowOf(entry, pullUrl);
    length += row.join("").length + 10;
    if (length > room) break;
    rows.push(row);
  }
  const left = all.slice(rows.length);
  const resolved = left.filter((entry) => entry.resolved).length;
  return [
    "### Review threads",
    ...(rows.length > 0 ? [table(["thread", "outcome", "state"], rows)] : []),
    ...(left.length > 0 ? [`… and ${left.length} more, ${resolved} of them resolved.`] : []),
  ].join("\n\n");
};

const rank = ({ outcome, resolved }: ThreadEntry): number => (resolved ? 2 : outcome === "question" ? 0 : 1);

const rowOf = ({ thread, path, line, about, outcome, commit, answer, resolved }: ThreadEntry, pullUrl: string) => [
  `[${code(`${clip(path, 120)}${line === undefined ? "" : `:${line}`}`, 140)}](${pullUrl}#discussion_r${thread}) ${inline(about, 80)}`,
  outcome === "changed"
    ? `${words.changed}${commit === undefined ? "" : ` in [${commit.slice(0, 7)}](${pullUrl}/commits/${commit})`}`
    : `${words[outcome]}: ${inline(answer, 160)}`,
  resolved ? "resolved" : outcome === "question" ? "**waits for an answer**" : "open",
];

/** What a comment is about, on one line. */
export const aboutOf = (body: string): string => {
  const lines = readMarkdown(body);
  const said = lines.find(({ kind, quoted }) => kind === "text" && !quoted)?.content ?? "";
  const suggests = lines.some(({ kind, info }) => kind === "fence" && info.trim().startsWith("suggestion"));
  return clip(said.trim() || (suggests ? "a suggested change" : ""), 120);
};

const usualRow = 400;

/** What the table will take of a body besides what it has, to be left by whatever else is written there. @param threads that are answered now */
export const roomForThreads = (body: string, threads: number): number => {
  const has = blockIn(body, "threads")?.length ?? 0;
  return Math.max(0, Math.min(has + threads * usualRow, maxTable) + usualRow - has);
};

/**
 * The table in its own place: where it stood, else below everything. What people wrote stays as it is; where that leaves
 * no room even for the number of threads, so does the whole.
 */
export const withThreads = (
  body: string,
  known: { readonly entries: readonly ThreadEntry[]; readonly pullUrl: string; readonly maxLength: number },
): string => {
  for (const room of [maxTable, maxTable / 4, 0]) {
    const content = renderThreads(known.entries, known.pullUrl, room);
    const merged = withBlock(body, { name: "threads", content, place: "below" }, known.maxLength);
    if (blockIn(merged, "threads")?.includes(content)) return merged;
  }
  return body;
};
