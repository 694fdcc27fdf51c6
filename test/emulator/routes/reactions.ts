/** Reactions on issues, comments and review comments: one of a kind per person. */
import { contributes, type Need, reads } from "../access.ts";
import { reactionBody } from "../bodies/issues.ts";
import { found, inRepository, noContent, paginate, type Reply, type RepositoryCall, type Route } from "../http.ts";
import { forbidden } from "../http-error.ts";
import { type Comment, type Issue, type Reaction, type ReviewComment, timestamp } from "../state.ts";
import { commentOf } from "./comments.ts";
import { reviewCommentOf } from "./review-comments.ts";
import { issueOf } from "./threads.ts";

type Reactable = Issue | Comment | ReviewComment;
type Find = (call: RepositoryCall, level: "read" | "write") => Reactable;

const isLocked = ({ repository }: RepositoryCall, target: Reactable): boolean => {
  if ("locked" in target) return target.locked;
  return repository.issues.get("thread" in target ? target.thread : target.pull)?.locked === true;
};

function react(call: RepositoryCall, target: Reactable): Reply {
  const { world, author, body } = call;
  // Of people with write access, too: https://github.com/GitHawkApp/GitHawk/issues/2297
  if (isLocked(call, target)) throw forbidden("Unable to create reaction because issue is locked.");
  const content = body["content"] as string;
  const known = target.reactions.find((one) => one.content === content && one.by.id === author.account.id);
  if (known !== undefined) return { status: 200, body: reactionBody(world, known) };
  const reaction: Reaction = { id: world.nextId(), content, by: author.account, createdAt: timestamp(world) };
  target.reactions.push(reaction);
  return { status: 201, body: reactionBody(world, reaction) };
}

function list(call: RepositoryCall, target: Reactable): Promise<Reply> {
  const content = call.query.get("content");
  const matching = target.reactions.filter((one) => content === null || one.content === content);
  return paginate(call, matching, (reaction) => reactionBody(call.world, reaction));
}

function remove({ params, author }: RepositoryCall, target: Reactable): Reply {
  const reaction = found(target.reactions.find(({ id }) => id === Number(params["reaction_id"])));
  if (reaction.by.id !== author.account.id) throw forbidden();
  target.reactions = target.reactions.filter((one) => one !== reaction);
  return noContent();
}

const routesOf = (path: string, permissions: readonly string[], find: Find): Route[] => {
  const read: Need = reads(...permissions);
  const write: Need = contributes(...permissions);
  return [
    inRepository(`POST ${path}`, write, (call) => react(call, find(call, "write"))),
    inRepository(`GET ${path}`, read, (call) => list(call, find(call, "read"))),
    inRepository(`DELETE ${path}/{reaction_id}`, write, (call) => remove(call, find(call, "write"))),
  ];
};

export const reactionRoutes: readonly Route[] = [
  ...routesOf("/issues/{issue_number}/reactions", ["issues", "pull_requests"], issueOf),
  ...routesOf("/issues/comments/{comment_id}/reactions", ["issues", "pull_requests"], commentOf),
  ...routesOf("/pulls/comments/{comment_id}/reactions", ["pull_requests"], reviewCommentOf),
];
