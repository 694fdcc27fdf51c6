/** Jobs of workflows as GitHub writes them. */
import type { CheckRun, Repository, WorkflowJob, World } from "../state.ts";
import { nodeId, repositoryPage, repositoryUrl } from "./accounts.ts";
import type { Json } from "./example.ts";

/** A job has the id of its check run. */
export function jobBody(world: World, repository: Repository, run: CheckRun & { readonly job: WorkflowJob }): Json {
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
