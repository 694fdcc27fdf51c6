/** Fifty commands at once on five issues: each comes to an end that people see, in the order in which they were given. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerMarker as commandMarker } from "../../src/domain/command-answer.ts";
import { answerMarker as askMarker } from "../../src/domain/render/answer.ts";
import { statusMarker } from "../../src/domain/render-status.ts";
import { type App, startApp } from "../../src/serve.ts";
import { talkOf } from "../support/crash/dialogue.ts";
import { call, model, says, shop } from "../support/crash/dialogues/shop.ts";
import { readEndState } from "../support/crash/end-state.ts";
import { type MessagesApi, type Script, startMessagesApi } from "../support/messages-api.ts";
import { type Scene, startScene } from "../support/scene.ts";

const issues = [1, 2, 3, 4, 5];
/** Those that start a run, and those that are answered past the queue. */
const commands = (issue: number): readonly string[] => [
  "design count the minutes",
  ...[1, 2].map((nth) => `ask question ${issue}.${nth}`),
  "status",
  `ask question ${issue}.3`,
  "help",
  `ask question ${issue}.4`,
  "desing it again",
  ...[5, 6].map((nth) => `ask question ${issue}.${nth}`),
];

const script: Script = (body) => {
  const talk = talkOf(body);
  if (talk.kind !== "answer") return model(talk);
  const asked = /question \d\.\d/.exec(JSON.stringify(body.messages[0]))?.[0];
  return says(call("SubmitAnswer", { answer: `The answer to ${asked}.`, references: [] }));
};

let api: MessagesApi;
let scene: Scene;
let app: App;
beforeAll(async () => {
  api = await startMessagesApi(script);
  scene = await startScene({
    repository: { texts: shop },
    env: { ARCHITECT_MODEL: "claude-opus-5-5", ANTHROPIC_API_KEY: api.apiKey, ANTHROPIC_BASE_URL: api.url },
  });
  app = await startApp(scene.config, () => undefined);
  scene.emulator.setWebhookUrl(`${app.url}/api/github/webhooks`);
});
afterAll(async () => {
  await app?.close();
  await scene?.close();
  await api?.close();
});

test("fifty commands in a burst on five issues each end where people see it, in order", async () => {
  const { emulator } = scene;
  const maintainer = emulator.as("maintainer");
  for (const issue of issues) await maintainer.createIssue({ title: `Add minutes to the clock ${issue}` });
  const given = await Promise.all(
    issues.map(async (issue) => {
      const ids: number[] = [];
      for (const text of commands(issue)) ids.push((await maintainer.comment(issue, `/architect ${text}`)).id);
      return { issue, ids };
    }),
  );
  expect(given.flatMap(({ ids }) => ids)).toHaveLength(50);
  await emulator.idle();
  await app.idle();
  await emulator.idle();
  await app.idle();

  const { store } = await readEndState(scene);
  expect(store.left).toEqual({ jobs: 0, runs: 0, remarks: 0 });
  for (const { issue, ids } of given) {
    const said = emulator.comments(issue).filter(({ user }) => user.login.endsWith("[bot]"));
    const bodies = said.map(({ body }) => body);
    for (const [nth, id] of ids.entries()) {
      expect(emulator.reactions({ comment: id }).map(({ by }) => by)).toContain("backend-architect[bot]");
      const marker = commands(issue)[nth]?.startsWith("ask ") ? askMarker(id) : commandMarker(id);
      // What comes of a design stands in the status comment and in its pull request.
      expect(bodies.filter((body) => body.includes(marker))).toHaveLength(nth === 0 ? 0 : 1);
    }
    expect(bodies.flatMap((body) => /The answer to (question \d\.\d)/.exec(body)?.[1] ?? [])).toEqual(
      [1, 2, 3, 4, 5, 6].map((nth) => `question ${issue}.${nth}`),
    );
    expect(bodies.filter((body) => body.includes(statusMarker))).toEqual([expect.stringContaining("**Answered.**")]);
    expect((await emulator.pulls()).filter(({ head }) => head.ref.includes(`issue-${issue}-`))).toHaveLength(1);
    const runs = store.runs.filter((run) => run.startsWith(`#${issue} `));
    expect(runs.map((run) => /^#\d (\w+): \{"kind":"(\w+)"/.exec(run)?.slice(1))).toEqual([
      ["design", "published"],
      ...Array.from({ length: 6 }, () => ["ask", "answered"]),
    ]);
  }
  expect(emulator.violations).toEqual([]);
  expect(api.refusals).toEqual([]);
}, 300_000);
