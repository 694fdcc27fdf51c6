/** Jobs of workflows as GitHub writes them. */
import type { CheckRun, CheckSuite, Repository, WorkflowJob, World } from "../state.ts";
import { nodeId, repositoryPage, repositoryUrl } from "./accounts.ts";
import { checkSuiteBody, suiteState } from "./checks.ts";
import type { Json } from "./example.ts";
import { repositoryBody } from "./repository.ts";

type JobRun = CheckRun & { readonly job: WorkflowJob };

/** A job has the id of its check run. */
export function jobBody(world: World, repository: Repository, run: JobRun): Json {
  const { job } = run;
  const url = repositoryUrl(world, repository);
  const times = { started_at: run.startedAt, completed_at: run.completedAt };
  return {
    id: run.id,
    run_id: job.run,
    run_url: `${url}/actions/runs/${job.run}`,
    run_attempt: job.attempt,
    node_id: nodeId("CR", run.id),
    head_sha: run.headSha,
    url: `${url}/actions/jobs/${run.id}`,
    html_url: `${repositoryPage(world, repository)}/actions/runs/${job.run}/job/${run.id}`,
    status: run.status,
    conclusion: run.conclusion,
    created_at: run.startedAt,
    ...times,
    name: run.name,
    steps: job.steps.map((step, index) => ({ ...step, status: "completed", number: index + 1, ...times })),
    check_run_url: `${url}/check-runs/${run.id}`,
    labels: ["ubuntu-latest"],
    runner_id: 1,
    runner_name: "GitHub Actions 1",
    runner_group_id: 0,
    runner_group_name: "GitHub Actions",
    workflow_name: "CI",
    head_branch: repository.checkSuites.get(run.suite)?.branch ?? null,
  };
}

/** @param jobs all of it, of every attempt */
export async function workflowRunBody(
  world: World,
  repository: Repository,
  suite: CheckSuite,
  jobs: readonly JobRun[],
): Promise<Json> {
  const run = jobs[0]?.job.run ?? 0;
  const url = `${repositoryUrl(world, repository)}/actions/runs/${run}`;
  const { head_commit, pull_requests, before: _, ...ofSuite } = await checkSuiteBody(world, repository, suite);
  const whole = repositoryBody(world, repository);
  return {
    id: run,
    name: "CI",
    node_id: nodeId("WFR", run),
    check_suite_id: suite.id,
    head_branch: suite.branch,
    head_sha: suite.headSha,
    path: ".github/workflows/ci.yml",
    run_number: 1,
    run_attempt: Math.max(...jobs.map(({ job }) => job.attempt)),
    event: "pull_request",
    display_title: "CI",
    ...suiteState(jobs),
    workflow_id: 1,
    url,
    html_url: `${repositoryPage(world, repository)}/actions/runs/${run}`,
    pull_requests,
    created_at: suite.createdAt,
    updated_at: suite.updatedAt,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: ofSuite["url"],
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    workflow_url: `${repositoryUrl(world, repository)}/actions/workflows/1`,
    head_commit,
    repository: whole,
    head_repository: whole,
  };
}
