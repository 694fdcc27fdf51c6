/** Loose inline comments and answers in threads. On GitHub each of them is a review of one, and is announced as one. */
import { contributes, reads } from "../access.ts";
import { reviewCommentBody } from "../bodies/reviews.ts";
import {
  created,
  found,
  inRepository,
  noContent,
  ok,
  paginate,
  type Reply,
  type RepositoryCall,
  type Route,
} from "../http.ts";
import { notFound, unprocessable, validationFailed } from "../http-error.ts";
import { anchorOf, isPublished, newReply, newReview, newReviewComment } from "../review-threads.ts";
import { type ReviewComment, type Side, timestamp } from "../state.ts";
import { reviewCommentEvent, reviewEvent } from "../webhooks/events.ts";
import { pullOf } from "./pulls.ts";
import { checkText, placeOf, requireAuthorOr, requireUnlocked } from "./threads.ts";

export function reviewCommentOf({ repository, params }: RepositoryCall): ReviewComment {
  return found(repository.reviewComments.get(Number(params["comment_id"])));
}

const RESOURCE = "PullRequestReviewComment";

async function createComment(call: RepositoryCall): Promise<Reply> {
  const { world, repository, author, body } = call;
  const pull = pullOf(call);
  requireUnlocked(call, pull);
  const text = checkText(RESOURCE, body["body"]);
  const inReplyTo = body["in_reply_to"] as number | undefined;
  if (inReplyTo !== undefined) return reply(call, found(repository.reviewComments.get(inReplyTo)), text);
  const {
    path,
    line,
    side,
    start_line: startLine,
  } = body as { path: string; line?: number; side?: Side; start_line?: number };
  if (line === undefined && body["subject_type"] !== "file") {
    throw validationFailed(RESOURCE, "pull_request_review_thread.line", "missing_field");
  }
  const spot = { path, line, side, startLine };
  const anchor = await anchorOf(repository, pull, spot);
  if ("wrong" in anchor) {
    const field = `pull_request_review_thread.${anchor.wrong}`;
    throw validationFailed(
      RESOURCE,
      field,
      anchor.wrong === "path" ? "invalid" : "custom",
      `${field} must be part of the diff`,
    );
  }
  const review = newReview(world, repository, author, pull, { body: "", state: "COMMENTED" });
  const comment = newReviewComment(world, repository, review, spot, anchor.hunk, text);
  return announce(call, comment);
}

function reply(call: RepositoryCall, to: ReviewComment, text: string): Promise<Reply> {
  const { world, repository, author } = call;
  const pull = pullOf(call);
  requireUnlocked(call, pull);
  const review = newReview(world, repository, author, pull, { body: "", state: "COMMENTED" });
  return announce(call, newReply(world, repository, review, to, text));
}

async function announce(call: RepositoryCall, comment: ReviewComment): Promise<Reply> {
  const { world, repository } = call;
  const review = found(repository.reviews.get(comment.review));
  reviewEvent(placeOf(call), review, "submitted");
  await reviewCommentEvent(placeOf(call), comment, "created");
  return created(await reviewCommentBody(world, repository, comment));
}

/** Answers go to a thread's first comment: GitHub refuses answers to answers. */
function createReply(call: RepositoryCall): Promise<Reply> {
  const to = reviewCommentOf(call);
  if (to.pull !== pullOf(call).number) throw notFound();
  if (to.inReplyTo !== undefined) throw unprocessable("Replies to replies are not supported");
  return reply(call, to, checkText(RESOURCE, call.body["body"]));
}

async function updateComment(call: RepositoryCall): Promise<Reply> {
  const { world, repository, body } = call;
  const comment = reviewCommentOf(call);
  requireAuthorOr(call, "write", comment.by);
  const from = comment.body;
  comment.body = checkText(RESOURCE, body["body"]);
  comment.updatedAt = timestamp(world);
  await reviewCommentEvent(placeOf(call), comment, "edited", { changes: { body: { from } } });
  return ok(await reviewCommentBody(world, repository, comment));
}

async function deleteComment(call: RepositoryCall): Promise<Reply> {
  const comment = reviewCommentOf(call);
  requireAuthorOr(call, "write", comment.by);
  await reviewCommentEvent(placeOf(call), comment, "deleted");
  call.repository.reviewComments.delete(comment.id);
  return noContent();
}

function list(call: RepositoryCall, belongs: (comment: ReviewComment) => boolean): Promise<Reply> {
  const { world, repository, query } = call;
  const since = query.get("since");
  const comments = [...repository.reviewComments.values()].filter(
    (one) => belongs(one) && isPublished(repository, one) && (since === null || one.updatedAt >= since),
  );
  if (query.get("direction") === "desc") comments.reverse();
  return paginate(call, comments, (comment) => reviewCommentBody(world, repository, comment));
}

const READ = reads("pull_requests");
const WRITE = contributes("pull_requests");

export const reviewCommentRoutes: readonly Route[] = [
  inRepository("GET /pulls/comments", READ, (call) => list(call, () => true)),
  inRepository("GET /pulls/comments/{comment_id}", READ, async (call) =>
    ok(await reviewCommentBody(call.world, call.repository, reviewCommentOf(call))),
  ),
  inRepository("PATCH /pulls/comments/{comment_id}", WRITE, updateComment),
  inRepository("DELETE /pulls/comments/{comment_id}", WRITE, deleteComment),
  inRepository("GET /pulls/{pull_number}/comments", READ, (call) => {
    const { number } = pullOf(call);
    return list(call, ({ pull }) => pull === number);
  }),
  inRepository("POST /pulls/{pull_number}/comments", WRITE, createComment),
  inRepository("POST /pulls/{pull_number}/comments/{comment_id}/replies", WRITE, createReply),
];
