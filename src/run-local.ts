/** ROOF: `architect run`: the same run as on GitHub, on a local git repository; the result is a branch of it. */
import { createHash, randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { createAnalysis } from "./analysis/analysis.ts";
import { openCacheFolder } from "./app/cache-folder.ts";
import type { RunOptions } from "./app/command-line.ts";
import { watchInterrupts } from "./app/interrupt.ts";
import { createLive, type Live } from "./app/live.ts";
import { isAccepted, localEnd, localJson, renderLocalEnd } from "./app/local-end.ts";
import { shortId } from "./app/replay.ts";
import { openScreen, type Screen, shellWord } from "./app/terminal.ts";
import { type RunConfig, readRunConfig } from "./config.ts";
import { ConfigError } from "./domain/errors.ts";
import type { Job } from "./domain/job.ts";
import { createRedactor } from "./domain/redact.ts";
import type { StatusView } from "./domain/render-status.ts";
import type { RepositoryRef } from "./domain/repository.ts";
import { databaseFile, environmentWith, isDumbTerminal, localDataFolder, treesFolder } from "./environment.ts";
import type { RunRecord, Store } from "./ports.ts";
import { createRunner, createServers, prepareDataFolder, secretsOf } from "./serve.ts";
import { openDatabase } from "./store/database.ts";
import { createStore } from "./store/runs.ts";
import {
  changedFiles,
  createLocalGitHub,
  type LocalRepository,
  openLocalRepository,
} from "./workspace/local-github.ts";
import { createWorkspace } from "./workspace/workspace.ts";

const interruptedCode = 130;
/** Every local run answers the same request for work: there are no issues here. */
const issue = 1;
const person = { login: "you", id: 1, type: "User" };
const systemClock = (): Date => new Date();

/** A repository is known by its path here, as it is by its id on GitHub. */
const refOf = ({ gitDir, name, branch }: LocalRepository): RepositoryRef => ({
  id: createHash("sha256").update(gitDir).digest().readUInt32BE(0),
  owner: "local",
  name,
  installationId: 0,
  defaultBranch: branch,
});

const jobFor = (repository: RepositoryRef, task: string): Job => {
  const id = randomUUID();
  const [title = "", ...rest] = task.split("\n");
  return {
    id,
    key: `local#${id}`,
    acceptedAt: systemClock().toISOString(),
    trigger: {
      kind: "label",
      repository,
      sender: person,
      thread: { kind: "issue", number: issue },
      title,
      body: rest.join("\n").trim(),
    },
  };
};

const settingsFor = (options: RunOptions, model: string | undefined): RunConfig =>
  readRunConfig(
    environmentWith({
      ...(model === undefined ? {} : { ARCHITECT_MODEL: model }),
      ...(options.usd === undefined ? {} : { ARCHITECT_MAX_USD: String(options.usd) }),
    }),
  );

/** @returns the exit code: 0 where a branch with an accepted report was made @throws ConfigError */
export const runLocal = async (options: RunOptions): Promise<number> => {
  const asked = settingsFor(options, options.model);
  const folder = resolve(options.folder);
  const repository = await openLocalRepository(folder);
  prepareDataFolder(asked.dataFolder);
  const dataFolder = localDataFolder(asked.dataFolder);
  prepareDataFolder(dataFolder);
  const store = createStore(openDatabase(databaseFile(dataFolder)), { clock: systemClock, ids: randomUUID });
  try {
    const plan = await planFor(store, refOf(repository), options);
    // A run goes on with the model that began it, where nobody says otherwise.
    const config = options.model === undefined && plan.model !== undefined ? settingsFor(options, plan.model) : asked;
    const screen = openScreen(options.json ? process.stderr : process.stdout, isDumbTerminal());
    return await carryOut({ options, config, folder, repository, dataFolder, store, plan, screen });
  } finally {
    await store.close();
  }
};

type Plan = {
  readonly job: Job;
  /** Of the run to go on with: its id, and the model that began it. */
  readonly run?: string;
  readonly model?: string;
};

const planFor = async (store: Store, repository: RepositoryRef, { work }: RunOptions): Promise<Plan> => {
  if ("task" in work) return { job: jobFor(repository, work.task) };
  const { id, job } = pickRun(await store.runsOf(repository, issue), work.goOn);
  const started = (await store.events(id)).findLast((event) => event.type === "started" && event.child === undefined);
  return { job, run: id, ...(started?.type === "started" ? { model: started.model } : {}) };
};

const pickRun = (runs: readonly RunRecord[], name: string | undefined): RunRecord => {
  if (name === undefined) {
    const newest = runs.find(({ outcome }) => outcome === undefined);
    if (newest) return newest;
    throw new ConfigError("run: no run of this repository was interrupted, so there is none to go on with");
  }
  const [run, ...more] = runs.filter(({ id }) => id.startsWith(name));
  if (!run) throw new ConfigError(`run: this repository has no run ${name}; architect replay lists them`);
  if (more.length > 0)
    throw new ConfigError(`run: ${more.length + 1} runs begin with ${name}; give more characters of the one you mean`);
  if (run.outcome)
    throw new ConfigError(
      `run: ${name} has ended, so there is nothing to go on with; architect replay ${name} shows it`,
    );
  return run;
};

type Work = {
  readonly options: RunOptions;
  readonly config: RunConfig;
  readonly folder: string;
  readonly repository: LocalRepository;
  readonly dataFolder: string;
  readonly store: Store;
  readonly plan: Plan;
  readonly screen: Screen;
};

const carryOut = async (work: Work): Promise<number> => {
  const { config, plan, screen, store } = work;
  const live = createLive(screen, systemClock);
  const interrupts = watchInterrupts({
    source: process,
    now: () => performance.now(),
    onFirst: () => live.note("Stopping: what is done is kept. Ctrl-C once more ends at once."),
    onSecond: () => process.exit(interruptedCode),
  });
  const scene = openScene(work, live);
  try {
    const { execute } = await scene.runner;
    const record = await store.openRun(plan.job, issue);
    for (const line of opening(work, record)) live.note(line);
    const failure = await execute.run(plan.job, interrupts.signal).then(
      () => undefined,
      // Stored turn by turn, it goes on from where it stands, whatever it was that ended it.
      (error: unknown) => ({ error }),
    );
    live.close();
    return await conclude(work, record.id, scene.seen(), {
      interrupted: interrupts.signal.aborted,
      reason: failure && createRedactor(secretsOf(config))(reasonsOf(failure.error)).text,
    });
  } finally {
    live.close();
    interrupts.release();
    await scene.close();
  }
};

const openScene = ({ config, folder, repository, dataFolder, store }: Work, live: Live) => {
  const bodies = new Map<string, string>();
  const seen: Seen = { bodies };
  const log = (line: string): void => live.note(line);
  const workspace = createWorkspace({
    dataFolder,
    node: process.execPath,
    sandbox: config.sandbox,
    setup: config.setup,
    allowLocalFolder: repository.gitDir,
    clock: systemClock,
    log,
    ...(config.python === undefined ? {} : { python: config.python }),
  });
  const github = createLocalGitHub(folder, repository.gitDir, {
    onPull: (pull) => {
      bodies.set(pull.branch, pull.body);
    },
  });
  const servers = createServers(config, log);
  const analysis = createAnalysis({ trees: openCacheFolder(treesFolder(dataFolder)) });
  const runner = createRunner(config, {
    github,
    servers,
    store,
    workspace,
    analysis,
    secrets: secretsOf(config),
    statusIntervalMs: 500,
    watch: (view, events) => {
      seen.view = view;
      live.show(view, events);
    },
    log,
  });
  const close = () => Promise.all([workspace.close(), servers?.close(), analysis.close()]);
  return { runner, seen: () => seen, close };
};

/** What is to be known before it begins. */
const opening = ({ options, config, folder, repository }: Work, { id }: RunRecord): string[] => {
  const model = config.model.kind === "blueprint" ? "blueprint" : config.model.id;
  const verb = "task" in options.work ? "Designing" : "Going on";
  const { uncommitted } = repository;
  const files = uncommitted === 1 ? "1 uncommitted change is" : `${uncommitted} uncommitted changes are`;
  return [
    ...config.warnings.map((warning) => `warning: ${warning}`),
    `${verb} in ${folder} on ${repository.branch}, with ${model}; run ${shortId(id)}`,
    ...(uncommitted > 0
      ? [`${files} not seen by the run: it starts from the last commit of ${repository.branch}.`]
      : []),
  ];
};

const reasonsOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasonsOf(error.cause)}`;
};

/** What was shown of the run, and the descriptions of its pull requests by branch. */
type Seen = { readonly bodies: ReadonlyMap<string, string>; view?: StatusView };

/** Tells how it ended. @returns the exit code */
const conclude = async (
  { options, folder, repository, store, plan, screen }: Work,
  run: string,
  seen: Seen,
  end: { readonly interrupted: boolean; readonly reason: string | undefined },
): Promise<number> => {
  const { outcome } = await store.openRun(plan.job, issue);
  const events = await store.events(run);
  const base = events.findLast((event) => event.type === "started" && event.child === undefined);
  const files =
    outcome?.pull && base?.type === "started" ? await changedFiles(folder, base.commit, outcome.pull.headSha) : [];
  const told = localEnd(run, { outcome, files, body: seen.bodies.get(outcome?.pull?.branch ?? "") }, events);
  if (options.json) process.stdout.write(`${JSON.stringify(localJson(told))}\n`);
  else if (outcome) {
    const limits = seen.view?.limits ?? { toolCalls: outcome.spend.toolCalls };
    const where = { folder, base: repository.branch, limits };
    screen.write(`\n${renderLocalEnd({ ...told, outcome }, where, screen)}\n`);
  }
  if (outcome) return isAccepted(told) ? 0 : 1;
  if (!end.interrupted) process.stderr.write(`architect: the run failed: ${end.reason ?? "it has no outcome"}\n`);
  const where = options.folder === "." ? "" : ` --repo ${shellWord(options.folder)}`;
  screen.write(`What is done is kept. To go on: architect run${where} --continue ${shortId(run)}\n`);
  return end.interrupted ? interruptedCode : 1;
};
