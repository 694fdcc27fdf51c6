/** What other Apps' checks say of a commit, and why one of them failed: its job's log where Actions ran it, else what its App wrote. */
import type { Octokit } from "@octokit/rest";
import { actionsApp, type CheckSeen } from "../domain/failed-check.ts";
import type { CheckFailure, GitHubSession } from "../ports.ts";
import { unless } from "./client.ts";
import { fetchLog, type LogSource } from "./job-logs.ts";
import type { Place } from "./shapes.ts";

type CheckResultsPart = Pick<GitHubSession, "fetchChecks" | "fetchFailure">;

/** A commit with more checks than this is nobody's to follow. */
const mostChecks = 300;
const mostAnnotations = 50;
const maxTextLength = 200_000;

export const createCheckResults = (
  client: Octokit,
  place: Place,
  appId: number,
  source: LogSource,
): CheckResultsPart => ({
  fetchChecks: async (sha) => {
    const at = { ...place, ref: sha, per_page: 100 };
    const runs: CheckSeen[] = [];
    for await (const { data } of client.paginate.iterator(client.rest.checks.listForRef, { ...at, filter: "latest" })) {
      const others = data.filter(({ app }) => app?.id !== appId);
      runs.push(...others.map(toCheck));
      if (runs.length >= mostChecks) break;
    }
    const { data } = await client.rest.checks.listSuitesForRef(at);
    // An empty suite is made for every App that may write checks; only a workflow's has jobs that are still to come.
    const pending = data.check_suites.filter(
      ({ app, status, latest_check_runs_count }) =>
        app?.id !== appId && status !== "completed" && (latest_check_runs_count > 0 || app?.slug === actionsApp),
    );
    return { checks: runs, pending: [...new Set(pending.map(({ app }) => app?.slug ?? ""))] };
  },

  fetchFailure: (check) =>
    check.app === actionsApp ? fetchJob(client, place, source, check) : fetchOutput(client, place, check),
});

type RunData = Awaited<ReturnType<Octokit["rest"]["checks"]["get"]>>["data"];

const toCheck = (run: RunData): CheckSeen => ({
  id: run.id,
  suite: run.check_suite?.id ?? 0,
  name: run.name,
  app: run.app?.slug ?? "",
  url: run.html_url ?? "",
  ended: run.status === "completed",
  conclusion: run.conclusion ?? undefined,
});

/** A job has the id of its check run. */
const fetchJob = async (client: Octokit, place: Place, source: LogSource, { id }: CheckSeen): Promise<CheckFailure> => {
  const [job, log] = await Promise.all([
    unless([403, 404], () => client.rest.actions.getJobForWorkflowRun({ ...place, job_id: id })),
    fetchLog(source, place, id),
  ]);
  const step = job?.data.steps?.find(({ conclusion }) => conclusion === "failure")?.name;
  return {
    log,
    ...(step === undefined ? {} : { step }),
    ...(job ? { workflow: { run: job.data.run_id, attempt: job.data.run_attempt ?? 1 } } : {}),
  };
};

/** What its App wrote for people, and on the lines. */
const fetchOutput = async (client: Octokit, place: Place, { id }: CheckSeen): Promise<CheckFailure> => {
  const { data } = await client.rest.checks.get({ ...place, check_run_id: id });
  const notes =
    data.output.annotations_count === 0
      ? []
      : (await client.rest.checks.listAnnotations({ ...place, check_run_id: id, per_page: mostAnnotations })).data;
  const lines = notes.map(
    ({ path, start_line, annotation_level, message }) =>
      `${path}:${start_line}: ${annotation_level === "failure" ? "error" : (annotation_level ?? "note")}: ${message ?? ""}`,
  );
  const parts = [data.output.title, data.output.summary, data.output.text, ...lines];
  const text = parts.filter((part) => part !== null && part !== "").join("\n\n");
  return {
    log:
      text === "" ? { ok: false, reason: "its App wrote nothing" } : { ok: true, text: text.slice(0, maxTextLength) },
  };
};
