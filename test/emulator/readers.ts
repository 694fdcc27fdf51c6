/** What tests and the demo read of the emulator's state, without tokens: bodies as the REST API writes them. */

import { checkRunBody } from "./bodies/checks.ts";
import type { Json } from "./bodies/example.ts";
import { commentBody, issueBody } from "./bodies/issues.ts";
import { pullBody, pullFiles } from "./bodies/pulls.ts";
import { reviewBody, reviewCommentBody } from "./bodies/reviews.ts";
import type { FileDiff } from "./git/diff.ts";
import type { RepositoryName } from "./person.ts";
import { isPull, type Pull, type Repository, type World } from "./state.ts";

type Login = { readonly user: { readonly login: string; readonly type: string } };

export type IssueView = Json &
  Login & {
    readonly number: number;
    readonly title: string;
    readonly body: string | null;
    readonly state: string;
    readonly labels: readonly { readonly name: string }[];
  };
export type PullView = Omit<IssueView, "labels"> & {
  readonly number: number;
  readonly body: string | null;
  readonly node_id: string;
  readonly draft: boolean;
  readonly merged: boolean;
  readonly html_url: string;
  /** Null where it is closed. */
  readonly mergeable: boolean | null;
  readonly additions: number;
  readonly deletions: number;
  readonly changed_files: number;
  readonly commits: number;
  readonly head: { readonly ref: string; readonly sha: string };
  readonly base: { readonly ref: string; readonly sha: string };
  readonly requested_reviewers: readonly { readonly login: string }[];
};
export type CommentView = Json & Login & { readonly id: number; readonly body: string };
export type ReviewView = CommentView & { readonly state: string };
export type ReviewCommentView = CommentView & {
  readonly path: string;
  readonly line: number | null;
  readonly in_reply_to_id?: number;
  readonly pull_request_review_id: number;
};
export type CommitView = {
  readonly sha: string;
  readonly message: string;
  readonly author: string;
  readonly committer: string;
  readonly verified: boolean;
};
export type ReactionView = { readonly content: string; readonly by: string };
export type ReactionTarget =
  | { readonly issue: number }
  | { readonly comment: number }
  | { readonly reviewComment: number };

export type Readers = {
  /** The same for another repository; without it the first one is read. */
  in(repository: RepositoryName): Readers;
  /** Pull requests included, as on GitHub. */
  issues(): IssueView[];
  issue(number: number): IssueView;
  pulls(): Promise<PullView[]>;
  pull(number: number): Promise<PullView>;
  files(pull: number): Promise<readonly FileDiff[]>;
  /** Oldest first. */
  commits(pull: number): Promise<CommitView[]>;
  comments(thread: number): CommentView[];
  reviews(pull: number): ReviewView[];
  reviewComments(pull: number): Promise<ReviewCommentView[]>;
  /** First comments of the threads that somebody has resolved. */
  resolvedThreads(pull: number): number[];
  reactions(target: ReactionTarget): ReactionView[];
  checkRuns(sha: string): Json[];
  /** Branch names with their commits. */
  branches(): Map<string, string>;
  /** A text file of a branch or commit; undefined when it is not there. */
  file(ref: string, path: string): Promise<string | undefined>;
};

export function createReaders(world: World, { owner, name }: RepositoryName): Readers {
  const repository = (): Repository => {
    const known = world.repositories.get(`${owner}/${name}`.toLowerCase());
    if (known === undefined) throw new Error(`the emulator has no repository ${owner}/${name}`);
    return known;
  };
  const pullNumbered = (number: number): Pull => {
    const issue = repository().issues.get(number);
    if (!isPull(issue)) throw new Error(`${owner}/${name} has no pull request #${number}`);
    return issue;
  };
  const issueNumbered = (number: number) => {
    const issue = repository().issues.get(number);
    if (issue === undefined) throw new Error(`${owner}/${name} has no issue #${number}`);
    return issue;
  };
  const renderPull = async (pull: Pull): Promise<PullView> => (await pullBody(world, repository(), pull)) as PullView;

  function reactionsOf(target: ReactionTarget) {
    if ("issue" in target) return issueNumbered(target.issue).reactions;
    const { comments, reviewComments } = repository();
    const comment = "comment" in target ? comments.get(target.comment) : reviewComments.get(target.reviewComment);
    if (comment === undefined) throw new Error(`${owner}/${name} has no such comment: ${JSON.stringify(target)}`);
    return comment.reactions;
  }

  return {
    in: (other) => createReaders(world, other),
    issues: () => [...repository().issues.values()].map((issue) => issueBody(world, repository(), issue) as IssueView),
    issue: (number) => issueBody(world, repository(), issueNumbered(number)) as IssueView,
    pulls: () => Promise.all([...repository().issues.values()].filter(isPull).map(renderPull)),
    pull: (number) => renderPull(pullNumbered(number)),
    files: (number) => pullFiles(repository(), pullNumbered(number)),
    commits: async (number) => {
      const { pull } = pullNumbered(number);
      const commits = await repository().git.log([`${pull.baseSha}..${pull.headSha}`], 250);
      return commits.reverse().map(({ sha, message, author, committer }) => ({
        sha,
        message,
        author: author.name,
        committer: committer.name,
        verified: repository().signedCommits.has(sha),
      }));
    },
    comments: (thread) =>
      [...repository().comments.values()]
        .filter((comment) => comment.thread === issueNumbered(thread).number)
        .map((comment) => commentBody(world, repository(), comment) as CommentView),
    reviews: (number) =>
      [...repository().reviews.values()]
        .filter(({ pull }) => pull === pullNumbered(number).number)
        .map((review) => reviewBody(world, repository(), review) as ReviewView),
    reviewComments: (number) =>
      Promise.all(
        [...repository().reviewComments.values()]
          .filter(({ pull }) => pull === pullNumbered(number).number)
          .map(async (comment) => (await reviewCommentBody(world, repository(), comment)) as ReviewCommentView),
      ),
    resolvedThreads: (number) => {
      const { resolvedThreads, reviewComments } = repository();
      return [...resolvedThreads.keys()].filter((id) => reviewComments.get(id)?.pull === pullNumbered(number).number);
    },
    reactions: (target) => reactionsOf(target).map(({ content, by }) => ({ content, by: by.login })),
    checkRuns: (sha) =>
      [...repository().checkRuns.values()]
        .filter(({ headSha }) => headSha === sha)
        .map((run) => checkRunBody(world, repository(), run)),
    branches: () =>
      new Map(
        [...repository().git.refs]
          .filter(([ref]) => ref.startsWith("refs/heads/"))
          .map(([ref, sha]) => [ref.slice("refs/heads/".length), sha]),
      ),
    file: async (ref, path) => {
      const { git } = repository();
      const commit = await git.resolve(ref);
      const entry = commit === undefined ? undefined : await git.entryAt(commit, path);
      return entry?.type === "blob" ? (await git.readBlob(entry.sha)).toString() : undefined;
    },
  };
}
