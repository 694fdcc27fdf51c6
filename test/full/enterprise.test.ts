/** The main dialogue with a GitHub Enterprise Server: API below `/api/v3`, GraphQL at `/api/graphql`, git at its own host, by TLS that the operator's authority signed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PullView } from "../emulator/readers.ts";
import { talkOf } from "../support/crash/dialogue.ts";
import { call, makeSum, minutes, model, route, says, shop } from "../support/crash/dialogues/shop.ts";
import { type Enterprise, startEnterprise } from "../support/enterprise.ts";
import { type MessagesApi, type Script, startMessagesApi } from "../support/messages-api.ts";
import { type Scene, type Served, serve, startScene } from "../support/scene.ts";

const app = "backend-architect[bot]";

const script: Script = (body) => {
  const talk = talkOf(body);
  if (talk.kind === "follow-up") return makeSum(talk);
  if (talk.kind !== "answer") return model(talk);
  const reference = { file: `/repo/${route}`, line: 5, end_line: null };
  return says(call("SubmitAnswer", { answer: "A day has 24 hours [1].", references: [reference] }));
};

let api: MessagesApi;
let scene: Scene;
let server: Enterprise;
let served: Served;
let pull: PullView;

const idle = async (): Promise<void> => {
  for (;;) {
    await scene.emulator.idle();
    const { jobs } = (await (await fetch(`${served.url}/healthz`)).json()) as {
      jobs: { waiting: number; active: number };
    };
    if (jobs.waiting + jobs.active === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

beforeAll(async () => {
  api = await startMessagesApi(script);
  scene = await startScene({
    repository: { texts: shop },
    env: {
      ...{ ARCHITECT_MODEL: "claude-opus-5-5", ANTHROPIC_API_KEY: api.apiKey, ANTHROPIC_BASE_URL: api.url },
      ARCHITECT_SIGN_OFF: "true",
    },
  });
  server = await startEnterprise(scene.emulator, scene.folder);
  const { GITHUB_URL: _, ...env } = scene.env;
  served = await serve({
    ...scene,
    env: { ...env, GITHUB_API_URL: `${server.url}/api/v3`, NODE_EXTRA_CA_CERTS: server.certificate },
  });
  server.deliverTo(`${served.url}/api/github/webhooks`);
  const maintainer = scene.emulator.as("maintainer");
  const { number } = await maintainer.createIssue({ title: "Add minutes to the clock" });
  await maintainer.label(number, "architect");
  await idle();
  const [made] = await scene.emulator.pulls();
  if (!made) throw new Error(`there is no pull request: ${scene.emulator.comments(1).map(({ body }) => body)}`);
  pull = made;
}, 120_000);

afterAll(async () => {
  await served?.kill();
  await server?.close();
  await scene?.close();
  await api?.close();
});

describe("on a GitHub Enterprise Server", () => {
  test("a labelled issue becomes a pull request, and no other server is named", () => {
    const said = scene.emulator.comments(1).map(({ body }) => body);
    expect(said).toEqual([expect.stringContaining(`Pull request: #${pull.number}`)]);
    for (const text of [...said, pull.body ?? ""]) {
      expect(text).not.toContain("github.com/");
      expect(text).not.toContain(scene.emulator.url);
    }
  });

  test("git fetches from its host, by the same trust as the API", () => {
    expect([...server.paths]).toContain("/acme/shop.git/info/refs");
  });

  test("its commits are verified, with who asked as co-author and the App's sign-off, at the server's own no-reply host", async () => {
    const commits = await scene.emulator.commits(pull.number);
    expect(commits.map(({ verified }) => verified)).toEqual([true, true]);
    for (const { message } of commits) {
      expect(message).toMatch(/^Co-authored-by: maintainer <\d+\+maintainer@users\.noreply\.localhost>$/m);
      expect(message).toMatch(
        /^Signed-off-by: backend-architect\[bot\] <\d+\+backend-architect\[bot\]@users\.noreply\.localhost>$/m,
      );
    }
    expect(pull.body).toContain("Signed and verified by GitHub: ");
  });

  test("a review is answered in its threads, and what is changed is resolved by GraphQL", async () => {
    const maintainer = scene.emulator.as("maintainer");
    await maintainer.submitReview(pull.number, {
      ...{ state: "REQUEST_CHANGES", body: "Nearly." },
      comments: [{ path: minutes, line: 1, body: "Make it a sum." }],
    });
    await idle();
    const lines = await scene.emulator.reviewComments(pull.number);
    expect(lines.map(({ user }) => user.login)).toEqual(["maintainer", app]);
    expect(lines[1]?.body).toContain(`${server.url}/acme/shop/pull/${pull.number}/commits/`);
    expect(scene.emulator.resolvedThreads(pull.number)).toEqual([lines[0]?.id]);
    expect([...server.paths]).toContain("/api/graphql");
  }, 60_000);

  test("a question is answered with links to its lines", async () => {
    await scene.emulator.as("maintainer").comment(1, "/architect ask how many hours has a day?");
    await idle();
    const bodies = scene.emulator.comments(1).map(({ body }) => body);
    expect(bodies.join()).toContain(`${server.url}/acme/shop/blob/`);
  }, 60_000);

  test("all was said in GitHub's own words", () => {
    expect(scene.emulator.violations).toEqual([]);
    expect(api.refusals).toEqual([]);
  });
});
