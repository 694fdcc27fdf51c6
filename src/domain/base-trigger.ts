/** Branches that moved as triggers: which delivery starts upkeep, and which are looked at together. Pure. */
import { z } from "zod";
import type { Job } from "./job.ts";
import type { Person, RepositoryRef } from "./repository.ts";
import { isUpkeep, type MergedTrigger, type MovedTrigger } from "./trigger.ts";

const sha = z.string().regex(/^[0-9a-f]{40}$/);

export const pushFacts = { ref: z.string(), before: sha, after: sha, created: z.boolean(), deleted: z.boolean() };

type Pushed = z.infer<z.ZodObject<typeof pushFacts>>;
type Merged = {
  readonly number: number;
  readonly title: string;
  readonly merged: boolean;
  readonly merge_commit_sha?: string | null | undefined;
  readonly head: { readonly ref: string; readonly sha: string; readonly repo: { readonly id: number } | null };
  readonly base: { readonly ref: string };
};
type Common = { readonly repository: RepositoryRef; readonly sender: Person };

/** A branch stands at another commit: whether one of ours goes there is asked of the store. */
export type Moved = Omit<MovedTrigger, "thread" | "title">;

export const announceMove = (
  { ref, after, created, deleted }: Pushed,
  common: Common,
): { readonly ignored: string; readonly moved?: Moved } => {
  const [, base] = /^refs\/heads\/(.+)$/s.exec(ref) ?? [];
  if (base === undefined) return { ignored: "a push to no branch" };
  if (deleted) return { ignored: "the branch is gone" };
  if (created) return { ignored: "a new branch, to which nothing goes yet" };
  return { ignored: "no pull request of ours goes there", moved: { ...common, kind: "moved", base, tip: after } };
};

/** A merge queue merges as well as a person does: what follows is asked for by nobody, and starts no run. */
export const announceMerge = (
  { pull_request: pull }: { readonly pull_request: Merged },
  common: Common,
): { readonly trigger: MergedTrigger; readonly dedupe: string } | { readonly ignored: string } => {
  if (!pull.merged) return { ignored: "the pull request was closed and not merged" };
  const { number, title, head, base, merge_commit_sha: tip } = pull;
  const own = head.repo?.id === common.repository.id ? { branch: head.ref } : {};
  const thread = { kind: "pull", number } as const;
  return {
    trigger: {
      ...{ ...common, kind: "merged", thread, title, base: base.ref, ...own, headSha: head.sha },
      ...(tip ? { tip } : {}),
    },
    dedupe: `merged:${common.repository.id}:${number}:${tip ?? head.sha}`,
  };
};

/** @param pull of ours that was last seen to go there */
export const toMoved = (moved: Moved, pull: number): MovedTrigger => ({
  ...moved,
  thread: { kind: "pull", number: pull },
  title: `A push to ${moved.base}`,
});

/** A push is held back for so long: more of them, and the word of the merge that it came from, may be on their way. */
const settleMs = 10_000;

export const holdMove = (
  job: Job,
  { quietMs, mostMs }: { readonly quietMs: number; readonly mostMs: number },
  now = job.acceptedAt,
): Job => {
  if (job.trigger.kind !== "moved" || job.trigger.only !== undefined) return job;
  const until = Math.min(Date.parse(now) + Math.min(quietMs, settleMs), Date.parse(job.acceptedAt) + mostMs);
  const { notBefore: _, ...rest } = job;
  return until > Date.parse(now) ? { ...rest, notBefore: new Date(until).toISOString() } : rest;
};

/** @returns one that has not begun, which looks at the base as it is by then; undefined where the new one has a turn of its own */
export const takeInMove = (waiting: Job, next: Job, pace?: Parameters<typeof holdMove>[1]): Job | undefined => {
  const [one, other] = [waiting.trigger, next.trigger];
  if (!isUpkeep(one) || !isUpkeep(other) || one.base !== other.base || one.only !== other.only) return undefined;
  // Which branch was merged counts for those that stood on it.
  if (one.kind === "merged") return other.kind === "moved" ? waiting : undefined;
  const taken = { ...waiting, trigger: other };
  if (other.kind === "moved") return pace ? holdMove(taken, pace, next.acceptedAt) : taken;
  const { notBefore: _, ...rest } = taken;
  return rest;
};
