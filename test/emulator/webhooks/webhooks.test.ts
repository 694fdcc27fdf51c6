import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import type { WebhookDefinition } from "@octokit/webhooks-examples";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Person } from "../emulator.ts";
import { HERE, openStage, type Stage } from "../stage.ts";

let stage: Stage;
let maintainer: Person;
let token: string;
beforeAll(async () => {
  stage = await openStage();
  maintainer = stage.emulator.as("maintainer");
  token = await stage.token();
});
afterAll(async () => {
  expect(stage.emulator.violations).toEqual([]);
  await stage.close();
});

const received = async () => {
  await stage.emulator.idle();
  return stage.received.splice(0);
};

describe("a delivery", () => {
  test("is signed over its bytes, and carries GitHub's headers", async () => {
    await maintainer.createIssue({ title: "Umlauts: äöü 👀" });
    const [delivery] = await received();
    expect(delivery?.headers).toMatchObject({
      "content-type": "application/json",
      "x-github-event": "issues",
      "x-github-delivery": expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      "x-github-hook-installation-target-id": "7",
      "x-github-hook-installation-target-type": "integration",
      "user-agent": expect.stringMatching(/^GitHub-Hookshot\//),
    });
    const signature = createHmac("sha256", stage.secret)
      .update(delivery?.raw ?? "")
      .digest("hex");
    expect(delivery?.headers["x-hub-signature-256"]).toBe(`sha256=${signature}`);
  });

  test("says who did it, where, and through which installation", async () => {
    const { number } = await maintainer.createIssue({ title: "Label me" });
    await received();
    await stage.emulator.as("triager").label(number, "architect");
    const [delivery] = await received();
    expect(JSON.parse(delivery?.raw ?? "")).toMatchObject({
      action: "labeled",
      label: { name: "architect" },
      issue: { number, user: { login: "maintainer" }, labels: [{ name: "architect" }] },
      sender: { login: "triager", type: "User" },
      repository: { full_name: "acme/shop", default_branch: "main" },
      installation: { id: 100 },
    });
  });

  test("is made of what the App did itself, too", async () => {
    const { number } = await maintainer.createIssue({ title: "Self" });
    await received();
    await stage.call("POST", `${HERE}/issues/${number}/comments`, { token, body: { body: "hello" } });
    const [delivery] = await received();
    expect(JSON.parse(delivery?.raw ?? "")).toMatchObject({
      action: "created",
      sender: { login: "backend-architect[bot]", type: "Bot" },
    });
  });

  test("comes in the order of what happened", async () => {
    const { number } = await maintainer.createIssue({ title: "Order" });
    await received();
    for (const word of ["one", "two", "three"]) await maintainer.comment(number, word);
    const bodies = (await received()).map(({ raw }) => JSON.parse(raw).comment.body);
    expect(bodies).toEqual(["one", "two", "three"]);
  });

  test("is kept with what the App answered, and sent again under the same GUID", async () => {
    stage.answerWith(500);
    await maintainer.createIssue({ title: "Again" });
    const [first] = await received();
    const guid = first?.headers["x-github-delivery"] as string;
    stage.answerWith(202);
    const list = await stage.call("GET", "/app/hook/deliveries?per_page=1", { token: stage.jwt() });
    expect(list.body).toMatchObject([{ guid, status_code: 500, event: "issues", action: "opened", redelivery: false }]);
    const { id } = list.body[0] as unknown as { id: number };
    expect((await stage.call("POST", `/app/hook/deliveries/${id}/attempts`, { token: stage.jwt() })).status).toBe(202);
    const [second] = await received();
    expect([second?.headers["x-github-delivery"], second?.raw]).toEqual([guid, first?.raw]);
    expect(
      stage.emulator.deliveries.filter((one) => one.guid === guid).map((one) => [one.statusCode, one.redelivery]),
    ).toEqual([
      [500, false],
      [202, true],
    ]);
    const detail = await stage.call("GET", `/app/hook/deliveries/${id}`, { token: stage.jwt() });
    expect(detail.body).toMatchObject({ request: { payload: { action: "opened" } }, response: { payload: "taken" } });
  });

  test("to an App that is not there is kept as failed", async () => {
    const url = "http://127.0.0.1:9/hook";
    const other = await openStage({ app: { webhookUrl: url } });
    try {
      await other.emulator.as("maintainer").createIssue({ title: "Nobody" });
      await other.emulator.idle();
      expect(other.emulator.deliveries).toMatchObject([{ statusCode: 0, status: "failed to connect to host", url }]);
    } finally {
      await other.close();
    }
  });
});

describe("what is not sent", () => {
  test("are events that the App did not subscribe to, and repositories that it is not installed on", async () => {
    const other = await openStage({
      app: { events: ["issue_comment"], repositories: ["acme/shop"] },
      repositories: [
        { owner: "acme", name: "shop", files: { a: "a" } },
        { owner: "acme", name: "other", files: { a: "a" } },
      ],
    });
    try {
      const person = other.emulator.as("maintainer");
      const elsewhere = person.at({ owner: "acme", name: "other" });
      const { number } = await elsewhere.createIssue({ title: "Elsewhere" });
      await elsewhere.comment(number, "unheard");
      await person.createIssue({ title: "Here" });
      await person.comment(1, "heard");
      await other.emulator.idle();
      expect(other.received.map(({ raw }) => JSON.parse(raw).comment.body)).toEqual(["heard"]);
    } finally {
      await other.close();
    }
  });

  test("is a subscription without its permission: GitHub refuses it", async () => {
    await expect(openStage({ app: { permissions: { contents: "read" }, events: ["issues"] } })).rejects.toThrow(
      'subscribe to "issues" only with the permission issues',
    );
  });

  test("is anything while no URL is set", async () => {
    stage.emulator.setWebhookUrl(undefined);
    const before = stage.emulator.deliveries.length;
    await maintainer.createIssue({ title: "Unsent" });
    await stage.emulator.idle();
    expect(stage.emulator.deliveries).toHaveLength(before);
  });
});

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Key paths that the example has and ours lacks; below what is null in ours nothing is compared. */
const lackingPaths = (example: Json, ours: Json, at = ""): string[] =>
  Object.entries(example).flatMap(([key, value]) => {
    const path = at + key;
    if (!(key in ours)) return NOT_OURS.test(path) ? [] : [path];
    return isObject(value) && isObject(ours[key]) ? lackingPaths(value, ours[key], `${path}.`) : [];
  });

/** In the examples because of where they were recorded. */
const NOT_OURS =
  /^organization$|^issue\.draft$|\.app\.permissions\.|^repository\.(stargazers|master_branch|organization)$|owner\.(name|email)$/;

describe("payloads beside GitHub's own examples", () => {
  const examples = createRequire(import.meta.url)("@octokit/webhooks-examples") as WebhookDefinition[];

  test.each([
    ["issues", "opened"],
    ["issues", "labeled"],
    ["issue_comment", "created"],
    ["pull_request", "opened"],
    ["pull_request_review", "submitted"],
    ["pull_request_review_comment", "created"],
    ["push", undefined],
    ["check_suite", "completed"],
  ])("%s %s lacks none of their keys", async (event, action) => {
    const shown = examples
      .find(({ name }) => name === event)
      ?.examples.filter((one) => action === undefined || ("action" in one && one.action === action));
    const ours = (await everyPayload()).find((one) => one.event === event && (one.action ?? undefined) === action);
    const lacking = lackingPaths(shown?.[0] as unknown as Json, ours?.payload ?? {});
    expect(lacking).toEqual([]);
  });

  let payloads: Promise<Stage["emulator"]["deliveries"]> | undefined;
  const everyPayload = () => {
    payloads ??= actEverything();
    return payloads;
  };

  async function actEverything() {
    const other = await openStage();
    const person = other.emulator.as("maintainer");
    const { number } = await person.createIssue({ title: "All" });
    await person.label(number, "architect");
    await person.comment(number, "hello");
    const sha = await person.pushFiles("topic", { "a.py": "a\n" }, "A");
    const pull = await person.openPull({ head: "topic", base: "main", title: "A" });
    await other.emulator
      .as("reviewer")
      .submitReview(pull.number, { state: "APPROVE", body: "Good", comments: [{ path: "a.py", line: 1, body: "!" }] });
    await other.emulator.reportCheck({ sha, name: "tests", conclusion: "success" });
    await other.emulator.idle();
    const { deliveries } = other.emulator;
    expect(other.emulator.violations).toEqual([]);
    await other.close();
    return deliveries;
  }
});
