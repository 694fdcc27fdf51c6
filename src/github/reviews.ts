/** Reviews and the threads of a pull request: read whole, resolved, and asked for again. */
import type { Octokit, RestEndpointMethodTypes } from "@octokit/rest";
import type { GivenReview } from "../domain/follow-up.ts";
import type { ReviewThread, ThreadComment } from "../domain/review-thread.ts";
import type { GitHubSession } from "../ports.ts";
import { statusOf, unless } from "./client.ts";
import { type Place, personOf } from "./shapes.ts";

type CommentData = RestEndpointMethodTypes["pulls"]["listReviewComments"]["response"]["data"][number];
type ReviewsPart = Pick<GitHubSession, "fetchReviews" | "resolveThread" | "requestReview">;

const states = ["approved", "changes_requested", "commented", "dismissed", "pending"] as const;

export const createReviews = (client: Octokit, place: Place): ReviewsPart => {
  const listed = new Map<number, Promise<readonly ThreadNode[]>>();
  /** Listed once: what is resolved meanwhile may be resolved again. */
  const threadsOf = (pull: number): Promise<readonly ThreadNode[]> => {
    const threads = listed.get(pull) ?? listThreads(client, place, pull);
    listed.set(pull, threads);
    return threads;
  };

  const fetchReview = async (pull: number, id: number): Promise<GivenReview | undefined> => {
    // GitHub drops a review with the last comment of one that had no words.
    const found = await unless([404], () =>
      client.rest.pulls.getReview({ ...place, pull_number: pull, review_id: id }),
    );
    if (!found) return undefined;
    const { data } = found;
    return {
      id: data.id,
      state: states.find((state) => state === data.state.toLowerCase()) ?? "commented",
      body: data.body,
      author: personOf(data.user),
    };
  };

  /** The comments come from the pull request's list: the review's own list has no lines. */
  const fetchReviews: ReviewsPart["fetchReviews"] = async (pull, ids) => {
    const [reviews, all] = await Promise.all([
      Promise.all(ids.map((id) => fetchReview(pull, id))),
      client.paginate(client.rest.pulls.listReviewComments, { ...place, pull_number: pull, per_page: 100 }),
    ]);
    const meant = new Set(
      all.filter(({ pull_request_review_id: of }) => of !== null && ids.includes(of)).map(threadOf),
    );
    return {
      reviews: reviews.filter((review) => review !== undefined),
      threads: [...meant].flatMap((id) => toThread(id, all) ?? []),
    };
  };

  const resolveThread: ReviewsPart["resolveThread"] = async (pull, threadId) => {
    const known = (await threadsOf(pull)).find(({ comments }) => comments.nodes[0]?.databaseId === threadId);
    if (!known || known.isResolved) return { ok: true };
    try {
      await client.graphql(
        "mutation ($id: ID!) { resolveReviewThread(input: { threadId: $id }) { thread { isResolved } } }",
        { id: known.id },
      );
      return { ok: true };
    } catch (error) {
      const reason = refusalIn(error);
      if (reason === undefined) throw error;
      return { ok: false, reason };
    }
  };

  const requestReview: ReviewsPart["requestReview"] = async (pull, { login }) => {
    try {
      await client.rest.pulls.requestReviewers({ ...place, pull_number: pull, reviewers: [login] });
      return { ok: true };
    } catch (error) {
      if (![403, 422].includes(statusOf(error) ?? 0)) throw error;
      return { ok: false, reason: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) };
    }
  };

  return { fetchReviews, resolveThread, requestReview };
};

const threadOf = (comment: CommentData): number => comment.in_reply_to_id ?? comment.id;

/** An answer may outlive the comment that its thread began with: then it stands where the oldest that is left stands. */
const toThread = (id: number, all: readonly CommentData[]): ReviewThread | undefined => {
  const comments = all
    .filter((comment) => threadOf(comment) === id)
    .sort((a, b) => a.created_at.localeCompare(b.created_at) || a.id - b.id);
  const first = comments.find((comment) => comment.id === id) ?? comments[0];
  if (!first) return undefined;
  const lines = first.line && first.start_line ? first.line - first.start_line + 1 : 1;
  return {
    id,
    path: first.path,
    ...(typeof first.line === "number" ? { line: first.line } : {}),
    lines: Math.max(1, lines),
    side: first.side === "LEFT" ? "LEFT" : "RIGHT",
    hunk: first.diff_hunk,
    comments: comments.map(toComment),
  };
};

const toComment = (comment: CommentData): ThreadComment => ({
  id: comment.id,
  review: comment.pull_request_review_id ?? undefined,
  body: comment.body,
  author: personOf(comment.user),
});

type ThreadNode = {
  readonly id: string;
  readonly isResolved: boolean;
  readonly comments: { readonly nodes: readonly { readonly databaseId: number }[] };
};
type ThreadPage = {
  readonly repository: {
    readonly pullRequest: {
      readonly reviewThreads: {
        readonly nodes: readonly ThreadNode[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
      };
    };
  };
};

/** GraphQL refuses with a list of errors and HTTP's 200. @returns why, where it is a matter of rights */
const refusalIn = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !("errors" in error) || !Array.isArray(error.errors)) return undefined;
  const [first] = error.errors as readonly { readonly type?: string; readonly message?: string }[];
  return first?.type === "FORBIDDEN" ? (first.message ?? "FORBIDDEN") : undefined;
};

/** REST knows no threads: they are known by their first comment. */
const listThreads = async (
  client: Octokit,
  { owner, repo: name }: Place,
  number: number,
): Promise<readonly ThreadNode[]> => {
  const threads: ThreadNode[] = [];
  for (let after: string | null = null; ; ) {
    const page: ThreadPage = await client.graphql(
      `query ($owner: String!, $name: String!, $number: Int!, $after: String) {
        repository(owner: $owner, name: $name) {
          pullRequest(number: $number) {
            reviewThreads(first: 100, after: $after) {
              nodes { id isResolved comments(first: 1) { nodes { databaseId } } }
              pageInfo { hasNextPage endCursor }
            }
          }
        }
      }`,
      { owner, name, number, after },
    );
    const { nodes, pageInfo } = page.repository.pullRequest.reviewThreads;
    threads.push(...nodes);
    if (!pageInfo.hasNextPage) return threads;
    after = pageInfo.endCursor;
  }
};
