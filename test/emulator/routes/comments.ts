/** Comments on issues and pull requests. */
import { authorizeThread, contributes, reads } from "../access.ts";
import { fullText } from "../attachments.ts";
import { commentBody } from "../bodies/issues.ts";
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
import { type Comment, type Issue, timestamp } from "../state.ts";
import { commentEvent } from "../webhooks/events.ts";
import { checkText, issueOf, placeOf, requireAuthorOr, requireUnlocked } from "./threads.ts";

function createComment(call: RepositoryCall): Reply {
  const { world, repository, author, body } = call;
  const issue = issueOf(call, "write");
  requireUnlocked(call, issue);
  const now = timestamp(world);
  const comment: Comment = {
    id: world.nextId(),
    thread: issue.number,
    by: author.account,
    body: checkText("IssueComment", body["body"]),
    createdAt: now,
    updatedAt: now,
    reactions: [],
  };
  repository.comments.set(comment.id, comment);
  issue.updatedAt = now;
  commentEvent(placeOf(call), comment, "created");
  return created(commentBody(world, repository, comment));
}

/** The comment of `{comment_id}`, where this author may do this with its thread. */
export function commentOf({ repository, params, author }: RepositoryCall, level: "read" | "write"): Comment {
  const comment = found(repository.comments.get(Number(params["comment_id"])));
  authorizeThread(author, repository.issues.get(comment.thread) as Issue, level);
  return comment;
}

function updateComment(call: RepositoryCall): Reply {
  const { world, repository, body } = call;
  const comment = commentOf(call, "write");
  requireAuthorOr(call, "write", comment.by);
  const from = comment.body;
  comment.body = checkText("IssueComment", body["body"]);
  comment.updatedAt = timestamp(world);
  if (from !== comment.body) commentEvent(placeOf(call), comment, "edited", { changes: { body: { from } } });
  return ok(commentBody(world, repository, comment));
}

function deleteComment(call: RepositoryCall): Reply {
  const comment = commentOf(call, "write");
  requireAuthorOr(call, "write", comment.by);
  call.repository.comments.delete(comment.id);
  commentEvent(placeOf(call), comment, "deleted");
  return noContent();
}

/** Oldest first, as GitHub lists them. */
function listComments(call: RepositoryCall): Promise<Reply> {
  const { world, repository, query } = call;
  const issue = issueOf(call, "read");
  const since = query.get("since");
  const comments = [...repository.comments.values()].filter(
    ({ thread, updatedAt }) => thread === issue.number && (since === null || updatedAt >= since),
  );
  return paginate(call, comments, (comment) => commentBody(world, repository, comment));
}

function listAllComments(call: RepositoryCall): Promise<Reply> {
  const { world, repository, query } = call;
  const since = query.get("since");
  const comments = [...repository.comments.values()].filter(({ updatedAt }) => since === null || updatedAt >= since);
  const key = query.get("sort") === "updated" ? "updatedAt" : "createdAt";
  comments.sort((a, b) => a[key].localeCompare(b[key]) || a.id - b.id);
  if (query.get("direction") === "desc") comments.reverse();
  return paginate(call, comments, (comment) => commentBody(world, repository, comment));
}

const THREADS = ["issues", "pull_requests"] as const;

export const commentRoutes: readonly Route[] = [
  inRepository("GET /issues/comments", reads(...THREADS), listAllComments),
  inRepository("GET /issues/comments/{comment_id}", reads(...THREADS), (call) => {
    const comment = commentOf(call, "read");
    return ok({
      ...commentBody(call.world, call.repository, comment),
      ...fullText(call.world, call.accept, comment.body),
    });
  }),
  inRepository("PATCH /issues/comments/{comment_id}", contributes(...THREADS), updateComment),
  inRepository("DELETE /issues/comments/{comment_id}", contributes(...THREADS), deleteComment),
  inRepository("GET /issues/{issue_number}/comments", reads(...THREADS), listComments),
  inRepository("POST /issues/{issue_number}/comments", contributes(...THREADS), createComment),
];
