/** ROOF: builds the App from its adapters and opens its doors. */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAnalysis } from "./analysis/analysis.ts";
import { openCacheFolder } from "./app/cache-folder.ts";
import { answerOther } from "./app/front-page.ts";
import { createJobs } from "./app/jobs.ts";
import { loadLibrary } from "./app/library.ts";
import { listen } from "./app/listen.ts";
import { createRunLinks } from "./app/run-page/link.ts";
import { createRunPages } from "./app/run-page/route.ts";
import { createWebhookHandler, webhooksPath } from "./app/webhooks.ts";
import { startWorker } from "./app/worker.ts";
import type { Config, RunConfig } from "./config.ts";
import type { Library } from "./domain/definition.ts";
import { DefinitionError } from "./domain/errors.ts";
import { createRedactor } from "./domain/redact.ts";
import type { RunBounds } from "./domain/run-bounds.ts";
import { databaseFile, treesFolder } from "./environment.ts";
import { createGitHub } from "./github/github.ts";
import { createToolServers } from "./mcp/tool-servers.ts";
import { createBlueprint } from "./model/blueprint/blueprint.ts";
import { type Access, createConnect } from "./model/client.ts";
import { openModels } from "./model/models.ts";
import type { Analysis, Clock, GitHub, Queue, Store, ToolServers, Workspace } from "./ports.ts";
import { createBoard } from "./run/board.ts";
import type { CommandDeps } from "./run/commands.ts";
import { createDesks, type Desks } from "./run/desk.ts";
import { createExecute, type Execute, type ExecuteDeps } from "./run/execute.ts";
import { createHalts, type Halts } from "./run/halts.ts";
import { createNewest } from "./run/newest.ts";
import { createPlaces } from "./run/places.ts";
import type { Watch } from "./run/progress.ts";
import { createPurse, type Purse } from "./run/purse.ts";
import type { RecheckDeps } from "./run/recheck.ts";
import { createSettings, type Settings } from "./run/settings.ts";
import { openDatabase } from "./store/database.ts";
import { createQueue, type RetryPolicy } from "./store/queue.ts";
import { createStore } from "./store/runs.ts";
import { createWorkspace } from "./workspace/workspace.ts";

export type App = {
  /** Where it listens, such as http://127.0.0.1:3000. */
  readonly url: string;
  readonly queue: Queue;
  readonly store: Store;
  /** Resolves when no job waits or runs, and every comment and reaction is written. */
  idle(): Promise<void>;
  /** Takes nothing new, hands running work back to the queue, and lets go of everything. */
  close(): Promise<void>;
};

export type Log = (line: string) => void;

/** What the App holds of the machine it runs on: who ends it without its doing must be able to take that from it. */
export type Machine = {
  readonly openDatabase: typeof openDatabase;
  readonly createWorkspace: typeof createWorkspace;
  readonly createAnalysis: typeof createAnalysis;
  readonly createServer: typeof createServer;
  /** Between two edits of a status comment; where left out, what GitHub asks for. */
  readonly statusIntervalMs?: number;
  /** Of jobs that fail; where left out, the queue's own. */
  readonly retry?: RetryPolicy;
};

const thisMachine: Machine = { openDatabase, createWorkspace, createAnalysis, createServer };

const architect = "backend-system-architect";

/** Of pull requests whose commands are run again: they share the machine with the runs. */
const checksAtOnce = 2;

const systemClock: Clock = () => new Date();

/** `agents/` lies beside `src/` in a checkout and beside `dist/` in the package. */
const agentsFolder = fileURLToPath(new URL("../agents", import.meta.url));

/** @throws ConfigError where a model that a setting or a definition names cannot be used */
const createModel = async (
  { model: config, budget }: RunConfig,
  { definitions }: Library,
  log: Log,
): Promise<Pick<ExecuteDeps, "model" | "modelFor" | "fallback" | "choices">> => {
  if (config.kind === "blueprint") {
    const model = createBlueprint();
    return { model, choices: new Map([[model.name, model]]) };
  }
  const { baseUrl: baseURL, id, ...rest } = config;
  const access: Access =
    rest.kind === "anthropic"
      ? { provider: rest.kind, apiKey: rest.apiKey, baseURL }
      : rest.kind === "bedrock"
        ? { provider: rest.kind, region: rest.region, apiKey: rest.apiKey, baseURL }
        : { provider: rest.kind, region: rest.region, project: rest.project, baseURL };
  return openModels({
    connect: createConnect(access, { log }),
    model: id,
    fallback: config.fallback,
    choices: config.choices,
    agents: [...definitions.values()],
    usdCap: budget.usd,
    prices: config.prices,
    log,
  });
};

/** Folders of the data folder: what the sandbox may see can be passed through, what it must not is closed to all others. */
export const prepareDataFolder = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  mkdirSync(join(folder, "private"), { recursive: true, mode: 0o700 });
  mkdirSync(join(folder, "shared"), { recursive: true, mode: 0o755 });
};

/** What runs jobs, whatever GitHub it speaks to. */
export const createRunner = async (
  config: RunConfig,
  parts: {
    readonly github: GitHub;
    readonly store: Store;
    readonly workspace: Workspace;
    readonly servers?: ToolServers | undefined;
    readonly secrets: readonly string[];
    readonly analysis: Analysis;
    readonly statusIntervalMs: number;
    readonly desks?: Desks | undefined;
    readonly halts?: Halts | undefined;
    readonly purse?: Purse | undefined;
    readonly runBounds?: RunBounds | undefined;
    readonly signOff?: boolean;
    readonly watch?: Watch | undefined;
    readonly log: Log;
  },
): Promise<{ readonly execute: Execute; readonly settings: Settings; readonly models: readonly string[] }> => {
  const { github, log } = parts;
  const library = await loadLibrary(agentsFolder);
  const definition = library.definitions.get(architect);
  if (!definition) throw new DefinitionError(`agents/${architect}.md`, 1, "is missing");
  const models = await createModel(config, library, log);
  const names = { agents: [...library.definitions.keys()], models: models.choices && [...models.choices.keys()] };
  const settings = createSettings({ github, names, clock: systemClock, log });
  const execute = createExecute({
    github,
    settings,
    workspace: parts.workspace,
    store: parts.store,
    servers: parts.servers,
    library,
    definition,
    ...models,
    analysis: parts.analysis,
    clock: systemClock,
    caps: config.budget,
    statusIntervalMs: parts.statusIntervalMs,
    desks: parts.desks,
    halts: parts.halts,
    purse: parts.purse,
    runBounds: parts.runBounds,
    watch: parts.watch,
    redact: createRedactor(parts.secrets),
    sandboxed: config.sandbox === "bubblewrap",
    signOff: parts.signOff ?? false,
    log,
  });
  return { execute, settings, models: [...(models.choices?.keys() ?? [])] };
};

/** Those that the operator set; whoever asks for them closes them. */
export const createServers = (config: RunConfig, log: Log): ToolServers | undefined => {
  if (!config.mcp) return undefined;
  const redact = createRedactor(secretsOf(config));
  const { servers } = config.mcp;
  return createToolServers({ servers, clock: systemClock, log: (line) => log(`warning: ${redact(line).text}`) });
};

export const secretsOf = (config: RunConfig & Partial<Config>): string[] => {
  const { model } = config;
  return [
    config.privateKey,
    config.webhookSecret,
    ...(config.mcp?.secrets ?? []),
    "apiKey" in model ? model.apiKey : undefined,
    ...(model.kind === "bedrock" ? (model.secrets ?? []) : []),
  ].filter((secret) => secret !== undefined);
};

/** Everything that `architect start` serves. @throws ConfigError, DefinitionError */
export const startApp = async (config: Config, log: Log = console.error, machine = thisMachine): Promise<App> => {
  for (const warning of config.warnings) log(`warning: ${warning}`);
  prepareDataFolder(config.dataFolder);
  const database = machine.openDatabase(databaseFile(config.dataFolder));
  const store = createStore(database, { clock: systemClock, ids: randomUUID });
  const queue = createQueue(database, { clock: systemClock, log, ...(machine.retry ? { retry: machine.retry } : {}) });
  const github = createGitHub({
    appId: config.appId,
    privateKey: config.privateKey,
    apiUrl: config.apiUrl,
    webUrl: config.githubUrl,
    bots: config.bots,
    clock: systemClock,
    log,
  });
  const workspace = machine.createWorkspace({
    dataFolder: config.dataFolder,
    node: process.execPath,
    sandbox: config.sandbox,
    setup: config.setup,
    clock: systemClock,
    log,
    ...(config.python === undefined ? {} : { python: config.python }),
    ...(config.githubUrl.startsWith("http:") ? { allowHttpLoopback: config.githubUrl } : {}),
  });
  const analysis = machine.createAnalysis({ trees: openCacheFolder(treesFolder(config.dataFolder)) });
  const halts = createHalts();
  // GitHub asks for restraint with edits of one comment; a local one does not mind.
  const intervalMs = machine.statusIntervalMs ?? (config.apiUrl.startsWith("https:") ? 10_000 : 200);
  const links = createRunLinks(config.webhookSecret);
  const pageOf = config.publicUrl === undefined ? undefined : links.below(config.publicUrl);
  const desks = createDesks({ github, store, clock: systemClock, log, intervalMs, pageOf });
  const servers = createServers(config, log);
  const { execute, models, settings } = await createRunner(config, {
    github,
    servers,
    halts,
    purse: createPurse({ store, clock: systemClock, caps: config.sharedCaps }),
    runBounds: config.runBounds,
    store,
    workspace,
    analysis,
    secrets: secretsOf(config),
    statusIntervalMs: intervalMs,
    desks,
    signOff: config.signOff,
    log,
  });
  const sandboxed = config.sandbox === "bubblewrap";
  const commands: CommandDeps = { github, store, queue, halts, models, sandboxed, clock: systemClock, log };
  const redactor = createRedactor(secretsOf(config));
  const redact = (text: string) => redactor(text).text;
  const rechecks: RecheckDeps = {
    ...{ github, workspace, analysis, settings, store, sandboxed, clock: systemClock, log },
    places: createPlaces(checksAtOnce),
    newest: createNewest(queue, log),
    redact,
  };
  const webhooks = await createWebhookHandler({
    secret: config.webhookSecret,
    github,
    queue,
    store,
    label: config.label,
    appId: config.appId,
    bots: config.bots,
    pace: { quietMs: config.quietSeconds * 1_000, mostMs: config.quietSeconds * 5_000 },
    settings,
    clock: systemClock,
    log,
  });
  // Those of before: the App may have ended before it could give their sign.
  for (const { trigger } of await queue.jobs()) webhooks.acknowledge(trigger);
  const health = await workspace.checkSandbox();
  if (!health.ok)
    log(`warning: the sandbox does not hold, so every run will end BLOCKED: ${health.reason} ${health.mend}`);
  startWorker({
    queue,
    ...createJobs({ execute, commands, rechecks, settings, queue }),
    concurrency: config.concurrency,
    log,
  });

  const pages = createRunPages({ store, links, redact, githubUrl: config.githubUrl, clock: systemClock });
  const board = createBoard({ github, store, queue, desks, log, settleMs: intervalMs / 20 });

  const server = machine.createServer((request, response) => {
    if (request.url?.startsWith(webhooksPath)) return webhooks(request, response);
    answerOther(request, response, { queue, workspace, pages, log });
  });
  const url = await listen(server, config);
  return {
    ...{ url, queue, store },
    idle: async () => {
      await queue.idle();
      await webhooks.idle();
      await board.idle();
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await webhooks.idle();
      await queue.close();
      await board.close();
      await Promise.all([workspace.close(), servers?.close(), analysis.close()]);
      server.closeAllConnections();
      await closed;
      await store.close();
    },
  };
};
