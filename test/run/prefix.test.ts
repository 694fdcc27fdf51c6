/** What every request of the architect begins with: paid for at each turn, so it stays small with all tools on. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadLibrary } from "../../src/app/library.ts";
import { toJob } from "../../src/domain/job.ts";
import { type McpServer, readMcpSettings } from "../../src/domain/mcp-settings.ts";
import { createToolServers } from "../../src/mcp/tool-servers.ts";
import type { ModelRequest, ToolServers } from "../../src/ports.ts";
import { createExecute } from "../../src/run/execute.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { startMcpServer } from "../support/mcp-server.ts";
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

/** Context7 as it lists itself, at the preset's setting. */
const withContext7 = async (): Promise<{ readonly servers: ToolServers; close(): Promise<void> }> => {
  const double = await startMcpServer();
  const { settings } = readMcpSettings({ ARCHITECT_MCP: "context7" }, () => ({ text: "" }));
  const at = (server: McpServer): McpServer => ({ ...server, reach: { kind: "http", url: double.url, headers: {} } });
  const servers = createToolServers({ servers: (settings?.servers ?? []).map(at), clock, log: () => {} });
  return {
    servers,
    close: async () => {
      await servers.close();
      await double.close();
    },
  };
};

const firstRequest = async (servers?: ToolServers): Promise<ModelRequest> => {
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
    store: createStore(openDatabase(join(folder, `${randomUUID()}.db`)), { clock, ids: () => "run" }),
    library,
    definition,
    model,
    servers,
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

const bytesOf = ({ system, tools, messages }: ModelRequest): number =>
  [system, JSON.stringify(tools), JSON.stringify(messages)].reduce((sum, text) => sum + Buffer.byteLength(text), 0);

test("the architect's system prompt, tools and first message are at most 36 kB, with every tool of its definition and Context7's", async () => {
  const { servers, close } = await withContext7();
  const request = await firstRequest(servers);
  await close();
  expect(request.tools.map(({ name }) => name)).toEqual([
    ...["Agent", "Bash", "Edit", "ExitWorktree", "Glob", "Grep", "MultiEdit", "Read", "Recall", "Remember"],
    ...["SendMessage", "Skill", "SubmitReport", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate", "TeamCreate"],
    ...["Write", "mcp__context7__query-docs", "mcp__context7__resolve-library-id"],
  ]);
  expect(bytesOf(request)).toBeLessThanOrEqual(36_000);
});

test("servers add their tools to the architect's first request, and nothing else", async () => {
  const { servers, close } = await withContext7();
  const [plain, more] = [await firstRequest(), await firstRequest(servers)];
  await close();
  expect({ ...more, tools: more.tools.filter(({ name }) => !name.startsWith("mcp__")) }).toEqual(plain);
});
