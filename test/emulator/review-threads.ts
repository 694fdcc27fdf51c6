/** Inline comments and the threads they make: where one may stand, what is said when it does, who answers whom. */
import { pullFiles } from "./bodies/pulls.ts";
import { hunkUpTo } from "./git/diff.ts";
import {
  type Author,
  type Pull,
  type Repository,
  type Review,
  type ReviewComment,
  type Side,
  timestamp,
  type World,
} from "./state.ts";

export type Spot = {
  readonly path: string;
  readonly line?: number | undefined;
  readonly side?: Side | undefined;
  readonly startLine?: number | undefined;
};

export type Anchor = { readonly hunk: string } | { readonly wrong: "path" | "line" };

/** Only lines that the diff shows (context included) can be commented on. */
export async function anchorOf(
  repository: Repository,
  pull: Pull,
  { path, line, side = "RIGHT" }: Spot,
): Promise<Anchor> {
  const file = (await pullFiles(repository, pull)).find((one) => one.path === path);
  if (file === undefined) return { wrong: "path" };
  if (line === undefined) return { hunk: file.patch?.split("\n", 1)[0] ?? "" };
  const hunk = hunkUpTo(file.patch ?? "", line, side);
  return hunk === undefined ? { wrong: "line" } : { hunk };
}

export function newReview(
  world: World,
  repository: Repository,
  author: Author,
  pull: Pull,
  facts: Pick<Review, "body" | "state">,
): Review {
  const submittedAt = facts.state === "PENDING" ? undefined : timestamp(world);
  const { headSha } = pull.pull;
  const review = { id: world.nextId(), pull: pull.number, by: author.account, commit: headSha, submittedAt, ...facts };
  repository.reviews.set(review.id, review);
  return review;
}

export function newReviewComment(
  world: World,
  repository: Repository,
  review: Review,
  spot: Spot,
  hunk: string,
  body: string,
): ReviewComment {
  const now = timestamp(world);
  const comment: ReviewComment = {
    id: world.nextId(),
    pull: review.pull,
    review: review.id,
    inReplyTo: undefined,
    path: spot.path,
    subject: spot.line === undefined ? "file" : "line",
    originalLine: spot.line,
    originalStartLine: spot.startLine,
    side: spot.side ?? "RIGHT",
    originalCommit: review.commit,
    diffHunk: hunk,
    by: review.by,
    body,
    createdAt: now,
    updatedAt: now,
    reactions: [],
  };
  repository.reviewComments.set(comment.id, comment);
  return comment;
}

/** An answer stands where its thread stands. */
export function newReply(
  world: World,
  repository: Repository,
  review: Review,
  to: ReviewComment,
  body: string,
): ReviewComment {
  const now = timestamp(world);
  const first = firstOf(repository, to);
  const reply = {
    ...first,
    id: world.nextId(),
    review: review.id,
    inReplyTo: first.id,
    by: review.by,
    body,
    createdAt: now,
    updatedAt: now,
    reactions: [],
  };
  repository.reviewComments.set(reply.id, reply);
  return reply;
}

export const firstOf = (repository: Repository, comment: ReviewComment): ReviewComment =>
  comment.inReplyTo === undefined ? comment : (repository.reviewComments.get(comment.inReplyTo) ?? comment);

/** Comments of pending reviews are their author's alone. */
export const isPublished = (repository: Repository, comment: ReviewComment): boolean =>
  repository.reviews.get(comment.review)?.state !== "PENDING";

export const threadOf = (repository: Repository, first: ReviewComment): ReviewComment[] =>
  [...repository.reviewComments.values()].filter((one) => one.id === first.id || one.inReplyTo === first.id);

export const threadsOf = (repository: Repository, pull: Pull): ReviewComment[][] =>
  [...repository.reviewComments.values()]
    .filter((one) => one.pull === pull.number && one.inReplyTo === undefined && isPublished(repository, one))
    .map((first) => threadOf(repository, first));
