/** Check runs, suites and commit statuses as GitHub writes them. */
import type { CheckApp, CheckRun, CheckSuite, CommitStatus, Pull, Repository, World } from "../state.ts";
import { pullsOf } from "../state.ts";
import { accountBody, appBody, nodeId, repositoryPage, repositoryUrl } from "./accounts.ts";
import type { Json } from "./example.ts";
import { repositoryBody } from "./repository.ts";

/** The App itself, or another one whose checks stand beside it. */
function checkAppBody(world: World, app: CheckApp): Json {
  const own = appBody(world);
  if (app.id === world.app.id) return own;
  const page = `${world.web}/apps/${app.slug}`;
  return {
    ...own,
    id: app.id,
    slug: app.slug,
    name: app.name,
    node_id: nodeId("A", app.id),
    html_url: page,
    events: [],
  };
}

/** Open pull requests whose head is the commit. */
function pullsAt(world: World, repository: Repository, sha: string): Json[] {
  const url = repositoryUrl(world, repository);
  const repo = { id: repository.id, url, name: repository.name };
  return pullsOf(repository)
    .filter(({ state, pull }) => state === "open" && pull.headSha === sha)
    .map(({ id, number, pull }: Pull) => ({
      id,
      number,
      url: `${url}/pulls/${number}`,
      head: { ref: pull.head, sha: pull.headSha, repo },
      base: { ref: pull.base, sha: pull.baseSha, repo },
    }));
}

export function checkRunBody(world: World, repository: Repository, run: CheckRun): Json {
  const url = `${repositoryUrl(world, repository)}/check-runs/${run.id}`;
  const page = run.job
    ? `${repositoryPage(world, repository)}/actions/runs/${run.job.run}/job/${run.id}`
    : `${repositoryPage(world, repository)}/runs/${run.id}`;
  const suite = repository.checkSuites.get(run.suite) as CheckSuite;
  return {
    id: run.id,
    node_id: nodeId("CR", run.id),
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      ...run.output,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    name: run.name,
    check_suite: { id: run.suite },
    app: checkAppBody(world, suite.app),
    pull_requests: pullsAt(world, repository, run.headSha),
  };
}

export const runsOfSuite = (repository: Repository, suite: number): CheckRun[] =>
  [...repository.checkRuns.values()].filter((run) => run.suite === suite);

/** A job that was started again stands for the one before it. */
export const latestOf = (runs: readonly CheckRun[]): CheckRun[] => [
  ...new Map(runs.map((run) => [`${run.suite} ${run.name}`, run])).values(),
];

const WORST_FIRST = [
  "action_required",
  "cancelled",
  "timed_out",
  "failure",
  "stale",
  "startup_failure",
  "success",
  "neutral",
  "skipped",
];

/** A suite is completed when all its runs are; its conclusion is the worst of theirs. */
export function suiteState(all: readonly CheckRun[]): { status: string; conclusion: string | null } {
  const runs = latestOf(all);
  if (runs.length === 0) return { status: "queued", conclusion: null };
  if (runs.some(({ status }) => status !== "completed")) return { status: "in_progress", conclusion: null };
  const conclusion = WORST_FIRST.find((word) => runs.some((run) => run.conclusion === word)) ?? "neutral";
  return { status: "completed", conclusion };
}

export async function checkSuiteBody(world: World, repository: Repository, suite: CheckSuite): Promise<Json> {
  const url = `${repositoryUrl(world, repository)}/check-suites/${suite.id}`;
  const runs = runsOfSuite(repository, suite.id);
  const commit = await repository.git.readCommit(suite.headSha);
  return {
    id: suite.id,
    node_id: nodeId("CS", suite.id),
    head_branch: suite.branch,
    head_sha: suite.headSha,
    ...(suite.requeued ? { status: "queued", conclusion: null } : suiteState(runs)),
    url,
    before: commit.parents[0] ?? null,
    after: suite.headSha,
    pull_requests: pullsAt(world, repository, suite.headSha),
    app: checkAppBody(world, suite.app),
    repository: repositoryBody(world, repository),
    created_at: suite.createdAt,
    updated_at: suite.updatedAt,
    head_commit: {
      id: commit.sha,
      tree_id: commit.tree,
      message: commit.message,
      timestamp: commit.committer.date,
      author: { name: commit.author.name, email: commit.author.email },
      committer: { name: commit.committer.name, email: commit.committer.email },
    },
    latest_check_runs_count: latestOf(runs).length,
    check_runs_url: `${url}/check-runs`,
    rerequestable: true,
    runs_rerequestable: true,
  };
}

export function statusBody(world: World, repository: Repository, status: CommitStatus): Json {
  return {
    url: `${repositoryUrl(world, repository)}/statuses/${status.sha}`,
    avatar_url: `${world.web}/avatars/${status.by.id}`,
    id: status.id,
    node_id: nodeId("SC", status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    creator: accountBody(world, status.by),
  };
}

/** The newest status of each context. */
function latestStatuses(repository: Repository, sha: string): CommitStatus[] {
  const latest = new Map(
    repository.statuses.filter((status) => status.sha === sha).map((status) => [status.context, status]),
  );
  return [...latest.values()];
}

export function combinedStatusBody(world: World, repository: Repository, sha: string): Json {
  const statuses = latestStatuses(repository, sha);
  const states = statuses.map(({ state }) => state);
  const failed = states.some((state) => state === "failure" || state === "error");
  const url = `${repositoryUrl(world, repository)}/commits/${sha}`;
  return {
    state: failed ? "failure" : states.length === 0 || states.includes("pending") ? "pending" : "success",
    statuses: statuses.map((status) => statusBody(world, repository, status)),
    sha,
    total_count: statuses.length,
    repository: repositoryBody(world, repository),
    commit_url: url,
    url: `${url}/status`,
  };
}
