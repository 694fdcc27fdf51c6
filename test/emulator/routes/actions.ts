/** Jobs of workflows: what they are, their logs behind a signed link, and starting the failed ones again. */
import { randomBytes } from "node:crypto";
import { reads, writes } from "../access.ts";
import { latestOf, runsOfSuite } from "../bodies/checks.ts";
import { jobBody, workflowRunBody } from "../bodies/jobs.ts";
import { created, found, inRepository, ok, type Reply, type RepositoryCall, type Route } from "../http.ts";
import { HttpError, notFound } from "../http-error.ts";
import type { CheckRun, WorkflowJob, World } from "../state.ts";
import { startRun } from "./checks.ts";
import { placeOf } from "./threads.ts";

type JobRun = CheckRun & { readonly job: WorkflowJob };

const isJob = (run: CheckRun | undefined): run is JobRun => run?.job !== undefined;

function jobOf({ repository, params }: RepositoryCall): JobRun {
  const run = repository.checkRuns.get(Number(params["job_id"]));
  return found(isJob(run) ? run : undefined);
}

function logOf(call: RepositoryCall): Reply {
  const { world } = call;
  const { job, status } = jobOf(call);
  if (status !== "completed") throw notFound();
  if (job.log === undefined) throw new HttpError(410, "Server Error");
  const signature = randomBytes(16).toString("base64url");
  world.logs.set(signature, job.log);
  return { status: 302, text: "", headers: { location: `${world.web}/_actions/logs?sig=${signature}` } };
}

/** As the storage behind GitHub: it knows the signature of its links, and refuses whoever comes with another credential. */
export function logReply(world: World, { pathname, searchParams }: URL, authorization: string | undefined) {
  if (pathname !== "/_actions/logs") return undefined;
  const log = world.logs.get(searchParams.get("sig") ?? "");
  if (authorization !== undefined) world.violations.push("a log was asked for with the Authorization header");
  if (authorization !== undefined || log === undefined) return { status: 403, text: "AuthenticationFailed" };
  return { status: 200, text: log, type: "text/plain; charset=utf-8" };
}

async function rerunFailed(call: RepositoryCall): Promise<Reply> {
  const { repository, params } = call;
  const runs = [...repository.checkRuns.values()].filter(isJob);
  const first = found(runs.find(({ job }) => job.run === Number(params["run_id"])));
  const suite = found(repository.checkSuites.get(first.suite));
  const latest = latestOf(runsOfSuite(repository, suite.id)).filter(isJob);
  if (latest.some(({ status }) => status !== "completed")) throw new HttpError(403, "This workflow is already running");
  for (const { name, conclusion, job } of latest) {
    if (conclusion === "success" || conclusion === "skipped") continue;
    await startRun(placeOf(call), suite, name, { ...job, attempt: job.attempt + 1, steps: [], log: undefined });
  }
  return created({});
}

async function workflowRun(call: RepositoryCall): Promise<Reply> {
  const { world, repository, params } = call;
  const runs = [...repository.checkRuns.values()].filter(isJob);
  const jobs = runs.filter(({ job }) => job.run === Number(params["run_id"]));
  const suite = found(repository.checkSuites.get(found(jobs[0]).suite));
  return ok(await workflowRunBody(world, repository, suite, jobs));
}

export const actionsRoutes: readonly Route[] = [
  inRepository("GET /actions/jobs/{job_id}", reads("actions"), (call) =>
    ok(jobBody(call.world, call.repository, jobOf(call))),
  ),
  inRepository("GET /actions/jobs/{job_id}/logs", reads("actions"), logOf),
  inRepository("GET /actions/runs/{run_id}", reads("actions"), workflowRun),
  inRepository("POST /actions/runs/{run_id}/rerun-failed-jobs", writes("actions"), rerunFailed),
];
