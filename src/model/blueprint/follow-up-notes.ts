/** What is said in a review, and what is answered to it, from what was done and what was not. Pure. */
import type { Note } from "./follow-up-report.ts";
import type { Reading } from "./instructions.ts";

/** A comment, or the review's own text (without an id). */
export type Said = {
  readonly id: number | undefined;
  readonly path: string | undefined;
  readonly line: number | undefined;
  readonly reading: Reading;
  /** A suggested change: whether the App has applied it. */
  readonly suggestion?: { readonly applied: boolean } | undefined;
};

/** What is answered to one comment, from what was done and what was not. */
export const noteOf = (
  said: Said,
  did: readonly string[],
  not: readonly { outcome: "declined" | "question"; reason: string }[],
): Note => {
  const { reading, suggestion } = said;
  if (suggestion) return noteOfSuggestion(said, suggestion, did, not);
  const beyond = reading.unread.map(
    (sentence) => `"${sentence.slice(0, 160)}" is in no form that I read: it needs a language model`,
  );
  const questions = reading.unclear.map(
    (one) => `${one.question}${one.options.length > 0 ? ` For example: ${one.options.join(" · ")}` : ""}`,
  );
  const parts = [...did.map(begun), ...not.map((one) => one.reason), ...questions, ...beyond];
  const asked = questions.length > 0 || not.some((one) => one.outcome === "question");
  return {
    commentId: said.id,
    outcome: did.length > 0 ? "changed" : asked ? "question" : "declined",
    open: not.length + questions.length + beyond.length > 0,
    answer:
      parts.length > 0
        ? parts.map((part) => (/[.?!]$/.test(part) ? part : `${part}.`)).join(" ")
        : "There is nothing in this that asks for a change.",
  };
};

/** Its lines are the App's to write; the words beside it are read as everywhere. */
const noteOfSuggestion = (
  { id, reading }: Said,
  { applied }: { readonly applied: boolean },
  did: readonly string[],
  not: readonly { readonly reason: string }[],
): Note => {
  const open = reading.unread.length + reading.unclear.length > 0;
  const parts = [
    applied ? "I kept it and tried what hangs on it" : "To do the same in other words needs a language model",
    ...did.map(begun),
    ...not.map(({ reason }) => reason),
    ...(open ? ["What else is said here needs a language model"] : []),
  ];
  return {
    commentId: id,
    outcome: applied || did.length > 0 ? "changed" : "declined",
    open: open || not.length > 0 || !applied,
    answer: parts.map((part) => (/[.?!]$/.test(part) ? part : `${part}.`)).join(" "),
  };
};

const begun = (clause: string): string => clause.charAt(0).toUpperCase() + clause.slice(1);
