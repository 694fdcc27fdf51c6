/** Our whole agent in a process of its own, told by its parent which runs to make: real workspace, sandbox and store, a GitHub that answers at once. */
import { randomUUID } from "node:crypto";
import { createAnalysis } from "../../src/analysis/analysis.ts";
import { readRunConfig } from "../../src/config.ts";
import { toJob } from "../../src/domain/job.ts";
import type { RepositoryRef } from "../../src/domain/repository.ts";
import { databaseFile } from "../../src/environment.ts";
import type { Workspace } from "../../src/ports.ts";
import { createRunner, prepareDataFolder, secretsOf } from "../../src/serve.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { createWorkspace } from "../../src/workspace/workspace.ts";
import { createMemoryGitHub } from "../support/memory-github.ts";

/** `node agent.ts PLAN`; the environment is that of `architect start`. */
export type AgentPlan = {
  /** A bare repository. */
  readonly bare: string;
  readonly title: string;
};

/** From parent to child: start so many runs at once. */
export type AgentOrder = { readonly runs: number };

/** Times are milliseconds since the epoch, with fractions. */
export type AgentNews =
  | { readonly kind: "ready" }
  | {
      readonly kind: "ended";
      readonly takenAt: number;
      readonly endedAt: number;
      readonly outcome: string;
      /** How long each call of the workspace took before the loop began, in order. */
      readonly steps: readonly (readonly [string, number])[];
    };

const clock = (): Date => new Date();
const now = (): number => performance.timeOrigin + performance.now();
const tell = (news: AgentNews): void => void process.send?.(news);

const repository: RepositoryRef = { id: 1, owner: "bench", name: "shop", installationId: 1, defaultBranch: "main" };

/** Notes how long the calls take that a run waits for at its start. */
const timed = (workspace: Workspace, note: (step: string, ms: number) => void): Workspace => {
  const watch =
    <A extends readonly unknown[], R>(name: string, work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const start = performance.now();
      try {
        return await work(...args);
      } finally {
        note(name, performance.now() - start);
      }
    };
  return {
    ...workspace,
    checkSandbox: watch("checkSandbox", workspace.checkSandbox),
    fetch: watch("fetch", workspace.fetch),
    readFiles: watch("readFiles", workspace.readFiles),
    openWorktree: watch("openWorktree", workspace.openWorktree),
  };
};

const serve = async (plan: AgentPlan): Promise<void> => {
  const config = readRunConfig();
  prepareDataFolder(config.dataFolder);
  const store = createStore(openDatabase(databaseFile(config.dataFolder)), { clock, ids: randomUUID });
  const log = (line: string): void => void (process.env["BENCH_LOG"] && console.error(line));
  const workspace = createWorkspace({
    dataFolder: config.dataFolder,
    node: process.execPath,
    sandbox: "bubblewrap",
    allowLocalFolder: plan.bare,
    clock,
    log,
  });
  const steps: (readonly [string, number])[] = [];
  const github = createMemoryGitHub();
  const credentials = { url: `file://${plan.bare}`, authorization: "", revoke: async () => {} };
  const { execute } = await createRunner(config, {
    github: { ...github, gitCredentials: async () => credentials },
    store,
    analysis: createAnalysis(),
    workspace: timed(workspace, (step, ms) => steps.push([step, ms])),
    secrets: secretsOf(config),
    statusIntervalMs: 10_000,
    log,
  });
  const health = await workspace.checkSandbox();
  if (!health.ok) throw new Error(health.reason);
  let issues = 0;
  const run = async (): Promise<void> => {
    issues += 1;
    const thread = { kind: "issue", number: issues } as const;
    const sender = { login: "maintainer", id: 1, type: "User" };
    const job = toJob(
      { kind: "label", repository, sender, thread, title: plan.title, body: "" },
      { id: randomUUID(), acceptedAt: clock().toISOString(), issue: issues },
    );
    const takenAt = now();
    await execute.run(job, new AbortController().signal);
    const { outcome } = await store.openRun(job, thread.number);
    const said = `${outcome?.kind} ${outcome?.status}: ${outcome?.summary}`;
    tell({ kind: "ended", takenAt, endedAt: now(), outcome: said, steps: steps.splice(0) });
  };
  process.on("message", ({ runs }: AgentOrder) => {
    for (let nth = 0; nth < runs; nth++)
      run().catch((error: unknown) => {
        console.error(error);
        process.exit(1);
      });
  });
  process.once("disconnect", () => process.exit());
  tell({ kind: "ready" });
};

if (import.meta.main) await serve(JSON.parse(process.argv[2] ?? "{}") as AgentPlan);
