/** Reviews with their inline comments: written at once or as a draft that is submitted later. */
import { contributes, reads, writes } from "../access.ts";
import { reviewBody, reviewCommentBody } from "../bodies/reviews.ts";
import { found, inRepository, ok, paginate, type Reply, type RepositoryCall, type Route } from "../http.ts";
import { notFound, unprocessable } from "../http-error.ts";
import { anchorOf, newReview, newReviewComment, type Spot } from "../review-threads.ts";
import { type Pull, type Review, type ReviewComment, type ReviewState, type Side, timestamp } from "../state.ts";
import { reviewCommentEvent, reviewEvent } from "../webhooks/events.ts";
import { pullOf } from "./pulls.ts";
import { placeOf, requireAuthorOr, requireUnlocked } from "./threads.ts";

const STATES: Readonly<Record<string, ReviewState>> = {
  APPROVE: "APPROVED",
  REQUEST_CHANGES: "CHANGES_REQUESTED",
  COMMENT: "COMMENTED",
};

type Inline = {
  readonly path: string;
  readonly body: string;
  readonly line?: number;
  readonly side?: Side;
  readonly start_line?: number;
  readonly position?: number;
};

function checkEvent(
  { author }: RepositoryCall,
  pull: Pull,
  event: string,
  body: string,
  comments: number,
): ReviewState {
  if (event !== "COMMENT" && author.account.id === pull.by.id) {
    const what = event === "APPROVE" ? "approve" : "request changes on";
    throw unprocessable("Unprocessable Entity", [`Can not ${what} your own pull request`]);
  }
  const needsText = event === "REQUEST_CHANGES" || (event === "COMMENT" && comments === 0);
  if (needsText && body.trim() === "")
    throw unprocessable("Unprocessable Entity", ["Could not comment pull request review"]);
  return STATES[event] as ReviewState;
}

/** All of them, or the review is not made. */
async function anchors(
  { repository }: RepositoryCall,
  pull: Pull,
  comments: readonly Inline[],
): Promise<{ spot: Spot; hunk: string; body: string }[]> {
  return Promise.all(
    comments.map(async ({ path, line, side, start_line: startLine, position, body }) => {
      if (position !== undefined) throw unprocessable("The emulator takes line and side, not the older position.");
      if (line === undefined) throw unprocessable("Unprocessable Entity", ["Line could not be resolved"]);
      const spot = { path, line, side, startLine };
      const anchor = await anchorOf(repository, pull, spot);
      if (!("wrong" in anchor)) return { spot, hunk: anchor.hunk, body };
      throw unprocessable("Unprocessable Entity", [
        anchor.wrong === "path" ? "Path could not be resolved" : "Line could not be resolved",
      ]);
    }),
  );
}

async function createReview(call: RepositoryCall): Promise<Reply> {
  const { world, repository, author, body } = call;
  const pull = pullOf(call);
  requireUnlocked(call, pull);
  const { event, comments = [] } = body as { event?: string; comments?: Inline[] };
  const text = (body["body"] as string | undefined) ?? "";
  const state = event === undefined ? "PENDING" : checkEvent(call, pull, event, text, comments.length);
  const isDraftOfHis = (one: Review): boolean =>
    one.pull === pull.number && one.state === "PENDING" && one.by.id === author.account.id;
  if ([...repository.reviews.values()].some(isDraftOfHis))
    throw unprocessable("Unprocessable Entity", ["User can only have one pending review per pull request"]);
  const anchored = await anchors(call, pull, comments);
  const review = newReview(world, repository, author, pull, { body: text, state });
  for (const { spot, hunk, body: comment } of anchored)
    newReviewComment(world, repository, review, spot, hunk, comment);
  if (state !== "PENDING") await announce(call, review);
  return ok(reviewBody(world, repository, review));
}

async function announce(call: RepositoryCall, review: Review): Promise<void> {
  pullOf(call).updatedAt = timestamp(call.world);
  reviewEvent(placeOf(call), review, "submitted");
  for (const comment of commentsOf(call, review)) await reviewCommentEvent(placeOf(call), comment, "created");
}

const commentsOf = ({ repository }: RepositoryCall, review: Review): ReviewComment[] =>
  [...repository.reviewComments.values()].filter((comment) => comment.review === review.id);

/** A draft of somebody else cannot be seen. */
function reviewOf(call: RepositoryCall): Review {
  const review = found(call.repository.reviews.get(Number(call.params["review_id"])));
  if (review.pull !== pullOf(call).number) throw notFound();
  if (review.state === "PENDING" && review.by.id !== call.author.account.id) throw notFound();
  return review;
}

async function submitReview(call: RepositoryCall): Promise<Reply> {
  const { world, repository, body } = call;
  const review = reviewOf(call);
  requireUnlocked(call, pullOf(call));
  if (review.state !== "PENDING") throw unprocessable("Could not submit pull request review.");
  const text = (body["body"] as string | undefined) ?? review.body;
  review.state = checkEvent(call, pullOf(call), body["event"] as string, text, commentsOf(call, review).length);
  review.body = text;
  review.submittedAt = timestamp(world);
  await announce(call, review);
  return ok(reviewBody(world, repository, review));
}

function dismissReview(call: RepositoryCall): Reply {
  const { world, repository } = call;
  const review = reviewOf(call);
  requireAuthorOr(call, "write", review.by);
  if (review.state !== "APPROVED" && review.state !== "CHANGES_REQUESTED") {
    throw unprocessable("Can not dismiss a commented pull request review");
  }
  review.state = "DISMISSED";
  reviewEvent(placeOf(call), review, "dismissed");
  return ok(reviewBody(world, repository, review));
}

/** Submitted ones stay. */
function deletePending(call: RepositoryCall): Reply {
  const { world, repository } = call;
  const review = reviewOf(call);
  if (review.state !== "PENDING") throw unprocessable("Can not delete a non-pending pull request review");
  for (const { id } of commentsOf(call, review)) repository.reviewComments.delete(id);
  repository.reviews.delete(review.id);
  return ok(reviewBody(world, repository, review));
}

function listReviews(call: RepositoryCall): Promise<Reply> {
  const { world, repository, author } = call;
  const pull = pullOf(call);
  const visible = [...repository.reviews.values()].filter(
    (one) => one.pull === pull.number && (one.state !== "PENDING" || one.by.id === author.account.id),
  );
  return paginate(call, visible, (review) => reviewBody(world, repository, review));
}

/** This list is an older shape on GitHub: its comments have a `position` and no `line`. */
function listReviewComments(call: RepositoryCall): Promise<Reply> {
  const { world, repository } = call;
  return paginate(call, commentsOf(call, reviewOf(call)), async (comment) => {
    const body = await reviewCommentBody(world, repository, comment);
    for (const key of [
      "line",
      "original_line",
      "start_line",
      "original_start_line",
      "start_side",
      "side",
      "subject_type",
    ]) {
      delete body[key];
    }
    return body;
  });
}

const READ = reads("pull_requests");
const WRITE = contributes("pull_requests");

export const reviewRoutes: readonly Route[] = [
  inRepository("POST /pulls/{pull_number}/reviews", WRITE, createReview),
  inRepository("GET /pulls/{pull_number}/reviews", READ, listReviews),
  inRepository("GET /pulls/{pull_number}/reviews/{review_id}", READ, (call) =>
    ok(reviewBody(call.world, call.repository, reviewOf(call))),
  ),
  inRepository("DELETE /pulls/{pull_number}/reviews/{review_id}", WRITE, deletePending),
  inRepository("POST /pulls/{pull_number}/reviews/{review_id}/events", WRITE, submitReview),
  inRepository("PUT /pulls/{pull_number}/reviews/{review_id}/dismissals", writes("pull_requests"), dismissReview),
  inRepository("GET /pulls/{pull_number}/reviews/{review_id}/comments", READ, listReviewComments),
];
