import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createGitHub } from "../../src/github/github.ts";
import type { GitHubSession } from "../../src/ports.ts";
import { type Emulator, startEmulator } from "../emulator/emulator.ts";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

let root: string;
let emulator: Emulator;
let session: GitHubSession;
let open: () => Promise<GitHubSession>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "architect-issues-"));
  emulator = await startEmulator({
    root,
    app: {
      ...{ id: 5, slug: "architect-app", privateKey, webhookSecret: "a secret of thirty-two bytes or more" },
      permissions: { checks: "write", contents: "write", issues: "write", pull_requests: "write", metadata: "read" },
      events: ["issues"],
      installationId: 9001,
    },
    users: { maintainer: { token: "token-of-maintainer", permission: "maintain" } },
    repositories: [{ owner: "acme", name: "shop", files: { "README.md": "# Shop\n" } }],
  });
  const maintainer = emulator.as("maintainer");
  const { id } = (await maintainer.request("GET", "/repos/acme/shop")) as { id: number };
  const repository = { id, owner: "acme", name: "shop", installationId: 9001, defaultBranch: "main" };
  const github = createGitHub({
    ...{ appId: 5, privateKey, apiUrl: emulator.api, webUrl: emulator.url, clock: () => new Date() },
  });
  open = () => github.open(repository, "publish");
});

beforeEach(async () => {
  session = await open();
});

afterEach(async () => {
  await session.close();
  expect(emulator.violations).toEqual([]);
});

afterAll(async () => {
  await emulator.close();
  await rm(root, { recursive: true, force: true });
});

const error = (status: number, message: string) => ({
  ...{ status, text: JSON.stringify({ message }), type: "application/json" },
});
const wanted = (mark: string, labels: readonly string[] = []) => ({
  ...{ title: "Build the form", body: `words\n${mark}`, labels, mark, after: 0 },
});
const titles = () => emulator.issues().map(({ title }) => title);

describe("issues of ours", () => {
  test("are those that the App opened after a number, the newest first, without people's", async () => {
    const maintainer = emulator.as("maintainer");
    await maintainer.createIssue({ title: "Theirs" });
    const first = await session.openIssue(wanted("<!-- one -->", ["ui"]));
    await maintainer.createIssue({ title: "Theirs, with <!-- two -->", body: "<!-- two -->" });
    const second = await session.openIssue(wanted("<!-- two -->"));
    expect([first, second]).toMatchObject([
      { ok: true, issue: { number: 2, state: "open", labels: ["ui"] } },
      { ok: true, issue: { number: 4 } },
    ]);
    expect((await session.fetchOwnIssues(0)).map(({ number }) => number)).toEqual([4, 2]);
    expect((await session.fetchOwnIssues(2)).map(({ number }) => number)).toEqual([4]);
  });

  test("are edited, and found closed", async () => {
    await session.updateIssue(2, { body: "other words" });
    await emulator.as("maintainer").request("PATCH", "/repos/acme/shop/issues/2", { state: "closed" });
    expect((await session.fetchOwnIssues(0)).at(-1)).toMatchObject({ number: 2, body: "other words", state: "closed" });
  });

  test("are opened once, though GitHub's answer got lost", async () => {
    const before = titles().length;
    emulator.failNext({ method: "POST", path: /\/issues$/, ...error(502, "Bad gateway") });
    expect(await session.openIssue(wanted("<!-- lost -->"))).toMatchObject({ ok: true });
    expect(titles()).toHaveLength(before + 1);
  });

  test.each([
    [410, "Issues has been disabled in this repository.", "issues are turned off in this repository"],
    [403, "Resource not accessible by integration", "the App may not open issues here"],
  ])("that GitHub refuses with %i are no accident", async (status, message, reason) => {
    emulator.failNext({ method: "POST", path: /\/issues$/, ...error(status, message) });
    expect(await session.openIssue(wanted("<!-- no -->"))).toEqual({ ok: false, reason });
  });
});

describe("a label", () => {
  test("is made once", async () => {
    expect(await session.ensureLabel("database-engineer", "Handed off")).toEqual({ ok: true });
    expect(await session.ensureLabel("Database-Engineer", "Handed off")).toEqual({ ok: true });
    const found = (await emulator.as("maintainer").request("GET", "/repos/acme/shop/labels")) as { name: string }[];
    expect(found.filter(({ name }) => /database/i.test(name))).toMatchObject([{ name: "database-engineer" }]);
  });

  test("that the App may not make is said", async () => {
    emulator.failNext({ method: "POST", path: /\/labels$/, ...error(403, "Resource not accessible by integration") });
    expect(await session.ensureLabel("never", "x")).toEqual({ ok: false, reason: "the App may not make labels" });
  });
});
