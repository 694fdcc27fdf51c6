import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  accountReply,
  appReply,
  bot,
  installationReply,
  maintainer,
  permissionReply,
  reactionReply,
  refReply,
  refusal,
  repository,
  repositoryReply,
  shaOf,
  shop,
  tokenReply,
} from "./replies.ts";
import { api, type Stub, startStub } from "./stub.ts";

let stub: Stub;

beforeEach(() => {
  stub = startStub();
});

afterEach(() => {
  expect(stub.violations).toEqual([]);
  expect(nock.pendingMocks().filter((mock) => mock.includes(shop))).toEqual([]);
  nock.cleanAll();
});

describe("tokens", () => {
  test.each([
    ["read", { contents: "read", issues: "read", pull_requests: "read" }],
    ["acknowledge", { issues: "write", pull_requests: "write" }],
    ["check", { checks: "write", pull_requests: "read" }],
    ["publish", { checks: "write", contents: "write", issues: "write", pull_requests: "write" }],
  ] as const)("of the phase %s are for one repository and no more than it needs", async (phase, permissions) => {
    const session = await stub.open(phase);
    await session.close();
    expect(stub.tokens).toEqual([
      `POST /app/installations/9001/access_tokens ${JSON.stringify({ repository_ids: [repository.id], permissions })}`,
      "DELETE /installation/token",
    ]);
  });

  test("are used for the repository as GitHub names it now", async () => {
    nock.cleanAll();
    api()
      .post("/app/installations/9001/access_tokens")
      .reply(201, tokenReply({ repositories: [repositoryReply({ name: "store", owner: { login: "acme-inc" } })] }))
      .get("/repos/acme-inc/store/git/ref/heads%2Fmain")
      .reply(200, refReply("main", shaOf("a")));
    const session = await stub.open("read");
    expect(await session.fetchBranch("main")).toBe(
      (refReply("main", shaOf("a")) as { object: { sha: string } }).object.sha,
    );
  });

  test("for another repository than the one asked for are not used", async () => {
    nock.cleanAll();
    api()
      .post("/app/installations/9001/access_tokens")
      .reply(201, tokenReply({ repositories: [repositoryReply({ id: 1 })] }));
    await expect(stub.open("read")).rejects.toThrow(
      "GitHub, asking for a token of repository 1296269 to read: the token that came is for other repositories",
    );
  });

  test("that GitHub does not give say what was asked for", async () => {
    nock.cleanAll();
    api()
      .post("/app/installations/9001/access_tokens")
      .reply(422, refusal("There is at least one repository that does not exist"));
    await expect(stub.open("read")).rejects.toThrow(
      /^GitHub, asking for a token of repository 1296269 to read: 422 There is at least one repository/,
    );
  });

  test("are renewed before they end, and the old one is revoked", async () => {
    let now = new Date("2026-11-20T10:00:00Z");
    stub = startStub({ clock: () => now });
    const seen: (string | null)[] = [];
    api()
      .get(`${shop}/git/ref/heads%2Fmain`)
      .times(2)
      .reply(200, (request: Request) => {
        seen.push(request.headers.get("authorization"));
        return refReply("main", shaOf("a"));
      });
    const session = await stub.open("read");
    await session.fetchBranch("main");
    now = new Date("2026-11-20T10:56:00Z");
    await session.fetchBranch("main");
    expect(seen[0]).toMatch(/^Bearer ghs_5_/);
    expect(seen[1]).not.toBe(seen[0]);
    expect(stub.tokens.map((line) => line.split(" ")[0])).toEqual(["POST", "POST", "DELETE"]);
  });

  test("that are not known everywhere yet are tried again", async () => {
    api()
      .get(`${shop}/git/ref/heads%2Fmain`)
      .reply(401, refusal("Bad credentials"))
      .get(`${shop}/git/ref/heads%2Fmain`)
      .reply(200, refReply("main", shaOf("a")));
    const session = await stub.open("read");
    expect(await session.fetchBranch("main")).toBeDefined();
  });

  test("that are refused for good fail with a sentence", async () => {
    api().get(`${shop}/git/ref/heads%2Fmain`).times(3).reply(401, refusal("Bad credentials"));
    const session = await stub.open("read");
    await expect(session.fetchBranch("main")).rejects.toThrow(
      /^GitHub, acme\/shop, reading branch main: 401 Bad credentials/,
    );
  });

  test("that cannot be revoked fail nothing and are said in the log", async () => {
    const session = await stub.open("read");
    nock.cleanAll();
    api().delete("/installation/token").reply(404, refusal("Not Found"));
    await session.close();
    expect(stub.log).toEqual([expect.stringContaining("a token could not be revoked")]);
  });

  test("for git are read-only and come as a header beside the address", async () => {
    const { url, authorization } = await stub.github.gitCredentials(repository);
    expect(url).toBe("https://github.com/acme/shop.git");
    expect(Buffer.from(authorization.replace("Basic ", ""), "base64").toString()).toMatch(/^x-access-token:ghs_5_/);
    expect(stub.tokens[0]).toContain('"permissions":{"contents":"read"}');
  });
});

describe("who we are", () => {
  test("is asked once", async () => {
    expect(await stub.github.whoami()).toEqual(bot);
    expect(await stub.github.whoami()).toEqual(bot);
    expect(stub.requests).toEqual(["GET /app", "GET /users/architect-app[bot]"]);
  });

  test("is asked with a token where the server tells nobody else", async () => {
    nock.cleanAll();
    const seen: (string | null)[] = [];
    api()
      .get("/app")
      .reply(200, appReply())
      .get("/users/architect-app%5Bbot%5D")
      .reply(401, refusal("Must authenticate to access this API."))
      .get("/app/installations")
      .query({ per_page: 1 })
      .reply(200, [installationReply()])
      .post("/app/installations/9001/access_tokens", { permissions: { metadata: "read" } })
      .reply(201, tokenReply({ repositories: undefined }))
      .get("/users/architect-app%5Bbot%5D")
      .reply(200, (request: Request) => {
        seen.push(request.headers.get("authorization"));
        return accountReply(bot);
      })
      .delete("/installation/token")
      .reply(204);
    expect(await stub.github.whoami()).toEqual(bot);
    expect(seen).toEqual(["Bearer ghs_x"]);
    expect(stub.tokens.at(-1)).toBe("DELETE /installation/token");
  });

  test("is not to be had where the server tells nobody and the App is installed nowhere", async () => {
    nock.cleanAll();
    api()
      .get("/app")
      .reply(200, appReply())
      .get("/users/architect-app%5Bbot%5D")
      .reply(401, refusal("Must authenticate to access this API."))
      .get("/app/installations")
      .query({ per_page: 1 })
      .reply(200, []);
    await expect(stub.github.whoami()).rejects.toThrow("install the App on a repository first");
  });

  test("is asked again after GitHub did not say", async () => {
    nock.cleanAll();
    api().get("/app").reply(404, refusal("Integration not found"));
    await expect(stub.github.whoami()).rejects.toThrow("GitHub, asking who we are: 404 Integration not found");
    api().get("/app").reply(200, appReply()).get("/users/architect-app%5Bbot%5D").reply(200, accountReply(bot));
    expect(await stub.github.whoami()).toEqual(bot);
  });
});

describe("what a person may do", () => {
  const answer = (permission: string, role: string, id = maintainer.id) =>
    api()
      .get(`${shop}/collaborators/maintainer/permission`)
      .reply(200, permissionReply(permission, role, id));

  test.each([
    ["admin", "admin", "admin"],
    ["write", "maintain", "maintain"],
    ["write", "write", "write"],
    ["write", "release-crew", "write"],
    ["read", "triage", "triage"],
    ["read", "read", "read"],
    ["read", "admin", "read"],
    ["none", "none", "none"],
    ["everything", "admin", "none"],
  ])("is, for permission %s with role %s: %s", async (permission, role, expected) => {
    answer(permission, role);
    expect(await (await stub.open("read")).permissionOf(maintainer)).toBe(expected);
  });

  test("is nothing where the login is another person's by now", async () => {
    answer("admin", "admin", 999);
    expect(await (await stub.open("read")).permissionOf(maintainer)).toBe("none");
  });

  test("is nothing where GitHub knows nobody of that name", async () => {
    api().get(`${shop}/collaborators/maintainer/permission`).reply(404, refusal("maintainer is not a user"));
    expect(await (await stub.open("read")).permissionOf(maintainer)).toBe("none");
  });

  test("is an error where GitHub does not say", async () => {
    api().get(`${shop}/collaborators/maintainer/permission`).times(4).reply(502, "");
    await expect((await stub.open("read")).permissionOf(maintainer)).rejects.toThrow(
      "GitHub, acme/shop, reading what maintainer may do: 502",
    );
  });
});

describe("limits", () => {
  test("are waited for as long as GitHub says", async () => {
    api()
      .get(`${shop}/git/ref/heads%2Fmain`)
      .reply(403, refusal("You have exceeded a secondary rate limit."), { "retry-after": "1" })
      .get(`${shop}/git/ref/heads%2Fmain`)
      .reply(200, refReply("main", shaOf("a")));
    const session = await stub.open("read");
    const started = performance.now();
    await session.fetchBranch("main");
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
    expect(stub.log).toEqual([expect.stringContaining("secondary rate limit")]);
  });

  test("that are too long to wait for fail at once", async () => {
    api()
      .get(`${shop}/git/ref/heads%2Fmain`)
      .reply(403, refusal("You have exceeded a secondary rate limit."), { "retry-after": "3600" });
    const session = await stub.open("read");
    await expect(session.fetchBranch("main")).rejects.toThrow(/403 You have exceeded a secondary rate limit/);
    expect(stub.log).toEqual([expect.stringContaining("3600 s is too long to wait for here")]);
  });

  test("of GitHub's pace are kept: one write a second", async () => {
    stub = startStub({ throttle: true });
    api().post(`${shop}/issues/7/reactions`).times(2).reply(200, reactionReply("eyes"));
    const session = await stub.open("acknowledge");
    const started = performance.now();
    await session.react({ on: "issue", number: 7 }, "eyes");
    await session.react({ on: "issue", number: 7 }, "eyes");
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });
});

test("reactions go to the issue, the comment or the inline comment", async () => {
  api()
    .post(`${shop}/issues/7/reactions`)
    .reply(201, reactionReply("eyes"))
    .post(`${shop}/issues/comments/11/reactions`)
    .reply(201, reactionReply("confused"))
    .post(`${shop}/pulls/comments/43/reactions`)
    .reply(200, reactionReply("eyes"));
  const session = await stub.open("acknowledge");
  await session.react({ on: "issue", number: 7 }, "eyes");
  await session.react({ on: "issue-comment", commentId: 11 }, "confused");
  await session.react({ on: "review-comment", commentId: 43 }, "eyes");
  expect(stub.requests).toEqual([
    `POST ${shop}/issues/7/reactions {"content":"eyes"}`,
    `POST ${shop}/issues/comments/11/reactions {"content":"confused"}`,
    `POST ${shop}/pulls/comments/43/reactions {"content":"eyes"}`,
  ]);
});

test("a redirect to elsewhere is not followed", async () => {
  let arrived = 0;
  const server = createServer((request, response) => {
    arrived += 1;
    response.writeHead(301, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    request.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const lost = startStub({ apiUrl: `http://127.0.0.1:${port}/api/v3` });
  await expect(lost.open("read")).rejects.toThrow(/asking for a token of repository 1296269 to read/);
  expect(lost.requests).toEqual([]);
  expect(arrived).toBeGreaterThanOrEqual(1);
  await new Promise((resolve) => server.close(resolve));
});

test("people find a thread at its address", () => {
  expect(stub.github.threadUrl(repository, { kind: "issue", number: 7 })).toBe("https://github.com/acme/shop/issues/7");
  expect(stub.github.threadUrl(repository, { kind: "pull", number: 8 })).toBe("https://github.com/acme/shop/pull/8");
  const at = { path: "backend/app/a b.py", line: 3, lastLine: 3 };
  expect(stub.github.lineUrl(repository, "c0ffee", at)).toBe(
    "https://github.com/acme/shop/blob/c0ffee/backend/app/a%20b.py#L3",
  );
  expect(stub.github.lineUrl(repository, "c0ffee", { ...at, lastLine: 9 })).toMatch(/#L3-L9$/);
});
