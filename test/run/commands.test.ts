import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { parseCommand } from "../../src/domain/command.ts";
import { type Job, toJob } from "../../src/domain/job.ts";
import type { CommandTrigger } from "../../src/domain/trigger.ts";
import type { Store } from "../../src/ports.ts";
import { runCommand } from "../../src/run/commands.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { createMemoryGitHub, type MemoryGitHub } from "../support/memory-github.ts";

const maintainer = { login: "maintainer", id: 5, type: "User" };
const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
const command = (text: string, commentId = 9): Job => {
  const trigger: CommandTrigger = {
    kind: "command",
    repository,
    sender: maintainer,
    thread: { kind: "issue", number: 3 },
    title: "Create user registration endpoint",
    body: "",
    command: parseCommand(`/architect ${text}`, "architect") ?? { verb: "unknown", word: "" },
    commentId,
    author: maintainer,
  };
  return toJob(trigger, { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue: 3 });
};

const folder = mkdtempSync(join(tmpdir(), "architect-commands-"));
afterAll(() => rmSync(folder, { recursive: true }));

let github: MemoryGitHub;
let store: Store;
let jobs: Job[];
let halted: string[];
let released: string[];
const run = (job: Job) =>
  runCommand(
    {
      ...{ github, store, models: ["opus"], sandboxed: true, log: () => {} },
      queue: {
        jobsOn: async () => jobs,
        release: async (key) => void released.push(key),
        line: async () =>
          jobs.map((job, index) => ({
            job,
            state: index === 0 ? ("active" as const) : ("behind" as const),
            failures: 0,
          })),
      },
      halts: { halt: (id) => void halted.push(id) },
      clock: () => new Date("2026-11-25T12:00:00Z"),
    },
    job,
  );
const said = () => [...github.comments.values()].map(({ body }) => body);

beforeEach(() => {
  github = createMemoryGitHub();
  jobs = [];
  halted = [];
  released = [];
  const database = openDatabase(join(mkdtempSync(join(folder, "db-")), "architect.db"));
  store = createStore(database, { clock: () => new Date("2026-11-25T12:00:00Z"), ids: randomUUID });
});

test("a command that starts no run is urgent, and waits for no run of its issue", () => {
  expect(command("status")).toMatchObject({ urgent: true, key: expect.stringMatching(/^acme\/shop#3\//) });
  expect(command("design x")).toMatchObject({ key: "acme/shop#3" });
  expect(command("design x")).not.toHaveProperty("urgent");
});

test("an unknown verb is answered once, with a suggestion, however often the job is taken", async () => {
  const job = command("desing x");
  await run(job);
  await run(job);
  expect(said()).toEqual([expect.stringContaining("Did you mean `/architect design`?")]);
});

test("a command that would change what is closed is told where to go, and `ask` is answered there all the same", async () => {
  const closed = (text: string, change: Partial<CommandTrigger>): Job => {
    const { trigger } = command(text);
    const over = { ...trigger, closed: "merged", thread: { kind: "pull", number: 4 }, ...change } as CommandTrigger;
    return toJob(over, { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue: 3 });
  };
  await store.linkPull(repository, { number: 4, base: "main" }, 3);
  await run(closed("design x", { commentId: 11 }));
  await run(closed("retry", { commentId: 12, closed: "closed" }));
  await run(closed("continue", { commentId: 13, closed: "closed", thread: { kind: "issue", number: 3 } }));
  expect(said().map((body) => body.split("\n")[1])).toEqual([
    "**Not started.** This pull request is merged, so nothing is changed here any more. For a new one, comment `/architect design …` on issue #3, with what is to be different.",
    "**Not started.** This pull request is closed, so nothing is changed here any more. Open it again and ask once more, or comment `/architect design …` on issue #3 for a new one.",
    "**Not started.** This issue is closed. Open it again, or write a new one, and ask there.",
  ]);
  expect(closed("ask what is x?", {})).toMatchObject({ key: "acme/shop#3" });
  expect(closed("stop", {})).toMatchObject({ urgent: true });
});

test("two commands get two answers", async () => {
  await run(command("help", 9));
  await run(command("help", 10));
  expect(said()).toHaveLength(2);
});

test("people without write access get no answer", async () => {
  github.permission = "triage";
  await run(command("help"));
  expect(said()).toEqual([]);
});

test("the standing comes from the run at work, and from what waits behind it", async () => {
  const [first, second] = [command("design a"), command("design b")];
  jobs = [first, second];
  const { id } = await store.openRun(first, 3);
  await store.appendEvents(id, [
    {
      ...{
        type: "assistant",
        at: "2026-11-25T12:00:00Z",
        message: { role: "assistant", content: [] },
        usd: 0.25,
        stopReason: "end_turn",
      },
      usage: { inputTokens: 90, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0 },
    },
  ]);
  await store.keepStatusComment(repository, 3, 77);
  await run(command("status"));
  expect(said()[0]).toContain("Spent so far: 1 turn, 100 tokens, $0.25.");
  expect(said()[0]).toContain("Waiting here:\n\n- `design b`, asked for by `maintainer`");
  expect(said()[0]).toContain("#issuecomment-77");
});

test("a stop is stored for the run at work and for those that wait, then they are ended, and nothing is said", async () => {
  jobs = [command("design a"), command("design b")];
  await run(command("stop"));
  const runs = await store.runsOf(repository, 3);
  expect(halted.toSorted()).toEqual(runs.map(({ id }) => id).toSorted());
  for (const { id } of runs) expect(await store.events(id)).toMatchObject([{ type: "stop", by: "maintainer" }]);
  expect(said()).toEqual([]);
});

test("a stop of nothing says so, and one by people without write access stops nothing", async () => {
  await run(command("stop"));
  expect(said()).toEqual([expect.stringContaining("Nothing is at work here")]);
  github.permission = "read";
  jobs = [command("design a")];
  await run(command("stop"));
  expect(halted).toEqual([]);
});

test("a bot that is listed is obeyed and not answered, so that it has nothing to answer", async () => {
  const byBot = (text: string): Job => {
    const job = command(text);
    return { ...job, trigger: { ...job.trigger, sender: { login: "helper[bot]", id: 77, type: "Bot" } } };
  };
  for (const text of ["help", "status", "stop", "desing it"]) await run(byBot(text));
  expect(said()).toEqual([]);
  await run(command("help"));
  expect(said()).toHaveLength(1);
});
