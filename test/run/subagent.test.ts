import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { loadLibrary } from "../../src/app/library.ts";
import { toJob } from "../../src/domain/job.ts";
import type { LabelTrigger } from "../../src/domain/trigger.ts";
import type { Store } from "../../src/ports.ts";
import { createExecute, type ExecuteDeps } from "../../src/run/execute.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { testDefinition } from "../support/loop.ts";
import { createMemoryGitHub, type MemoryGitHub } from "../support/memory-github.ts";
import type { Command } from "../support/memory-walls.ts";
import { createMemoryWorkspace, type MemoryWorkspace } from "../support/memory-workspace.ts";
import { reportWith } from "../support/report.ts";
import {
  createScriptedCast,
  type ScriptedCall,
  type ScriptedCast,
  type ScriptedTurn,
} from "../support/scripted-model.ts";

const library = await loadLibrary(join(import.meta.dirname, "../../agents"));
const definition = {
  ...testDefinition,
  tools: [...testDefinition.tools, "Remember", "Agent(database-engineer)", "Agent(test-generator)"],
};
const trigger: LabelTrigger = {
  kind: "label",
  repository: { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" },
  sender: { login: "maintainer", id: 5, type: "User" },
  thread: { kind: "issue", number: 3 },
  title: "Add users",
  body: "",
};
const never = new AbortController().signal;

const read = (path: string): ScriptedCall => ({ name: "Read", input: { file_path: `/repo/${path}` } });
const write = (path: string, content: string): ScriptedCall => ({
  name: "Write",
  input: { file_path: `/repo/${path}`, content },
});
const bash = (command: string): ScriptedCall => ({ name: "Bash", input: { command } });
const agent = (subagent_type: string, more: object = {}): ScriptedCall => ({
  name: "Agent",
  input: { description: "Do its part", prompt: "For the User model in app/models/user.py.", subagent_type, ...more },
});
const submitted = (input: object): ScriptedCall => ({ name: "SubmitReport", input });

const migrationPath = "backend/alembic/versions/2026_11_25_add_users.py";
const migration = 'def upgrade():\n    op.create_table("users")\n\n\ndef downgrade():\n    op.drop_table("users")\n';
const testPath = "backend/tests/test_users.py";
const testText = "def test_users_are_counted():\n    assert len([1]) == 1\n";

const databaseReport = {
  status: "DONE",
  summary: "Adds the table users.",
  migrations_created: [`/repo/${migrationPath}`],
  indexes_added: [],
  constraints_added: [],
  recommendations: ["Run it before the deployment."],
  concerns: [],
  blockers: [],
  questions: [],
};
const testReport = {
  status: "DONE",
  summary: "Tests the users.",
  tests_created: [{ file: `/repo/${testPath}`, tests: ["test_users_are_counted"] }],
  fixtures_created: [],
  edge_cases_covered: ["one user"],
  concerns: [],
  blockers: [],
  questions: [],
};

/** The lead's report where no file was changed. */
const nothingDone: ScriptedTurn = {
  calls: [submitted(reportWith({ endpoints_created: [], models_created: [], middleware_added: [] }))],
};

type Scripts = Readonly<Record<"lead" | "migration" | "tests", readonly ScriptedTurn[]>>;

const scripts: Scripts = {
  lead: [
    { calls: [write("app/models/user.py", "class User: ...\n"), agent("database-engineer")], usd: 0.1 },
    {
      calls: [
        { name: "Remember", input: { text: "User ids are 64 bits wide." } },
        agent("test-generator"),
        bash("python check.py"),
      ],
      usd: 0.1,
    },
    { calls: [submitted(reportWith({ handoffs: [{ to: "test-generator", task: "tests" }] }))], usd: 0.1 },
  ],
  migration: [
    {
      calls: [read("app/models/user.py"), { name: "TaskCreate", input: { subject: "Own", description: "x" } }],
      usd: 0.2,
    },
    { calls: [write(migrationPath, migration), bash("alembic upgrade head --sql")], usd: 0.2 },
    { calls: [submitted(databaseReport)], usd: 0.2 },
  ],
  tests: [
    { calls: [write(testPath, testText), bash(`cd backend && python -m pytest tests/test_users.py -q`)], usd: 0.3 },
    { calls: [submitted(testReport)], usd: 0.3 },
  ],
};

/** The brief of a subagent says what it is for. */
const roleOf = (text: string): string => {
  const json = /^<brief-json>\n(.*)\n<\/brief-json>$/m.exec(text)?.[1] ?? "{}";
  const { kind } = JSON.parse(json) as { kind: string };
  return kind === "design" ? "lead" : kind;
};

const commands: Command = async (command) => ({ output: command.includes("pytest") ? "1 passed in 0.1s" : "" });

const folder = mkdtempSync(join(tmpdir(), "architect-subagent-"));
afterAll(() => rmSync(folder, { recursive: true }));

let github: MemoryGitHub;
let workspace: MemoryWorkspace;
let store: Store;
let model: ScriptedCast;

const reset = () => {
  let runs = 0;
  github = createMemoryGitHub();
  github.branches.set("main", "b".repeat(40));
  workspace = createMemoryWorkspace({ "app/main.py": "app = 1\n" }, github);
  workspace.command = commands;
  store = createStore(openDatabase(join(mkdtempSync(join(folder, "db-")), "architect.db")), {
    clock: () => new Date("2026-11-25T12:00:00Z"),
    // Played again, a run has the same id: it stands in the memory file, and so in the commit's name.
    ids: () => `0d7f3c1e-5a52-4c55-9d27-${String(++runs).padStart(12, "0")}`,
  });
};
beforeEach(reset);

const executeWith = (cast: ScriptedCast, over: Partial<ExecuteDeps> = {}) =>
  createExecute({
    github,
    workspace,
    store,
    library,
    definition,
    model: cast,
    clock: () => new Date("2026-11-25T12:00:00Z"),
    caps: { tokens: 1e9, usd: 10 },
    statusIntervalMs: 1e9,
    redact: (text) => ({ text, leaks: 0 }),
    sandboxed: true,
    signOff: false,
    log: () => {},
    ...over,
  });

const newJob = () => toJob(trigger, { id: "job", acceptedAt: "2026-11-25T12:00:00Z", issue: 3 });
const outcomeOf = async () => (await store.openRun(newJob(), 3)).outcome;
const eventsOf = async () => store.events((await store.openRun(newJob(), 3)).id);

const play = async (change: Partial<Scripts> = {}, over: Partial<ExecuteDeps> = {}) => {
  model = createScriptedCast(roleOf, { ...scripts, ...change });
  await executeWith(model, over).run(newJob(), never);
  const outcome = await outcomeOf();
  const body = github.pulls[0]?.body ?? "";
  const [work] = [...github.commits.values()];
  return { outcome, body, files: work?.changes.map(({ path }) => path) ?? [] };
};

/** What the lead was told of its nth Agent call, from 0. */
const toldLead = (nth: number): string => {
  const results = (model.requests("lead").at(-1)?.messages ?? []).flatMap((message) =>
    message.role === "user" ? message.content.filter((block) => block.type === "tool_result") : [],
  );
  return results.filter(({ content }) => /^(database-engineer|test-generator) /.test(content))[nth]?.content ?? "";
};

describe("a run with subagents", () => {
  test("ends in one pull request with what each of them wrote, and says who did it", async () => {
    const { outcome, body, files } = await play();
    expect(outcome).toMatchObject({ kind: "published", status: "DONE" });
    expect(files).toEqual(["app/models/user.py", migrationPath, testPath]);
    expect(body).toContain("### Done by subagents");
    expect(body).toContain("**database-engineer: DONE.** Adds the table users.");
    expect(body).toContain("**test-generator: DONE.** Tests the users.");
    expect(body).toContain("`test_users_are_counted`");
    expect(body).toContain("pytest tests/test_users.py -q");
    expect(body).toMatch(/Of that: `architect` \d+ turns.*`database-engineer` \d+ turns.*`test-generator` \d+ turns/);
    expect(body).not.toContain("### Hand-offs");
    expect(body).toContain("**User ids are 64 bits wide** (architecture, medium impact)");
  });

  test("counts their tokens and money into its own, their calls and turns apart", async () => {
    const { outcome, body } = await play();
    expect(outcome?.spend).toMatchObject({
      toolCalls: 4,
      turns: 3,
      tokens: 880,
      subagents: { toolCalls: 5, turns: 5 },
    });
    expect(outcome?.spend.usd).toBeCloseTo(1.5);
    expect(body).toContain("5 tool calls and 5 turns of subagents");
  });

  test("tells the lead what came of it, as a sentence and one line of JSON", async () => {
    await play();
    const [sentence, open, json = "", close] = toldLead(0).split("\n");
    expect(sentence).toBe(`database-engineer ended with DONE. It changed /repo/${migrationPath} (added).`);
    expect([open, close]).toEqual(["<subagent-json>", "</subagent-json>"]);
    expect(JSON.parse(json)).toEqual({
      agent: "database-engineer",
      status: "DONE",
      report: databaseReport,
      reason: null,
      files: [{ path: migrationPath, kind: "added" }],
      findings: [],
    });
  });

  test("gives each a brief with the task, its boundary and the files changed so far, and no Agent tool", async () => {
    await play();
    const [request] = model.requests("tests");
    const [block] = request?.messages[0]?.content ?? [];
    const text = block?.type === "text" ? block.text : "";
    expect(JSON.parse(/<brief-json>\n(.*)\n/.exec(text)?.[1] ?? "")).toMatchObject({
      kind: "tests",
      issue: 3,
      request: { title: "Add users" },
      prompt: "For the User model in app/models/user.py.",
      boundary: { allowed: ["backend/tests", "tests"] },
      changed: [
        { path: "app/models/user.py", kind: "added" },
        { path: migrationPath, kind: "added" },
      ],
    });
    expect(request?.tools.map(({ name }) => name)).not.toContain("Agent");
    expect(request?.system).toContain("You are the test engineer of this team.");
    const agentTool = model.requests("lead")[0]?.tools.find(({ name }) => name === "Agent");
    expect(agentTool?.input_schema["properties"]).toMatchObject({
      subagent_type: { enum: ["database-engineer", "test-generator"] },
    });
  });

  test("that is killed after any stored append goes on to the same end and asks for no turn twice", async () => {
    const whole = await play();
    const conversations = await eventsOf();
    const everything = [...model.asked].sort();
    const appends = await countAppends();
    expect(appends).toBeGreaterThan(18);
    for (let at = 0; at < appends; at++) {
      reset();
      const asked: string[] = [];
      const killed = createScriptedCast(roleOf, scripts);
      await expect(executeWith(killed, { store: dyingStore(at) }).run(newJob(), never)).rejects.toThrow("killed");
      asked.push(...killed.asked);
      const again = await play();
      asked.push(...model.asked);
      expect(asked.sort(), `append ${at}`).toEqual(everything);
      expect(again, `append ${at}`).toEqual({ ...whole, outcome: { ...whole.outcome, pull: again.outcome?.pull } });
      expect(messagesIn(await eventsOf()), `append ${at}`).toEqual(messagesIn(conversations));
    }
  });
});

type Events = Awaited<ReturnType<typeof eventsOf>>;
const messagesIn = (events: Events) =>
  events.flatMap((event) =>
    event.type === "user" || event.type === "assistant" ? [[event.child ?? "", event.message] as const] : [],
  );

/** Stores the append with this number, from 0, then fails as a process does that is killed. */
const dyingStore = (at: number): Store => {
  let appends = 0;
  return {
    ...store,
    appendEvents: async (...args) => {
      if (appends > at) throw new Error("killed");
      await store.appendEvents(...args);
      appends += 1;
      if (appends > at) throw new Error("killed");
    },
  };
};

const countAppends = async (): Promise<number> => {
  reset();
  let appends = 0;
  const counting: Store = {
    ...store,
    appendEvents: async (...args) => {
      appends += 1;
      await store.appendEvents(...args);
    },
  };
  await play({}, { store: counting });
  return appends;
};

describe("a subagent", () => {
  test("cannot write where its parent may, nor its parent where it may", async () => {
    const { files, outcome } = await play({
      lead: [{ calls: [write(testPath, testText), agent("database-engineer")] }, ...scripts.lead.slice(2)],
      migration: [{ calls: [write("app/models/user.py", "x = 1\n")] }, ...scripts.migration.slice(1)],
    });
    expect(files).toEqual([migrationPath]);
    expect(outcome?.status).toBe("DONE_WITH_CONCERNS");
    const answers = JSON.stringify([model.requests("lead").at(-1), model.requests("migration").at(-1)]);
    expect(answers).toContain("/repo/backend/tests/test_users.py lies outside your boundary");
    expect(answers).toContain("You may write below /repo/backend/alembic/");
  });

  test("writes where the repository's configuration says", async () => {
    workspace = createMemoryWorkspace(
      {
        "app/main.py": "",
        ".github/architect.yml": "boundaries: { database-engineer: { allowed: [db/migrations] } }\n",
      },
      github,
    );
    workspace.command = commands;
    const path = "db/migrations/2026_11_25_add_users.py";
    const { files } = await play({
      migration: [
        { calls: [write(path, migration)] },
        { calls: [submitted({ ...databaseReport, migrations_created: [path] })] },
      ],
    });
    expect(files).toEqual(["app/models/user.py", testPath, path]);
  });

  test("that hands in what is not there is told so, and mends it", async () => {
    const claim = { ...databaseReport, migrations_created: [migrationPath, "backend/alembic/versions/none.py"] };
    await play({
      migration: [
        ...scripts.migration.slice(0, 2),
        { calls: [submitted(claim)] },
        { calls: [submitted(databaseReport)] },
      ],
    });
    expect(JSON.stringify(model.requests("migration").at(-1)?.messages.at(-1))).toContain(
      "none.py: stands in migrations_created, but you did not write it",
    );
    expect(toldLead(0)).toContain("ended with DONE.");
  });

  test("that ends with a concern lowers the run's status, and the pull request says why", async () => {
    const report = { ...testReport, status: "DONE_WITH_CONCERNS", concerns: ["The clock is not moved."] };
    const { outcome, body } = await play({ tests: [...scripts.tests.slice(0, 1), { calls: [submitted(report)] }] });
    expect(outcome).toMatchObject({ status: "DONE_WITH_CONCERNS" });
    expect(body).toContain("test-generator ended with DONE_WITH_CONCERNS: The clock is not moved.");
  });

  test("that never submits ends on its own budget, and its parent goes on with the reason", async () => {
    const lost = Array.from({ length: 20 }, () => ({ calls: [read("app/main.py")] }));
    const { outcome, files } = await play({ migration: lost });
    expect(toldLead(0)).toMatch(
      /^database-engineer was stopped before it handed in a report \(budget exhausted: all 12 /,
    );
    expect(files).toEqual(["app/models/user.py", testPath]);
    expect(outcome).toMatchObject({ kind: "published", status: "DONE_WITH_CONCERNS" });
  });

  test("spends of what its parent has left, one turn over at most, and the parent ends there", async () => {
    const { outcome } = await play({}, { caps: { tokens: 1e9, usd: 0.45 } });
    expect(model.asked).toEqual(["lead 0", "migration 0", "migration 1"]);
    expect(outcome?.spend.usd).toBeCloseTo(0.5);
    expect(outcome).toMatchObject({ status: "BLOCKED", blockers: [expect.stringContaining("all 0.45 USD are used")] });
  });

  test("is not started where nothing is left to spend", async () => {
    await play(
      {
        lead: [{ calls: [agent("database-engineer"), agent("test-generator")], usd: 0.1 }],
      },
      { caps: { tokens: 1e9, usd: 0.3 } },
    );
    const results = (await eventsOf()).flatMap((event) =>
      event.type === "user" && event.child === undefined ? event.message.content : [],
    );
    expect(results.filter(({ type }) => type === "tool_result").at(-1)).toMatchObject({
      is_error: true,
      content: expect.stringContaining("no subagent was started"),
    });
    expect(model.asked).not.toContain("tests 0");
  });

  test("is started eight times in a run and no more", async () => {
    const many = Array.from({ length: 9 }, () => agent("database-engineer"));
    await play({
      lead: [{ calls: many }, nothingDone],
      migration: [
        { calls: [submitted({ ...databaseReport, status: "BLOCKED", blockers: ["no"], migrations_created: [] })] },
      ],
    });
    expect(model.asked.filter((turn) => turn === "migration 0")).toHaveLength(8);
    expect(JSON.stringify(model.requests("lead").at(-1))).toContain("at most 8 subagents");
  });

  test.each([
    [{ run_in_background: true }, "do not run in the background"],
    [{ model: "opus" }, "the same model"],
    [
      { team_name: "invoices", colour: "red" },
      "leave team_name out: a subagent belongs to no team; it works alone and reports to you; leave colour out",
    ],
    [{ subagent_type: "security-auditor" }, "subagent_type"],
    [{ prompt: " " }, "prompt"],
  ])("asked for with %j is not started, and the model is told what would be right", async (more, said) => {
    await play({
      lead: [{ calls: [agent("database-engineer", more)] }, nothingDone],
    });
    expect(JSON.stringify(model.requests("lead").at(-1)?.messages.at(-1))).toContain(said);
    expect(model.asked).toEqual(["lead 0", "lead 1"]);
  });

  test("whose model fails, fails the run with that very error, as the parent's own would", async () => {
    class OverloadedError extends Error {}
    const cast = createScriptedCast(roleOf, scripts);
    const failing = {
      ...cast,
      turn: async (...args: Parameters<ScriptedCast["turn"]>) => {
        if (cast.asked.length === 2) throw new OverloadedError("busy");
        return cast.turn(...args);
      },
    };
    await expect(executeWith(failing).run(newJob(), never)).rejects.toBeInstanceOf(OverloadedError);
    expect(cast.asked).toEqual(["lead 0", "migration 0"]);
  });

  test("that is aborted leaves what it takes to go on", async () => {
    const stop = new AbortController();
    workspace.command = async (command) => {
      if (command.includes("alembic upgrade")) stop.abort();
      return commands(command, new Map(), stop.signal);
    };
    const first = createScriptedCast(roleOf, scripts);
    await expect(executeWith(first).run(newJob(), stop.signal)).rejects.toThrow("the run goes on where it was");
    expect(first.asked).toEqual(["lead 0", "migration 0", "migration 1"]);
    workspace.command = commands;
    const { outcome } = await play();
    expect(outcome).toMatchObject({ status: "DONE" });
    expect(model.asked).toEqual(["migration 2", "lead 1", "tests 0", "tests 1", "lead 2"]);
  });

  test("takes the keys of the tool's original that change nothing", async () => {
    await play({
      lead: [
        {
          calls: [
            write("app/models/user.py", "x\n"),
            agent("database-engineer", { isolation: "worktree", run_in_background: false, mode: "plan", name: "db" }),
          ],
        },
        ...scripts.lead.slice(1),
      ],
    });
    expect(toldLead(0)).toContain("database-engineer ended with DONE");
  });
});
