/** The App is killed in the middle of a run and started again: nothing paid for is asked again, and everything is there once. */
import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Message, ToolSpec } from "../src/domain/message.ts";
import { statusMarker } from "../src/domain/render-status.ts";
import { createBlueprint } from "../src/model/blueprint/blueprint.ts";
import { type MessagesApi, type Script, startMessagesApi } from "./support/messages-api.ts";
import { pythonOrSkip } from "./support/python.ts";
import { fixture, type Scene, type Served, serve, startScene } from "./support/scene.ts";

const at = { owner: "acme", repo: "shop" };
const blueprint = createBlueprint();
const python = pythonOrSkip();

let scene: Scene;
let api: MessagesApi;
let served: Served;
let github: Octokit;
/** Told whose turn it is, and which, before it is answered: "design 3". */
let onTurn: (turn: string) => Promise<void> = async () => {};

/** The blueprint speaks through the Messages API, so that the turns that the App pays for can be counted. */
const script: Script = async (body) => {
  const messages = body.messages as unknown as readonly Message[];
  await onTurn(turnOf(body));
  const specs = body.tools as unknown as readonly ToolSpec[];
  const request = { system: "", tools: specs, messages, maxOutputTokens: 1, effort: "low" as const };
  const { message } = await blueprint.turn(request, AbortSignal.timeout(10_000));
  const text = message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const tools = message.content.flatMap((block) =>
    block.type === "tool_use" ? [{ name: block.name, input: block.input }] : [],
  );
  return { text, ...(tools.length > 0 ? { tools } : {}) };
};

/** The architect's conversation and those of its subagents are told apart by their briefs. */
const turnOf = (body: { readonly messages: readonly unknown[] }): string => {
  const kind = /\\"kind\\":\\"([\w-]+)/.exec(JSON.stringify(body.messages[0]))?.[1] ?? "";
  return `${kind} ${(body.messages.length + 1) / 2}`;
};

const start = async () => {
  served = await serve(scene);
  scene.emulator.setWebhookUrl(`${served.url}/api/github/webhooks`);
};

beforeAll(async () => {
  api = await startMessagesApi(script);
  scene = await startScene({
    repository: { files: fixture("shop") },
    env: {
      ARCHITECT_MODEL: "claude-opus-5-5",
      ANTHROPIC_API_KEY: api.apiKey,
      ANTHROPIC_BASE_URL: api.url,
    },
  });
  github = new Octokit({ baseUrl: scene.emulator.api, auth: "maintainer-token" });
  await start();
});

afterAll(async () => {
  await served?.kill();
  await scene?.close();
  await api?.close();
});

/** The end of the run as people see it. */
const outcome = async (issue_number: number): Promise<string> => {
  for (;;) {
    const { data } = await github.rest.issues.listComments({ ...at, issue_number });
    const status = data.find(({ body }) => body?.includes(statusMarker))?.body ?? "";
    if (/\*\*(DONE|BLOCKED|NEEDS_CONTEXT|Failed)/.test(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

test("a run that was killed with its subagent, too, ends in one pull request, one status comment, one memory entry, each turn asked once", async () => {
  // While these turns are asked for and not yet answered.
  const killed: string[] = [];
  const deadly = ["design 5", "tests 3"];
  onTurn = async (turn) => {
    if (!deadly.includes(turn) || killed.includes(turn)) return;
    killed.push(turn);
    await served.kill();
    await start();
  };
  const { data: issue } = await github.rest.issues.create({ ...at, title: "Create user registration endpoint" });
  await github.rest.issues.addLabels({ ...at, issue_number: issue.number, labels: ["architect"] });

  expect(await outcome(issue.number)).toContain(python ? "**DONE.**" : "DONE_WITH_CONCERNS");
  expect(killed).toEqual(python ? deadly : deadly.slice(0, 1));
  const asked = api.requests.map(turnOf);
  expect(asked.filter((turn) => !killed.includes(turn))).toEqual(
    [...new Set(asked)].filter((turn) => !killed.includes(turn)),
  );
  expect(api.refusals).toEqual([]);

  const { data: pulls } = await github.rest.pulls.list({ ...at, state: "all" });
  expect(pulls).toHaveLength(1);
  const { data: comments } = await github.rest.issues.listComments({ ...at, issue_number: issue.number });
  expect(comments.filter(({ body }) => body?.includes(statusMarker))).toHaveLength(1);
  const path = ".claude/context/session/state.json";
  const { data: file } = await github.rest.repos.getContent({ ...at, path, ref: pulls[0]?.head.ref ?? "" });
  const state = JSON.parse(Buffer.from("content" in file ? file.content : "", "base64").toString());
  expect(state.tasks_completed.filter((task: { issue?: number }) => task.issue === issue.number)).toHaveLength(1);
  expect(scene.emulator.violations).toEqual([]);
}, 120_000);
