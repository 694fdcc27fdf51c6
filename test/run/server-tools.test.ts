/** Tools of the operator's servers in a run: offered, counted, guarded, and never in the way of its end. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toJob } from "../../src/domain/job.ts";
import type { ToolResult } from "../../src/domain/message.ts";
import { createRedactor } from "../../src/domain/redact.ts";
import { createToolServers } from "../../src/mcp/tool-servers.ts";
import type { ModelRequest, Store, ToolServers } from "../../src/ports.ts";
import { createExecute, type ExecuteDeps } from "../../src/run/execute.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { testDefinition, testLibrary } from "../support/loop.ts";
import { type McpDouble, startMcpServer } from "../support/mcp-server.ts";
import { createMemoryGitHub, type MemoryGitHub } from "../support/memory-github.ts";
import { createMemoryWorkspace } from "../support/memory-workspace.ts";
import { reportWith } from "../support/report.ts";
import { createScriptedModel, type ScriptedCall, type ScriptedTurn } from "../support/scripted-model.ts";

const clock = () => new Date("2026-11-25T12:00:00Z");
const never = new AbortController().signal;
const apiKey = "ctx7sk-0123456789abcdef";
const code = "statement = select(User).where(func.lower(User.email) == email.lower())\n";

let folder: string;
let store: Store;
let github: MemoryGitHub;
let double: McpDouble;
let servers: ToolServers;
let requests: ModelRequest[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "architect-servers-"));
  store = createStore(openDatabase(join(folder, "architect.db")), { clock, ids: randomUUID });
  github = createMemoryGitHub();
  github.branches.set("main", "b".repeat(40));
  double = await startMcpServer();
  servers = serversAt(double.url);
});
afterEach(async () => {
  await servers.close();
  await double.close();
  rmSync(folder, { recursive: true });
});

const serversAt = (url: string): ToolServers =>
  createToolServers({
    servers: [
      {
        name: "context7",
        tools: new Map([
          ["query-docs", "Documentation of a library."],
          ["resolve-library-id", undefined],
        ]),
        reach: { kind: "http", url, headers: { Authorization: `Bearer ${apiKey}` } },
      },
    ],
    clock,
    log: () => {},
    bounds: { connectMs: 500, callMs: 200 },
  });

const job = () =>
  toJob(
    {
      kind: "label",
      repository: { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" },
      sender: { login: "maintainer", id: 5, type: "User" },
      thread: { kind: "issue", number: 3 },
      title: "Create user registration endpoint",
      body: "",
    },
    { id: "job", acceptedAt: "2026-11-25T12:00:00Z", issue: 3 },
  );

const write: ScriptedCall = { name: "Write", input: { file_path: "/repo/app/api/users.py", content: "users = 1\n" } };
const submit: ScriptedCall = {
  name: "SubmitReport",
  input: reportWith({ status: "DONE_WITH_CONCERNS", handoffs: [{ to: "test-generator", task: "tests" }] }),
};
const docs = (query: string): ScriptedCall => ({
  name: "mcp__context7__query-docs",
  input: { libraryId: "/a/b", query },
});

const execute = (turns: readonly ScriptedTurn[], over: Partial<ExecuteDeps> = {}) => {
  const model = createScriptedModel((_, request) => turns[(request.messages.length - 1) / 2] ?? {});
  requests = model.requests;
  return createExecute({
    github,
    workspace: createMemoryWorkspace({ "app/main.py": code }, github),
    store,
    library: testLibrary,
    definition: { ...testDefinition, tools: [...testDefinition.tools, "mcp__*"] },
    model,
    servers,
    clock,
    caps: { tokens: 1e9, usd: 10 },
    statusIntervalMs: 0,
    redact: createRedactor([apiKey]),
    sandboxed: true,
    signOff: false,
    log: () => {},
    ...over,
  });
};
const run = async (turns: readonly ScriptedTurn[], over?: Partial<ExecuteDeps>): Promise<readonly ToolResult[]> => {
  await execute(turns, over).run(job(), never);
  return results();
};
const results = (): readonly ToolResult[] =>
  (requests.at(-1)?.messages ?? []).flatMap(({ content }) =>
    content.flatMap((block) => (block.type === "tool_result" ? [block] : [])),
  );
const outcome = async () => (await store.openRun(job(), 3)).outcome;
const body = () => github.pulls[0]?.body ?? "";

const end: readonly ScriptedTurn[] = [
  { calls: [write] },
  { calls: [{ name: "Bash", input: { command: "true" } }] },
  { calls: [submit] },
];

describe("a server that answers", () => {
  test("has its tools among the agent's, its answer is the result, and each call counts", async () => {
    const [answer] = await run([{ calls: [docs("lifespan of an application")] }, ...end]);
    expect(requests[0]?.tools.map(({ name }) => name).filter((name) => name.startsWith("mcp__"))).toEqual([
      "mcp__context7__query-docs",
      "mcp__context7__resolve-library-id",
    ]);
    expect(answer).toMatchObject({ content: "query-docs answers" });
    expect(await outcome()).toMatchObject({ kind: "published", spend: { toolCalls: 3 } });
    expect(body()).not.toContain("context7");
  });

  test("never gets what the agent has read, and the agent is told why", async () => {
    const read = { name: "Read", input: { file_path: "/repo/app/main.py" } };
    const done = await run([{ calls: [read] }, { calls: [docs(`Is this right: ${code}`)] }, ...end]);
    expect(done[1]).toMatchObject({
      is_error: true,
      content: expect.stringMatching(/^Nothing was sent\. .*words of your own/),
    });
    expect(double.calls).toEqual([]);
  });

  test("nor what it has written, or what was asked for; but it may be asked of its own words", async () => {
    const words = "The session is opened once for a request and closed after the response was sent to whoever asked.";
    double.answer = () => ({ content: [{ type: "text", text: words }] });
    const own = { name: "Write", input: { file_path: "/repo/app/api/a.py", content: code } };
    const done = await run([
      { calls: [docs("sessions"), own] },
      { calls: [docs(`why: ${code}`)] },
      { calls: [docs(words)] },
      ...end,
    ]);
    expect(done.map(({ is_error }) => is_error === true).slice(0, 4)).toEqual([false, false, true, false]);
    expect(double.calls.length).toBe(2);
  });

  test("that echoes the operator's key shows it to nobody", async () => {
    double.answer = () => ({ content: [{ type: "text", text: `your key is ${apiKey}` }] });
    await run([{ calls: [docs("lifespan")] }, ...end]);
    const events = await store.events((await store.openRun(job(), 3)).id);
    expect(JSON.stringify([requests, events])).toContain("your key is [redacted]");
    expect(JSON.stringify([requests, events, github.pulls, [...github.comments.values()]])).not.toContain(apiKey);
  });

  test("is no tool of an agent whose definition does not name it", async () => {
    await run(end, { definition: testDefinition });
    expect(requests[0]?.tools.map(({ name }) => name).filter((name) => name.startsWith("mcp__"))).toEqual([]);
  });
});

describe("a server that fails", () => {
  test("while it is asked is not asked for ever, and is one line of the pull request", async () => {
    await servers.list(never);
    double.fault = "says 500";
    const done = await run([...["a", "b", "c", "d"].map((query) => ({ calls: [docs(query)] })), ...end]);
    expect(done.map(({ content }) => content).slice(0, 4)).toEqual([
      ...Array.from(
        { length: 3 },
        () => "context7 gave no answer: it answered with HTTP status 500. Go on without it.",
      ),
      "context7 failed 3 times, so it is not asked any more. Go on without it.",
    ]);
    expect(double.calls.length).toBe(3);
    expect(body()).toContain("context7 failed 3 times when it was asked: it answered with HTTP status 500.");
  });

  test("at the start is one line of the pull request, and the run goes on with the tools that there are", async () => {
    await servers.close();
    const gone = await startMcpServer();
    await gone.close();
    servers = serversAt(gone.url);
    await run(end);
    expect(requests[0]?.tools.some(({ name }) => name.startsWith("mcp__"))).toBe(false);
    expect(await outcome()).toMatchObject({ kind: "published", status: "DONE_WITH_CONCERNS" });
    expect(body()).toContain("context7 is not used: it can't be reached (ECONNREFUSED).");
  });
});

describe("a run that goes on after a crash", () => {
  const turns = [{ calls: [docs("lifespan")] }, { calls: [docs("sessions")] }, ...end];
  const crash = async () => {
    const app = new AbortController();
    double.answer = () => {
      app.abort(new Error("the App ends"));
      return { content: [] };
    };
    await expect(execute(turns).run(job(), app.signal)).rejects.toThrow("stopped");
    double.answer = () => ({ content: [{ type: "text", text: "again" }] });
  };

  test("asks again what had no answer yet", async () => {
    await crash();
    const done = await run(turns);
    expect(done.slice(0, 2).map(({ content }) => content)).toEqual(["again", "again"]);
    expect(await outcome()).toMatchObject({ kind: "published" });
  });

  test("has the same tools in the same bytes where the server is gone, and is told so by the call", async () => {
    await crash();
    const before = requests[0]?.tools;
    const done = await run(turns, { servers: undefined });
    expect(requests[0]?.tools).toEqual(before);
    expect(done[1]).toMatchObject({
      is_error: true,
      content: expect.stringMatching(/can't be called any more: its server is not set up/),
    });
    expect(await outcome()).toMatchObject({ kind: "published" });
  });
});
