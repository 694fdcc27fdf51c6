import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { GitHubSession } from "../../src/ports.ts";
import { type Json, pullReply, refusal, shaOf, shop } from "./replies.ts";
import { api, type Stub, startStub } from "./stub.ts";

let stub: Stub;
let session: GitHubSession;

beforeEach(async () => {
  stub = startStub();
  session = await stub.open("publish");
});

afterEach(() => {
  expect(stub.violations).toEqual([]);
  expect(nock.pendingMocks().filter((mock) => mock.includes(shop) || mock.includes("graphql"))).toEqual([]);
  nock.cleanAll();
});

const branch = "architect/issue-7-users";
const lists = (...pulls: Json[]) =>
  api()
    .get(`${shop}/pulls`)
    .query({ head: `acme:${branch}`, state: "all", sort: "created", direction: "desc", per_page: 100 })
    .reply(200, pulls);
const shows = (changes: Json = {}) => api().get(`${shop}/pulls/8`).reply(200, pullReply(changes));
const own = {
  number: 8,
  nodeId: "PR_8",
  url: "https://github.com/acme/shop/pull/8",
  state: "open",
  merged: false,
  draft: true,
  title: "User registration",
  body: "the report",
  author: { login: "architect-app[bot]", id: 77, type: "Bot" },
  branch,
  base: "main",
  headSha: shaOf("a"),
  baseSha: shaOf("b"),
  sameRepository: true,
  updatedAt: "2026-11-20T10:00:00Z",
  labels: ["bug"],
};

describe("the pull request of a branch", () => {
  test("is the newest open one", async () => {
    lists(pullReply({ number: 9, state: "closed" }), pullReply({ number: 8 }), pullReply({ number: 7 }));
    expect(await session.findPull(branch)).toEqual(own);
  });

  test("is the newest closed one where none is open", async () => {
    lists(
      pullReply({ number: 9, state: "closed", merged_at: "2026-11-20T10:00:00Z" }),
      pullReply({ number: 8, state: "closed" }),
    );
    expect(await session.findPull(branch)).toMatchObject({ number: 9, state: "closed", merged: true });
  });

  test("is none of a fork with a branch of that name", async () => {
    lists(pullReply({ head: { repo: { id: 5 } } }), pullReply({ head: { repo: null } }));
    expect(await session.findPull(branch)).toBeUndefined();
    // GitHub sends null for a fork that is gone; its description knows no null there.
    expect(stub.violations.splice(0)).toEqual([expect.stringContaining("head/repo must be object")]);
  });
});

test("a pull request of a fork, or of a fork that is gone, is known for one", async () => {
  shows({ head: { repo: null }, user: null });
  expect(await session.fetchPull(8)).toMatchObject({ sameRepository: false, author: { login: "ghost" } });
  expect(stub.violations.splice(0)).toEqual([
    expect.stringContaining("user must be object"),
    expect.stringContaining("head/repo must be object"),
  ]);
});

describe("opening", () => {
  const request = { branch, base: "main", title: "User registration", body: "the report", draft: true };
  const open = () => session.openPull(request);
  const sent = `POST ${shop}/pulls ${JSON.stringify({ head: branch, base: "main", title: request.title, body: request.body, draft: true })}`;

  test("asks for a draft", async () => {
    api().post(`${shop}/pulls`).reply(201, pullReply());
    expect(await open()).toEqual(own);
    expect(stub.requests).toEqual([sent]);
  });

  test("finds the one that is open already", async () => {
    api().post(`${shop}/pulls`).reply(422, refusal("Validation Failed: A pull request already exists for acme:x."));
    lists(pullReply());
    expect(await open()).toEqual(own);
  });

  test("finds the one that was made though the answer got lost", async () => {
    api().post(`${shop}/pulls`).reply(502, "");
    lists(pullReply());
    expect(await open()).toEqual(own);
    expect(stub.requests.filter((line) => line === sent)).toHaveLength(1);
  });

  test("tries again where none was made", async () => {
    api().post(`${shop}/pulls`).reply(502, "");
    lists();
    api().post(`${shop}/pulls`).reply(201, pullReply());
    expect(await open()).toEqual(own);
  });

  test("opens an ordinary one where the repository's plan has no drafts, and says so", async () => {
    api().post(`${shop}/pulls`).reply(422, refusal("Draft pull requests are not supported in this repository."));
    lists();
    api()
      .post(`${shop}/pulls`)
      .reply(201, pullReply({ draft: false }));
    expect(await open()).toMatchObject({ draft: false });
    expect(stub.requests.at(-1)).toContain('"draft":false');
    expect(stub.log).toEqual([expect.stringContaining("has no draft pull requests on its plan")]);
  });

  test("says what GitHub refuses", async () => {
    api().post(`${shop}/pulls`).reply(422, refusal("No commits between main and x"));
    lists();
    await expect(open()).rejects.toThrow(
      /^GitHub, acme\/shop, opening the pull request of architect\/issue-7-users: 422 No commits between main and x/,
    );
  });

  test("refuses a body that GitHub would refuse", async () => {
    await expect(session.openPull({ ...request, body: "x".repeat(65_537) })).rejects.toThrow(
      "the pull request's body has 65537 characters, and GitHub takes 65536: render it shorter",
    );
    expect(stub.requests).toEqual([]);
  });
});

describe("changing", () => {
  const pull = { ...own, state: "open" as const };
  const mutation = (name: string) => (body: Json) =>
    String(body["query"]).includes(`${name}(input: { pullRequestId: $id })`) &&
    JSON.stringify(body["variables"]) === '{"id":"PR_8"}';
  const done = (field: string) => ({ data: { [field]: { pullRequest: { isDraft: false } } } });

  test("writes title and body, and reads the result back", async () => {
    api().patch(`${shop}/pulls/8`).reply(200, pullReply());
    shows({ body: "another report" });
    expect(await session.updatePull(pull, { body: "another report" })).toMatchObject({ body: "another report" });
    expect(stub.requests).toEqual([
      `PATCH ${shop}/pulls/8 ${JSON.stringify({ body: "another report" })}`,
      `GET ${shop}/pulls/8`,
    ]);
  });

  test("writes nothing that is so already", async () => {
    shows();
    await session.updatePull(pull, { title: own.title, body: own.body, draft: true });
    expect(stub.requests).toEqual([`GET ${shop}/pulls/8`]);
  });

  test.each([
    [false, "markPullRequestReadyForReview"],
    [true, "convertPullRequestToDraft"],
  ])("sets draft to %s by GraphQL", async (draft, name) => {
    shows({ draft: !draft });
    api().post("/graphql", mutation(name)).reply(200, done(name));
    expect(await session.updatePull({ ...pull, draft: !draft }, { draft })).toMatchObject({ draft });
  });

  test("leaves an ordinary pull request where the plan has no drafts", async () => {
    shows({ draft: false });
    api()
      .post("/graphql")
      .reply(200, {
        data: null,
        errors: [{ type: "UNPROCESSABLE", message: "Draft pull requests are not supported." }],
      });
    expect(await session.updatePull(pull, { draft: true })).toMatchObject({ draft: false });
  });

  test("says what GraphQL refuses", async () => {
    shows({ draft: true });
    api()
      .post("/graphql")
      .reply(200, { data: null, errors: [{ type: "FORBIDDEN", message: "Resource not accessible by integration" }] });
    await expect(session.updatePull(pull, { draft: false })).rejects.toThrow(
      /changing pull request #8: .*Resource not accessible by integration/s,
    );
  });
});
