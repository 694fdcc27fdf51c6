import { describe, expect, test } from "vitest";
import { readMcpSettings } from "../../src/domain/mcp-settings.ts";

/** As people write it in the file. */
const from = (name: string): string => `$\{${name}}`;

const key = "0123456789abcdef0123";
const env = { ARCHITECT_MCP: "/etc/architect/mcp.json", DOCS_KEY: key, SHORT: "debug" };
const read = (servers: unknown) => readMcpSettings(env, () => ({ text: JSON.stringify({ mcpServers: servers }) }));
const problems = (servers: unknown) =>
  read(servers).problems.map((problem) => problem.replace("ARCHITECT_MCP: /etc/architect/mcp.json: ", ""));

const docs = { url: "https://docs.example.com/mcp", tools: ["search"] };

test("no server is asked where none is set", () => {
  expect(readMcpSettings({}, () => ({ text: "" }))).toEqual({ problems: [] });
});

test("context7 is ready by its name, with a key where there is one", () => {
  const of = (more: Readonly<Record<string, string>>) =>
    readMcpSettings({ ARCHITECT_MCP: "context7", ...more }, () => ({ problem: "nothing is read" })).settings;
  expect(of({})?.servers.map(({ name, tools }) => [name, [...tools.keys()]])).toEqual([
    ["context7", ["resolve-library-id", "query-docs"]],
  ]);
  expect(of({})).toMatchObject({
    secrets: [],
    servers: [{ reach: { url: "https://mcp.context7.com/mcp", headers: {} } }],
  });
  expect(of({ CONTEXT7_API_KEY: key })).toMatchObject({
    secrets: [key],
    servers: [{ reach: { headers: { Authorization: `Bearer ${key}` } } }],
  });
});

test("a file sets servers by HTTP and programs, with keys that stand in the environment", () => {
  const { settings, problems: wrong } = read({
    docs: { ...docs, headers: { Authorization: `Bearer ${from("DOCS_KEY")}`, "X-Level": from("SHORT") } },
    local: {
      command: "docs-server",
      args: ["--stdio"],
      env: { KEY: from("DOCS_KEY") },
      tools: { search: "Our guides." },
    },
  });
  expect(wrong).toEqual([]);
  expect(settings?.servers).toEqual([
    {
      name: "docs",
      tools: new Map([["search", undefined]]),
      reach: { kind: "http", url: docs.url, headers: { Authorization: `Bearer ${key}`, "X-Level": "debug" } },
    },
    {
      name: "local",
      tools: new Map([["search", "Our guides."]]),
      reach: { kind: "stdio", command: "docs-server", args: ["--stdio"], env: { KEY: key } },
    },
  ]);
  // What is short stands in any text: it is no secret that could be found again.
  expect(new Set(settings?.secrets)).toEqual(new Set([key]));
});

const inDocs = (more: object) => ({ docs: { ...docs, ...more } });

describe("what is wrong is said with its key and what would be right", () => {
  test.each<[string, unknown, string]>([
    ["a name", { "Docs Server": docs }, "mcpServers.Docs Server: a server's name is kebab-case, such as context7"],
    [
      "no list of tools",
      inDocs({ tools: undefined }),
      "mcpServers.docs.tools must name the tools that agents may call: [",
    ],
    ["no tool", inDocs({ tools: [] }), "mcpServers.docs.tools must name 1 to 20 tools that agents may call"],
    ["an unsafe address", inDocs({ url: "http://docs.example.com" }), "mcpServers.docs.url must start with https://"],
    ["a key in an address", inDocs({ url: `${docs.url}?key=1` }), "mcpServers.docs.url must not carry a user, a query"],
    [
      "a key in the file",
      inDocs({ headers: { Authorization: "Bearer ghp_0123456789abcdefABCDEF0123456789abcd" } }),
      `mcpServers.docs.headers.Authorization must not hold a key: put it into the environment and write ${from("NAME")} here`,
    ],
    [
      "a key on a command line",
      { a: { command: "x", args: [from("DOCS_KEY")], tools: ["b"] } },
      `mcpServers.a.args.0 takes no ${from("NAME")}: everybody on this machine can read it; use env`,
    ],
    [
      "a variable that is not set",
      inDocs({ headers: { A: from("MISSING") } }),
      "mcpServers.docs: MISSING is not set, which A takes its value from",
    ],
    [
      "a long name",
      { [`a${"b".repeat(40)}`]: { ...docs, tools: ["c".repeat(30)] } },
      "is longer than 64 characters; give the server a shorter name",
    ],
    ["an unknown key", inDocs({ disabled: true }), 'mcpServers.docs Unrecognized key: "disabled"'],
  ])("%s", (_name, servers, problem) => {
    expect(problems(servers)).toEqual([expect.stringContaining(problem)]);
  });

  test("a file that is none, or no JSON", () => {
    expect(readMcpSettings(env, () => ({ problem: "ENOENT" })).problems).toEqual([
      "ARCHITECT_MCP must be context7 or the path of a JSON file that can be read (ENOENT): /etc/architect/mcp.json",
    ]);
    expect(readMcpSettings(env, () => ({ text: "{" })).problems).toEqual([
      'ARCHITECT_MCP: /etc/architect/mcp.json: must be JSON of the form {"mcpServers": {"<name>": {"url": "…", "tools": ["…"]}}}',
    ]);
  });
});
