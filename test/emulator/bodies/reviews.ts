/** Reviews and their inline comments as GitHub writes them; lines are followed to where they stand in the head now. */
import { followLine } from "../git/diff.ts";
import type { Pull, Repository, Review, ReviewComment, World } from "../state.ts";
import { accountBody, association, nodeId, repositoryUrl } from "./accounts.ts";
import type { Json } from "./example.ts";
import { reactionCounts, threadPage } from "./issues.ts";

export function reviewBody(world: World, repository: Repository, review: Review): Json {
  const pull = repository.issues.get(review.pull) as Pull;
  const page = `${threadPage(world, repository, pull)}#pullrequestreview-${review.id}`;
  const url = `${repositoryUrl(world, repository)}/pulls/${review.pull}`;
  return {
    id: review.id,
    node_id: nodeId("PRR", review.id),
    user: accountBody(world, review.by),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: url,
    author_association: association(world, review.by, repository),
    _links: { html: { href: page }, pull_request: { href: url } },
    ...(review.submittedAt === undefined ? {} : { submitted_at: review.submittedAt }),
    commit_id: review.commit,
  };
}

/** Undefined once the line was changed or is gone: the comment is outdated. */
export async function currentLine(
  repository: Repository,
  comment: ReviewComment,
  line: number | undefined,
): Promise<number | undefined> {
  const { headSha } = (repository.issues.get(comment.pull) as Pull).pull;
  if (line === undefined || comment.side === "LEFT" || comment.originalCommit === headSha) return line;
  return followLine(await repository.git.bareDiff(comment.originalCommit, headSha, comment.path), line);
}

export async function reviewCommentBody(world: World, repository: Repository, comment: ReviewComment): Promise<Json> {
  const pull = repository.issues.get(comment.pull) as Pull;
  const base = `${repositoryUrl(world, repository)}/pulls`;
  const url = `${base}/comments/${comment.id}`;
  const page = `${threadPage(world, repository, pull)}#discussion_r${comment.id}`;
  const line = (await currentLine(repository, comment, comment.originalLine)) ?? null;
  const start = line === null ? null : ((await currentLine(repository, comment, comment.originalStartLine)) ?? null);
  const outdated = comment.subject === "line" && line === null;
  const originalPosition = comment.diffHunk.split("\n").length - 1;
  return {
    id: comment.id,
    node_id: nodeId("PRRC", comment.id),
    url,
    html_url: page,
    pull_request_url: `${base}/${comment.pull}`,
    pull_request_review_id: comment.review,
    diff_hunk: comment.diffHunk,
    path: comment.path,
    commit_id: outdated ? comment.originalCommit : pull.pull.headSha,
    original_commit_id: comment.originalCommit,
    user: accountBody(world, comment.by),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(world, comment.by, repository),
    _links: { self: { href: url }, html: { href: page }, pull_request: { href: `${base}/${comment.pull}` } },
    reactions: reactionCounts(url, comment.reactions),
    ...(comment.subject === "file"
      ? { position: 1, original_position: 1, line: null, original_line: null }
      : {
          position: outdated ? null : originalPosition,
          original_position: originalPosition,
          line,
          original_line: comment.originalLine ?? null,
        }),
    start_line: start,
    original_start_line: comment.originalStartLine ?? null,
    start_side: comment.originalStartLine === undefined ? null : comment.side,
    side: comment.side,
    subject_type: comment.subject,
    ...(comment.inReplyTo === undefined ? {} : { in_reply_to_id: comment.inReplyTo }),
  };
}
