import { generateKeyPairSync, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWebhookHandler, type WebhookHandler, webhooksPath } from "../../src/app/webhooks.ts";
import type { Job } from "../../src/domain/job.ts";
import type { RepositoryRef } from "../../src/domain/repository.ts";
import { createGitHub } from "../../src/github/github.ts";
import type { GitHub, Queue } from "../../src/ports.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createQueue } from "../../src/store/queue.ts";
import { createStore } from "../../src/store/runs.ts";
import { type Emulator, startEmulator } from "../emulator/emulator.ts";

const pace = { quietMs: 0, mostMs: 0 };
const secret = "a secret of thirty-two bytes or more";
const clock = () => new Date();
const jobs: Job[] = [];

let root: string;
let emulator: Emulator;
let github: GitHub;
let queue: Queue;
let handler: WebhookHandler;
let server: Server;
let close: () => Promise<void>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "architect-deliveries-"));
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  emulator = await startEmulator({
    root,
    app: {
      id: 5,
      slug: "architect-app",
      privateKey,
      webhookSecret: secret,
      permissions: { checks: "write", contents: "write", issues: "write", pull_requests: "write", metadata: "read" },
      events: ["issues", "issue_comment", "pull_request_review", "pull_request_review_comment"],
      installationId: 9001,
    },
    users: {
      maintainer: { token: "token-of-maintainer", permission: "write" },
      triager: { token: "token-of-triager", permission: "triage" },
    },
    repositories: [{ owner: "acme", name: "shop", files: { "README.md": "# Shop\n" } }],
  });
  github = createGitHub({ appId: 5, privateKey, apiUrl: emulator.api, webUrl: emulator.url, clock });
  const database = openDatabase(join(root, "jobs.db"));
  queue = createQueue(database, { clock, log: () => {} });
  const store = createStore(database, { clock, ids: randomUUID });
  handler = await createWebhookHandler({
    secret,
    github,
    queue,
    store,
    label: "architect",
    pace,
    clock,
    log: () => {},
  });
  server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  emulator.setWebhookUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}${webhooksPath}`);
  queue.work({
    concurrency: 1,
    handler: async ({ job }) => {
      jobs.push(job);
    },
    onExhausted: async () => {},
  });
  close = async () => {
    await queue.close();
    await store.close();
  };
});

afterAll(async () => {
  await handler.idle();
  await emulator.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await close();
  await rm(root, { recursive: true, force: true });
  expect(emulator.violations).toEqual([]);
});

/** @returns the jobs since the last call, when every delivery is answered and every job done */
const settle = async (): Promise<Job[]> => {
  await emulator.idle();
  await handler.idle();
  await emulator.idle();
  await queue.idle();
  return jobs.splice(0);
};

test("a maintainer's label is stored and gets 👀", async () => {
  const { number } = await emulator.as("maintainer").createIssue({ title: "Create users", body: "With a name" });
  await emulator.as("maintainer").label(number, "architect");
  expect(await settle()).toMatchObject([
    { key: "acme/shop#1", trigger: { kind: "label", title: "Create users", body: "With a name" } },
  ]);
  expect(emulator.reactions({ issue: number })).toEqual([{ content: "eyes", by: "architect-app[bot]" }]);
  expect(emulator.deliveries.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
});

test("a label by somebody who may only triage gets no 👀 and no comment", async () => {
  const { number } = await emulator.as("maintainer").createIssue({ title: "Create orders" });
  await emulator.as("triager").label(number, "architect");
  await settle();
  expect(emulator.reactions({ issue: number })).toEqual([]);
  expect(emulator.comments(number)).toEqual([]);
});

test("a command is stored and its comment gets 👀; our own comment starts nothing", async () => {
  const { id } = await emulator.as("maintainer").comment(1, "Hi\n\n/architect design invoices");
  expect(await settle()).toMatchObject([
    { key: "acme/shop#1", trigger: { kind: "command", command: { verb: "design", request: "invoices" } } },
  ]);
  expect(emulator.reactions({ comment: id })).toHaveLength(1);
  const session = await github.open(await repositoryRef(), "publish");
  await session.upsertComment(1, "<!-- architect:status -->", "/architect design more", undefined);
  await session.close();
  expect(await settle()).toEqual([]);
});

test("a review of our pull request is one job, and each of its inline comments gets 👀", async () => {
  const session = await github.open(await repositoryRef(), "publish");
  const main = (await session.fetchBranch("main")) ?? "";
  const branch = "architect/issue-1-create-users";
  const content = Buffer.from("a = 1\nb = 2\n").toString("base64");
  const commit = await session.commit({
    parent: main,
    message: "feat: users",
    changes: [{ path: "users.py", kind: "added", mode: "100644", content }],
  });
  await session.pointBranch(branch, commit, undefined);
  const pull = await session.openPull({ branch, base: "main", title: "Users", body: "x", draft: true });
  await session.close();
  await settle();
  const { id } = await emulator.as("maintainer").submitReview(pull.number, {
    state: "COMMENT",
    body: "two points",
    comments: [
      { path: "users.py", line: 1, body: "rename a" },
      { path: "users.py", line: 2, body: "rename b" },
    ],
  });
  expect(await settle()).toMatchObject([
    { key: "acme/shop#1", trigger: { kind: "review", reviews: [{ id }], branch } },
  ]);
  for (const comment of await emulator.reviewComments(pull.number))
    expect(emulator.reactions({ reviewComment: comment.id })).toHaveLength(1);
  const loose = await emulator
    .as("maintainer")
    .commentOnLine(pull.number, { path: "users.py", line: 1, body: "and c" });
  expect(await settle()).toMatchObject([{ trigger: { kind: "review" } }]);
  expect(emulator.reactions({ reviewComment: loose.id })).toHaveLength(1);
});

test("a delivery that GitHub sends again starts nothing again", async () => {
  const [first] = emulator.deliveries.filter(({ event }) => event === "issues");
  await emulator.redeliver(first?.guid ?? "");
  expect(await settle()).toEqual([]);
});

const repositoryRef = async (): Promise<RepositoryRef> => {
  const { id } = (await emulator.as("maintainer").request("GET", "/repos/acme/shop")) as { id: number };
  return { id, owner: "acme", name: "shop", installationId: 9001, defaultBranch: "main" };
};
