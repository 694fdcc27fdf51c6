/** What we say in threads: comments found again by a hidden marker, answers given once, reactions. */
import type { Octokit } from "@octokit/rest";
import type { Person } from "../domain/repository.ts";
import type { GitHubSession } from "../ports.ts";
import { makeOnce, once, statusOf, unless } from "./client.ts";
import { checkBody, type Place } from "./shapes.ts";

type CommentData = {
  readonly id: number;
  readonly body?: string | undefined;
  readonly user: { readonly id: number } | null;
};

type CommentPart = Pick<GitHubSession, "fetchComment" | "upsertComment" | "reviseComment" | "answerThread" | "react">;

export const createComments = (client: Octokit, place: Place, whoami: () => Promise<Person>): CommentPart => {
  const ours = async (marker: string): Promise<(comment: CommentData) => boolean> => {
    const self = await whoami();
    return (comment) => comment.user?.id === self.id && (comment.body ?? "").includes(marker);
  };

  const findComment = async (number: number, marker: string): Promise<CommentData | undefined> => {
    const isOurs = await ours(marker);
    const pages = client.paginate.iterator(client.rest.issues.listComments, {
      ...place,
      issue_number: number,
      per_page: 100,
    });
    for await (const { data } of pages) {
      const found = data.find((comment) => isOurs(comment));
      if (found) return found;
    }
    return undefined;
  };

  const fetchOne = (id: number) =>
    unless([404, 410], () => client.rest.issues.getComment({ ...place, comment_id: id }));

  const fetchComment: CommentPart["fetchComment"] = async (id) => {
    const [found, isOurs] = await Promise.all([fetchOne(id), ours("")]);
    return found && isOurs(found.data) ? (found.data.body ?? "") : undefined;
  };

  /** The comment of last time: checked before it is written over, for it may be gone, or another one. */
  const fetchKnown = async (number: number, marker: string, id: number): Promise<CommentData | undefined> => {
    const found = await fetchOne(id);
    const isOurs = await ours(marker);
    return found && isOurs(found.data) && found.data.issue_url.endsWith(`/${number}`) ? found.data : undefined;
  };

  const upsertComment: CommentPart["upsertComment"] = async (number, marker, text, knownId) => {
    const body = withMarker(text, marker);
    checkBody(body, "a comment");
    const known = knownId === undefined ? undefined : await fetchKnown(number, marker, knownId);
    return whereTaken(async () => {
      const comment = known ?? (await findComment(number, marker));
      if (comment?.body === body || (comment && (await edit(comment.id, body)))) return comment.id;
      return makeOnce(
        async () => (await client.rest.issues.createComment({ ...place, ...once, issue_number: number, body })).data.id,
        async () => (await findComment(number, marker))?.id,
      );
    });
  };

  /** @returns false where it is gone by now */
  const edit = async (id: number, body: string): Promise<boolean> =>
    (await unless([404, 410], () => client.rest.issues.updateComment({ ...place, comment_id: id, body }))) !==
    undefined;

  const reviseComment: CommentPart["reviseComment"] = async (number, marker, text) => {
    const body = withMarker(text, marker);
    checkBody(body, "a comment");
    const comment = await findComment(number, marker);
    if (comment && comment.body !== body)
      await client.rest.issues.updateComment({ ...place, comment_id: comment.id, body });
  };

  const findAnswer = async (pull: number, threadId: number, marker: string): Promise<CommentData | undefined> => {
    const isOurs = await ours(marker);
    const pages = client.paginate.iterator(client.rest.pulls.listReviewComments, {
      ...place,
      pull_number: pull,
      per_page: 100,
    });
    for await (const { data } of pages) {
      const found = data.find((comment) => comment.in_reply_to_id === threadId && isOurs(comment));
      if (found) return found;
    }
    return undefined;
  };

  const answerThread: CommentPart["answerThread"] = async (pull, threadId, marker, text) => {
    const body = withMarker(text, marker);
    checkBody(body, "an answer");
    const find = () => findAnswer(pull, threadId, marker);
    const known = await find();
    if (known) {
      if (known.body !== body) await client.rest.pulls.updateReviewComment({ ...place, comment_id: known.id, body });
      return known.id;
    }
    const make = () =>
      makeOnce(
        async () => {
          const answer = { ...place, ...once, pull_number: pull, comment_id: threadId, body };
          return (await client.rest.pulls.createReplyForReviewComment(answer)).data.id;
        },
        async () => (await find())?.id,
      );
    // Whoever took the thread away wants no answer.
    const taken = await whereTaken(() => unless([404], make).then((id) => id ?? "gone"));
    return taken ?? "untaken";
  };

  const give: CommentPart["react"] = async (target, content) => {
    if (target.on === "issue")
      await client.rest.reactions.createForIssue({ ...place, issue_number: target.number, content });
    else if (target.on === "issue-comment")
      await client.rest.reactions.createForIssueComment({ ...place, comment_id: target.commentId, content });
    else
      await client.rest.reactions.createForPullRequestReviewComment({
        ...place,
        comment_id: target.commentId,
        content,
      });
  };

  const react: CommentPart["react"] = async (target, content) => {
    const given = await whereTaken(async () => {
      await give(target, content);
      return true;
    });
    if (given) return;
    client.log.warn(
      `no reaction on ${target.on} ${"number" in target ? target.number : target.commentId}: locked or gone`,
    );
  };

  return { fetchComment, upsertComment, reviseComment, answerThread, react };
};

/** A locked conversation answers 403, one that is gone or not ours any more 404 or 410; so does no limit of pace. */
export const whereTaken = <T>(write: () => Promise<T>): Promise<T | undefined> =>
  write().catch((error: unknown) => {
    const isPace = error instanceof Error && /rate limit|abuse/i.test(error.message);
    if (isPace || ![403, 404, 410].includes(statusOf(error) ?? 0)) throw error;
    return undefined;
  });

const withMarker = (body: string, marker: string): string => (body.includes(marker) ? body : `${body}\n\n${marker}`);
