/** Runs of one issue over a GitHub and a workspace in memory, asked for by comments, with a model that says what a test wrote. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCommand } from "../../src/domain/command.ts";
import { type Job, toJob } from "../../src/domain/job.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { statusMarker } from "../../src/domain/render-status.ts";
import type { CommandTrigger } from "../../src/domain/trigger.ts";
import type { RunRecord, Store } from "../../src/ports.ts";
import { createExecute, type Execute, type ExecuteDeps } from "../../src/run/execute.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { testDefinition, testLibrary } from "./loop.ts";
import { createMemoryGitHub, type MemoryGitHub } from "./memory-github.ts";
import { createMemoryWorkspace, type MemoryWorkspace } from "./memory-workspace.ts";
import { createScriptedModel, type ScriptedModel, type ScriptedTurn } from "./scripted-model.ts";

const maintainer = { login: "maintainer", id: 5, type: "User" };
const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };

export type Bench = {
  readonly github: MemoryGitHub;
  readonly workspace: MemoryWorkspace;
  readonly store: Store;
  /** As its comment was delivered. */
  command(text: string, over?: Partial<CommandTrigger>): Job;
  /** With a model that says so. */
  execute(turns: readonly ScriptedTurn[], over?: Partial<ExecuteDeps>): Execute;
  /** To its end. The model finds its place in a conversation by its length. @throws what the run throws */
  run(job: Job, turns: readonly ScriptedTurn[], over?: Partial<ExecuteDeps>): Promise<Outcome>;
  recordOf(job: Job): Promise<RunRecord>;
  /** Of the latest run. */
  model(): ScriptedModel;
  /** Everything on the thread but the status comment. */
  said(): readonly string[];
  status(): string;
  close(): void;
};

const issue = 3;

/** @param files of the default branch's only commit */
export const createBench = (files: Record<string, string>): Bench => {
  const folder = mkdtempSync(join(tmpdir(), "architect-reading-"));
  const github = createMemoryGitHub();
  github.branches.set("main", "b".repeat(40));
  const workspace = createMemoryWorkspace(files, github);
  const clock = () => new Date("2026-11-25T12:00:00Z");
  const store = createStore(openDatabase(join(folder, "architect.db")), { clock, ids: randomUUID });
  let model = createScriptedModel([]);
  let comments = 0;
  const executeWith: Bench["execute"] = (turns, over = {}) => {
    model = createScriptedModel((_, { messages }) => turns[(messages.length - 1) / 2] ?? {});
    return createExecute({
      ...{ github, workspace, store, model, clock, library: testLibrary, definition: testDefinition },
      ...{ caps: { tokens: 1e9, usd: 10 }, statusIntervalMs: 0, sandboxed: true, signOff: false, log: () => {} },
      redact: (text) => ({ text, leaks: 0 }),
      ...over,
    });
  };
  const bodies = () => [...github.comments.values()].map(({ body }) => body);
  return {
    ...{ github, workspace, store },
    command: (text, over = {}) => {
      const trigger: CommandTrigger = {
        ...{ kind: "command", repository, sender: maintainer, author: maintainer },
        ...{ thread: { kind: "issue", number: issue }, title: "Orders need a status", body: "Today they have none." },
        command: parseCommand(`/architect ${text}`, "architect") ?? { verb: "unknown", word: "" },
        commentId: 100 + comments++,
        ...over,
      };
      return toJob(trigger, { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue });
    },
    execute: executeWith,
    run: async (job, turns, over) => {
      await executeWith(turns, over).run(job, new AbortController().signal);
      const { outcome } = await store.openRun(job, issue);
      if (!outcome) throw new Error("the run has no outcome");
      return outcome;
    },
    recordOf: (job) => store.openRun(job, issue),
    model: () => model,
    said: () => bodies().filter((body) => !body.includes(statusMarker)),
    status: () => bodies().find((body) => body.includes(statusMarker)) ?? "",
    close: () => rmSync(folder, { recursive: true }),
  };
};
