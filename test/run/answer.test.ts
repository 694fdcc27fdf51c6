import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { answersIn } from "../../src/domain/answered.ts";
import { parseCommand } from "../../src/domain/command.ts";
import { type Job, toJob } from "../../src/domain/job.ts";
import { decisionsPath, parseDecisions } from "../../src/domain/memory.ts";
import type { Message } from "../../src/domain/message.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { statusMarker } from "../../src/domain/render-status.ts";
import { blockedReport } from "../../src/domain/report.ts";
import type { CommandTrigger, LabelTrigger, Trigger } from "../../src/domain/trigger.ts";
import type { Store } from "../../src/ports.ts";
import { createExecute, type ExecuteDeps } from "../../src/run/execute.ts";
import { createHalts, type Halts } from "../../src/run/halts.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { testDefinition, testLibrary } from "../support/loop.ts";
import { createMemoryGitHub, type MemoryGitHub } from "../support/memory-github.ts";
import { createMemoryWorkspace, type MemoryWorkspace } from "../support/memory-workspace.ts";
import { reportWith } from "../support/report.ts";
import { createScriptedModel, type ScriptedModel, type ScriptedTurn } from "../support/scripted-model.ts";

const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
const maintainer = { login: "maintainer", id: 5, type: "User" };
const label: LabelTrigger = {
  kind: "label",
  repository,
  sender: maintainer,
  thread: { kind: "issue", number: 3 },
  title: "Create user registration endpoint",
  body: "With a rate limit.",
};
const command = (text: string, over: Partial<CommandTrigger> = {}): CommandTrigger => ({
  ...label,
  kind: "command",
  command: parseCommand(`/architect ${text}`, "architect") ?? { verb: "unknown", word: "" },
  commentId: 9,
  author: maintainer,
  ...over,
});
const jobOf = (trigger: Trigger): Job =>
  toJob(trigger, { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue: 3 });

const write = (name: string): ScriptedTurn => ({
  calls: [{ name: "Write", input: { file_path: `/repo/app/api/${name}.py`, content: `${name} = 1\n` } }],
});
const run: ScriptedTurn = { calls: [{ name: "Bash", input: { command: "python check.py" } }] };
const submit: ScriptedTurn = {
  calls: [{ name: "SubmitReport", input: reportWith({ status: "DONE_WITH_CONCERNS", concerns: ["Look at it."] }) }],
};
const folder = mkdtempSync(join(tmpdir(), "architect-answer-"));
afterAll(() => rmSync(folder, { recursive: true }));

let github: MemoryGitHub;
let workspace: MemoryWorkspace;
let store: Store;
let halts: Halts;
let model: ScriptedModel;

/** Each request is answered by how many turns its conversation has had. */
const scripted = (turns: readonly ScriptedTurn[]) =>
  createScriptedModel(
    (_, { messages }) => turns[messages.filter(({ role }) => role === "assistant").length] ?? { text: "?" },
  );

const execute = async (
  turns: readonly ScriptedTurn[] | ScriptedModel,
  trigger: Trigger | Job,
  over: Partial<ExecuteDeps> = {},
): Promise<Outcome | undefined> => {
  model = "turn" in turns ? turns : scripted(turns);
  const job = "trigger" in trigger ? trigger : jobOf(trigger);
  const deps: ExecuteDeps = {
    signOff: false,
    ...{ github, workspace, store, halts, model },
    library: testLibrary,
    definition: testDefinition,
    clock: () => new Date(),
    caps: { tokens: 1e9, usd: 10 },
    statusIntervalMs: 0,
    redact: (text) => ({ text, leaks: 0 }),
    sandboxed: true,
    log: () => {},
    ...over,
  };
  await createExecute(deps).run(job, new AbortController().signal);
  return (await store.openRun(job, 3)).outcome;
};
const status = () => [...github.comments.values()].find(({ body }) => body.includes(statusMarker))?.body ?? "";
const body = () => github.pulls.at(-1)?.body ?? "";
const texts = (message: Message | undefined) =>
  (message?.content ?? []).map((block) =>
    block.type === "text" ? block.text : block.type === "tool_result" ? block.content : "",
  );

beforeEach(() => {
  github = createMemoryGitHub();
  github.branches.set("main", "b".repeat(40));
  workspace = createMemoryWorkspace({ "app/main.py": "app = 1\n" }, github);
  halts = createHalts();
  const database = openDatabase(join(mkdtempSync(join(folder, "db-")), "architect.db"));
  store = createStore(database, { clock: () => new Date(), ids: randomUUID });
});

const questions = [
  { question: "Which table holds the people?", options: ["users", "accounts"] },
  { question: "Which roles are there?", options: [] },
];
const nothing = { ...blockedReport("User registration", "No key.", "Nothing was written."), threads: [] };
const ask: ScriptedTurn = {
  calls: [{ name: "SubmitReport", input: { ...nothing, status: "NEEDS_CONTEXT", blockers: [], questions } }],
};
const asked = () => execute([run, ask], label);
const saidLast = (request = model.requests[0]) => texts(request?.messages.at(-1)).at(-1) ?? "";

describe("a run that asked back", () => {
  test("shows how to answer, with an example that fits its questions", async () => {
    expect(await asked()).toMatchObject({ kind: "answered", status: "NEEDS_CONTEXT" });
    expect(status()).toContain("   - (b) accounts");
    expect(status()).toContain("comment `/architect answer 1a 2: …`");
  });

  test("goes on from the same bytes with each question repeated beside its answer, to a pull request", async () => {
    await asked();
    const before = model.requests.at(-1);
    const outcome = await execute([run, ask, write("users"), run, submit], command("answer 1b 2: owner and guest"));
    const [first] = model.requests;
    expect(first?.system).toBe(before?.system);
    expect(first?.messages.slice(0, before?.messages.length)).toEqual(before?.messages);
    expect(saidLast()).toContain("maintainer answers the questions that the run ended with: go on.");
    expect(answersIn(saidLast())).toMatchObject([
      { number: 1, question: "Which table holds the people?", option: "accounts" },
      { number: 2, question: "Which roles are there?", text: "owner and guest" },
    ]);
    expect(outcome).toMatchObject({ kind: "published", status: "DONE_WITH_CONCERNS", questions: [] });
    expect(body()).toContain("**Which table holds the people? accounts**");
  });

  test("leaves its answers in the memory, with what was not chosen", async () => {
    await asked();
    await execute([run, ask, write("users"), run, submit], command("answer 1b 2: owner"));
    const files = [...github.commits.values()].flatMap(({ changes }) => changes);
    const memory = files.find(({ path }) => path === decisionsPath);
    const { decisions } = parseDecisions(Buffer.from((memory as { content: string }).content, "base64").toString());
    expect(decisions).toContainEqual(
      expect.objectContaining({
        title: "Which table holds the people? accounts",
        rationale: "@maintainer answered: accounts. The question was: Which table holds the people?",
        alternatives: [{ option: "users", rejected_because: "@maintainer chose another one." }],
        status: "implemented",
      }),
    );
    expect(decisions.map(({ title }) => title)).toContain("Which roles are there? owner");
  });

  test("says which questions people left open, to them and to the agent", async () => {
    await asked();
    await execute([run, ask, write("users"), run, submit], command("answer 2: owner"));
    expect(saidLast()).toContain("Not answered: 1. Decide it yourself");
    expect(status()).toContain("> Question 1 was not answered: the agent decides it and says how.");
  });

  test.each([
    ["answer 3a", "There is no question 3: there are 1 and 2."],
    ["answer 1c", "Question 1 has no option c: there are (a) users, (b) accounts."],
    ["answer 2b", "Question 2 has no options: answer it in words, such as `2: …`."],
  ])("starts nothing for `%s` and says what would be right", async (text, problem) => {
    await asked();
    expect(await execute([], command(text))).toMatchObject({
      kind: "refused",
      summary: `Nothing was started: ${problem}`,
    });
    expect(model.requests).toEqual([]);
    const outcome = await execute([run, ask, write("users"), run, submit], command("answer 1a 2: owner"));
    expect(outcome).toMatchObject({ kind: "published" });
  });

  test("takes later answers to questions that an earlier answer left open, in the newest conversation", async () => {
    await asked();
    const blocked: ScriptedTurn = { calls: [{ name: "SubmitReport", input: nothing }] };
    expect(await execute([run, ask, blocked], command("answer 1a"))).toMatchObject({ status: "BLOCKED" });
    await execute([run, ask, blocked, write("users"), run, submit], command("answer 2: owner"));
    expect(model.requests[0]?.messages).toHaveLength(7);
    expect(body()).toContain("**Which table holds the people? users**");
    expect(body()).toContain("**Which roles are there? owner**");
  });

  test("takes none any more when another conversation was begun since then", async () => {
    await asked();
    await execute([write("users"), run, submit], command("design Create accounts"));
    expect(await execute([], command("answer 1a"))).toMatchObject({
      kind: "refused",
      summary: expect.stringContaining("another one was begun since then without their answers"),
    });
  });

  test("that was killed while it went on has its answers told once", async () => {
    await asked();
    const job = jobOf(command("answer 1b 2: owner"));
    const dying = createScriptedModel(() => {
      throw new Error("killed");
    });
    await expect(execute(dying, job)).rejects.toThrow("killed");
    const outcome = await execute([run, ask, write("users"), run, submit], job);
    expect(outcome).toMatchObject({ kind: "published" });
    expect(JSON.stringify(model.requests[0]?.messages).match(/<answers-json>/g)).toHaveLength(1);
  });
});

test("an answer where nobody asked says so, and what else there is to say", async () => {
  expect(await execute([], command("answer 1a"))).toMatchObject({
    kind: "refused",
    summary: expect.stringContaining("there are no open questions here"),
  });
});

test("what is done again after an answer is the request that was asked for at first", async () => {
  await asked();
  await execute([run, ask, write("users"), run, submit], command("answer 1b"));
  await execute([run, submit], command("retry"));
  expect(texts(model.requests[0]?.messages[0])[0]).toContain('"title":"Create user registration endpoint"');
});

test("a question to the App in between leaves the run that asked back where it was", async () => {
  await asked();
  const told: ScriptedTurn = {
    calls: [{ name: "SubmitAnswer", input: { answer: "It is not cached.", references: [] } }],
  };
  expect(await execute([told], command("ask is this cached?"))).toMatchObject({ kind: "answered" });
  await execute([run, ask, write("users"), run, submit], command("answer 1b"));
  expect(answersIn(saidLast())).toMatchObject([{ number: 1, option: "accounts" }]);
});
