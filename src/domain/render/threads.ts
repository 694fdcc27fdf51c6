/** What people read of review threads: the answer in each, the table in the pull request, and a sentence of how many. Knows text only. */
import { latestOf, type ThreadEntry, type ThreadOutcome, type ThreadTally } from "../thread-ledger.ts";
import { withBlock } from "./block.ts";
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
  const { outcome, elsewhere, suggestion, answer } = view;
  const said = prose(answer, maxText);
  const fate =
    suggestion === "applied"
      ? "The suggestion is applied as it stands. "
      : typeof suggestion === "object"
        ? `The suggestion was not applied as it stands: ${suggestion.not}. `
        : "";
  const below =
    outcome === "question"
      ? "Answer in this thread, and the work goes on."
      : outcome === "changed" && elsewhere
        ? "The commit changes this file, but not near these lines: the thread stays open for you to judge."
        : "";
  return `${headOf(view)} ${fate}${said}${below === "" ? "" : `\n\n<sub>${below}</sub>`}`;
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

/** For the status comment. */
export const renderTally = (tally: ThreadTally): string => {
  const { changed, declined, questions, resolved, refused, askedAgain, ready } = tally;
  const due = resolved + (refused?.threads ?? 0);
  const names = (logins: readonly string[]) => logins.map((login) => inline(login, 60)).join(", ");
  return [
    `Review threads: ${[
      ...(changed > 0 ? [`${changed} changed`] : []),
      ...(declined > 0 ? [`${declined} not changed`] : []),
      ...(questions > 0 ? [`${questions} ${questions === 1 ? "waits" : "wait"} for your answer`] : []),
      ...(changed + declined + questions === 0 ? ["none is left"] : []),
    ].join(", ")}.`,
    ...(refused
      ? [
          `Resolved ${resolved} of ${due}: GitHub refused the others (${inline(refused.reason, 200)}). The App needs the permission to write contents.`,
        ]
      : due > 0
        ? [`Resolved ${resolved}.`]
        : []),
    ...(askedAgain.length > 0 ? [`A new review is asked for from ${names(askedAgain)}.`] : []),
    ...(ready.length > 0 ? [`Ready for another look by ${names(ready)}.`] : []),
  ].join(" ");
};

const maxRows = 60;

const words: Readonly<Record<ThreadOutcome, string>> = {
  changed: "Changed",
  declined: "Not changed",
  question: "A question",
};

/** How each thread ended, those that are still open first. */
export const renderThreads = (entries: readonly ThreadEntry[], pullUrl: string): string => {
  const all = latestOf(entries).toSorted((a, b) => Number(a.resolved) - Number(b.resolved));
  const rows = all
    .slice(0, maxRows)
    .map(({ thread, path, line, outcome, commit, answer, resolved }) => [
      `[${code(`${clip(path, 120)}${line === undefined ? "" : `:${line}`}`, 140)}](${pullUrl}#discussion_r${thread})`,
      outcome === "changed"
        ? `${words.changed}${commit === undefined ? "" : ` in [${commit.slice(0, 7)}](${pullUrl}/commits/${commit})`}`
        : `${words[outcome]}: ${inline(answer, 160)}`,
      resolved ? "resolved" : outcome === "question" ? "**waits for an answer**" : "open",
    ]);
  return [
    "### Review threads",
    table(["thread", "outcome", "state"], rows),
    ...(all.length > maxRows ? [`… and ${all.length - maxRows} more.`] : []),
  ].join("\n\n");
};

/** The table in its own place: where it stood, else below everything. What people wrote stays as it is. */
export const withThreads = (body: string, content: string, maxLength: number): string =>
  withBlock(body, { name: "threads", content, place: "below" }, maxLength);
