/** Reviews of our own pull requests as triggers: which delivery starts what, and which are answered together. Pure. */
import { addresseeOf, isCourtesy } from "./addressee.ts";
import { issueOfBranch, type Job } from "./job.ts";
import type { Person, RepositoryRef } from "./repository.ts";
import type { Closed, ReviewNotice, ReviewTrigger } from "./trigger.ts";

/** What the payloads of reviews, their comments and pushes say of the pull request. */
export type PullFacts = {
  readonly number: number;
  readonly title: string;
  readonly state: string;
  readonly merged_at?: string | null | undefined;
  readonly user: { readonly id: number } | null;
  readonly head: { readonly ref: string; readonly repo: { readonly id: number } | null };
  readonly base: { readonly repo: { readonly id: number } };
};

type Common = { readonly repository: RepositoryRef; readonly sender: Person };
type Announced = { readonly trigger: ReviewTrigger; readonly dedupe: string } | { readonly ignored: string };

/** @returns why it is no pull request of ours */
export const notOurs = (pull: PullFacts, { repository }: Common, self: { readonly id: number }): string | undefined => {
  if (pull.user?.id !== self.id) return "not a pull request of ours";
  if (pull.head.repo?.id !== repository.id || pull.base.repo.id !== repository.id)
    return "the pull request comes from another repository";
  return issueOfBranch(pull.head.ref) === undefined ? "not a branch of ours" : undefined;
};

export const closedAs = (thing: { readonly state: string; readonly merged_at?: string | null | undefined }) =>
  thing.state === "open" ? undefined : ((thing.merged_at ? "merged" : "closed") satisfies Closed);

/**
 * One that has words of its own, or asks for changes. The inline comments of each review announce themselves, and so do
 * those that stand alone, whose review says nothing: `submitted` is then told of each of them, too.
 */
export const announceReview = (
  pull: PullFacts,
  review: { readonly id: number; readonly state: string; readonly body?: string | null | undefined },
  common: Common,
  self: { readonly id: number },
): Announced => {
  const state = review.state.toLowerCase();
  if (state === "approved") return { ignored: "an approval: its inline comments announce themselves" };
  if (state !== "changes_requested" && !review.body?.trim())
    return { ignored: "a review without words: its inline comments announce themselves" };
  return announce(pull, { id: review.id, by: common.sender, comments: [], loose: false }, common, self);
};

export const announceComment = (
  pull: PullFacts,
  comment: {
    readonly id: number;
    readonly body: string;
    readonly pull_request_review_id?: number | null | undefined;
    readonly in_reply_to_id?: number | null | undefined;
  },
  common: Common,
  self: { readonly id: number; readonly slug: string },
): Announced => {
  if (comment.body.trim() === "") return { ignored: "a comment without words" };
  if (!comment.pull_request_review_id) return { ignored: "the comment belongs to no review" };
  if (addresseeOf(comment.body, self.slug) === "others") return { ignored: "the comment speaks to somebody else" };
  // In a reply it may be the answer to a question of ours: "ok".
  if (!comment.in_reply_to_id && isCourtesy(comment.body)) return { ignored: "the comment asks for nothing" };
  const { id, pull_request_review_id: review } = comment;
  return announce(pull, { id: review, by: common.sender, comments: [id], loose: true }, common, self);
};

/** A review and each of its inline comments come as deliveries of their own: one review is one trigger. */
const announce = (pull: PullFacts, notice: ReviewNotice, common: Common, self: { readonly id: number }): Announced => {
  const ignored = notOurs(pull, common, self);
  if (ignored !== undefined) return { ignored };
  const closed = closedAs(pull);
  return {
    trigger: {
      ...common,
      kind: "review",
      thread: { kind: "pull", number: pull.number },
      reviews: [notice],
      branch: pull.head.ref,
      title: pull.title,
      ...(closed ? { closed } : {}),
    },
    dedupe: `review:${common.repository.id}:${notice.id}`,
  };
};

/** How long comments that stand alone wait for more of them: after the last one, and after the first at most. */
export type Pace = { readonly quietMs: number; readonly mostMs: number };

/** Comments that stand alone are held back for a short while, so that all of them are one run. */
export const holdBack = (job: Job, { quietMs, mostMs }: Pace, now = job.acceptedAt): Job => {
  const { notBefore: _, ...rest } = job;
  if (job.trigger.kind !== "review" || job.trigger.closed || !job.trigger.reviews.every(standsAlone)) return rest;
  const until = Math.min(Date.parse(now) + quietMs, Date.parse(job.acceptedAt) + mostMs);
  return until > Date.parse(now) ? { ...rest, notBefore: new Date(until).toISOString() } : rest;
};

/** A second comment shows that somebody has submitted them together. */
const standsAlone = ({ loose, comments }: ReviewNotice): boolean => loose && comments.length < 2;

/** @returns a follow-up that has not begun, with the reviews of a newer one of the same pull request; undefined where it is none */
export const takeIn = (waiting: Job, next: Job, pace: Pace): Job | undefined => {
  const [one, other] = [waiting.trigger, next.trigger];
  if (one.kind !== "review" || other.kind !== "review" || one.closed || other.closed) return undefined;
  if (one.thread.number !== other.thread.number) return undefined;
  const reviews = other.reviews.reduce(addNotice, one.reviews);
  return holdBack({ ...waiting, trigger: { ...one, reviews } }, pace, next.acceptedAt);
};

const addNotice = (reviews: readonly ReviewNotice[], notice: ReviewNotice): readonly ReviewNotice[] =>
  reviews.some(({ id }) => id === notice.id)
    ? reviews.map((known) =>
        known.id === notice.id
          ? {
              ...known,
              comments: [...new Set([...known.comments, ...notice.comments])],
              loose: known.loose && notice.loose,
            }
          : known,
      )
    : [...reviews, notice];
