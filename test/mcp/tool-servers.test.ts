/** Every way in which a server of the operator can be missing or fail: each is a sentence, and nothing waits for ever. */
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type McpServer, readMcpSettings } from "../../src/domain/mcp-settings.ts";
import { createToolServers } from "../../src/mcp/tool-servers.ts";
import type { ToolServers } from "../../src/ports.ts";
import { type Fault, type McpDouble, startMcpServer } from "../support/mcp-server.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const never = new AbortController().signal;
const apiKey = "ctx7sk-0123456789abcdef";

const doubleOf = async (options?: Parameters<typeof startMcpServer>[0]): Promise<McpDouble> => {
  const double = await startMcpServer(options);
  open.push(double);
  return double;
};
const over = (url: string, { tools = ["resolve-library-id", "query-docs"], headers = {} } = {}): McpServer => ({
  name: "context7",
  tools: new Map(tools.map((tool) => [tool, undefined])),
  reach: { kind: "http", url, headers },
});
const program = (mode: string, env: Record<string, string> = {}): McpServer => ({
  name: "local",
  tools: new Map([["environment", undefined]]),
  reach: {
    kind: "stdio",
    command: process.execPath,
    args: [join(import.meta.dirname, "../support/mcp-stdio.mjs"), mode],
    env,
  },
});

const time = { now: 0 };
const serversOf = (servers: readonly McpServer[], log: string[] = []): ToolServers => {
  const made = createToolServers({
    servers,
    clock: () => new Date(time.now),
    log: (line) => log.push(line),
    bounds: { connectMs: 800, callMs: 400, answerBytes: 1024 * 1024 },
  });
  open.unshift(made);
  return made;
};

const ask = (servers: ToolServers, tool = "mcp__context7__query-docs") =>
  servers.call(tool, { libraryId: "/fastapi/fastapi", query: "lifespan" }, never);

describe("a server by HTTP", () => {
  test("lists what the operator allows, with its words and schemas cut short, and answers", async () => {
    const double = await doubleOf();
    double.tools.push({ name: "delete-everything", inputSchema: { type: "object" } });
    const servers = serversOf([over(double.url, { headers: { Authorization: `Bearer ${apiKey}` } })]);
    const { tools, problems } = await servers.list(never);
    expect(problems).toEqual([]);
    expect(tools.map(({ name }) => name)).toEqual(["mcp__context7__query-docs", "mcp__context7__resolve-library-id"]);
    const [docs] = tools;
    expect(docs?.description).toMatch(/^Retrieves documentation\. .{0,380}…$/);
    expect(docs?.input_schema).toMatchObject({
      type: "object",
      required: ["libraryId", "query"],
      additionalProperties: false,
    });
    expect(JSON.stringify(docs).length).toBeLessThan(1_000);
    expect(await ask(servers)).toEqual({ kind: "answered", text: "query-docs answers", failed: false });
    expect(double.calls).toMatchObject([{ name: "query-docs", arguments: { query: "lifespan" } }]);
    expect(new Set(double.headers.map((headers) => headers.authorization))).toEqual(new Set([`Bearer ${apiKey}`]));
  });

  test("says nothing in its own words where the operator has said what its tools are for", async () => {
    const double = await doubleOf();
    const { settings } = readMcpSettings({ ARCHITECT_MCP: "context7", CONTEXT7_API_KEY: apiKey }, () => ({ text: "" }));
    const [preset] = settings?.servers ?? [];
    if (preset?.reach.kind !== "http") throw new Error("the preset is no server by HTTP");
    const servers = serversOf([{ ...preset, reach: { ...preset.reach, url: double.url } }]);
    const { tools } = await servers.list(never);
    expect(JSON.stringify(tools)).not.toContain("at length");
    expect(JSON.stringify(tools)).not.toContain(apiKey);
  });

  test("that refuses a call, or whose tool fails, is heard as that", async () => {
    const double = await doubleOf();
    const servers = serversOf([over(double.url)]);
    double.answer = () => ({ isError: true, content: [{ type: "text", text: "no such library" }] });
    expect(await ask(servers)).toEqual({ kind: "answered", text: "no such library", failed: true });
    double.fault = "refuses";
    expect(await ask(servers)).toMatchObject({ kind: "failed", reason: "it refused the call (-32602)" });
  });

  test("answers with text alone, bounded, whatever else it sends", async () => {
    const double = await doubleOf();
    const servers = serversOf([over(double.url)]);
    double.answer = () => ({
      content: [
        { type: "text", text: `a\u200b${"b".repeat(100_000)}` },
        { type: "image", data: "aGk=", mimeType: "image/png" },
        { type: "resource_link", uri: "docs://x", name: "x" },
        { type: "resource", resource: { uri: "docs://y", text: "of a resource" } },
      ],
    });
    const answer = await ask(servers);
    if (answer.kind !== "answered") throw new Error(answer.reason);
    expect(answer.text.length).toBeLessThanOrEqual(40_000);
    expect(answer.text).toMatch(/^ab+\n\[… .* characters cut here\. Ask for something narrower …\]/);
    expect(answer.text).toMatch(/\[image, which is not shown\]\n\n\[link: docs:\/\/x\]\n\nof a resource$/);
    double.answer = () => ({ content: [], structuredContent: { version: "0.115" } });
    expect(await ask(servers)).toMatchObject({ text: '{"version":"0.115"}' });
  });

  test.each<[Fault, RegExp]>([
    ["hangs", /^it did not answer within 0\.4 s$/],
    ["closes", /^it can't be reached|^its answer could not be understood$/],
    ["says 500", /^it answered with HTTP status 500$/],
    ["breaks JSON", /^its answer could not be understood$/],
    ["floods", /^it sent more than is taken$/],
    ["floods its stream", /^it sent more than is taken$/],
  ])("that %s in a call fails that call, and is asked again by the next", async (fault, reason) => {
    const double = await doubleOf();
    const servers = serversOf([over(double.url)]);
    await servers.list(never);
    double.fault = fault;
    expect(await ask(servers)).toEqual({ kind: "failed", server: "context7", reason: expect.stringMatching(reason) });
    double.fault = undefined;
    expect(await ask(servers)).toMatchObject({ kind: "answered" });
  });

  test("that has forgotten its session is begun anew with", async () => {
    const double = await doubleOf();
    const servers = serversOf([over(double.url)]);
    await servers.list(never);
    double.fault = "forgets its session";
    expect(await ask(servers)).toMatchObject({ reason: "it answered with HTTP status 404" });
    expect(await ask(servers)).toMatchObject({ kind: "answered" });
  });

  test.each<[Fault, RegExp]>([
    ["hangs", /it did not answer within 0\.8 s/],
    ["says 500", /it answered with HTTP status 500/],
    ["breaks JSON", /its answer could not be understood/],
    ["floods", /it sent more than is taken/],
  ])("that %s at the start is one problem, and the others are there", async (fault, reason) => {
    const broken = await doubleOf({ faultAtStart: fault });
    const sound = await doubleOf();
    const servers = serversOf([{ ...over(broken.url), name: "broken" }, over(sound.url)]);
    const { tools, problems } = await servers.list(never);
    expect(tools.length).toBe(2);
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^broken is not used: ${reason.source}`))]);
  });

  test("that is not there is not tried again at once, and comes back", async () => {
    const gone = await startMcpServer();
    await gone.close();
    const log: string[] = [];
    const servers = serversOf([over(gone.url)], log);
    expect((await servers.list(never)).problems).toEqual(["context7 is not used: it can't be reached (ECONNREFUSED)"]);
    expect(log.length).toBe(1);
    await servers.list(never);
    expect(log.length).toBe(1);
    time.now += 60_000;
    await servers.list(never);
    expect(log.length).toBe(2);
  });

  test("without a tool that is allowed, or with a schema that can't be used, keeps the rest", async () => {
    const double = await doubleOf();
    const deep = (left: number): object =>
      left === 0 ? { type: "string" } : { type: "object", properties: { a: deep(left - 1) } };
    double.tools = [
      ...double.tools.slice(0, 1),
      {
        name: "huge",
        inputSchema: { type: "object", properties: { a: { enum: Array.from({ length: 2_000 }, String) } } },
      },
      { name: "odd", inputSchema: { type: "object", properties: { "a b": { type: "string" } } } },
      { name: "deep", inputSchema: deep(4) },
    ];
    const servers = serversOf([over(double.url, { tools: ["deep", "huge", "missing", "odd", "resolve-library-id"] })]);
    const { tools, problems } = await servers.list(never);
    expect(tools.map(({ name }) => name.split("__")[2])).toEqual(["deep", "resolve-library-id"]);
    expect(problems).toEqual([
      "context7 describes the input of huge in a way that can't be used",
      "context7 has no tool missing",
      "context7 describes the input of odd in a way that can't be used",
    ]);
  });

  test("an aborted call ends at once", async () => {
    const double = await doubleOf();
    const servers = serversOf([over(double.url)]);
    await servers.list(never);
    double.fault = "hangs";
    const controller = new AbortController();
    const call = servers.call("mcp__context7__query-docs", {}, controller.signal);
    controller.abort(new Error("the run is stopped"));
    await expect(call).rejects.toThrow("the run is stopped");
  });

  test("a tool of a server that is not configured any more is answered", async () => {
    const servers = serversOf([]);
    expect(await ask(servers)).toEqual({ kind: "failed", server: "context7", reason: "it is not configured any more" });
  });
});

describe("a server of our own machine", () => {
  test("is started with its own environment, and with nothing of ours but what a program needs", async () => {
    const servers = serversOf([program("sound", { DOCS_TOKEN: "0123456789abcdef" })]);
    const { tools, problems } = await servers.list(never);
    expect([tools.map(({ name }) => name), problems]).toEqual([["mcp__local__environment"], []]);
    const answer = await servers.call("mcp__local__environment", {}, never);
    if (answer.kind !== "answered") throw new Error(answer.reason);
    const env = JSON.parse(answer.text) as Record<string, string>;
    expect(env["DOCS_TOKEN"]).toBe("0123456789abcdef");
    const passed = ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "DOCS_TOKEN"];
    expect(Object.keys(env).filter((key) => !passed.includes(key))).toEqual([]);
  });

  test.each([
    ["ends at once", /^local is not used: it closed the connection$/],
    ["is silent", /^local is not used: it did not answer within 0\.8 s$/],
    ["floods with junk", /^local is not used: it sent more than is taken$/],
  ])("that %s is one problem", async (mode, problem) => {
    const { tools, problems } = await serversOf([program(mode)]).list(never);
    expect([tools, problems]).toEqual([[], [expect.stringMatching(problem)]]);
  });

  test("that is no program is one problem", async () => {
    const { problems } = await serversOf([
      { ...program(""), reach: { kind: "stdio", command: "/nowhere/to/be-found", args: [], env: {} } },
    ]).list(never);
    expect(problems).toEqual(["local is not used: it can't be reached (ENOENT)"]);
  });

  test.each([
    ["dies in a call", "it closed the connection"],
    ["never ends a line", "it sent more than is taken"],
  ])("that %s fails that call, and is started again by the next", async (mode, reason) => {
    const servers = serversOf([program(mode)]);
    await servers.list(never);
    expect(await servers.call("mcp__local__environment", {}, never)).toMatchObject({ kind: "failed", reason });
    expect((await servers.list(never)).tools.length).toBe(1);
  });
});
