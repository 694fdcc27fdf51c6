/** Continuous integration beside the App, as tests play it: a suite of checks ends on a commit, with logs where Actions ran it. */
import type { RepositoryName } from "./person.ts";
import { type Changes, changeRun, newSuite, type Place, startRun } from "./routes/checks.ts";
import type { CheckApp, CheckRun, CheckSuite, Repository, World } from "./state.ts";

export type CiConclusion = "success" | "failure" | "neutral" | "cancelled" | "skipped" | "timed_out";

export type CiJob = {
  readonly name: string;
  readonly conclusion: CiConclusion;
  /** Of a job of Actions, as it is downloaded; left out where it is not kept. */
  readonly log?: string;
  readonly steps?: readonly { readonly name: string; readonly conclusion: string }[];
  /** What Apps write themselves. */
  readonly output?: NonNullable<Changes["output"]>;
};

export type CiSuite = {
  readonly sha: string;
  /** GitHub Actions where left out. */
  readonly app?: CheckApp;
  readonly jobs: readonly CiJob[];
  /** Names of jobs that are still at work when the others have ended. */
  readonly unfinished?: readonly string[];
};

export const ACTIONS: CheckApp = { id: 15_368, slug: "github-actions", name: "GitHub Actions" };

const placeIn = (world: World, { owner, name }: RepositoryName): Place => {
  const repository = world.repositories.get(`${owner}/${name}`.toLowerCase()) as Repository;
  return { world, repository, sender: repository.owner };
};

/** A suite of its own, as each run of a workflow has one. @returns its id */
export async function reportSuite(world: World, where: RepositoryName, suite: CiSuite): Promise<number> {
  const at = placeIn(world, where);
  const { app = ACTIONS } = suite;
  const made = newSuite(world, at.repository, app, suite.sha);
  const run = world.nextId();
  const runs: CheckRun[] = [];
  for (const name of [...suite.jobs.map((job) => job.name), ...(suite.unfinished ?? [])]) {
    const job = app.id === ACTIONS.id ? { run, attempt: 1, steps: [], log: undefined } : undefined;
    runs.push(await startRun(at, made, name, job));
  }
  await finish(at, made, suite.jobs, runs);
  return made.id;
}

/** Jobs of a suite that are still at work, or were started again, end. */
export async function finishSuite(
  world: World,
  where: RepositoryName,
  id: number,
  jobs: readonly CiJob[],
): Promise<void> {
  const at = placeIn(world, where);
  const suite = at.repository.checkSuites.get(id) as CheckSuite;
  const open = [...at.repository.checkRuns.values()].filter((run) => run.suite === id && run.status !== "completed");
  await finish(at, suite, jobs, open);
}

async function finish(at: Place, { id }: CheckSuite, jobs: readonly CiJob[], runs: readonly CheckRun[]) {
  for (const { name, conclusion, log, steps, output } of jobs) {
    const run = runs.find((one) => one.name === name);
    if (run === undefined) throw new Error(`the suite ${id} has no check "${name}" at work`);
    if (run.job) Object.assign(run.job, { log, steps: steps ?? [] });
    await changeRun(at, run, { status: "completed", conclusion, ...(output === undefined ? {} : { output }) });
  }
  at.world.outbox.flush();
}
