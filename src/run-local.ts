/** ROOF: `architect run`: the same run as on GitHub, on a local git repository; the result is a branch of it. */
import { createHash, randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { environmentWith, readRunConfig } from "./config.ts";
import type { Job } from "./domain/job.ts";
import type { Outcome } from "./domain/outcome.ts";
import { createRunner, type Log, prepareDataFolder, secretsOf } from "./serve.ts";
import { openDatabase } from "./store/database.ts";
import { createStore } from "./store/runs.ts";
import { createLocalGitHub, openLocalRepository } from "./workspace/local-github.ts";
import { createWorkspace } from "./workspace/workspace.ts";

export type LocalRequest = {
  readonly folder: string;
  readonly request: string;
  readonly json: boolean;
  readonly model: string | undefined;
};

/** A repository is known by its path here, as it is by its id on GitHub. */
const idOf = (folder: string): number => createHash("sha256").update(folder).digest().readUInt32BE(0);

const jobFor = (folder: string, branch: string, request: string): Job => {
  const id = randomUUID();
  const person = { login: "you", id: 1, type: "User" };
  const repository = { id: idOf(folder), owner: "local", name: "repository", installationId: 0, defaultBranch: branch };
  const [title = "", ...rest] = request.trim().split("\n");
  return {
    id,
    key: `local#${id}`,
    acceptedAt: new Date().toISOString(),
    trigger: {
      kind: "label",
      repository,
      sender: person,
      thread: { kind: "issue", number: 1 },
      title,
      body: rest.join("\n"),
    },
  };
};

/** Hidden markers and folding are for a browser. */
const forTerminal = (markdown: string): string =>
  markdown
    .replace(/<!--[\s\S]*?-->\n?/g, "")
    .replace(/<\/?(details|summary|sub)>/g, "")
    .replace(/\n{3,}/g, "\n\n")
    .trim();

/** @returns the exit code: 0 where a branch with an accepted report was made */
export const runLocal = async (request: LocalRequest): Promise<number> => {
  const config = readRunConfig(environmentWith(request.model === undefined ? {} : { ARCHITECT_MODEL: request.model }));
  const folder = resolve(request.folder);
  const repository = await openLocalRepository(folder);
  const say: Log = request.json ? () => {} : (line) => console.log(line);
  for (const warning of config.warnings) console.error(`warning: ${warning}`);
  const dataFolder = join(config.dataFolder, "local");
  prepareDataFolder(config.dataFolder);
  prepareDataFolder(dataFolder);
  const store = createStore(openDatabase(join(dataFolder, "private/architect.db")), {
    clock: () => new Date(),
    ids: randomUUID,
  });
  const workspace = createWorkspace({
    dataFolder,
    node: process.execPath,
    sandbox: config.sandbox,
    allowLocalFolder: repository.gitDir,
    clock: () => new Date(),
    ...(config.python === undefined ? {} : { python: config.python }),
  });
  let status = "";
  let body = "";
  const github = createLocalGitHub(folder, repository.gitDir, {
    onStatus: (text) => {
      status = forTerminal(text);
    },
    onPull: (pull) => {
      body = pull.body;
    },
  });
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  try {
    say(
      `Designing in ${folder} on ${repository.branch}, with ${config.model.kind === "blueprint" ? "blueprint" : config.model.id} …`,
    );
    const execute = await createRunner(config, {
      github,
      store,
      workspace,
      secrets: secretsOf(config),
      statusIntervalMs: 500,
      log: (line) => console.error(line),
    });
    const job = jobFor(folder, repository.branch, request.request);
    await execute.run(job, stop.signal);
    const outcome = (await store.openRun(job, 1)).outcome;
    if (!outcome) throw new Error("the run ended without an outcome");
    report(request, outcome, { status, body }, say);
    return outcome.pull && (outcome.status === "DONE" || outcome.status === "DONE_WITH_CONCERNS") ? 0 : 1;
  } finally {
    await workspace.close();
    await store.close();
  }
};

const report = (
  request: LocalRequest,
  outcome: Outcome,
  texts: { readonly status: string; readonly body: string },
  say: Log,
): void => {
  if (request.json) {
    console.log(JSON.stringify({ outcome, branch: outcome.pull?.branch ?? null, body: texts.body || null }));
    return;
  }
  say(`\n${forTerminal(texts.body || texts.status)}\n`);
  if (outcome.pull)
    say(
      `Branch ${outcome.pull.branch} is at ${outcome.pull.headSha.slice(0, 7)}: git -C ${request.folder} show ${outcome.pull.branch}`,
    );
};
