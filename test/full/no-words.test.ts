/** Threads that take no words of the App, and installations that let it do nothing: runs come to an end, what was done is kept, and is there when they are open again. */
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test } from "vitest";
import { createAnalysis } from "../../src/analysis/analysis.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { databaseFile } from "../../src/environment.ts";
import { type App, startApp } from "../../src/serve.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createWorkspace } from "../../src/workspace/workspace.ts";
import type { Emulator, Person } from "../emulator/emulator.ts";
import { createPrompter, type Talk } from "../support/crash/dialogue.ts";
import { call, inTurn, look, minutes, model, route, says, shop, submit } from "../support/crash/dialogues/shop.ts";
import { type MessagesApi, type Step, startMessagesApi } from "../support/messages-api.ts";
import { type Scene, startScene } from "../support/scene.ts";

const bot = "backend-architect[bot]";

type Play = {
  readonly scene: Scene;
  readonly emulator: Emulator;
  readonly maintainer: Person;
  /** What the operator reads. */
  readonly log: string[];
  /** The turn, such as "design 2", was asked for. */
  asked(turn: string): Promise<void>;
  turns(): number;
  settled(): Promise<void>;
  /** Issue #1, asked for by its label; what it comes to is waited for elsewhere. */
  label(): Promise<void>;
  outcomes(): (Outcome | undefined)[];
  /** What the App said on a thread. */
  said(thread: number): string[];
  command(thread: number, text: string): Promise<void>;
};

let open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.reverse()) await close();
  open = [];
});

const start = async (script: (talk: Talk) => Step | Promise<Step> = model): Promise<Play> => {
  const prompter = createPrompter(script);
  const api: MessagesApi = await startMessagesApi(prompter.script, { onExchange: prompter.onExchange });
  open.push(() => api.close());
  const scene = await startScene({
    repository: { texts: shop },
    others: [{ owner: "acme", name: "docs", files: { "README.md": "# Docs\n" } }],
    env: { ARCHITECT_MODEL: "claude-opus-5-5", ANTHROPIC_API_KEY: api.apiKey, ANTHROPIC_BASE_URL: api.url },
  });
  open.push(() => scene.close());
  const log: string[] = [];
  const app: App = await startApp(scene.config, (line) => log.push(line), {
    ...{ openDatabase, createWorkspace, createAnalysis, createServer },
    statusIntervalMs: 20,
    retry: { failures: 3, crashes: 10, delayMs: () => 10 },
  });
  open.push(() => app.close());
  const { emulator } = scene;
  emulator.setWebhookUrl(`${app.url}/api/github/webhooks`);
  const maintainer = emulator.as("maintainer");
  const settled = async (): Promise<void> => {
    for (let seen = -1; seen !== emulator.deliveries.length; ) {
      seen = emulator.deliveries.length;
      await emulator.idle();
      await app.idle();
    }
  };
  return {
    ...{ scene, emulator, maintainer, log, settled },
    asked: prompter.asked,
    turns: () => prompter.turns().all,
    label: async () => {
      const { number } = await maintainer.createIssue({ title: "Add minutes to the clock" });
      await maintainer.label(number, "architect");
    },
    outcomes: () => outcomesIn(scene),
    said: (thread) =>
      emulator
        .comments(thread)
        .filter(({ user }) => user.login === bot)
        .map(({ body }) => body),
    command: async (thread, text) => {
      await maintainer.comment(thread, `/architect ${text}`);
      await settled();
    },
  };
};

const outcomesIn = ({ config }: Scene): (Outcome | undefined)[] => {
  const database = new DatabaseSync(databaseFile(config.dataFolder), { readOnly: true });
  try {
    const rows = database.prepare("SELECT outcome FROM runs ORDER BY place").all() as { outcome: string | null }[];
    return rows.map(({ outcome }) => (outcome === null ? undefined : (JSON.parse(outcome) as Outcome)));
  } finally {
    database.close();
  }
};

/** Before its second turn something happens. */
const between = () => {
  const happened = Promise.withResolvers<void>();
  return {
    go: happened.resolve,
    script: async (talk: Talk): Promise<Step> => {
      if (talk.turn === 2) await happened.promise;
      // Whoever goes on has the report already.
      return talk.turn > 3 ? submit() : model(talk);
    },
  };
};

describe("a locked issue", () => {
  test("is worked on without a word there, and tells how it stands once it is unlocked", async () => {
    const { emulator, maintainer, settled, outcomes, said, command, log } = await start();
    await maintainer.createIssue({ title: "Add minutes to the clock" });
    await emulator.setLocked("maintainer", 1, true);
    await maintainer.label(1, "architect");
    await settled();
    expect(outcomes()).toMatchObject([{ kind: "published", pull: { number: 2 } }]);
    expect(said(1)).toEqual([]);
    expect(log.filter((line) => line.includes("#1 takes no comment of ours"))).toHaveLength(1);
    await command(1, "status");
    expect(log).toContainEqual(expect.stringMatching(/command .* on #1 is answered, but .*takes no comment/));
    await emulator.setLocked("maintainer", 1, false);
    await command(1, "status");
    expect(said(1)).toEqual([expect.stringContaining("#2")]);
    expect(emulator.violations).toEqual([]);
  });

  test("gets its questions told by `status` once it is unlocked", async () => {
    const asks = says(
      call("SubmitAnswer", {
        answer: "A day has 24 hours [1].",
        references: [{ file: `/repo/${route}`, line: 5, end_line: null }],
      }),
    );
    const { emulator, maintainer, outcomes, said, command } = await start(inTurn(look, asks));
    await maintainer.createIssue({ title: "Add minutes to the clock" });
    await emulator.setLocked("maintainer", 1, true);
    await command(1, "ask how many hours has a day?");
    expect(outcomes()).toHaveLength(1);
    expect(said(1)).toEqual([]);
    await emulator.setLocked("maintainer", 1, false);
    await command(1, "retry");
    expect(said(1).join()).toContain("24 hours");
  });
});

describe("a locked pull request", () => {
  test("has its review answered by a push and in its description, and the threads stay open", async () => {
    const { emulator, maintainer, label, settled, outcomes, log } = await start();
    await label();
    await settled();
    await emulator.setLocked("maintainer", 2, true);
    const comments = [1, 1].map((line, at) => ({
      path: minutes,
      line,
      body: ["Make it a sum.", "Give it a name."][at],
    }));
    await maintainer.submitReview(2, { state: "REQUEST_CHANGES", body: "Nearly.", comments: comments as never });
    await settled();
    expect(outcomes()).toMatchObject([{ kind: "published" }, { kind: "published" }]);
    expect((await emulator.commits(2)).length).toBeGreaterThan(2);
    expect((await emulator.reviewComments(2)).map(({ user }) => user.login)).toEqual(["maintainer", "maintainer"]);
    expect((await emulator.pull(2)).body).toContain("### Review threads");
    expect(log).toContainEqual(expect.stringContaining("#2 takes no answer of ours in thread"));
    expect(emulator.violations).toEqual([]);
  });

  test("of somebody else is not reviewed, which is known once it is unlocked and asked for again", async () => {
    const review = inTurn(look, says(call("SubmitReview", { summary: "Fine.", comments: [] })));
    const { emulator, maintainer, outcomes, command, said } = await start(review);
    await maintainer.pushFiles("hours", { [route]: `${shop[route]}\nDAYS = 7\n` }, "Days");
    await maintainer.openPull({ head: "hours", base: "main", title: "Days" });
    await emulator.setLocked("maintainer", 1, true);
    await command(1, "review");
    expect(outcomes()).toMatchObject([{ kind: "refused", status: "BLOCKED" }]);
    await emulator.setLocked("maintainer", 1, false);
    await command(1, "status");
    expect(said(1).join()).toContain("Unlock the conversation");
    await command(1, "review");
    expect(emulator.reviews(1)).toHaveLength(1);
    expect(emulator.violations).toEqual([]);
  });
});

describe("an issue that goes while it is worked on", () => {
  test.each([
    ["deleted", (emulator: Emulator) => emulator.deleteIssue("maintainer", 1)],
    ["transferred", (emulator: Emulator) => emulator.transferIssue("maintainer", 1, "acme/docs")],
  ])("because it is %s leaves its pull request, and no run that is tried again", async (_, goes) => {
    const { go, script } = between();
    const { emulator, label, asked, settled, outcomes, log } = await start(script);
    await label();
    await asked("design 2");
    await goes(emulator);
    go();
    await settled();
    expect(outcomes()).toMatchObject([{ kind: "published", pull: { number: 2 } }]);
    expect((await emulator.pulls()).map(({ state }) => state)).toEqual(["open"]);
    expect(log).toContainEqual(expect.stringContaining("#1 takes no comment of ours"));
    expect(log.filter((line) => line.includes("failed"))).toEqual([]);
    expect(emulator.violations).toEqual([]);
  });
});

test("a command that is deleted is carried out all the same", async () => {
  const { emulator, maintainer, settled, said } = await start();
  await maintainer.createIssue({ title: "Add minutes to the clock" });
  const { id } = await maintainer.comment(1, "/architect design");
  await maintainer.deleteComment(id);
  await settled();
  expect(said(1)).toEqual([expect.stringContaining("#2")]);
  expect(emulator.violations).toEqual([]);
});

describe("an installation", () => {
  test.each([
    ["removed", "deleted", "created", "not installed on"],
    ["suspended", "suspend", "unsuspend", "suspended"],
  ] as const)(
    "that is %s fails its run after some tries; given back, it goes on with the kept work",
    async (_, away, back, why) => {
      const { go, script } = between();
      const { emulator, label, asked, settled, outcomes, log, command, said, turns } = await start(script);
      await label();
      await asked("design 2");
      emulator.changeInstallation("maintainer", away);
      go();
      await settled();
      expect(outcomes()).toMatchObject([{ kind: "failed", summary: expect.stringContaining(why) }]);
      expect(log).toContainEqual(expect.stringMatching(/job .* on acme\/shop#1 is given up/));
      expect(await emulator.pulls()).toEqual([]);
      const before = turns();
      emulator.changeInstallation("maintainer", back);
      await command(1, "status");
      expect(said(1).join()).toContain(why);
      await command(1, "continue");
      expect(outcomes()[1]).toMatchObject({ kind: "published", pull: { number: 2 } });
      // The three turns that are left, at most: none is asked again.
      expect(turns() - before).toBeLessThanOrEqual(2);
      expect(emulator.violations).toEqual([]);
    },
  );
});

describe("a token that GitHub takes no more", () => {
  const refused = { status: 401, body: { message: "Bad credentials" } };

  test("once is asked for anew, and nobody sees it", async () => {
    const { emulator, label, settled, outcomes } = await start();
    for (const path of [/\/git\/trees$/, /\/pulls$/, /\/issues\/1\/comments$/])
      emulator.failNext({ ...refused, method: "POST", path });
    await label();
    await settled();
    expect(outcomes()).toMatchObject([{ kind: "published" }]);
    expect((await emulator.pulls()).length).toBe(1);
    expect(emulator.violations).toEqual([]);
  });

  test("for good fails the run after some tries, and says so once it is taken again", async () => {
    const { go, script } = between();
    const { emulator, label, asked, settled, outcomes, command, said, log } = await start(script);
    await label();
    await asked("design 2");
    const lifts = ["GET", "POST", "PATCH", "PUT", "DELETE"].map((method) =>
      emulator.failNext({ ...refused, method, path: /^\/repos\//, times: 10_000 }),
    );
    go();
    await settled();
    expect(outcomes()).toMatchObject([{ kind: "failed", summary: expect.stringContaining("Bad credentials") }]);
    expect(log).toContainEqual(expect.stringContaining("nobody could be told"));
    for (const lift of lifts) lift();
    await command(1, "status");
    expect(said(1).join()).toContain("Bad credentials");
    await command(1, "continue");
    expect(outcomes()[1]).toMatchObject({ kind: "published" });
    expect(emulator.violations).toEqual([]);
  });
});
