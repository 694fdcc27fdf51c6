import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { GitHubSession } from "../../src/ports.ts";
import {
  blobReply,
  byBot,
  commentReply,
  type Json,
  maintainer,
  refusal,
  reviewCommentReply,
  reviewReply,
  shaOf,
  shop,
  treeReply,
} from "./replies.ts";
import { api, type Stub, startStub } from "./stub.ts";

let stub: Stub;
let session: GitHubSession;

beforeEach(async () => {
  stub = startStub();
  session = await stub.open("publish");
  await stub.github.whoami();
  stub.requests.length = 0;
});

afterEach(() => {
  expect(stub.violations).toEqual([]);
  expect(nock.pendingMocks().filter((mock) => mock.includes(shop))).toEqual([]);
  nock.cleanAll();
});

const marker = "<!-- architect:status -->";
const body = `working\n\n${marker}`;

describe("the comment that a marker finds", () => {
  const path = `${shop}/issues/7/comments`;
  const upsert = (text = body, known?: number) => session.upsertComment(7, marker, text, known);
  const lists = (...comments: Json[]) => api().get(path).query({ per_page: 100 }).reply(200, comments);
  const knows = (comment: Json) => api().get(`${shop}/issues/comments/11`).reply(200, comment);
  const edits = (id: number) => api().patch(`${shop}/issues/comments/${id}`).reply(200, commentReply(id, body));
  const makes = (id: number) => api().post(path).reply(201, commentReply(id, body));

  test("is made where there is none", async () => {
    lists(commentReply(1, "hello", maintainer));
    makes(12);
    expect(await upsert()).toBe(12);
    expect(stub.requests.at(-1)).toBe(`POST ${path} ${JSON.stringify({ body })}`);
  });

  test("gets the marker where the text has none", async () => {
    lists();
    makes(12);
    await upsert("working");
    expect(stub.requests.at(-1)).toBe(`POST ${path} ${JSON.stringify({ body })}`);
  });

  test("is written over where its id is known", async () => {
    knows(commentReply(11, `old ${marker}`));
    edits(11);
    expect(await upsert(body, 11)).toBe(11);
    expect(stub.requests).toEqual([
      `GET ${shop}/issues/comments/11`,
      `PATCH ${shop}/issues/comments/11 ${JSON.stringify({ body })}`,
    ]);
  });

  test("is left where it says so already", async () => {
    knows(commentReply(11, body));
    expect(await upsert(body, 11)).toBe(11);
    expect(stub.requests).toHaveLength(1);
  });

  test.each([
    ["a person's, though it quotes the marker", commentReply(11, body, maintainer)],
    ["another of ours", commentReply(11, "an answer")],
    ["on another issue", commentReply(11, body, undefined, 77)],
  ])("is looked for where the known id is %s", async (_, other) => {
    knows(other);
    lists(commentReply(1, body, maintainer), commentReply(12, `old ${marker}`));
    edits(12);
    expect(await upsert(body, 11)).toBe(12);
  });

  test("is made again after somebody deleted it", async () => {
    api().get(`${shop}/issues/comments/11`).reply(404, refusal("Not Found"));
    lists();
    makes(13);
    expect(await upsert(body, 11)).toBe(13);
  });

  test("is found on a later page", async () => {
    const next = `<https://api.github.com${path}?per_page=100&page=2>; rel="next"`;
    api()
      .get(path)
      .query({ per_page: 100 })
      .reply(200, [commentReply(1, "hello", maintainer)], { link: next })
      .get(path)
      .query({ per_page: 100, page: 2 })
      .reply(200, [commentReply(12, body)]);
    expect(await upsert()).toBe(12);
  });

  test("is not made twice where the answer got lost", async () => {
    lists();
    api().post(path).reply(502, "");
    lists(commentReply(12, body));
    expect(await upsert()).toBe(12);
    expect(stub.requests.filter((line) => line.startsWith("POST"))).toHaveLength(1);
  });

  test("is no longer than GitHub takes", async () => {
    await expect(upsert("x".repeat(65_530))).rejects.toThrow(
      "a comment has 65557 characters, and GitHub takes 65536: render it shorter",
    );
    expect(stub.requests).toEqual([]);
  });
});

describe("an answer in a thread", () => {
  const mark = "<!-- architect:thread:43 -->";
  const text = `renamed\n\n${mark}`;
  const path = `${shop}/pulls/8/comments`;
  const lists = (...comments: Json[]) => api().get(path).query({ per_page: 100 }).reply(200, comments);
  const answer = () => session.answerThread(8, 43, mark, text);
  const ours = { user: byBot, body: text, in_reply_to_id: 43 };

  test("is given once", async () => {
    lists(reviewCommentReply(43));
    api().post(`${path}/43/replies`).reply(201, reviewCommentReply(50, ours));
    expect(await answer()).toBe(50);
    expect(stub.requests.at(-1)).toBe(`POST ${path}/43/replies ${JSON.stringify({ body: text })}`);
    lists(reviewCommentReply(43), reviewCommentReply(50, ours));
    expect(await answer()).toBe(50);
  });

  test("is not taken for given where a person or another thread has the marker", async () => {
    lists(
      reviewCommentReply(48, { ...ours, in_reply_to_id: 44 }),
      reviewCommentReply(49, { body: text, in_reply_to_id: 43 }),
    );
    api().post(`${path}/43/replies`).reply(201, reviewCommentReply(50, ours));
    expect(await answer()).toBe(50);
  });

  test("is not given twice where the reply got lost", async () => {
    lists(reviewCommentReply(43));
    api().post(`${path}/43/replies`).reply(504, "");
    lists(reviewCommentReply(43), reviewCommentReply(50, ours));
    expect(await answer()).toBe(50);
  });

  test("to a thread that is gone says so", async () => {
    lists();
    api().post(`${path}/43/replies`).reply(404, refusal("Not Found"));
    expect(await answer()).toBe("gone");
  });

  test("in a conversation that is locked says so", async () => {
    lists();
    api().post(`${path}/43/replies`).reply(403, refusal("Unable to create comment because issue is locked."));
    expect(await answer()).toBe("untaken");
  });
});

describe("a review", () => {
  const lists = (...comments: Json[]) =>
    api().get(`${shop}/pulls/8/comments`).query({ per_page: 100 }).reply(200, comments);
  const shows = (changes: Json = {}) => api().get(`${shop}/pulls/8/reviews/42`).reply(200, reviewReply(changes));

  test("comes with its comments, and with what was said in their threads before", async () => {
    shows();
    lists(
      reviewCommentReply(30, { pull_request_review_id: 40, created_at: "2026-11-20T08:00:00Z", body: "first" }),
      reviewCommentReply(31, {
        pull_request_review_id: 41,
        created_at: "2026-11-20T09:00:00Z",
        user: byBot,
        in_reply_to_id: 30,
        body: "second",
      }),
      reviewCommentReply(32, {
        pull_request_review_id: 41,
        created_at: "2026-11-20T09:00:00Z",
        body: "another thread",
      }),
      reviewCommentReply(43, { in_reply_to_id: 30, body: "third", line: undefined }),
      reviewCommentReply(44, { body: "new thread" }),
      reviewCommentReply(45, {
        pull_request_review_id: 46,
        in_reply_to_id: 30,
        created_at: "2026-11-20T12:00:00Z",
        body: "later",
      }),
    );
    const bot = { login: byBot["login"], id: 77, type: "Bot" };
    const common = { path: "backend/app/models/user.py", lines: 1, side: "RIGHT", hunk: "@@ -1 +1 @@", line: 3 };
    expect(await session.fetchReviews(8, [42])).toEqual({
      reviews: [{ id: 42, state: "changes_requested", body: "two points", author: maintainer }],
      threads: [
        {
          ...common,
          id: 30,
          comments: [
            { id: 30, review: 40, body: "first", author: maintainer },
            { id: 31, review: 41, body: "second", author: bot },
            { id: 43, review: 42, body: "third", author: maintainer },
            { id: 45, review: 46, body: "later", author: maintainer },
          ],
        },
        { ...common, id: 44, comments: [{ id: 44, review: 42, body: "new thread", author: maintainer }] },
      ],
    });
  });

  test("may be without inline comments and by nobody any more", async () => {
    shows({ state: "COMMENTED", user: null, body: "" });
    lists(reviewCommentReply(30, { pull_request_review_id: 40 }));
    expect(await session.fetchReviews(8, [42])).toMatchObject({
      reviews: [{ state: "commented", author: { login: "ghost" } }],
      threads: [],
    });
  });
});

describe("the pull-request template", () => {
  const tree = (sha: string, ...entries: [string, "blob" | "tree", string][]) =>
    api()
      .get(`${shop}/git/trees/${sha}`)
      .reply(200, {
        ...treeReply(shaOf("1")),
        tree: entries.map(([path, type, digit]) => ({ path, mode: "100644", type, sha: shaOf(digit) })),
      });
  const blob = (digit: string, text: string) =>
    api()
      .get(`${shop}/git/blobs/${shaOf(digit)}`)
      .reply(200, {
        ...blobReply(shaOf(digit)),
        node_id: "x",
        size: text.length,
        encoding: "base64",
        content: Buffer.from(text).toString("base64"),
      });

  test("is the one under .github, in any case", async () => {
    tree("main", [".github", "tree", "2"], ["pull_request_template.md", "blob", "3"]);
    tree(shaOf("2"), ["workflows", "tree", "4"], ["Pull_Request_Template.md", "blob", "5"]);
    blob("5", "## What\n\né\n");
    expect(await session.fetchPullTemplate()).toBe("## What\n\né\n");
  });

  test("is the root's, then the one under docs", async () => {
    tree("main", ["PULL_REQUEST_TEMPLATE", "blob", "3"], ["docs", "tree", "6"]);
    blob("3", "root");
    expect(await session.fetchPullTemplate()).toBe("root");
    tree("main", ["PULL_REQUEST_TEMPLATE", "tree", "3"], ["docs", "tree", "6"]);
    tree(shaOf("6"), ["pull_request_template.txt", "blob", "7"]);
    blob("7", "docs");
    expect(await session.fetchPullTemplate()).toBe("docs");
  });

  test("is none where no folder has one, and none in an empty repository", async () => {
    tree("main", ["README.md", "blob", "8"]);
    expect(await session.fetchPullTemplate()).toBeUndefined();
    api().get(`${shop}/git/trees/main`).reply(409, refusal("Git Repository is empty."));
    expect(await session.fetchPullTemplate()).toBeUndefined();
  });
});
