import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HERE, makeKey, openStage, type Stage } from "./stage.ts";

let now = new Date("2026-01-01T12:00:00Z");
let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    clock: () => now,
    app: { repositories: ["acme/shop", "acme/docs"] },
    repositories: [
      { owner: "acme", name: "shop", files: { "a.txt": "a\n" } },
      { owner: "acme", name: "docs", files: { "a.txt": "a\n" } },
      { owner: "acme", name: "secret", files: { "a.txt": "a\n" }, private: true },
    ],
  });
});
afterAll(async () => {
  expect(stage.emulator.violations).toEqual([]);
  await stage.close();
});

const seconds = (): number => now.getTime() / 1000;

describe("the App's JSON web token", () => {
  test("names the App and its installation", async () => {
    const app = await stage.call("GET", "/app", { token: stage.jwt() });
    expect(app.body).toMatchObject({ id: 7, slug: "backend-architect", permissions: { contents: "write" } });
    const installation = await stage.call("GET", `${HERE}/installation`, { token: stage.jwt() });
    expect(installation.body).toMatchObject({ id: 100, app_id: 7, repository_selection: "selected" });
    expect((await stage.call("GET", "/app/installations", { token: stage.jwt() })).body).toMatchObject([{ id: 100 }]);
  });

  test.each([
    ["signed by another key", () => stage.jwt({}, makeKey())],
    ["issued by another App", () => stage.jwt({ iss: "8" })],
    ["expired", () => stage.jwt({ exp: seconds() - 1 })],
    ["good for more than ten minutes", () => stage.jwt({ exp: seconds() + 700 })],
    ["issued in the future", () => stage.jwt({ iat: seconds() + 300 })],
  ])("is refused when %s", async (_, make) => {
    expect((await stage.call("GET", "/app", { token: make() })).status).toBe(401);
  });

  test("opens no repository, and an installation token no App", async () => {
    expect((await stage.call("GET", HERE, { token: stage.jwt() })).status).toBe(403);
    expect((await stage.call("GET", "/app", { token: await stage.token() })).status).toBe(401);
  });

  test("finds no installation where the App is not installed", async () => {
    expect((await stage.call("GET", "/repos/acme/secret/installation", { token: stage.jwt() })).status).toBe(404);
  });
});

describe("an installation token", () => {
  test("is narrowed to repositories: the others are 404", async () => {
    const token = await stage.token({ repositories: ["shop"] });
    expect((await stage.call("GET", HERE, { token })).status).toBe(200);
    expect((await stage.call("GET", "/repos/acme/docs", { token })).status).toBe(404);
    const { body } = await stage.call("GET", "/installation/repositories", { token });
    expect(body).toMatchObject({ total_count: 1, repositories: [{ full_name: "acme/shop" }] });
  });

  test("is narrowed to permissions: the rest is 403", async () => {
    const token = await stage.token({ permissions: { contents: "read" } });
    expect((await stage.call("GET", `${HERE}/contents/a.txt`, { token })).status).toBe(200);
    expect((await stage.call("POST", `${HERE}/git/blobs`, { token, body: { content: "x" } })).status).toBe(403);
    expect((await stage.call("POST", `${HERE}/issues`, { token, body: { title: "x" } })).status).toBe(403);
  });

  test("never has more than the installation", async () => {
    const ask = (body: unknown) =>
      stage.call("POST", "/app/installations/100/access_tokens", { token: stage.jwt(), body });
    expect((await ask({ permissions: { administration: "write" } })).status).toBe(422);
    expect((await ask({ permissions: { actions: "write" } })).status).toBe(422);
    expect((await ask({ repositories: ["secret"] })).status).toBe(422);
    expect((await ask({ repository_ids: [99] })).status).toBe(422);
  });

  test("ends when it is revoked, and after an hour", async () => {
    const revoked = await stage.token();
    expect((await stage.call("DELETE", "/installation/token", { token: revoked })).status).toBe(204);
    expect((await stage.call("GET", HERE, { token: revoked })).status).toBe(401);
    const old = await stage.token();
    now = new Date(now.getTime() + 3_599_000);
    expect((await stage.call("GET", HERE, { token: old })).status).toBe(200);
    now = new Date(now.getTime() + 2_000);
    expect((await stage.call("GET", HERE, { token: old })).status).toBe(401);
  });
});

describe("a person", () => {
  test("with an unknown token is nobody", async () => {
    const reply = await stage.call("GET", HERE, { token: "nonsense" });
    expect(reply).toMatchObject({ status: 401, body: { message: "Bad credentials" } });
  });

  test("without a role sees public repositories only", async () => {
    expect((await stage.call("GET", HERE, { token: "stranger-token" })).status).toBe(200);
    expect((await stage.call("GET", "/repos/acme/secret", { token: "stranger-token" })).status).toBe(404);
  });

  test.each([
    ["maintainer", { permission: "write", role_name: "write" }],
    ["triager", { permission: "read", role_name: "triage" }],
    ["stranger", { permission: "none", role_name: "none" }],
  ])("%s has the permission that was given, with the account's id", async (login, expected) => {
    const { body } = await stage.call("GET", `${HERE}/collaborators/${login}/permission`, {
      token: await stage.token(),
    });
    const user = await stage.call("GET", `/users/${login}`);
    expect(body).toMatchObject({ ...expected, user: { login, id: user.body["id"] } });
  });

  test("loses a role at once", async () => {
    stage.emulator.setPermission("reviewer", "read");
    const { body } = await stage.call("GET", `${HERE}/collaborators/reviewer/permission`);
    expect(body["permission"]).toBe("read");
    expect(
      (await stage.call("POST", `${HERE}/git/blobs`, { token: "reviewer-token", body: { content: "x" } })).status,
    ).toBe(403);
  });

  test("is shown to anybody, the bot as well", async () => {
    const reply = await fetch(`${stage.emulator.api}/users/backend-architect%5Bbot%5D`);
    expect(await reply.json()).toMatchObject({ login: "backend-architect[bot]", type: "Bot" });
  });
});

describe("an installation", () => {
  const events = async () => {
    await stage.emulator.idle();
    return stage.received.splice(0).map(({ headers, raw }) => `${headers["x-github-event"]}.${JSON.parse(raw).action}`);
  };

  test("loses a repository: its tokens do not open it any more", async () => {
    const token = await stage.token();
    expect((await stage.call("GET", "/repos/acme/docs", { token })).status).toBe(200);
    await events();
    stage.emulator.removeRepository("maintainer", "acme/docs");
    expect((await stage.call("GET", "/repos/acme/docs", { token })).status).toBe(404);
    expect((await stage.call("GET", HERE, { token })).status).toBe(200);
    expect(await events()).toEqual(["installation_repositories.removed"]);
  });

  test("that is suspended answers nobody until it is taken up again", async () => {
    const token = await stage.token();
    stage.emulator.changeInstallation("maintainer", "suspend");
    const refused = { status: 403, body: { message: "This installation has been suspended" } };
    expect(await stage.call("GET", HERE, { token })).toMatchObject(refused);
    expect(await stage.call("POST", "/app/installations/100/access_tokens", { token: stage.jwt() })).toMatchObject(
      refused,
    );
    const { git } = await stage.git(token);
    await expect(git(["ls-remote", `${stage.emulator.url}/acme/shop.git`])).rejects.toThrow();
    stage.emulator.changeInstallation("maintainer", "unsuspend");
    expect((await stage.call("GET", HERE, { token })).status).toBe(200);
    expect(await events()).toEqual(["installation.suspend", "installation.unsuspend"]);
  });

  test("that is removed is gone with its tokens", async () => {
    const token = await stage.token();
    stage.emulator.changeInstallation("maintainer", "deleted");
    expect((await stage.call("GET", HERE, { token })).status).toBe(404);
    expect((await stage.call("GET", "/app/installations", { token: stage.jwt() })).body).toEqual([]);
    expect((await stage.call("GET", `${HERE}/installation`, { token: stage.jwt() })).status).toBe(404);
  });
});
