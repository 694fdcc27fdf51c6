/** What every request of the architect begins with: paid for at each turn, so it stays small with all tools on. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadLibrary } from "../../src/app/library.ts";
import { toJob } from "../../src/domain/job.ts";
import type { ModelRequest } from "../../src/ports.ts";
import { createExecute } from "../../src/run/execute.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { createMemoryGitHub } from "../support/memory-github.ts";
import { createMemoryWorkspace } from "../support/memory-workspace.ts";
import { reportWith } from "../support/report.ts";
import { createScriptedModel } from "../support/scripted-model.ts";

const folder = mkdtempSync(join(tmpdir(), "architect-prefix-"));
afterAll(() => rmSync(folder, { recursive: true }));

const clock = () => new Date("2026-11-25T12:00:00Z");
const body = `We need registration for the shop: an e-mail address and a password, answered with the new user.

- the address is unique, whatever its case
- at most five tries a minute
- problem details for every error`;

const firstRequest = async (): Promise<ModelRequest> => {
  const library = await loadLibrary(join(import.meta.dirname, "../../agents"));
  const definition = library.definitions.get("backend-system-architect");
  if (!definition) throw new Error("no architect");
  const report = { ...reportWith({ status: "BLOCKED", blockers: ["enough"] }), endpoints_created: [] };
  const input = { ...report, models_created: [], middleware_added: [] };
  const model = createScriptedModel([{ calls: [{ name: "SubmitReport", input }] }]);
  const github = createMemoryGitHub();
  github.branches.set("main", "b".repeat(40));
  const execute = createExecute({
    github,
    workspace: createMemoryWorkspace({ "backend/app/main.py": "app = 1\n" }, github),
    store: createStore(openDatabase(join(folder, "architect.db")), { clock, ids: () => "run" }),
    library,
    definition,
    model,
    clock,
    caps: { tokens: 1e9, usd: 10 },
    statusIntervalMs: 1e9,
    redact: (text) => ({ text, leaks: 0 }),
    sandboxed: true,
    signOff: false,
    log: () => {},
  });
  const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
  const sender = { login: "maintainer", id: 5, type: "User" as const };
  const thread = { kind: "issue" as const, number: 3 };
  const trigger = {
    kind: "label" as const,
    repository,
    sender,
    thread,
    title: "Create user registration endpoint",
    body,
  };
  await execute.run(toJob(trigger, { id: "job", acceptedAt: "2026-11-25T12:00:00Z", issue: 3 }), AbortSignal.any([]));
  const [request] = model.requests;
  if (!request) throw new Error("nothing was asked");
  return request;
};

test("the architect's system prompt, tools and first message are at most 36 kB, with every tool of its definition", async () => {
  const { system, tools, messages } = await firstRequest();
  expect(tools.map(({ name }) => name)).toEqual([
    ...["Agent", "Bash", "Edit", "ExitWorktree", "Glob", "Grep", "MultiEdit", "Read", "Recall", "Remember"],
    ...[
      "SendMessage",
      "Skill",
      "SubmitReport",
      "TaskCreate",
      "TaskGet",
      "TaskList",
      "TaskUpdate",
      "TeamCreate",
      "Write",
    ],
  ]);
  const bytes = [system, JSON.stringify(tools), JSON.stringify(messages)].map((text) => Buffer.byteLength(text));
  expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(36_000);
});
