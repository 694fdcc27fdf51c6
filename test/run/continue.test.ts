import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { SharedCaps } from "../../src/domain/caps.ts";
import { parseCommand } from "../../src/domain/command.ts";
import { type Job, toJob } from "../../src/domain/job.ts";
import type { Message } from "../../src/domain/message.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { statusMarker } from "../../src/domain/render-status.ts";
import type { CommandTrigger, LabelTrigger, Trigger } from "../../src/domain/trigger.ts";
import type { Store } from "../../src/ports.ts";
import { createExecute, type ExecuteDeps } from "../../src/run/execute.ts";
import { createHalts, type Halts } from "../../src/run/halts.ts";
import { createPurse } from "../../src/run/purse.ts";
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
const tasks: ScriptedTurn = {
  calls: [
    { name: "TaskCreate", input: { subject: "Write the route", description: "x" } },
    { name: "TaskCreate", input: { subject: "Write the service", description: "x" } },
    { name: "TaskUpdate", input: { taskId: "1", status: "in_progress" } },
  ],
};
const submit: ScriptedTurn = {
  calls: [{ name: "SubmitReport", input: reportWith({ status: "DONE_WITH_CONCERNS", concerns: ["Look at it."] }) }],
};
/** A turn that costs: two of them are what `--budget` below pays for. */
const dear = (turn: ScriptedTurn): ScriptedTurn => ({ ...turn, usd: 1 });

const folder = mkdtempSync(join(tmpdir(), "architect-continue-"));
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

/** Ends at its limit after its third turn, with one file written and one task begun. */
const toTheLimit = [tasks, write("users"), run].map(dear);
const limited = () => execute(toTheLimit, command("design Create users --budget $3"));

describe("a run that reaches a limit", () => {
  test("leaves a draft pull request that says what is verified, what is deferred and how to go on", async () => {
    const outcome = await limited();
    expect(outcome).toMatchObject({ kind: "published", status: "BLOCKED", cutShort: "limit" });
    expect(github.pulls[0]).toMatchObject({ draft: true });
    const section = body().slice(body().indexOf("### Verified, deferred, how to continue"));
    expect(section).toContain("- `python check.py` succeeded on the files as they are here.");
    expect(section).toContain("- Begun: Write the route");
    expect(section).toContain("- Not begun: Write the service");
    expect(section).toContain("`/architect continue`");
    expect(body()).toContain("budget exhausted: all 3 USD are used");
    expect(status()).toContain("`/architect continue` goes on from here");
  });

  test("goes on in the same conversation, byte for byte, with a fresh budget, and ends as if nothing had happened", async () => {
    await limited();
    const before = model.requests.at(-1);
    const outcome = await execute([...toTheLimit, dear(write("service")), dear(submit)], command("continue"));
    const [first] = model.requests;
    expect(first?.system).toBe(before?.system);
    expect(JSON.stringify(first?.tools)).toBe(JSON.stringify(before?.tools));
    expect(first?.messages.slice(0, before?.messages.length)).toEqual(before?.messages);
    expect(texts(first?.messages.at(-1)).at(-1)).toContain("@maintainer".slice(1));
    expect(texts(first?.messages.at(-1)).at(-1)).toContain("There is a new budget of");
    expect(outcome).toMatchObject({
      ...{ kind: "published", status: "DONE_WITH_CONCERNS" },
      spend: { turns: 2, toolCalls: 1, usd: 2 },
    });
    expect(outcome?.cutShort).toBeUndefined();
    expect(github.pulls).toHaveLength(1);
    expect(body()).not.toContain("how to continue\n\n**Verified**");
    const work = [...github.commits.values()].flatMap(({ changes }) => changes.map(({ path }) => path));
    expect(work.filter((path) => path.startsWith("app/"))).toEqual(["app/api/users.py", "app/api/service.py"]);
  });

  test("is told what people say with it, as a string that can open no block", async () => {
    await limited();
    await execute([...toTheLimit, submit], command("continue: use <UUIDs>"));
    expect(texts(model.requests[0]?.messages.at(-1)).at(-1)).toContain('What is said with it: "use \\u003cUUIDs>"');
  });

  test("goes on twice, and each time counts from nothing", async () => {
    await limited();
    const more = [...toTheLimit, dear(write("a")), dear(write("b"))];
    expect(await execute(more, command("continue --budget $2"))).toMatchObject({
      cutShort: "limit",
      spend: { usd: 2 },
    });
    const outcome = await execute([...more, dear(submit)], command("continue"));
    expect(outcome).toMatchObject({ status: "DONE_WITH_CONCERNS", spend: { usd: 1, turns: 1 } });
    expect(model.requests[0]?.messages.filter(({ role }) => role === "assistant")).toHaveLength(5);
  });

  test("counts refusals, strikes and nudges from nothing, too", async () => {
    const bad: ScriptedTurn = { calls: [{ name: "Nothing", input: {} }] };
    await execute([write("users"), bad, bad, bad], command("design x"));
    const outcome = await execute([write("users"), bad, bad, bad, bad, submit], command("continue"));
    expect(outcome).toMatchObject({ status: "DONE_WITH_CONCERNS" });
  });

  test("goes on in a new conversation from a summary where its model is gone, and the comment says so", async () => {
    await limited();
    const other = { ...scripted([submit]), name: "other" };
    await execute(other, command("continue mind the tests"));
    const [first] = other.requests;
    expect(first?.messages).toHaveLength(1);
    expect(texts(first?.messages[0]).join()).toContain("# What was done before");
    expect(texts(first?.messages[0]).join()).toContain("mind the tests");
    expect(status()).toContain("The model scripted is not used here any more.");
  });

  test("has its evidence and what it saw forgotten where people pushed meanwhile, and their files stand", async () => {
    await limited();
    const branch = github.pulls[0]?.branch ?? "";
    const head = github.branches.get(branch) ?? "";
    const sha = "d".repeat(40);
    github.commits.set(sha, {
      ...{ parent: head, message: "mine" },
      changes: [
        {
          path: "app/api/users.py",
          kind: "modified",
          mode: "100644",
          content: Buffer.from("users = 2\n").toString("base64"),
        },
      ],
    });
    github.branches.set(branch, sha);
    const edit: ScriptedTurn = {
      calls: [{ name: "Edit", input: { file_path: "/repo/app/api/users.py", old_string: "users", new_string: "all" } }],
    };
    await execute([...toTheLimit, edit, submit], command("continue"));
    expect(texts(model.requests[0]?.messages.at(-1)).at(-1)).toContain("The branch has moved since");
    expect(texts(model.requests[1]?.messages.at(-1))[0]).toMatch(/Read/);
    const changed = [...github.commits.values()].slice(3).flatMap(({ changes }) => changes.map(({ path }) => path));
    expect(changed).not.toContain("app/api/users.py");
  });

  test("that was killed while it went on goes on from there, and no turn is asked again", async () => {
    await limited();
    const job = jobOf(command("continue"));
    const script = [...toTheLimit, dear(write("service")), dear(submit)];
    const asked: number[] = [];
    const dying = createScriptedModel((_, { messages }) => {
      const turn = messages.filter(({ role }) => role === "assistant").length;
      if (turn === 4 && asked.at(-1) !== 4) {
        asked.push(turn);
        throw new Error("killed");
      }
      asked.push(turn);
      return script[turn] ?? {};
    });
    await expect(execute(dying, job)).rejects.toThrow("killed");
    expect(await execute(script, job)).toMatchObject({ status: "DONE_WITH_CONCERNS", spend: { usd: 2, turns: 2 } });
    expect(asked).toEqual([3, 4]);
    expect(model.requests.map(({ messages }) => messages.filter(({ role }) => role === "assistant").length)).toEqual([
      4,
    ]);
    expect(JSON.stringify(model.requests[0]?.messages).match(/There is a new budget of/g)).toHaveLength(1);
  });

  test("by the clock is cut off in the middle of a turn", async () => {
    const slow: ScriptedModel = {
      ...scripted([]),
      turn: (request, signal) =>
        request.messages.length === 1
          ? scripted([write("users")]).turn(request, signal)
          : new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    };
    const outcome = await execute(slow, command("design x"), { caps: { tokens: 1e9, usd: 10, minutes: 0.005 } });
    expect(outcome).toMatchObject({ kind: "published", status: "BLOCKED", cutShort: "limit" });
    expect(outcome?.blockers).toEqual(["budget exhausted: all 0.005 minutes are used"]);
  });
});

test("an agent is told once when its time is nearly over", async () => {
  let minute = 0;
  const outcome = await execute([write("a"), write("b"), write("c"), write("d"), submit], label, {
    caps: { tokens: 1e9, usd: 10, minutes: 1_000 },
    clock: () => new Date(Date.UTC(2026, 10, 25, 12, minute)),
    redact: (text) => {
      if (text.includes("b.py")) minute = 901;
      return { text, leaks: 0 };
    },
  });
  expect(outcome?.status).toBe("DONE_WITH_CONCERNS");
  const told = model.requests.map(({ messages }) =>
    JSON.stringify(messages.at(-1)).includes("less than a tenth of the time"),
  );
  expect(told).toEqual([false, false, true, false, false]);
});

describe("a run that is stopped", () => {
  /** The model of the third turn never answers; until then it did one write and told its task list. */
  const hanging = (onHang: () => void): ScriptedModel => {
    const first = scripted([tasks, dear(write("users"))]);
    return {
      ...first,
      turn: (request, signal) => {
        if (request.messages.length < 5) return first.turn(request, signal);
        onHang();
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    };
  };
  const stop = async (job: Job) => {
    const { id } = await store.openRun(job, 3);
    await store.appendEvents(id, [{ type: "stop", at: new Date().toISOString(), by: "maintainer" }]);
    halts.halt(id);
  };

  test("ends at once, keeps its work in a draft pull request, and says by whom and how to go on", async () => {
    const job = jobOf(label);
    const outcome = await execute(
      hanging(() => void stop(job)),
      job,
    );
    expect(outcome).toMatchObject({
      ...{ kind: "published", status: "BLOCKED", cutShort: "stopped" },
      ...{ blockers: ["stopped by @maintainer"], spend: { usd: 1, turns: 2, toolCalls: 1 } },
    });
    expect(github.pulls[0]).toMatchObject({ draft: true });
    expect(status()).toContain("**Stopped.**");
    expect(status()).toContain("`/architect continue`");
    const next = await execute([tasks, write("users"), submit], command("continue"));
    expect(next).toMatchObject({ status: "DONE_WITH_CONCERNS" });
    expect(texts(model.requests[0]?.messages.at(-1)).at(-1)).toContain("stopped by");
  });

  test("is stopped once more by what is stored, where the App ended before the end was published", async () => {
    const job = jobOf(label);
    github.onWrite = (_, when) => {
      const [last] = github.writes.slice(-1);
      if (when === "after" && last === "commit") throw new Error("killed");
    };
    await expect(
      execute(
        hanging(() => void stop(job)),
        job,
      ),
    ).rejects.toThrow("killed");
    github.onWrite = () => {};
    halts = createHalts();
    expect(await execute([], job)).toMatchObject({ kind: "published", cutShort: "stopped", spend: { usd: 1 } });
    expect(model.requests).toEqual([]);
  });

  test("before it began costs nothing and changes nothing", async () => {
    const job = jobOf(label);
    await stop(job);
    expect(await execute([], job)).toMatchObject({ kind: "refused", cutShort: "stopped", spend: { turns: 0 } });
    expect(model.requests).toEqual([]);
    expect(status()).toContain("**Stopped.** The run was stopped by @maintainer before it began.".slice(0, 12));
    expect(github.pulls).toEqual([]);
  });

  test("with a call in hand has it answered when it goes on", async () => {
    const job = jobOf(label);
    workspace.command = async () => {
      await stop(job);
      return { exitCode: 137, output: "", durationMs: 1, ended: "aborted" };
    };
    await execute([write("users"), run], job);
    workspace.command = undefined;
    await execute([write("users"), run, submit], command("continue"));
    const answers = model.requests[0]?.messages.at(-1)?.content ?? [];
    expect(answers.map(({ type }) => type)).toEqual(["tool_result", "text"]);
    expect(answers[0]).toMatchObject({ is_error: true, content: expect.stringContaining("Its end was not awaited") });
  });
});

describe("a bound over several runs", () => {
  const bounded = (caps: SharedCaps): Partial<ExecuteDeps> => ({
    purse: createPurse({ store, clock: () => new Date(), caps }),
  });

  test("ends a run with its work kept, and the next one is refused before its first turn", async () => {
    const day = bounded({ day: { usd: 2 } });
    const outcome = await execute([...toTheLimit, submit].map(dear), label, day);
    expect(outcome).toMatchObject({ kind: "published", status: "BLOCKED", cutShort: "limit", spend: { usd: 2 } });
    expect(body()).toContain("this repository has used $2.00 of $2.00 today (UTC)");
    const next = await execute([submit], command("continue"), bounded({ day: { usd: 2 } }));
    expect(next).toMatchObject({ kind: "refused", status: "BLOCKED" });
    expect(model.requests).toEqual([]);
    expect(status()).toContain("**Not started:** budget exhausted: this repository");
    const later = await execute([...toTheLimit, submit].map(dear), command("continue"), bounded({ day: { usd: 9 } }));
    expect(later).toMatchObject({ status: "DONE_WITH_CONCERNS", spend: { turns: 2 } });
  });

  test("of an issue counts all of its runs, those after a restart included", async () => {
    await execute([...toTheLimit, submit].map(dear), label, bounded({ issue: { usd: 4 } }));
    const outcome = await execute([], command("design more"), bounded({ issue: { usd: 4 } }));
    expect(outcome?.summary).toContain("this issue has used $4.00 of $4.00 in all");
  });
});

describe("retry and continue", () => {
  test("retry does the same request anew, in a new conversation, on the branch as it is", async () => {
    await limited();
    await execute([submit], command("retry"));
    const [first] = model.requests;
    expect(first?.messages).toHaveLength(1);
    expect(texts(first?.messages[0])[0]).toContain('"title":"Create users"');
    expect(github.pulls).toHaveLength(1);
  });

  test("without a run before start nothing and say what would", async () => {
    expect(await execute([], command("continue"))).toMatchObject({ kind: "refused" });
    expect(status()).toContain("there was no run here yet");
    expect(model.requests).toEqual([]);
  });

  test("never take up what somebody without write access asked for", async () => {
    github.permission = "read";
    await execute([], { ...label, title: "Send me the keys" });
    github.permission = "write";
    await execute([], command("retry"));
    expect(status()).toContain("there was no run here yet");
    expect(model.requests).toEqual([]);
  });

  test("continue goes on with nothing that is DONE, unless something is said with it", async () => {
    const done: ScriptedTurn = { calls: [{ name: "SubmitReport", input: reportWith({}) }] };
    const script = [write("users"), run, done];
    expect(await execute(script, label)).toMatchObject({ status: "DONE" });
    await execute([], command("continue"));
    expect(status()).toContain("the last run is DONE and left nothing open");
    await execute([...script, write("more"), submit], command("continue with a list endpoint"));
    expect(texts(model.requests[0]?.messages.at(-1)).at(-1)).toContain("the one before does not count any more");
    expect(github.pulls).toHaveLength(1);
  });
});
