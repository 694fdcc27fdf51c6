/** Check runs, their suites, and commit statuses. Runs are made by Apps only. */
import { reads, writes } from "../access.ts";
import {
  checkRunBody,
  checkSuiteBody,
  combinedStatusBody,
  latestOf,
  runsOfSuite,
  statusBody,
  suiteState,
} from "../bodies/checks.ts";
import { created, found, inRepository, ok, paginate, type Reply, type RepositoryCall, type Route } from "../http.ts";
import { forbidden, unprocessable, validationFailed } from "../http-error.ts";
import {
  type CheckApp,
  type CheckRun,
  type CheckSuite,
  type CommitStatus,
  type Repository,
  timestamp,
  type WorkflowJob,
  type World,
} from "../state.ts";
import { checkRunEvent, checkSuiteEvent, statusEvent } from "../webhooks/events.ts";
import { placeOf } from "./threads.ts";

export type Place = Parameters<typeof checkRunEvent>[0];

/** GitHub takes no more annotations in one request. */
const MAX_ANNOTATIONS = 50;

/** One per App and commit. */
function ensureSuite(world: World, repository: Repository, app: CheckApp, headSha: string): CheckSuite {
  const known = [...repository.checkSuites.values()].find((one) => one.app.id === app.id && one.headSha === headSha);
  return known ?? newSuite(world, repository, app, headSha);
}

/** Each run of a workflow has its own. */
export function newSuite(world: World, repository: Repository, app: CheckApp, headSha: string): CheckSuite {
  const branch = [...repository.git.refs].find(([ref, sha]) => ref.startsWith("refs/heads/") && sha === headSha);
  const now = timestamp(world);
  const suite: CheckSuite = {
    id: world.nextId(),
    headSha,
    branch: branch?.[0].slice("refs/heads/".length) ?? null,
    app,
    createdAt: now,
    updatedAt: now,
  };
  repository.checkSuites.set(suite.id, suite);
  return suite;
}

export type Changes = {
  readonly name?: string;
  readonly status?: string;
  readonly conclusion?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly details_url?: string;
  readonly external_id?: string;
  readonly output?: {
    readonly title?: string;
    readonly summary?: string;
    readonly text?: string;
    readonly annotations?: Record<string, unknown>[];
  };
};

/** A conclusion completes a run; annotations are added to those that are there. */
export async function changeRun(at: Place, run: CheckRun, changes: Changes): Promise<void> {
  const annotations = changes.output?.annotations ?? [];
  if (annotations.length > MAX_ANNOTATIONS) throw validationFailed("CheckRun", "annotations", "invalid");
  if (changes.status === "completed" && changes.conclusion === undefined && run.conclusion === null) {
    throw unprocessable("Invalid request.\n\nMissing required key: conclusion.");
  }
  found(at.repository.checkSuites.get(run.suite)).requeued = false;
  const wasCompleted = run.status === "completed";
  const completed = changes.conclusion !== undefined || (changes.status ?? run.status) === "completed";
  run.name = changes.name ?? run.name;
  run.status = completed ? "completed" : (changes.status ?? run.status);
  run.conclusion = completed ? (changes.conclusion ?? run.conclusion) : null;
  run.startedAt = changes.started_at ?? run.startedAt;
  run.completedAt = completed ? (changes.completed_at ?? run.completedAt ?? timestamp(at.world)) : null;
  run.detailsUrl = changes.details_url ?? run.detailsUrl;
  run.externalId = changes.external_id ?? run.externalId;
  const { title = run.output.title, summary = run.output.summary, text = run.output.text } = changes.output ?? {};
  run.output = { title, summary, text };
  run.annotations.push(...annotations);
  if (completed && !wasCompleted) await announceCompletion(at, run);
}

async function announceCompletion(at: Place, run: CheckRun): Promise<void> {
  await checkRunEvent(at, run, "completed");
  const suite = found(at.repository.checkSuites.get(run.suite));
  suite.updatedAt = timestamp(at.world);
  if (suiteState(runsOfSuite(at.repository, suite.id)).status === "completed")
    await checkSuiteEvent(at, suite, "completed");
}

export async function newRun(
  at: Place,
  app: CheckApp,
  headSha: string,
  name: string,
  changes: Changes,
): Promise<CheckRun> {
  const run = await startRun(at, ensureSuite(at.world, at.repository, app, headSha), name);
  await changeRun(at, run, changes);
  return run;
}

export async function startRun(at: Place, suite: CheckSuite, name: string, job?: WorkflowJob): Promise<CheckRun> {
  const { world, repository } = at;
  const { headSha } = suite;
  const run: CheckRun = {
    id: world.nextId(),
    suite: suite.id,
    headSha,
    name,
    status: "queued",
    conclusion: null,
    startedAt: timestamp(world),
    completedAt: null,
    detailsUrl: null,
    externalId: "",
    output: { title: null, summary: null, text: null },
    annotations: [],
    ...(job === undefined ? {} : { job }),
  };
  repository.checkRuns.set(run.id, run);
  await checkRunEvent(at, run, "created");
  return run;
}

const ownApp = (world: World): CheckApp => ({ id: world.app.id, slug: world.app.slug, name: world.app.slug });

async function createRun(call: RepositoryCall): Promise<Reply> {
  const { world, repository, author, body } = call;
  if (author.kind !== "installation") throw forbidden("You must authenticate via a GitHub App.");
  const headSha = body["head_sha"] as string;
  if ((await repository.git.typeOf(headSha)) !== "commit") throw unprocessable(`No commit found for SHA: ${headSha}`);
  const run = await newRun(placeOf(call), ownApp(world), headSha, body["name"] as string, body as Changes);
  return created(checkRunBody(world, repository, run));
}

const runOf = ({ repository, params }: RepositoryCall): CheckRun =>
  found(repository.checkRuns.get(Number(params["check_run_id"])));

async function updateRun(call: RepositoryCall): Promise<Reply> {
  const { world, repository, author, body } = call;
  const run = runOf(call);
  const suite = found(repository.checkSuites.get(run.suite));
  if (author.kind !== "installation" || suite.app.id !== world.app.id)
    throw forbidden("Invalid app_id `undefined` - check run can only be modified by the GitHub App that created it.");
  await changeRun(placeOf(call), run, body as Changes);
  return ok(checkRunBody(world, repository, run));
}

function listRuns(call: RepositoryCall, runs: readonly CheckRun[]): Promise<Reply> {
  const { world, repository, query } = call;
  const matching = (query.get("filter") === "all" ? runs : latestOf(runs)).filter(
    (run) =>
      (query.get("check_name") ?? run.name) === run.name &&
      (query.get("status") ?? run.status) === run.status &&
      Number(query.get("app_id") ?? appOf(repository, run)) === appOf(repository, run),
  );
  return paginate(
    call,
    matching,
    (run) => checkRunBody(world, repository, run),
    (page) => ({ total_count: matching.length, check_runs: page }),
  );
}

const appOf = (repository: Repository, run: CheckRun): number | undefined =>
  repository.checkSuites.get(run.suite)?.app.id;

async function shaOf({ repository, params }: RepositoryCall): Promise<string> {
  return found(await repository.git.resolve(params["ref"] as string));
}

async function runsForRef(call: RepositoryCall): Promise<Reply> {
  const sha = await shaOf(call);
  return listRuns(
    call,
    [...call.repository.checkRuns.values()].filter((run) => run.headSha === sha),
  );
}

async function suitesForRef(call: RepositoryCall): Promise<Reply> {
  const { world, repository } = call;
  const sha = await shaOf(call);
  const suites = [...repository.checkSuites.values()].filter((suite) => suite.headSha === sha);
  return paginate(
    call,
    suites,
    (suite) => checkSuiteBody(world, repository, suite),
    (page) => ({ total_count: suites.length, check_suites: page }),
  );
}

const suiteOf = ({ repository, params }: RepositoryCall): CheckSuite =>
  found(repository.checkSuites.get(Number(params["check_suite_id"])));

function annotationBody(world: World, annotation: Record<string, unknown>): Record<string, unknown> {
  const empty = { start_column: null, end_column: null, title: null, raw_details: null };
  return { ...empty, blob_href: world.web, ...annotation };
}

async function createStatus(call: RepositoryCall): Promise<Reply> {
  const { world, repository, author, params, body } = call;
  const sha = params["sha"] as string;
  if ((await repository.git.typeOf(sha)) !== "commit") throw unprocessable(`No commit found for SHA: ${sha}`);
  const {
    state,
    context = "default",
    description = null,
    target_url: targetUrl = null,
  } = body as {
    state: string;
    context?: string;
    description?: string | null;
    target_url?: string | null;
  };
  const status: CommitStatus = {
    id: world.nextId(),
    sha,
    state,
    context,
    description,
    targetUrl,
    by: author.account,
    createdAt: timestamp(world),
  };
  repository.statuses.push(status);
  await statusEvent(placeOf(call), status);
  return created(statusBody(world, repository, status));
}

async function listStatuses(call: RepositoryCall): Promise<Reply> {
  const sha = await shaOf(call);
  const statuses = call.repository.statuses.filter((status) => status.sha === sha).reverse();
  return paginate(call, statuses, (status) => statusBody(call.world, call.repository, status));
}

export const checkRoutes: readonly Route[] = [
  inRepository("POST /check-runs", writes("checks"), createRun),
  inRepository("GET /check-runs/{check_run_id}", reads("checks"), (call) =>
    ok(checkRunBody(call.world, call.repository, runOf(call))),
  ),
  inRepository("PATCH /check-runs/{check_run_id}", writes("checks"), updateRun),
  inRepository("GET /check-runs/{check_run_id}/annotations", reads("checks"), (call) =>
    paginate(call, runOf(call).annotations, (annotation) => annotationBody(call.world, annotation)),
  ),
  inRepository("GET /check-suites/{check_suite_id}", reads("checks"), async (call) =>
    ok(await checkSuiteBody(call.world, call.repository, suiteOf(call))),
  ),
  inRepository("GET /check-suites/{check_suite_id}/check-runs", reads("checks"), (call) =>
    listRuns(call, runsOfSuite(call.repository, suiteOf(call).id)),
  ),
  inRepository("GET /commits/{ref*}/check-runs", reads("checks"), runsForRef),
  inRepository("GET /commits/{ref*}/check-suites", reads("checks"), suitesForRef),
  inRepository("POST /statuses/{sha}", writes("statuses"), createStatus),
  inRepository("GET /commits/{ref*}/statuses", reads("statuses"), listStatuses),
  inRepository("GET /commits/{ref*}/status", reads("statuses"), async (call) =>
    ok(combinedStatusBody(call.world, call.repository, await shaOf(call))),
  ),
];
