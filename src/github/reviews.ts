/** A review with its inline comments and what was said before in their threads. */
import type { Octokit, RestEndpointMethodTypes } from "@octokit/rest";
import type { Review, ReviewComment } from "../ports.ts";
import { type Place, personOf } from "./shapes.ts";

type CommentData = RestEndpointMethodTypes["pulls"]["listReviewComments"]["response"]["data"][number];

const states = ["approved", "changes_requested", "commented", "dismissed", "pending"] as const;

/**
 * The comments come from the pull request's list: the review's own list has no lines.
 * What was said after the review was submitted belongs to another run and is left out.
 */
export const fetchReview = async (client: Octokit, place: Place, pull: number, reviewId: number): Promise<Review> => {
  const { data: review } = await client.rest.pulls.getReview({ ...place, pull_number: pull, review_id: reviewId });
  const all = await client.paginate(client.rest.pulls.listReviewComments, {
    ...place,
    pull_number: pull,
    per_page: 100,
  });
  const comments = all.filter((comment) => comment.pull_request_review_id === reviewId);
  const threads = new Set(comments.map(threadOf));
  const submitted = Date.parse(review.submitted_at ?? "");
  const earlier = all.filter(
    (comment) =>
      comment.pull_request_review_id !== reviewId &&
      threads.has(threadOf(comment)) &&
      !(Date.parse(comment.created_at) > submitted),
  );
  return {
    id: review.id,
    state: states.find((state) => state === review.state.toLowerCase()) ?? "commented",
    body: review.body,
    author: personOf(review.user),
    comments: comments.map(toComment),
    earlier: earlier.toSorted((a, b) => a.created_at.localeCompare(b.created_at) || a.id - b.id).map(toComment),
  };
};

const threadOf = (comment: CommentData): number => comment.in_reply_to_id ?? comment.id;

const toComment = (comment: CommentData): ReviewComment => ({
  id: comment.id,
  threadId: threadOf(comment),
  path: comment.path,
  ...(typeof comment.line === "number" ? { line: comment.line } : {}),
  hunk: comment.diff_hunk,
  body: comment.body,
  author: personOf(comment.user),
});
