/** A job: a trigger in the queue. One runs at a time for each key; the rest wait in order. */
import { needsOpen, startsRun } from "./command.ts";
import { fullName, type RepositoryRef } from "./repository.ts";
import { isUpkeep, type Trigger, type UpkeepTrigger } from "./trigger.ts";

export type Job = {
  /** GitHub's delivery id (a GUID): the same delivery never makes a second job. */
  readonly id: string;
  /** `owner/repo#n`, n being the issue: follow-ups on its pull request wait behind the run that opened it. */
  readonly key: string;
  readonly trigger: Trigger;
  /** ISO 8601. */
  readonly acceptedAt: string;
  /** Waits neither for the runs of its issue nor for a free place: a command that starts no run, a push that is checked, what a moved base asks for, a label that may be the repository's. */
  readonly urgent?: true;
  /** An urgent one that takes minutes: those that are over in seconds need not wait for it. */
  readonly lasting?: true;
  /** ISO 8601. Held back until then, for more of what it is about may be on its way. */
  readonly notBefore?: string;
};

/** What the runs of one issue share. */
export const keyOf = (repository: RepositoryRef, issue: number): string => `${fullName(repository)}#${issue}`;

/** @param issue the issue that the thread belongs to: itself, or the one whose pull request it is. */
export const toJob = (trigger: Trigger, delivery: { id: string; acceptedAt: string; issue: number }): Job => {
  const { id, acceptedAt, issue } = delivery;
  const key = keyOf(trigger.repository, issue);
  if (isUpkeep(trigger))
    return trigger.only === undefined
      ? { id, key: `${fullName(trigger.repository)}/merged`, trigger, acceptedAt, urgent: true, lasting: true }
      : { id, key, trigger, acceptedAt };
  if (trigger.kind === "push") return { id, key: `${key}/check`, trigger, acceptedAt, urgent: true, lasting: true };
  if (trigger.kind === "label" && trigger.label && !trigger.label.usual && !trigger.label.chosen)
    return { id, key: `${key}/label/${id}`, trigger, acceptedAt, urgent: true };
  if (startsARun(trigger)) return { id, key, trigger, acceptedAt };
  // One after another, so that the second one finds what the first one said.
  if (trigger.kind === "review") return { id, key: `${key}/closed`, trigger, acceptedAt, urgent: true };
  return { id, key: `${key}/${id}`, trigger, acceptedAt, urgent: true };
};

/** Where the thread is closed, only a word is said. */
const startsARun = (trigger: Exclude<Trigger, { kind: "push" } | UpkeepTrigger>): boolean => {
  const isClosed = "closed" in trigger && trigger.closed !== undefined;
  if (trigger.kind !== "command") return !isClosed;
  return startsRun(trigger.command) && !(isClosed && needsOpen(trigger.command));
};

/** The branch of our pull request for an issue carries its number: `architect/issue-<n>-<slug>`. */
export const issueOfBranch = (branch: string): number | undefined => {
  const found = /^architect\/issue-(\d{1,9})(?:-|$)/.exec(branch);
  return found ? Number(found[1]) : undefined;
};

/** `architect/issue-<n>-<slug>`; the slug is made here from the title: `[a-z0-9-]{1,40}`, never taken from a model. */
export const branchOf = (issue: number, title: string): string => {
  const slug = title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");
  return `architect/issue-${issue}-${slug || "design"}`;
};
