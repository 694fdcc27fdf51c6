/** Whether one head of somebody's pull request may be run from now on, and what people are told of it. Asks nobody; knows text only. */
import { shortSha } from "./render/pull-review.ts";
import { code } from "./render/safe.ts";

export type AllowanceAsked = {
  /** As the command says it: a commit, or how it begins. */
  readonly named: string | undefined;
  readonly pull: {
    readonly number: number;
    readonly headSha: string;
    readonly state: "open" | "closed";
    readonly merged: boolean;
  };
  /** The App opened it. */
  readonly ours: boolean;
  /** Whoever asks has the role *maintain* or *admin*. */
  readonly may: boolean;
  /** The commit that the App's newest review of it is about. */
  readonly reviewed: string | undefined;
  /** Commands run inside walls here. */
  readonly sandboxed: boolean;
};

export type Allowance =
  | { readonly ok: true; readonly head: string; readonly text: string }
  | { readonly ok: false; readonly text: string };

const refused = (reason: string): Allowance => ({ ok: false, text: `**Not allowed.** ${reason}` });

export const notOnAnIssue = "**Not allowed.** `allow` is about the head of a pull request. Comment it on one.";

/** For people to copy: one that is shown short, somebody else's commit can be made to begin like. */
export const toAllow = (head: string): string => `\`/architect allow ${head}\``;

/**
 * A commit that nobody read is never allowed: it is the one that the command names in full or that the App's newest
 * review is of, and only while it is the head. So nothing that is pushed while somebody writes, or before the comment
 * arrives, is let in.
 */
export const decideAllowance = (asked: AllowanceAsked): Allowance => {
  const { pull, ours, may, sandboxed } = asked;
  if (!may)
    return refused(
      "Whether code of a pull request may be run is for people with the role *maintain* or *admin*; with *write*, `/architect review` looks at it without running it.",
    );
  if (ours) return refused("This pull request is the App's own, which is run in the sandbox anyway.");
  if (pull.state === "closed")
    return refused(`This pull request is ${pull.merged ? "merged" : "closed"}: nothing of it is run any more.`);
  if (!sandboxed) return refused("The App has no sandbox here, and runs nothing of other people without one.");
  const problem = problemOf(asked);
  if (problem !== undefined) return refused(problem);
  return {
    ok: true,
    head: pull.headSha,
    text: `**Allowed: ${code(shortSha(pull.headSha), 40)}.** This commit may be run in the sandbox, with the set-up and the tests that the default branch names: \`/architect review\` does. Whatever is pushed after it is not allowed.`,
  };
};

/** Why it is not sure that whoever asks has read the head. */
const problemOf = ({ named, pull: { headSha }, reviewed }: AllowanceAsked): string | undefined => {
  const head = code(shortSha(headSha), 40);
  const then = `Read that one, then comment ${toAllow(headSha)}.`;
  if (named === headSha) return undefined;
  if (named !== undefined && !headSha.startsWith(named))
    return `${code(shortSha(named), 40)} is not the head, which is ${head} now. ${then}`;
  if (reviewed === headSha) return undefined;
  if (reviewed === undefined)
    return `Say in full which commit you have read: the head is ${head} now. When that is the one, comment ${toAllow(headSha)}.`;
  return `My review is of ${code(shortSha(reviewed), 40)}, and the head is ${head} by now. ${then}`;
};

/** Of what was allowed before, for whoever asks how things stand. */
export const allowanceStands = (allowed: string, head: string): string =>
  allowed === head
    ? `Its head ${code(shortSha(head), 40)} may be run in the sandbox: a maintainer allowed it.`
    : `Nothing of it may be run: a maintainer allowed ${code(shortSha(allowed), 40)}, and its head is ${code(shortSha(head), 40)} by now.`;
