/** Pull requests as GitHub writes them: everything about their commits is computed from git at the moment of asking. */
import type { FileDiff } from "../git/diff.ts";
import { type Account, headRepositoryOf, type Pull, type Repository, type World } from "../state.ts";
import { accountBody, nodeId, repositoryUrl } from "./accounts.ts";
import { totals } from "./commits.ts";
import type { Json } from "./example.ts";
import { issueBody, threadPage } from "./issues.ts";
import { repositoryBody } from "./repository.ts";

/** The base branch now, while the pull request is open; where it stood afterwards. */
export const baseShaOf = (repository: Repository, { state, pull }: Pull): string =>
  (state === "open" ? repository.git.branch(pull.base) : undefined) ?? pull.baseSha;

export const pullFiles = (repository: Repository, pull: Pull): Promise<readonly FileDiff[]> =>
  repository.git.diff(baseShaOf(repository, pull), pull.pull.headSha);

/** As in lists: without what must be computed. */
export function shortPullBody(world: World, repository: Repository, pull: Pull): Json {
  const base = repositoryUrl(world, repository);
  const url = `${base}/pulls/${pull.number}`;
  const page = threadPage(world, repository, pull);
  const issue = issueBody(world, repository, pull);
  const { head, headSha, merged } = pull.pull;
  const links = {
    commits: `${url}/commits`,
    review_comments: `${url}/comments`,
    review_comment: `${base}/pulls/comments{/number}`,
    comments: `${base}/issues/${pull.number}/comments`,
    statuses: `${base}/statuses/${headSha}`,
  };
  return {
    id: pull.id,
    node_id: nodeId("PR", pull.id),
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: `${base}/issues/${pull.number}`,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    comments_url: links.comments,
    statuses_url: links.statuses,
    number: pull.number,
    state: pull.state,
    locked: pull.locked,
    title: pull.title,
    user: issue["user"],
    body: pull.body,
    labels: issue["labels"],
    milestone: null,
    active_lock_reason: null,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: merged?.at ?? null,
    merge_commit_sha: merged?.commit ?? null,
    assignee: issue["assignee"],
    assignees: issue["assignees"],
    requested_reviewers: reviewers(world, pull),
    requested_teams: [],
    head: endBody(world, headRepositoryOf(repository, pull), head, headSha),
    base: endBody(world, repository, pull.pull.base, baseShaOf(repository, pull)),
    _links: Object.fromEntries(
      Object.entries({ self: url, html: page, issue: `${base}/issues/${pull.number}`, ...links }).map(
        ([name, href]) => [name, { href }],
      ),
    ),
    author_association: issue["author_association"],
    auto_merge: null,
    draft: pull.pull.draft,
  };
}

function reviewers(world: World, { pull }: Pull): Json[] {
  return pull.requestedReviewers
    .map((login) => world.accounts.get(login.toLowerCase()))
    .filter((account): account is Account => account !== undefined)
    .map((account) => accountBody(world, account));
}

const endBody = (world: World, repository: Repository, branch: string, sha: string): Json => ({
  label: `${repository.owner.login}:${branch}`,
  ref: branch,
  sha,
  user: accountBody(world, repository.owner),
  repo: repositoryBody(world, repository),
});

export async function pullBody(world: World, repository: Repository, pull: Pull): Promise<Json> {
  const { git } = repository;
  const { headSha, merged } = pull.pull;
  const baseSha = baseShaOf(repository, pull);
  const open = pull.state === "open";
  const [files, commits, mergedTree] = await Promise.all([
    pullFiles(repository, pull),
    git.count(`${baseSha}..${headSha}`),
    open ? git.mergeTree(baseSha, headSha) : undefined,
  ]);
  const mergeable = open ? mergedTree !== undefined : null;
  return {
    ...shortPullBody(world, repository, pull),
    merged: merged !== undefined,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: !open ? "unknown" : mergeable === false ? "dirty" : pull.pull.draft ? "draft" : "clean",
    merged_by: merged === undefined ? null : accountBody(world, merged.by),
    comments: [...repository.comments.values()].filter(({ thread }) => thread === pull.number).length,
    review_comments: [...repository.reviewComments.values()].filter((comment) => comment.pull === pull.number).length,
    maintainer_can_modify: false,
    commits,
    ...totals(files),
    changed_files: files.length,
  };
}
