import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HERE, openStage, type Stage } from "../stage.ts";
import { checkExchange, checkWebhook } from "./contract.ts";
import { cut } from "./cut.ts";

const url = "https://api.github.com/repos/acme/shop/pulls";
const good = { title: "t", head: "h", base: "b" };

describe("an exchange", () => {
  test("that fits is without complaints, on github.com and on a server of one's own", () => {
    expect(checkExchange({ method: "POST", url, requestBody: good })).toEqual([]);
    expect(
      checkExchange({ method: "POST", url: "http://github.local/api/v3/repos/acme/shop/pulls", requestBody: good }),
    ).toEqual([]);
  });

  test.each([
    ["a body that lacks a key", { requestBody: { title: "t", head: "h" } }, /must have required property 'base'/],
    [
      "a key that GitHub would ignore",
      { requestBody: { ...good, maintainers_can_modify: true } },
      /unknown key "maintainers_can_modify"/,
    ],
    ["a value of the wrong type", { requestBody: { ...good, draft: "yes" } }, /draft must be boolean/],
    ["no body", {}, /lacks its body/],
    ["a status that is not documented", { requestBody: good, status: 202 }, /status 202 is not documented/],
    [
      "a reply that lacks keys",
      { requestBody: good, status: 201, responseBody: { id: 1 } },
      /must have required property 'url'/,
    ],
  ])("with %s is named", (_, part, complaint) => {
    expect(checkExchange({ method: "POST", url, ...part }).join("\n")).toMatch(complaint);
  });

  test("with an unknown or wrong query parameter is named", () => {
    expect(checkExchange({ method: "GET", url: `${url}?per_page=ten` }).join()).toMatch(/query per_page=ten/);
    expect(checkExchange({ method: "GET", url: `${url}?stat=open` })).toEqual([
      'pulls/list: query has unknown key "stat"',
    ]);
  });

  test("of no operation is named", () => {
    expect(checkExchange({ method: "GET", url: "/repos/a/b/nothing" })).toEqual([
      "GET /repos/a/b/nothing is no operation of the contract",
    ]);
  });

  test("finds paths and refs with slashes, encoded or not", () => {
    for (const path of [
      "contents/a/b.txt",
      "contents/a%2Fb.txt",
      "git/ref/heads/architect/issue-1",
      "compare/main...a%2Fb",
    ]) {
      expect(checkExchange({ method: "GET", url: `/repos/acme/shop/${path}` })).toEqual([]);
    }
  });
});

describe("a webhook", () => {
  test("that lacks what it must have is named, and an unknown one as well", () => {
    expect(checkWebhook("issues", { action: "labeled" }).join("\n")).toMatch(/must have required property 'issue'/);
    expect(checkWebhook("issues", { action: "exploded" })).toEqual(["issues-exploded is no webhook of the contract"]);
  });
});

describe("the cut", () => {
  test("fails where the description lacks an operation that is asked for", () => {
    expect(() => cut({ paths: {}, "x-webhooks": {} })).toThrow("not in the description: apps/get-authenticated");
  });
});

describe("a violation of the running emulator", () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.close());

  test("is a request that GitHub would refuse: 422, and kept", async () => {
    const reply = await stage.call("POST", `${HERE}/issues`, { body: { body: "no title" } });
    expect(reply.status).toBe(422);
    expect(stage.emulator.violations.join()).toMatch(/issues\/create: request must have required property 'title'/);
  });

  test("is a route that is not emulated", async () => {
    expect((await stage.call("GET", `${HERE}/milestones`)).status).toBe(404);
    expect(stage.emulator.violations).toContain(`NOT EMULATED GET ${HERE}/milestones`);
  });

  test("is a GraphQL field that is not there, a page that is not asked for, and a document that cannot be read", async () => {
    const ask = (query: string) => stage.call("POST", "/graphql", { body: { query } });
    const reply = await ask("{ viewer { login nonsense } }");
    expect(reply.body["errors"]).toMatchObject([{ message: "Field 'nonsense' doesn't exist on type 'viewer'" }]);
    await ask('{ repository(owner: "acme", name: "shop") { nonsense } }');
    await ask("{ viewer { login }");
    expect(stage.emulator.violations).toEqual([
      "GraphQL: Field 'nonsense' doesn't exist on type 'viewer'",
      "GraphQL: Field 'nonsense' doesn't exist on type 'repository'",
      "GraphQL: unexpected end of document",
    ]);
  });

  test("is none where a test asked for a failure", async () => {
    stage.emulator.failNext({
      method: "GET",
      path: /^\/repos\/acme\/shop$/,
      status: 403,
      headers: { "retry-after": "60" },
      body: { message: "slow down" },
    });
    const limited = await stage.call("GET", HERE);
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([403, "60"]);
    const then = await stage.call("GET", HERE);
    expect([then.status, then.headers.get("x-ratelimit-limit")]).toEqual([200, "5000"]);
    expect(stage.emulator.violations).toEqual([]);
  });

  test("is no malformed body: 400", async () => {
    const reply = await fetch(`${stage.emulator.api}${HERE}/issues`, {
      method: "POST",
      body: "{",
      headers: { authorization: "Bearer maintainer-token" },
    });
    expect([reply.status, ((await reply.json()) as { message: string }).message]).toEqual([
      400,
      "Problems parsing JSON",
    ]);
  });
});
