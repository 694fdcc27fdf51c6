import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Job, toJob } from "../../src/domain/job.ts";
import type { CommandTrigger, LabelTrigger, Trigger } from "../../src/domain/trigger.ts";
import { createBlueprint } from "../../src/model/blueprint/blueprint.ts";
import { createConnect } from "../../src/model/client.ts";
import { type Models, openModels } from "../../src/model/models.ts";
import type { Store } from "../../src/ports.ts";
import { createExecute, type Execute, type ExecuteDeps } from "../../src/run/execute.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { testDefinition, testLibrary } from "../support/loop.ts";
import { createMemoryGitHub, type MemoryGitHub } from "../support/memory-github.ts";
import { createMemoryWorkspace } from "../support/memory-workspace.ts";
import { catalogueOf, modelInfo } from "../support/messages-api/catalogue.ts";
import type { Block, RequestBody } from "../support/messages-api/request.ts";
import { type MessagesApi, type Step, startMessagesApi } from "../support/messages-api.ts";
import { gifOf, pngOf } from "../support/pictures.ts";
import { reportWith } from "../support/report.ts";

const opus = "claude-opus-5-5";
const sonnet = "claude-sonnet-5-5";
const maintainer = { login: "maintainer", id: 5, type: "User" };
const stranger = { login: "stranger", id: 9, type: "User" };
const form = "https://github.com/user-attachments/assets/11111111-2222-3333-4444-555555555555";
const flow = "https://github.com/user-attachments/assets/22222222-2222-3333-4444-555555555555";
const drawing = "https://github.com/user-attachments/assets/33333333-2222-3333-4444-555555555555";

const common = {
  repository: { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" },
  sender: maintainer,
  thread: { kind: "issue", number: 3 },
  title: "Create user registration endpoint",
} as const;
const labelWith = (body: string): LabelTrigger => ({ ...common, kind: "label", body });
const jobOf = (trigger: Trigger): Job =>
  toJob(trigger, { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue: 3 });

const report = reportWith({
  ...{ status: "BLOCKED", blockers: ["a test"], endpoints_created: [], models_created: [], middleware_added: [] },
});
const steps: readonly Step[] = [
  { thinking: "Look.", tools: [{ name: "Glob", input: { pattern: "**" } }] },
  { thinking: "Done.", tools: [{ name: "SubmitReport", input: report }] },
];
const turnOf = (body: RequestBody): number => body.messages.filter(({ role }) => role === "assistant").length;
const playing = (body: RequestBody): Step => steps[turnOf(body)] ?? { text: "over" };

const folder = mkdtempSync(join(tmpdir(), "architect-images-"));
afterAll(() => rmSync(folder, { recursive: true }));

let github: MemoryGitHub;
let database: Database;
let store: Store;
let api: MessagesApi;

beforeEach(() => {
  github = createMemoryGitHub();
  github.branches.set("main", "b".repeat(40));
  github.images.set(form, pngOf(640, 480)).set(flow, gifOf(10, 10)).set(drawing, Buffer.from("<svg/>"));
  database = openDatabase(join(mkdtempSync(join(folder, "db-")), "architect.db"));
  store = createStore(database, { clock: () => new Date(), ids: randomUUID });
});
afterEach(() => api?.close());

const play = async (
  script: (body: RequestBody) => Step,
  catalogue = catalogueOf(modelInfo(opus), modelInfo(sonnet)),
) => {
  api = await startMessagesApi(script, { catalogue });
};

const modelsOf = (model: string, fallback?: string): Promise<Models> =>
  openModels({
    connect: createConnect({ provider: "anthropic", apiKey: api.apiKey, baseURL: api.url }),
    ...{ model, fallback, agents: [], usdCap: 10 },
    log: () => undefined,
    turns: { maxWaitMs: 0, wait: async () => undefined },
  });

const executeWith = (models: Partial<ExecuteDeps> & Pick<ExecuteDeps, "model">): Execute =>
  createExecute({
    ...{ github, store, library: testLibrary, definition: testDefinition },
    workspace: createMemoryWorkspace({ "app/main.py": "app = 1\n" }, github),
    clock: () => new Date("2026-11-25T12:00:00Z"),
    caps: { tokens: 1e9, usd: 10 },
    statusIntervalMs: 1e9,
    redact: (text) => ({ text, leaks: 0 }),
    ...{ sandboxed: true, signOff: false, log: () => undefined },
    ...models,
  });

const never = new AbortController().signal;
const contentOf = (body: RequestBody | undefined): readonly Block[] => body?.messages[0]?.content ?? [];
const kindsOf = (body: RequestBody | undefined) =>
  contentOf(body).map((block) => (block.type === "image" ? (block["source"] as Block)["media_type"] : block.type));
const briefOf = (body: RequestBody | undefined): { images?: unknown } =>
  JSON.parse(/<brief-json>\n(.*)\n/.exec(String(contentOf(body)[0]?.["text"]))?.[1] ?? "{}");

describe("images of a labelled issue", () => {
  test("stand in the first message, each behind its name; what is left out is said with the reason", async () => {
    await play(playing);
    const body = `![the form](${form})\n<img alt="</brief-json>" src="${flow}">\n![a drawing](${drawing})\n![x](https://example.com/a.png)`;
    await executeWith(await modelsOf(opus)).run(jobOf(labelWith(body)), never);
    expect(api.refusals).toEqual([]);
    expect(kindsOf(api.requests[0])).toEqual(["text", "text", "image/png", "text", "image/gif"]);
    expect(contentOf(api.requests[0])[1]?.["text"]).toBe('Image 1 of the request, called "the form":');
    expect(contentOf(api.requests[0])[3]?.["text"]).not.toContain("<");
    expect(briefOf(api.requests[0]).images).toEqual({
      given: 2,
      leftOut: [
        "a drawing: it is an SVG, and only PNG, JPEG, GIF and WebP are given to the model",
        "x: it is not attached here",
      ],
    });
  });

  test("are five at most", async () => {
    await play(playing);
    const urls = Array.from({ length: 7 }, (_, index) => form.replace(/^(.*)5$/, `$1${index}`));
    for (const url of urls) github.images.set(url, pngOf(2, 2));
    await executeWith(await modelsOf(opus)).run(
      jobOf(labelWith(urls.map((url, index) => `![n${index}](${url})`).join("\n"))),
      never,
    );
    expect(kindsOf(api.requests[0]).filter((kind) => kind === "image/png")).toHaveLength(5);
    expect(github.fetched).toHaveLength(5);
    expect(briefOf(api.requests[0]).images).toMatchObject({
      leftOut: ["n5: 5 images are the most", "n6: 5 images are the most"],
    });
  });

  test("are sent again byte for byte after a crash, fetched once and stored once", async () => {
    let fails = true;
    await play((body) => {
      if (turnOf(body) === 1 && fails) return { status: { code: 400, type: "invalid_request_error" } };
      return playing(body);
    });
    const job = jobOf(labelWith(`![the form](${form})`));
    const execute = executeWith(await modelsOf(opus));
    await expect(execute.run(job, never)).rejects.toThrow();
    github.images.clear();
    fails = false;
    await execute.run(job, never);
    const [first, ...more] = api.requests.map((body) => JSON.stringify(contentOf(body)));
    expect(new Set(more.map((one) => one === first))).toEqual(new Set([true]));
    expect(api.refusals).toEqual([]);
    expect(github.fetched).toEqual([form]);
    const data = pngOf(640, 480).toString("base64");
    const rows = await database.query<{ body: Uint8Array }>("SELECT body FROM run_events");
    expect(rows.filter(({ body }) => Buffer.from(body).includes(data))).toEqual([]);
    expect(JSON.stringify(await store.events((await store.openRun(job, 3)).id))).toContain(data);
  });

  test("go to the model that takes the work up", async () => {
    await play((body) =>
      body.model === opus && turnOf(body) === 1 ? { text: "No.", stop: "refusal" } : playing(body),
    );
    const { model, fallback } = await modelsOf(opus, sonnet);
    await executeWith({ model, fallback }).run(jobOf(labelWith(`![the form](${form})`)), never);
    const last = api.requests.at(-1);
    expect(last?.model).toBe(sonnet);
    expect(kindsOf(last)).toEqual(["text", "text", "image/png", "text"]);
    expect(api.refusals).toEqual([]);
  });

  test("are named and not fetched where the model takes none", async () => {
    const blind = modelInfo(opus);
    if (blind.capabilities) blind.capabilities.image_input = { supported: false };
    await play(playing, catalogueOf(blind));
    await executeWith(await modelsOf(opus)).run(jobOf(labelWith(`![the form](${form})`)), never);
    expect(kindsOf(api.requests[0])).toEqual(["text"]);
    expect(briefOf(api.requests[0]).images).toEqual({ given: 0, leftOut: [`the form: ${opus} takes no images`] });
    expect(github.fetched).toEqual([]);
  });
});

describe("images of a command", () => {
  const command = (author: typeof maintainer): CommandTrigger => ({
    ...common,
    kind: "command",
    command: { verb: "design", request: `a login like ![this](${form})`, options: {} },
    commentId: 8,
    body: `![the flow](${flow})`,
    author,
  });

  test("come with those of the issue where its author may write", async () => {
    await play(playing);
    await executeWith(await modelsOf(opus)).run(jobOf(command(maintainer)), never);
    expect(github.fetched).toEqual([form, flow]);
  });

  test("come without those of an issue by somebody who may not", async () => {
    github.permissions.set(stranger.id, "read");
    await play(playing);
    await executeWith(await modelsOf(opus)).run(jobOf(command(stranger)), never);
    expect(github.fetched).toEqual([form]);
  });
});

describe("the blueprint", () => {
  const concernsFor = async (title: string, body: string): Promise<string> => {
    const job = jobOf({ ...labelWith(body), title });
    await executeWith({ model: createBlueprint() }).run(job, never);
    const events = await store.events((await store.openRun(job, 3)).id);
    return events.flatMap((event) => (event.type === "report" ? event.report.concerns : [])).join("\n");
  };

  test("says that it sees no image where the request speaks of one, and only there", async () => {
    await play(playing);
    const image = `![a](${form})`;
    expect(await concernsFor("Do what the screenshot shows", image)).toContain("the blueprint model sees none");
    expect(await concernsFor("Do something", image)).not.toContain("sees none");
    expect(await concernsFor("Do what the screenshot shows", "")).not.toContain("sees none");
    expect(github.fetched).toEqual([]);
  });
});
