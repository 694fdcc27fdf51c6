/** What a model can do wrong, each against the strict API with a team and subagents: a sound one goes on, a mad one ends within its budget. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadLibrary } from "../../src/app/library.ts";
import type { Definition, Library } from "../../src/domain/definition.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import { toJob } from "../../src/domain/job.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { createConnect } from "../../src/model/client.ts";
import { openModels } from "../../src/model/models.ts";
import type { Store } from "../../src/ports.ts";
import { createExecute } from "../../src/run/execute.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { createMemoryGitHub } from "../support/memory-github.ts";
import { createMemoryWorkspace, type MemoryWorkspace } from "../support/memory-workspace.ts";
import type { RequestBody } from "../support/messages-api/request.ts";
import { type MessagesApi, type Step, startMessagesApi } from "../support/messages-api.ts";
import { reportWith } from "../support/report.ts";

type Call = NonNullable<Step["tools"]>[number];

const call = (name: string, input: unknown): Call => ({ name, input });
const read = (path: string) => call("Read", { file_path: `/repo/${path}` });
const write = (path: string, content: string) => call("Write", { file_path: `/repo/${path}`, content });
const edit = (path: string, from: string, to: string) =>
  call("Edit", { file_path: `/repo/${path}`, old_string: from, new_string: to });
const agent = (name: string, prompt: string) =>
  call("Agent", { subagent_type: name, description: "A part of it", prompt });
const letter = (to: string, message: string) => call("SendMessage", { to, message });
const team = (name: string) => call("TeamCreate", { team_name: name });
const task = (number: number) => call("TaskCreate", { subject: `Task ${number}`, description: "One of many." });
const bash = (command: string) => call("Bash", { command });
const turn = (...tools: Call[]): Step => ({ thinking: "Hm.", tools });
const many = (count: number, of: (index: number) => Call): Step =>
  turn(...Array.from({ length: count }, (_, i) => of(i)));

const report = reportWith({
  ...{ status: "DONE_WITH_CONCERNS", concerns: ["A test."], endpoints_created: [], models_created: [] },
  ...{ middleware_added: [], test_commands: [] },
});
const submit = turn(call("SubmitReport", report));

const file = "backend/app/api/users.py";
const folder = mkdtempSync(join(tmpdir(), "architect-bad-"));
afterAll(() => rmSync(folder, { recursive: true }));

let library: Library;
let architect: Definition;
let workspace: MemoryWorkspace;
let store: Store;
let api: MessagesApi | undefined;

beforeAll(async () => {
  library = await loadLibrary(join(import.meta.dirname, "../../agents"));
  architect = library.definitions.get("backend-system-architect") as Definition;
});
beforeEach(() => {
  store = createStore(openDatabase(join(mkdtempSync(join(folder, "db-")), "architect.db")), {
    clock: () => new Date(),
    ids: randomUUID,
  });
});
afterEach(async () => {
  await api?.close();
  api = undefined;
});

const turnOf = (body: RequestBody): number => body.messages.filter(({ role }) => role === "assistant").length;
const isLead = (body: RequestBody): boolean =>
  /"kind":"design"/.test(String(body.messages[0]?.content[0]?.["text"] ?? ""));

type Ended = {
  readonly outcome: Outcome | undefined;
  readonly events: readonly RunEvent[];
  /** The lead's own results, in order. */
  readonly results: readonly { readonly content: string; readonly is_error?: boolean }[];
  readonly texts: readonly string[];
};

/** @param lead what it says in its nth turn; the others say something and stop */
const play = async (
  lead: (turn: number) => Step,
  others: (turn: number) => Step = () => ({ text: "Hm." }),
): Promise<Ended> => {
  // What is not kept leaves no trace in the conversation: turns are counted here.
  let asked = 0;
  api = await startMessagesApi((body) => {
    if (!isLead(body)) return others(turnOf(body));
    asked += 1;
    return lead(asked - 1);
  });
  const github = createMemoryGitHub();
  github.branches.set("main", "b".repeat(40));
  workspace = createMemoryWorkspace({ [file]: "users = 1\n", "README.md": "# Shop\n" }, github);
  workspace.command = async (command, files) => {
    if (command === "touch") files.set(file, `${files.get(file) ?? ""}# more\n`);
    if (command === "fails") return { exitCode: 1, output: "No such thing." };
    return { output: command === "flood" ? "spam ".repeat(50_000) : "" };
  };
  const models = await openModels({
    connect: createConnect({ provider: "anthropic", apiKey: api.apiKey, baseURL: api.url }),
    ...{ model: "claude-opus-5-5", agents: [], usdCap: 10, log: () => undefined },
    turns: { maxWaitMs: 0, wait: async () => undefined },
  });
  const execute = createExecute({
    ...{ github, workspace, store, library, definition: architect, model: models.model },
    clock: () => new Date("2026-11-25T12:00:00Z"),
    caps: { tokens: 50_000_000, usd: 20 },
    statusIntervalMs: 1e9,
    redact: (text) => ({ text, leaks: 0 }),
    ...{ sandboxed: true, signOff: false, log: () => undefined },
  });
  const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
  const job = toJob(
    {
      ...{ kind: "label", repository, title: "Add a health endpoint", body: "" },
      sender: { login: "maintainer", id: 5, type: "User" },
      thread: { kind: "issue", number: 3 },
    },
    { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue: 3 },
  );
  await execute.run(job, new AbortController().signal);
  const record = await store.openRun(job, 3);
  const events = await store.events(record.id);
  const content = events.flatMap((event) =>
    event.type === "user" && event.child === undefined ? event.message.content : [],
  );
  return {
    outcome: record.outcome,
    events,
    results: content.flatMap((block) => (block.type === "tool_result" ? [block] : [])),
    texts: content.flatMap((block) => (block.type === "text" ? [block.text] : [])),
  };
};

const errorsOf = ({ results }: Ended): string[] =>
  results.filter(({ is_error }) => is_error).map(({ content }) => content);

/** What is wrong once. The model is told a sentence, and its report is accepted afterwards. */
const mistakes: readonly (readonly [string, readonly Step[], RegExp | undefined])[] = [
  [
    "calls a tool that there is not",
    [turn(call("WebFetch", { url: "https://example.com" }))],
    /There is no tool "WebFetch"\. There are: Agent, Bash/,
  ],
  ["sends input that fits no schema", [turn(call("Read", { path: "a.py" }))], /file_path: /],
  ["makes the same failing call twice", [turn(read("gone.py")), turn(read("gone.py"))], /gone\.py/],
  [
    "writes outside of its boundary",
    [turn(write("frontend/app.ts", "x"), write(".github/workflows/ci.yml", "x"))],
    /outside your boundary|protected|frontend/,
  ],
  ["writes outside of the repository", [turn(call("Write", { file_path: "/etc/passwd", content: "x" }))], /\/repo/],
  ["edits a file that it did not read", [turn(edit(file, "users = 1", "users = 2"))], /Read/],
  [
    "edits a file that changed under it",
    [turn(read(file), bash("touch"), edit(file, "users = 1", "users = 2"))],
    /changed|Read/,
  ],
  ["hands in a report that contradicts itself", [turn(call("SubmitReport", { ...report, status: "DONE" }))], /concern/],
  ["hands in half a report", [turn(call("SubmitReport", { status: "DONE" }))], /feature: /],
  ["starts a subagent that there is not", [turn(agent("frontend-ui-developer", "A page."))], /subagent_type/],
  ["writes to itself", [turn(team("users")), turn(letter("team-lead", "Hello?"))], /That is you/],
  ["writes to a stranger", [turn(team("users")), turn(letter("mallory", "Hello?"))], /There is no member "mallory"/],
  ["writes to a team that there is not", [turn(letter("code-reviewer", "Hello?"))], /no team yet/],
  ["makes another team", [turn(team("users"), team("orders"))], /one team, and this one's is users/],
  ["makes its team twice", [turn(team("users"), team("users"))], undefined],
  [
    "edits one file twice in a message",
    [turn(read(file), edit(file, "users = 1", "users = 2"), edit(file, "users = 1", "users = 3"))],
    /old_string was not found/,
  ],
  ["says nothing", [{ stop: "end_turn" }], undefined],
  ["sends input that is no JSON", [turn({ ...read(file), raw: '{"file_path": nope}' })], undefined],
  ["sends input that is a list", [turn({ ...read(file), raw: '["/repo/README.md"]' })], undefined],
];

test.each(mistakes)("a model that once %s is told so, and goes on", async (_, steps, told) => {
  const ended = await play((at) => steps[at] ?? submit);
  expect(api?.refusals).toEqual([]);
  expect(ended.outcome).toMatchObject({ status: "DONE_WITH_CONCERNS" });
  const errors = errorsOf(ended);
  if (told) expect(errors.join("\n")).toMatch(told);
  else expect(errors).toEqual([]);
  expect(ended.outcome?.cutShort).toBeUndefined();
});

test("a model that only hands in reports that do not hold ends after the third, which is shown with what is wrong", async () => {
  const ended = await play(() => turn(call("SubmitReport", { ...report, status: "DONE" })));
  expect(errorsOf(ended)).toHaveLength(3);
  expect(ended.outcome?.status).toBe("DONE_WITH_CONCERNS");
  const judged = ended.events.findLast((event) => event.type === "report");
  expect(judged?.type === "report" && judged.findings.some(({ severity }) => severity === "error")).toBe(true);
});

test("a message that could not be read is asked for again, and what it cost is counted", async () => {
  const broken = turn({ ...read(file), raw: "not JSON" });
  const ended = await play((at) => (at === 0 ? broken : submit));
  expect(ended.texts).toContainEqual(expect.stringContaining("could not be read, and nothing of it was run"));
  expect(ended.outcome?.spend.turns).toBe(2);
  expect(ended.events).toContainEqual(expect.objectContaining({ type: "paid", turns: 1 }));
});

/** What is wrong always: how it ends, and in how many requests at most. */
const madness: readonly (readonly [string, (turn: number) => Step, RegExp, number])[] = [
  ["calls tools that there are not", (at) => turn(call(`Tool${at}`, {})), /in a way that fits none of them/, 3],
  ["sends no JSON", () => turn({ ...read(file), raw: "{{{" }), /without a report/, 3],
  ["says nothing", () => ({ stop: "end_turn" }), /without a report/, 3],
  ["talks and never submits", () => ({ text: "Nearly there." }), /without a report/, 3],
  [
    "makes the same failing call",
    () => turn(read("gone.py"), call("TaskList", {})),
    /called Read 6 times with the same input/,
    6,
  ],
  ["runs the same failing command", () => turn(bash("fails")), /called Bash 6 times with the same input/, 6],
  ["looks for ever", (at) => turn(read(file), call("Grep", { pattern: `x${at}` })), /tool calls are used/, 20],
  [
    "writes outside of its boundary",
    (at) => turn(write(`frontend/${at}.ts`, "x")),
    /every tool call .* failed, 10 turns/,
    10,
  ],
  [
    "edits what changed",
    () => turn(read(file), bash("touch"), edit(file, "users = 1", "users = 2")),
    /tool calls are used/,
    20,
  ],
  ["floods", () => turn(bash("flood"), read(file)), /tool calls are used/, 20],
  ["talks to itself", () => turn(team("users"), letter("team-lead", "Hello?")), /SendMessage 6 times/, 7],
  [
    "only talks to a stranger, in other words each time",
    (at) => turn(team("users"), letter("mallory", `Hello ${at}?`)),
    /turns are used/,
    50,
  ],
];

test.each(madness)("a model that always %s ends within its budget", async (_, lead, why, requests) => {
  const ended = await play(lead);
  expect(api?.refusals).toEqual([]);
  expect(ended.outcome?.status).toBe("BLOCKED");
  expect(`${ended.outcome?.blockers.join()} ${ended.outcome?.summary}`).toMatch(why);
  const asked = api?.requests.filter(isLead).length ?? 0;
  expect(asked).toBeLessThanOrEqual(requests);
  expect(Math.max(...ended.results.map(({ content }) => content.length), 0)).toBeLessThan(40_000);
});

describe("a model that makes too much of it", () => {
  test("repeats a failing call is told after the third time", async () => {
    const ended = await play((at) => (at < 4 ? turn(read("gone.py")) : submit));
    const told = ended.texts.filter((text) => text.includes("with the same input, and failed the same way"));
    expect(told.map((text) => /called (\d) times/.exec(text)?.[1])).toEqual(["3", "4"]);
    expect(ended.outcome?.status).toBe("DONE_WITH_CONCERNS");
  });

  test("may run a failing command again after it changed files", async () => {
    const ended = await play((at) =>
      at < 7 ? turn(bash("fails"), write(`backend/app/api/f${at}.py`, "x = 1\n")) : submit,
    );
    expect(ended.texts.filter((text) => text.includes("with the same input"))).toEqual([]);
    expect(ended.outcome?.cutShort).toBeUndefined();
  });

  test("starts 50 subagents in one message gets eight at most, and a result for each", async () => {
    const ended = await play((at) => (at === 0 ? many(50, (i) => agent("test-generator", `Part ${i}.`)) : submit));
    expect(ended.results.filter(({ content }) => content.startsWith("test-generator "))).toHaveLength(8);
    const refused = errorsOf(ended);
    expect(refused).toHaveLength(42);
    expect(refused.every((text) => /at most 8 subagents|budget exhausted/.test(text))).toBe(true);
    expect(api?.refusals).toEqual([]);
    expect(ended.outcome?.status).toBeDefined();
  });

  test("starts 50 subagents over its turns gets eight at most, and ends", async () => {
    const ended = await play((at) => turn(agent(at % 2 ? "test-generator" : "database-engineer", `Part ${at}.`)));
    const started = new Set(ended.events.flatMap(({ child }) => (child === undefined ? [] : [child])));
    expect(started.size).toBe(8);
    expect(ended.outcome?.status).toBe("BLOCKED");
    expect(api?.refusals).toEqual([]);
  });

  test("has 10,000 tasks in mind keeps 256, and one message of 200 calls is answered in full", async () => {
    const ended = await play((at) => many(200, (i) => task(at * 200 + i)));
    const tasks = ended.events.findLast((event) => event.type === "tasks")?.tasks ?? [];
    expect(tasks).toHaveLength(256);
    expect(errorsOf(ended)[0]).toMatch(/256/);
    expect(ended.results.length % 200).toBe(0);
    expect(ended.outcome?.status).toBe("BLOCKED");
    expect(api?.refusals).toEqual([]);
  });

  test("reads 200 files in one message is given what its budget has, and a result for each", async () => {
    const ended = await play((at) => (at === 0 ? many(200, () => read(file)) : submit));
    const budget = architect.budgets["single-endpoint"];
    expect(ended.results.filter(({ is_error }) => !is_error)).toHaveLength(budget + 1);
    expect(errorsOf(ended)).toHaveLength(200 - budget);
    expect(ended.outcome?.status).toBe("DONE_WITH_CONCERNS");
  });

  test("has a team that never rests ends it on its own budget, and hands in its own report", async () => {
    const ended = await play(
      (at) => (at === 0 ? turn(team("users"), letter("*", "Begin.")) : submit),
      (at) => turn(letter("team-lead", `And another thing ${at}.`), call("TaskList", {})),
    );
    expect(api?.refusals).toEqual([]);
    expect(ended.outcome?.status).toBe("DONE_WITH_CONCERNS");
    expect(ended.events.some((event) => event.type === "rested" && event.ended !== undefined)).toBe(true);
  });
});
