/** What ends a run early, and how it goes on: limits, stops, caps and commands, through a process that can be killed. */
import { execFileSync } from "node:child_process";
import { Octokit } from "@octokit/rest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Message, ToolSpec } from "../src/domain/message.ts";
import { statusMarker } from "../src/domain/render-status.ts";
import { createBlueprint } from "../src/model/blueprint/blueprint.ts";
import { type MessagesApi, type Script, type Step, startMessagesApi } from "./support/messages-api.ts";
import { pythonOrSkip } from "./support/python.ts";
import { fixture, type Scene, type Served, serve, startScene } from "./support/scene.ts";

const at = { owner: "acme", repo: "shop" };
const blueprint = createBlueprint();
const python = pythonOrSkip();
const whole = python ? "DONE" : "DONE_WITH_CONCERNS";

let scene: Scene;
let api: MessagesApi;
let served: Served;
let github: Octokit;
/** Told whose turn it is and which, before it is answered; what it gives is the answer instead. */
let onTurn: (turn: string) => Promise<Step | undefined>;

const turnOf = (body: { readonly messages: readonly unknown[] }): string => {
  const kind = /\\"kind\\":\\"([\w-]+)/.exec(JSON.stringify(body.messages[0]))?.[1] ?? "";
  return `${kind} ${(body.messages.length + 1) / 2}`;
};

/** The blueprint speaks through the Messages API, where its turns cost money. */
const script: Script = async (body) => {
  const own = await onTurn(turnOf(body));
  if (own) return own;
  const messages = body.messages as unknown as readonly Message[];
  const specs = body.tools as unknown as readonly ToolSpec[];
  const request = { system: "", tools: specs, messages, maxOutputTokens: 1, effort: "low" as const };
  const { message } = await blueprint.turn(request, AbortSignal.timeout(10_000));
  const text = message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const tools = message.content.flatMap((block) =>
    block.type === "tool_use" ? [{ name: block.name, input: block.input }] : [],
  );
  return { text, ...(tools.length > 0 ? { tools } : {}) };
};

const open = async (env: Readonly<Record<string, string>> = {}) => {
  scene = await startScene({
    repository: { files: fixture("shop") },
    env: {
      ...{ ARCHITECT_MODEL: "claude-opus-5-5", ANTHROPIC_API_KEY: api.apiKey, ANTHROPIC_BASE_URL: api.url },
      ...env,
    },
  });
  github = new Octokit({ baseUrl: scene.emulator.api, auth: "maintainer-token" });
  await start();
};
const start = async () => {
  served = await serve(scene);
  scene.emulator.setWebhookUrl(`${served.url}/api/github/webhooks`);
};

beforeEach(async () => {
  onTurn = async () => undefined;
  api = await startMessagesApi(script);
});
afterEach(async () => {
  await served?.kill();
  await scene?.close();
  await api?.close();
});

const newIssue = async (title: string): Promise<number> =>
  (await github.rest.issues.create({ ...at, title })).data.number;
const comment = (issue_number: number, body: string, as = github) =>
  as.rest.issues.createComment({ ...at, issue_number, body });
const bodies = async (issue_number: number): Promise<string[]> =>
  (await github.rest.issues.listComments({ ...at, issue_number })).data.map(({ body }) => body ?? "");
/** The status comment, once it says what is waited for. */
const statusWith = async (issue: number, wanted: RegExp): Promise<string> => {
  const until = Date.now() + 45_000;
  for (;;) {
    if (Date.now() > until) throw new Error(`the status is still: ${(await bodies(issue)).join("\n")}`);
    const status = (await bodies(issue)).find((body) => body.includes(statusMarker)) ?? "";
    if (wanted.test(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
const ended = /\*\*(DONE|DONE_WITH_CONCERNS|BLOCKED|NEEDS_CONTEXT|Stopped|Failed)\.\*\*/;
const pulls = async () => (await github.rest.pulls.list({ ...at, state: "all" })).data;
const assistants = (body: { readonly messages: readonly unknown[] }) =>
  (body.messages as readonly Message[]).filter(({ role }) => role === "assistant").length;
const processes = (): string => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });

test("a run whose budget is used up leaves a draft, and `continue` brings it to its end, also where the App is killed on the way", async () => {
  await open();
  const issue = await newIssue("Create user registration endpoint");
  await comment(issue, "/architect design a user registration endpoint --budget $0.22");
  const limited = await statusWith(issue, ended);
  expect(limited).toContain("**BLOCKED.**");
  expect(limited).toContain("`/architect continue` goes on from here");
  expect(limited).toMatch(/of \$0\.22/);
  const [draft] = await pulls();
  expect(draft).toMatchObject({ draft: true });
  expect(draft?.body).toContain("### Verified, deferred, how to continue");
  expect(draft?.body).toMatch(/- (Begun|Not begun): /);
  const asked = api.requests.length;
  const before = api.requests.at(-1);

  let killed = false;
  onTurn = async () => {
    if (killed || api.requests.length < asked + 3) return undefined;
    killed = true;
    await served.kill();
    await start();
    return undefined;
  };
  await comment(issue, "/architect continue");
  const done = await statusWith(issue, new RegExp(`\\*\\*${whole}\\.\\*\\*`));
  expect(killed).toBe(true);
  expect(done).not.toContain("of $0.22");
  const [first] = api.requests.slice(asked);
  expect(first?.system).toEqual(before?.system);
  expect(JSON.stringify(first?.tools)).toBe(JSON.stringify(before?.tools));
  expect(assistants(first ?? { messages: [] })).toBeGreaterThan(0);
  const all = await pulls();
  expect(all).toHaveLength(1);
  expect(all[0]).toMatchObject({ draft: !python });
  expect(all[0]?.body).not.toContain("### Verified, deferred");
  const { data: files } = await github.rest.pulls.listFiles({ ...at, pull_number: all[0]?.number ?? 0 });
  expect(files.map(({ filename }) => filename)).toContain("backend/app/services/user_service.py");
  expect(api.refusals).toEqual([]);
  expect(scene.emulator.violations).toEqual([]);
}, 120_000);

describe("a stop", () => {
  test("ends a model that thinks for ever and keeps the work; a stranger's stops nothing; `retry` begins anew", async () => {
    await open();
    const issue = await newIssue("Create user registration endpoint");
    const reached = Promise.withResolvers<void>();
    onTurn = async (turn) => {
      if (turn !== "design 9") return undefined;
      reached.resolve();
      await new Promise(() => {});
      return undefined;
    };
    await github.rest.issues.addLabels({ ...at, issue_number: issue, labels: ["architect"] });
    await reached.promise;
    const stranger = new Octokit({ baseUrl: scene.emulator.api, auth: "stranger-token" });
    await comment(issue, "/architect stop", stranger);
    await comment(issue, "/architect status");
    for (let said = ""; !said.includes("At work"); said = (await bodies(issue)).join("\n"))
      await new Promise((resolve) => setTimeout(resolve, 50));
    const asked = performance.now();
    await comment(issue, "/architect stop");
    const status = await statusWith(issue, ended);
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(status).toContain("**Stopped.**");
    expect(status).toContain("`/architect continue`");
    expect(status).toContain("stopped by");
    const [draft] = await pulls();
    expect(draft).toMatchObject({ draft: true });

    onTurn = async () => undefined;
    const before = api.requests.length;
    await comment(issue, "/architect retry");
    await statusWith(issue, new RegExp(`\\*\\*(${whole}|DONE_WITH_CONCERNS|NEEDS_CONTEXT)\\.\\*\\*`));
    expect(assistants(api.requests[before] ?? { messages: [1] })).toBe(0);
    expect(await pulls()).toHaveLength(1);
    expect(api.refusals).toEqual([]);
  }, 120_000);

  test("ends the processes of a command within five seconds, waits for no other run, and reaches those that wait", async () => {
    await open({ ARCHITECT_CONCURRENCY: "1" });
    const issue = await newIssue("Sleep");
    const marker = `sleep 311.${process.pid}`;
    onTurn = async (turn) =>
      turn === "design 1" ? { tools: [{ name: "Bash", input: { command: `${marker} & ${marker}` } }] } : { text: "?" };
    await github.rest.issues.addLabels({ ...at, issue_number: issue, labels: ["architect"] });
    await comment(issue, "/architect design something else");
    while (!processes().includes(marker)) await new Promise((resolve) => setTimeout(resolve, 50));
    const asked = performance.now();
    await comment(issue, "/architect stop");
    while (processes().includes(marker)) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(performance.now() - asked).toBeLessThan(5_000);
    const status = await statusWith(issue, /before it began/);
    expect(status).toContain("**Stopped.**");
    expect(api.requests).toHaveLength(1);
    expect(await pulls()).toEqual([]);
  }, 60_000);
});

test("the day's cap of a repository ends a run and refuses the next one; a misspelt command gets a suggestion", async () => {
  await open({ ARCHITECT_MAX_USD_PER_DAY: "0.12" });
  const issue = await newIssue("Create user registration endpoint");
  await comment(issue, "/architect desing it");
  await comment(issue, "/architect design a user registration endpoint");
  expect(await statusWith(issue, ended)).toContain("this repository has used $0.1");
  const asked = api.requests.length;
  await comment(issue, "/architect continue");
  await statusWith(issue, /\*\*Not started/);
  expect(api.requests).toHaveLength(asked);
  expect((await bodies(issue)).join("\n")).toContain("Did you mean `/architect design`?");
}, 60_000);
