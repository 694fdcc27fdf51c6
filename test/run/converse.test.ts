import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadLibrary } from "../../src/app/library.ts";
import type { Definition } from "../../src/domain/definition.ts";
import { BusyError } from "../../src/domain/errors.ts";
import { type Job, toJob } from "../../src/domain/job.ts";
import type { ToolSpec } from "../../src/domain/message.ts";
import { statusMarker } from "../../src/domain/render-status.ts";
import type { LabelTrigger } from "../../src/domain/trigger.ts";
import { createConnect } from "../../src/model/client.ts";
import { type Models, openModels } from "../../src/model/models.ts";
import type { Store } from "../../src/ports.ts";
import { createExecute, type Execute, type ExecuteDeps } from "../../src/run/execute.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { testDefinition, testLibrary } from "../support/loop.ts";
import { createMemoryGitHub, type MemoryGitHub } from "../support/memory-github.ts";
import { createMemoryWorkspace, type MemoryWorkspace } from "../support/memory-workspace.ts";
import { catalogueOf, modelInfo } from "../support/messages-api/catalogue.ts";
import type { RequestBody } from "../support/messages-api/request.ts";
import { continues, type MessagesApi, type Step, startMessagesApi } from "../support/messages-api.ts";
import { reportWith } from "../support/report.ts";

const opus = "claude-opus-5-5";
const sonnet = "claude-sonnet-5-5";

const label: LabelTrigger = {
  kind: "label",
  repository: { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" },
  sender: { login: "maintainer", id: 5, type: "User" },
  thread: { kind: "issue", number: 3 },
  title: "Create user registration endpoint",
  body: "",
};
const newJob = (): Job => toJob(label, { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue: 3 });

const handoffs = [{ to: "test-generator", task: "tests" }];
const design: readonly Step[] = [
  {
    thinking: "A file, then a task.",
    tools: [
      { name: "Write", input: { file_path: "/repo/app/api/users.py", content: "users = 1\n" } },
      { name: "TaskCreate", input: { subject: "Rate limits", description: "Five a minute." } },
      { name: "Remember", input: { text: "User ids are 64 bits wide." } },
    ],
  },
  { thinking: "Try it.", tools: [{ name: "Bash", input: { command: "python -m compileall app" } }] },
  {
    thinking: "Done.",
    tools: [{ name: "SubmitReport", input: reportWith({ status: "DONE_WITH_CONCERNS", handoffs }) }],
  },
];
const overloaded: Step = { status: { code: 529, type: "overloaded_error" } };
const refusal: Step = { text: "No.", stop: "refusal", category: "cyber" };

const turnOf = (body: RequestBody): number => body.messages.filter(({ role }) => role === "assistant").length;

/** The design, turn by turn, whoever is asked; `first` may answer in its place. */
const designing =
  (first: (body: RequestBody, turn: number) => Step | undefined = () => undefined) =>
  (body: RequestBody): Step =>
    first(body, turnOf(body)) ?? design[turnOf(body)] ?? { text: "over" };

const folder = mkdtempSync(join(tmpdir(), "architect-converse-"));
afterAll(() => rmSync(folder, { recursive: true }));

let github: MemoryGitHub;
let workspace: MemoryWorkspace;
let store: Store;
let api: MessagesApi | undefined;

beforeEach(() => {
  github = createMemoryGitHub();
  github.branches.set("main", "b".repeat(40));
  workspace = createMemoryWorkspace({ "app/main.py": "app = 1\n" }, github);
  store = createStore(openDatabase(join(mkdtempSync(join(folder, "db-")), "architect.db")), {
    clock: () => new Date(),
    ids: randomUUID,
  });
});
afterEach(async () => {
  await api?.close();
  api = undefined;
});

const definition: Definition = { ...testDefinition, tools: [...testDefinition.tools, "Remember"] };

const play = async (
  script: (body: RequestBody) => Step,
  options: Parameters<typeof startMessagesApi>[1] = {},
): Promise<MessagesApi> => {
  await api?.close();
  api = await startMessagesApi(script, options);
  return api;
};

const modelsOf = (double: MessagesApi, model: string, fallback?: string): Promise<Models> =>
  openModels({
    connect: createConnect({ provider: "anthropic", apiKey: double.apiKey, baseURL: double.url }),
    model,
    fallback,
    agents: [],
    usdCap: 10,
    log: () => undefined,
    turns: { maxWaitMs: 3_000, wait: async () => undefined },
  });

const executeWith = (models: Partial<ExecuteDeps> & Pick<ExecuteDeps, "model">): Execute =>
  createExecute({
    github,
    workspace,
    store,
    library: testLibrary,
    definition,
    clock: () => new Date("2026-11-25T12:00:00Z"),
    caps: { tokens: 1e9, usd: 10 },
    statusIntervalMs: 0,
    redact: (text) => ({ text, leaks: 0 }),
    sandboxed: true,
    signOff: false,
    log: () => undefined,
    ...models,
  });

const never = new AbortController().signal;
const outcomeOf = async (job: Job) => (await store.openRun(job, 3)).outcome;
const eventsOf = async (job: Job) => store.events((await store.openRun(job, 3)).id);
const status = () => [...github.comments.values()].find(({ body }) => body.includes(statusMarker))?.body ?? "";
const published = () => [...github.commits.values()][0]?.changes.map(({ path }) => path);
/** Without the question why a cache was missed, which is asked only by the process that sent the message before. */
const promptOf = ({ diagnostics: _, ...body }: RequestBody) => JSON.stringify(body);
const textOf = (body: RequestBody | undefined) => JSON.stringify(body?.messages[0]);

describe("a model that is overloaded for longer than is waited", () => {
  it("fails the turn; the next attempt sends the same bytes, and no turn is paid for twice", async () => {
    const first = await play(designing((_, turn) => (turn === 1 ? overloaded : undefined)));
    const job = newJob();
    await expect(executeWith(await modelsOf(first, opus)).run(job, never)).rejects.toThrow(BusyError);
    const asked = first.requests.at(-1);
    expect(first.uses).toHaveLength(1);
    expect(await outcomeOf(job)).toBeUndefined();

    const second = await play(designing());
    await executeWith(await modelsOf(second, opus)).run(job, never);
    expect(second.refusals).toEqual([]);
    expect(second.requests.map(turnOf)).toEqual([1, 2]);
    expect(promptOf(second.requests[0] as RequestBody)).toBe(promptOf(asked as RequestBody));
    expect(await outcomeOf(job)).toMatchObject({ kind: "published", spend: { turns: 3 } });
  });

  it("is stood in for where its conversation had not begun, and people are told", async () => {
    const double = await play(designing(({ model }) => (model === opus ? overloaded : undefined)));
    const job = newJob();
    await executeWith(await modelsOf(double, opus, sonnet)).run(job, never);
    expect(double.refusals).toEqual([]);
    expect(double.requests.filter(({ model }) => model === sonnet)).toHaveLength(3);
    expect(status()).toContain(`> ${opus} is overloaded. The run begins with ${sonnet}.`);
    expect(status()).toContain(`\`${sonnet}\``);
    expect(textOf(double.requests.at(-1))).not.toContain("What was done before");
    expect(await outcomeOf(job)).toMatchObject({ kind: "published" });
  });

  it("is waited for where it had begun: its thinking goes to no other model", async () => {
    const first = await play(designing((_, turn) => (turn === 1 ? overloaded : undefined)));
    const job = newJob();
    await expect(executeWith(await modelsOf(first, opus, sonnet)).run(job, never)).rejects.toThrow(BusyError);
    expect(first.requests.every(({ model }) => model === opus)).toBe(true);
    const second = await play(designing());
    await executeWith(await modelsOf(second, opus, sonnet)).run(job, never);
    expect(second.requests.map(({ model }) => model)).toEqual([opus, opus]);
  });

  it("gets back no conversation that was begun with its stand-in", async () => {
    const busy = ({ model }: RequestBody, turn: number) => (model === opus || turn === 1 ? overloaded : undefined);
    const first = await play(designing(busy));
    const job = newJob();
    await expect(executeWith(await modelsOf(first, opus, sonnet)).run(job, never)).rejects.toThrow(BusyError);
    const second = await play(designing());
    await executeWith(await modelsOf(second, opus, sonnet)).run(job, never);
    expect(second.refusals).toEqual([]);
    expect(second.requests.map(({ model }) => model)).toEqual([sonnet, sonnet]);
    expect(status()).toContain(`${opus} is overloaded.`);
  });
});

describe("a model that refuses", () => {
  const refusing = designing(({ model }, turn) => (model === opus && turn === 1 ? refusal : undefined));

  it("ends the run with the category where nobody stands in for it", async () => {
    const double = await play(refusing);
    const job = newJob();
    await executeWith(await modelsOf(double, opus)).run(job, never);
    expect(await outcomeOf(job)).toMatchObject({ status: "BLOCKED", blockers: [expect.stringContaining("cyber")] });
  });

  it("is stood in for from a summary: files, tasks and what was spent go on, its messages do not", async () => {
    const double = await play(refusing);
    const job = newJob();
    await executeWith(await modelsOf(double, opus, sonnet)).run(job, never);
    expect(double.refusals).toEqual([]);
    const asked = double.requests.filter(({ model }) => model === sonnet);
    expect(asked.map(turnOf)).toEqual([0, 1, 2]);
    expect(textOf(asked[0])).toContain("claude-opus-5-5 refused to go on.");
    expect(textOf(asked[0])).toContain("/repo/app/api/users.py (added)");
    expect(textOf(asked[0])).toContain("#1 Rate limits (not begun)");
    expect(textOf(asked[0])).not.toContain("A file, then a task.");
    const heads = (await eventsOf(job)).filter((event) => event.type === "started");
    expect(heads[1]?.takesUp?.spent).toMatchObject({ turns: 1, toolCalls: 1 });
    const { spend } = (await outcomeOf(job)) ?? {};
    expect(spend).toMatchObject({ turns: 4 });
    expect(spend?.usd).toBeGreaterThan(heads[1]?.takesUp?.spent.usd ?? Number.POSITIVE_INFINITY);
    expect(published()).toEqual(["app/api/users.py"]);
    expect(status()).toContain(
      `> ${opus} refused to go on. ${sonnet} goes on in a new conversation, from a summary of what was done.`,
    );
  });

  it("as its stand-in does ends the run", async () => {
    const double = await play(designing(() => refusal));
    const job = newJob();
    await executeWith(await modelsOf(double, opus, sonnet)).run(job, never);
    expect(double.requests.map(({ model }) => model)).toEqual([opus, sonnet]);
    expect(await outcomeOf(job)).toMatchObject({ status: "BLOCKED" });
  });
});

/** A first attempt that stops after two turns, as a process does that ends. */
const begin = async (job: Job): Promise<MessagesApi> => {
  const double = await play(designing((_, turn) => (turn === 2 ? overloaded : undefined)));
  await expect(executeWith(await modelsOf(double, opus)).run(job, never)).rejects.toThrow(BusyError);
  return double;
};

const nothingRan = "no command ran on the files as they are now";

describe("between two attempts", () => {
  it("a definition that changed changes nothing in a conversation that was begun", async () => {
    const job = newJob();
    const before = (await begin(job)).requests.at(-1);
    const double = await play(designing());
    const changed: Definition = {
      ...definition,
      directive: "Do otherwise.",
      effort: "xhigh",
      tools: [...definition.tools, "Recall"],
    };
    await executeWith({ ...(await modelsOf(double, opus)), definition: changed }).run(job, never);
    expect(double.refusals).toEqual([]);
    expect(promptOf(double.requests[0] as RequestBody)).toBe(promptOf(before as RequestBody));
    expect(await outcomeOf(job)).toMatchObject({ kind: "published" });
  });

  it("thinking that a model does otherwise by now stays as the conversation has it", async () => {
    const job = newJob();
    const before = (await begin(job)).requests.at(-1);
    const catalogue = catalogueOf(modelInfo(opus, { thinking: ["adaptive", "enabled"] }));
    const double = await play(designing(), { catalogue });
    const models = await modelsOf(double, opus);
    const model = { ...models.model, thinking: { type: "enabled", budget_tokens: 2_000 } } as const;
    await executeWith({ model }).run(job, never);
    expect(double.refusals).toEqual([]);
    expect(promptOf(double.requests[0] as RequestBody)).toBe(promptOf(before as RequestBody));
  });

  it("another model takes the work up from a summary, on the files as they were left, and people are told", async () => {
    const job = newJob();
    await begin(job);
    // It finds the file written, and has nothing to do but to try it.
    const double = await play((body) => design[turnOf(body) + 1] ?? { text: "over" });
    await executeWith(await modelsOf(double, sonnet)).run(job, never);
    expect(double.refusals).toEqual([]);
    expect(double.requests.every(({ model }) => model === sonnet)).toBe(true);
    expect(textOf(double.requests[0])).toContain(`The model ${opus} is not used here any more.`);
    expect(textOf(double.requests[0])).toContain("User ids are 64 bits wide");
    expect(published()).toEqual(["app/api/users.py"]);
    const memory = [...github.commits.values()][1]?.changes.find(({ path }) => path.endsWith("active.json"));
    const decisions = memory?.kind === "added" ? Buffer.from(memory.content, "base64").toString() : "";
    expect(decisions).toContain("User ids are 64 bits wide");
    expect(status()).toContain(`> The model ${opus} is not used here any more. ${sonnet} goes on`);
    expect(status()).toContain("Rate limits");
    expect(await outcomeOf(job)).toMatchObject({ spend: { turns: 4, toolCalls: 3 } });
  });

  it("the work that was taken up is itself gone on with, and not taken up again", async () => {
    const job = newJob();
    await begin(job);
    const dying = await play((body) => (turnOf(body) === 0 ? (design[1] as Step) : overloaded));
    await expect(executeWith(await modelsOf(dying, sonnet)).run(job, never)).rejects.toThrow(BusyError);
    const asked = dying.requests.at(-1);
    const last = await play((body) => design[turnOf(body) + 1] ?? { text: "over" });
    await executeWith(await modelsOf(last, sonnet)).run(job, never);
    expect(last.refusals).toEqual([]);
    expect(promptOf(last.requests[0] as RequestBody)).toBe(promptOf(asked as RequestBody));
    expect(continues(dying.requests[0] as RequestBody, last.requests[0] as RequestBody)).toBe(true);
    expect(status()).toContain(`The model ${opus} is not used here any more.`);
    expect(await outcomeOf(job)).toMatchObject({ kind: "published", spend: { turns: 4, toolCalls: 3 } });
  });

  it("a tool that is gone lets no conversation go on that was begun with it", async () => {
    const job = newJob();
    await begin(job);
    const double = await play((body) => design[turnOf(body) + 1] ?? { text: "over" });
    const tools = definition.tools.filter((name) => name !== "Remember");
    await executeWith({ ...(await modelsOf(double, opus)), definition: { ...definition, tools } }).run(job, never);
    expect(double.refusals).toEqual([]);
    expect(double.requests[0]?.tools.map(({ name }) => name)).not.toContain("Remember");
    expect(status()).toContain("> The agent has no Remember any more, as it had when it began.");
  });

  it.each([
    [
      "takes other input",
      (tool: ToolSpec) => ({ ...tool, input_schema: { ...tool.input_schema, required: [] } }),
      true,
    ],
    ["is described in other words", (tool: ToolSpec) => ({ ...tool, description: "Otherwise." }), false],
  ])("a tool that %s by now: is the work taken up anew? %s", async (_, before, anew) => {
    const job = newJob();
    await begin(job);
    const older: Store = {
      ...store,
      events: async (id) =>
        (await store.events(id)).map((event) =>
          event.type === "started"
            ? { ...event, tools: event.tools.map((tool) => (tool.name === "Bash" ? before(tool) : tool)) }
            : event,
        ),
    };
    const double = await play((body) => design[turnOf(body) + (anew ? 2 : 0)] ?? { text: "over" });
    const models = await modelsOf(double, opus);
    // The thinking of this transcript was signed for the tools as they were.
    if (anew) {
      await executeWith({ ...models, store: older }).run(job, never);
      expect(double.refusals).toEqual([]);
      expect(textOf(double.requests[0])).toContain("The tool Bash takes other input by now than when it began.");
      expect(status()).toContain("> The tool Bash takes other input by now");
      expect(await outcomeOf(job)).toMatchObject({ kind: "published" });
      return;
    }
    await expect(executeWith({ ...models, store: older }).run(job, never)).rejects.toThrow("bound to a different");
    expect(turnOf(double.requests[0] as RequestBody)).toBe(2);
  });

  it("a command that ran on the files as they still are counts for whoever takes the work up, and is shown once", async () => {
    const job = newJob();
    await begin(job);
    const double = await play((body) => design[turnOf(body) + 2] ?? { text: "over" });
    await executeWith(await modelsOf(double, sonnet)).run(job, never);
    expect(double.requests).toHaveLength(1);
    const report = (await eventsOf(job)).findLast((event) => event.type === "report");
    expect(JSON.stringify(report)).not.toContain(nothingRan);
    expect(github.pulls[0]?.body.match(/^\| .*compileall.*$/gm)).toHaveLength(1);
  });

  it("a command that ran before the files were changed counts for nobody", async () => {
    const job = newJob();
    const early: Step = { thinking: "Try it.", tools: [...(design[1]?.tools ?? [])] };
    const late: Step = { thinking: "A file.", tools: [...(design[0]?.tools ?? [])] };
    const first = await play((body) => [early, late][turnOf(body)] ?? overloaded);
    await expect(executeWith(await modelsOf(first, opus)).run(job, never)).rejects.toThrow(BusyError);
    const double = await play((body) => design[turnOf(body) + 2] ?? { text: "over" });
    await executeWith(await modelsOf(double, sonnet)).run(job, never);
    expect(github.pulls[0]?.body).toMatch(/^\| .*compileall.*\| \*\*stale\*\*: ran before the last change \|$/m);
  });

  it("a report that was judged needs no model any more", async () => {
    const double = await play(designing());
    const job = newJob();
    github.onWrite = () => {
      if (github.commits.size > 0) throw new Error("killed");
    };
    await expect(executeWith(await modelsOf(double, opus)).run(job, never)).rejects.toThrow("killed");
    github.onWrite = () => undefined;
    const other = await play(designing());
    await executeWith(await modelsOf(other, sonnet)).run(job, never);
    expect(other.requests).toEqual([]);
    expect(await outcomeOf(job)).toMatchObject({ kind: "published" });
  });
});

describe("a subagent", async () => {
  const library = await loadLibrary(join(import.meta.dirname, "../../agents"));
  const generator = library.definitions.get("test-generator") as Definition;
  const lead: Definition = { ...definition, tools: [...definition.tools, "Agent(test-generator)"] };
  const path = "backend/tests/test_users.py";
  const isChild = (body: RequestBody) => textOf(body)?.includes('kind\\":\\"tests') === true;
  const childReport = {
    ...{ status: "DONE_WITH_CONCERNS", summary: "Tests the users.", fixtures_created: [], edge_cases_covered: ["one"] },
    ...{ concerns: ["Only one case."], blockers: [], questions: [] },
    tests_created: [{ file: `/repo/${path}`, tests: ["test_one"] }],
  };
  const child: readonly Step[] = [
    {
      thinking: "A test.",
      tools: [
        {
          name: "Write",
          input: { file_path: `/repo/${path}`, content: "def test_one():\n    assert len([1]) == 1\n" },
        },
      ],
    },
    { tools: [{ name: "Bash", input: { command: `python -m pytest ${path}` } }] },
    { tools: [{ name: "SubmitReport", input: childReport }] },
  ];
  const call = { description: "Test", prompt: "Test the users.", subagent_type: "test-generator" };
  const leads: readonly Step[] = [
    design[0] as Step,
    { tools: [{ name: "Agent", input: call }] },
    {
      tools: [
        { name: "SubmitReport", input: reportWith({ status: "DONE_WITH_CONCERNS", concerns: ["No rate limit yet."] }) },
      ],
    },
  ];
  const cast =
    (first: (body: RequestBody) => Step | undefined = () => undefined) =>
    (body: RequestBody): Step =>
      first(body) ?? (isChild(body) ? child : leads)[turnOf(body)] ?? { text: "over" };
  const withLibrary = (model: string): Partial<ExecuteDeps> => ({
    definition: lead,
    library: {
      ...testLibrary,
      definitions: new Map([
        [lead.name, lead],
        [generator.name, { ...generator, model }],
      ]),
    },
  });
  const spoken = (double: MessagesApi) => double.requests.map((body) => [isChild(body) ? "child" : "lead", body.model]);

  const openWith = async (double: MessagesApi, model: string, fallback?: string) =>
    openModels({
      connect: createConnect({ provider: "anthropic", apiKey: double.apiKey, baseURL: double.url }),
      ...{ model: opus, fallback, usdCap: 10, log: () => undefined },
      agents: [{ ...generator, model }],
      turns: { maxWaitMs: 3_000, wait: async () => undefined },
    });

  it("speaks with the model that its definition names", async () => {
    const double = await play(cast());
    const job = newJob();
    await executeWith({ ...(await openWith(double, sonnet)), ...withLibrary(sonnet) }).run(job, never);
    expect(double.refusals).toEqual([]);
    expect(spoken(double)).toEqual([
      ["lead", opus],
      ["lead", opus],
      ["child", sonnet],
      ["child", sonnet],
      ["child", sonnet],
      ["lead", opus],
    ]);
    expect(published()).toEqual(["app/api/users.py", path]);
  });

  it("inherits the model that its parent speaks with by now", async () => {
    const double = await play(cast(({ model }) => (model === opus ? overloaded : undefined)));
    await executeWith({ ...(await openWith(double, "inherit", sonnet)), ...withLibrary("inherit") }).run(
      newJob(),
      never,
    );
    expect(double.refusals).toEqual([]);
    expect(spoken(double).filter(([, model]) => model === sonnet)).toHaveLength(6);
  });

  it("that is refused goes on with the stand-in, from a summary of its own", async () => {
    const refused = (body: RequestBody) =>
      isChild(body) && body.model === opus && turnOf(body) === 1 ? refusal : undefined;
    const double = await play(cast(refused));
    const job = newJob();
    await executeWith({ ...(await openWith(double, "inherit", sonnet)), ...withLibrary("inherit") }).run(job, never);
    expect(double.refusals).toEqual([]);
    const taken = double.requests.find(({ model }) => model === sonnet);
    expect(textOf(taken)).toContain(`/repo/${path} (added)`);
    expect(textOf(taken)).toContain("Test the users.");
    expect(published()).toEqual(["app/api/users.py", path]);
    const back = (await eventsOf(job)).find((event) => event.type === "handed-back");
    expect(back?.result).toMatchObject({ status: "DONE_WITH_CONCERNS", spend: { turns: 4 } });
    expect(back?.result.files).toEqual([{ path, kind: "added" }]);
  });

  it("whose run was taken up by another model keeps its work within its walls", async () => {
    const first = await play(cast((body) => (!isChild(body) && turnOf(body) === 2 ? overloaded : undefined)));
    const job = newJob();
    const execute = async (double: MessagesApi, model: string) =>
      executeWith({ ...(await modelsOf(double, model)), ...withLibrary("inherit"), modelFor: undefined });
    await expect((await execute(first, opus)).run(job, never)).rejects.toThrow(BusyError);
    const second = await play((body) => leads[turnOf(body) + 2] ?? { text: "over" });
    await (await execute(second, sonnet)).run(job, never);
    expect(second.refusals).toEqual([]);
    expect(textOf(second.requests[0])).toContain(
      `test-generator ended with DONE_WITH_CONCERNS and changed /repo/${path}`,
    );
    expect(published()).toEqual(["app/api/users.py", path]);
    expect(await outcomeOf(job)).toMatchObject({ kind: "published", spend: { subagents: { turns: 3 } } });
  });
});

describe("the size of a message", () => {
  it("is never more than the model can give", async () => {
    const catalogue = catalogueOf(modelInfo(opus, { max_tokens: 96_000 }));
    const double = await play(
      designing((_, turn) => (turn === 0 ? { text: "…", stop: "max_tokens" } : undefined)),
      { catalogue },
    );
    const job = newJob();
    await executeWith(await modelsOf(double, opus)).run(job, never);
    expect(double.requests.map(({ max_tokens }) => max_tokens)).toEqual([64_000, 96_000]);
    expect(await outcomeOf(job)).toMatchObject({ blockers: [expect.stringContaining("at 64000 and at 96000 tokens")] });
  });

  it("is asked for once where a second time would be the same", async () => {
    const catalogue = catalogueOf(modelInfo(opus, { max_tokens: 32_000 }));
    const double = await play(() => ({ text: "…", stop: "max_tokens" }), { catalogue });
    await executeWith(await modelsOf(double, opus)).run(newJob(), never);
    expect(double.requests.map(({ max_tokens }) => max_tokens)).toEqual([32_000]);
  });
});
