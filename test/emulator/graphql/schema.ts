/** The objects and mutations that GitHub offers by GraphQL alone: review threads, and draft or ready. */
import { authorize, contributes, reads } from "../access.ts";
import { nodeId } from "../bodies/accounts.ts";
import { issueBody, threadPage } from "../bodies/issues.ts";
import { baseShaOf } from "../bodies/pulls.ts";
import { currentLine, reviewCommentBody } from "../bodies/reviews.ts";
import { firstOf, threadOf, threadsOf } from "../review-threads.ts";
import { repositoryOf } from "../routes/repositories.ts";
import {
  type Account,
  type Author,
  isPull,
  type Pull,
  pullsOf,
  type Repository,
  type ReviewComment,
  timestamp,
  type World,
} from "../state.ts";
import { pullEvent, threadResolvedEvent } from "../webhooks/events.ts";
import { type Args, connection, GraphqlError, type Node } from "./execute.ts";

type Place = { readonly world: World; readonly author: Author; readonly repository: Repository };

const notFound = (what: string): GraphqlError => new GraphqlError("NOT_FOUND", `Could not resolve to ${what}.`);

/** GraphQL shows a bot without the `[bot]` of its login. */
const actorNode = (world: World, { login, type }: Account): Node => ({
  __typename: type,
  login: login.replace(/\[bot\]$/, ""),
  url: `${world.web}/${login}`,
});

async function commentNode({ world, repository }: Place, comment: ReviewComment): Promise<Node> {
  const body = await reviewCommentBody(world, repository, comment);
  return {
    id: body["node_id"],
    databaseId: comment.id,
    fullDatabaseId: String(comment.id),
    body: comment.body,
    path: comment.path,
    line: body["line"],
    originalLine: body["original_line"],
    diffHunk: comment.diffHunk,
    url: body["html_url"],
    createdAt: comment.createdAt,
    outdated: body["line"] === null,
    author: actorNode(world, comment.by),
    pullRequestReview: { databaseId: comment.review, id: nodeId("PRR", comment.review) },
  };
}

async function threadNode(at: Place, thread: readonly ReviewComment[]): Promise<Node> {
  const [first] = thread as [ReviewComment];
  const { world, repository } = at;
  const line = (await currentLine(repository, first, first.originalLine)) ?? null;
  const resolvedBy = repository.resolvedThreads.get(first.id);
  return {
    id: nodeId("PRRT", first.id),
    isResolved: resolvedBy !== undefined,
    isOutdated: first.subject === "line" && line === null,
    isCollapsed: resolvedBy !== undefined,
    viewerCanResolve: true,
    viewerCanReply: true,
    path: first.path,
    line,
    originalLine: first.originalLine ?? null,
    diffSide: first.side,
    subjectType: first.subject.toUpperCase(),
    resolvedBy: resolvedBy === undefined ? null : actorNode(world, resolvedBy),
    comments: connection(thread, (comment) => commentNode(at, comment)),
  };
}

function pullNode(at: Place, pull: Pull): Node {
  const { world, repository } = at;
  return {
    id: nodeId("PR", pull.id),
    databaseId: pull.id,
    number: pull.number,
    title: pull.title,
    body: pull.body ?? "",
    url: threadPage(world, repository, pull),
    isDraft: pull.pull.draft,
    state: pull.pull.merged === undefined ? pull.state.toUpperCase() : "MERGED",
    headRefName: pull.pull.head,
    headRefOid: pull.pull.headSha,
    baseRefName: pull.pull.base,
    baseRefOid: baseShaOf(repository, pull),
    author: actorNode(world, pull.by),
    createdAt: issueBody(world, repository, pull)["created_at"],
    reviewThreads: connection(threadsOf(repository, pull), (thread) => threadNode(at, thread)),
  };
}

export function queryRoot(world: World, author: Author): Node {
  return {
    viewer: () => ({ ...actorNode(world, author.account), login: author.account.login }),
    repository: ({ owner, name }: Args) => {
      const repository = repositoryOf(world, String(owner), String(name));
      if (repository === undefined) throw notFound(`a Repository with the name '${owner}/${name}'`);
      authorize(world, author, repository, reads("metadata"));
      const at = { world, author, repository };
      return {
        id: nodeId("R", repository.id),
        databaseId: repository.id,
        name: repository.name,
        pullRequest: ({ number }: Args) => {
          authorize(world, author, repository, reads("pull_requests"));
          const pull = repository.issues.get(Number(number));
          if (!isPull(pull)) throw notFound(`a PullRequest with the number of ${number}`);
          return pullNode(at, pull);
        },
      };
    },
  };
}

/** One object by its node id, wherever it lies, for someone who may change it. */
function locate<T>(
  world: World,
  author: Author,
  find: (repository: Repository) => T | undefined,
  id: unknown,
): { at: Place; thing: T } {
  for (const repository of world.repositories.values()) {
    const thing = find(repository);
    if (thing === undefined) continue;
    // Surprising, and so on GitHub: these mutations want an App to write contents, too (cli/cli#8910).
    authorize(world, author, repository, contributes("pull_requests"));
    authorize(world, author, repository, contributes("contents"));
    return { at: { world, author, repository }, thing };
  }
  throw notFound(`a node with the global id of '${id}'`);
}

export function mutationRoot(world: World, author: Author): Node {
  const pullNamed = (id: unknown) =>
    locate(world, author, (repository) => pullsOf(repository).find((pull) => nodeId("PR", pull.id) === id), id);
  const threadNamed = (id: unknown) =>
    locate(
      world,
      author,
      (repository) => [...repository.reviewComments.values()].find((one) => nodeId("PRRT", one.id) === id),
      id,
    );

  const setDraft =
    (draft: boolean) =>
    async ({ input }: Args) => {
      const { pullRequestId } = input as Args;
      const { at, thing: pull } = pullNamed(pullRequestId);
      if (pull.pull.draft !== draft) {
        pull.pull.draft = draft;
        pull.updatedAt = timestamp(world);
        await pullEvent({ ...at, sender: author.account }, pull, draft ? "converted_to_draft" : "ready_for_review");
      }
      return { clientMutationId: null, pullRequest: pullNode(at, pull) };
    };

  const setResolved =
    (resolved: boolean) =>
    async ({ input }: Args) => {
      const { threadId } = input as Args;
      const { at, thing } = threadNamed(threadId);
      const first = firstOf(at.repository, thing);
      if (at.repository.resolvedThreads.has(first.id) !== resolved) {
        if (resolved) at.repository.resolvedThreads.set(first.id, author.account);
        else at.repository.resolvedThreads.delete(first.id);
        const comments = threadOf(at.repository, first);
        await threadResolvedEvent({ ...at, sender: author.account }, comments, resolved ? "resolved" : "unresolved");
      }
      return { clientMutationId: null, thread: await threadNode(at, threadOf(at.repository, first)) };
    };

  return {
    markPullRequestReadyForReview: setDraft(false),
    convertPullRequestToDraft: setDraft(true),
    resolveReviewThread: setResolved(true),
    unresolveReviewThread: setResolved(false),
  };
}
