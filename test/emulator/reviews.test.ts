import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Person } from "./emulator.ts";
import { HERE, openStage, type Stage } from "./stage.ts";

let stage: Stage;
let token: string;
let maintainer: Person;
let reviewer: Person;
let pull: number;
beforeAll(async () => {
  stage = await openStage();
  token = await stage.token();
  maintainer = stage.emulator.as("maintainer");
  reviewer = stage.emulator.as("reviewer");
  await maintainer.pushFiles(
    "topic",
    { "lines.txt": "one\nTWO\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n", "new.py": "a = 1\nb = 2\n" },
    "Change",
  );
  pull = (await maintainer.openPull({ head: "topic", base: "main", title: "Change" })).number;
});
afterAll(async () => {
  expect(stage.emulator.violations).toEqual([]);
  await stage.close();
});

const events = async () => {
  await stage.emulator.idle();
  return stage.received.splice(0).map(({ headers, raw }) => `${headers["x-github-event"]}.${JSON.parse(raw).action}`);
};

describe("a review", () => {
  test("has inline comments on either side, and is announced with them", async () => {
    await events();
    const { id } = await reviewer.submitReview(pull, {
      state: "REQUEST_CHANGES",
      body: "Please",
      comments: [
        { path: "lines.txt", line: 2, side: "LEFT", body: "Why?" },
        { path: "new.py", line: 2, body: "b?" },
      ],
    });
    expect(await events()).toEqual([
      "pull_request_review.submitted",
      "pull_request_review_comment.created",
      "pull_request_review_comment.created",
    ]);
    const comments = (await stage.emulator.reviewComments(pull)).filter((one) => one.pull_request_review_id === id);
    expect(comments.map(({ path, line, side, diff_hunk }) => [path, line, side, diff_hunk])).toEqual([
      ["lines.txt", 2, "LEFT", "@@ -1,5 +1,5 @@\n one\n-two"],
      ["new.py", 2, "RIGHT", "@@ -0,0 +1,2 @@\n+a = 1\n+b = 2"],
    ]);
    const older = await stage.call("GET", `${HERE}/pulls/${pull}/reviews/${id}/comments`, { token });
    expect(older.body.map((comment) => [comment["position"], "line" in comment])).toEqual([
      [2, false],
      [2, false],
    ]);
  });

  test.each([
    ["a line outside the diff", { path: "lines.txt", line: 9, body: "x" }, "Line could not be resolved"],
    [
      "a line that the side does not have",
      { path: "new.py", line: 1, side: "LEFT" as const, body: "x" },
      "Line could not be resolved",
    ],
    ["a file outside the diff", { path: "app/main.py", line: 1, body: "x" }, "Path could not be resolved"],
  ])("with %s is 422, and nothing of it is kept", async (_, comment, sentence) => {
    const before = stage.emulator.reviews(pull).length;
    const good = { path: "new.py", line: 1, body: "fine" };
    await expect(reviewer.submitReview(pull, { state: "COMMENT", comments: [good, comment] })).rejects.toThrow(
      sentence,
    );
    expect(stage.emulator.reviews(pull)).toHaveLength(before);
  });

  test("does not approve its author's own pull request", async () => {
    await expect(maintainer.submitReview(pull, { state: "APPROVE" })).rejects.toThrow(
      "Can not approve your own pull request",
    );
  });

  test("that is a draft is seen by its author alone until it is submitted", async () => {
    const { id } = await reviewer.submitReview(pull, {
      body: "Later",
      comments: [{ path: "new.py", line: 1, body: "draft" }],
    });
    const path = `${HERE}/pulls/${pull}/reviews/${id}`;
    expect((await stage.call("GET", path, { token })).status).toBe(404);
    expect((await stage.call("GET", path, { token: "reviewer-token" })).body["state"]).toBe("PENDING");
    const seen = async () =>
      (await stage.call("GET", `${HERE}/pulls/${pull}/comments`, { token })).body.some(({ body }) => body === "draft");
    expect(await seen()).toBe(false);
    await events();
    await reviewer.request("POST", `${path}/events`, { event: "APPROVE" });
    expect(await seen()).toBe(true);
    expect(await events()).toEqual(["pull_request_review.submitted", "pull_request_review_comment.created"]);
  });

  test("without a word and without comments is 422", async () => {
    await expect(reviewer.submitReview(pull, { state: "COMMENT" })).rejects.toThrow("422");
  });
});

describe("a loose inline comment", () => {
  test("is a review of one, and announced as both", async () => {
    await events();
    const { id } = await reviewer.commentOnLine(pull, { path: "lines.txt", line: 3, body: "loose" });
    expect(await events()).toEqual(["pull_request_review.submitted", "pull_request_review_comment.created"]);
    const comment = (await stage.emulator.reviewComments(pull)).find((one) => one.id === id);
    expect(stage.emulator.reviews(pull).find((one) => one.id === comment?.pull_request_review_id)).toMatchObject({
      state: "COMMENTED",
      body: "",
    });
  });

  test("is answered at its thread's first comment only", async () => {
    const { id } = await reviewer.commentOnLine(pull, { path: "lines.txt", line: 1, body: "question" });
    const path = (to: number) => `${HERE}/pulls/${pull}/comments/${to}/replies`;
    const answer = await stage.call("POST", path(id), { token, body: { body: "answer" } });
    expect(answer).toMatchObject({ status: 201, body: { in_reply_to_id: id, user: { type: "Bot" } } });
    const nested = await stage.call("POST", path(answer.body["id"] as number), { token, body: { body: "answer" } });
    expect(nested.status).toBe(422);
  });

  test("takes reactions", async () => {
    const { id } = await reviewer.commentOnLine(pull, { path: "lines.txt", line: 4, body: "react" });
    expect(
      (await stage.call("POST", `${HERE}/pulls/comments/${id}/reactions`, { token, body: { content: "eyes" } })).status,
    ).toBe(201);
    expect(stage.emulator.reactions({ reviewComment: id })).toEqual([
      { content: "eyes", by: "backend-architect[bot]" },
    ]);
  });
});

describe("a thread", () => {
  const threads = async () => {
    const query = `query ($owner: String!, $name: String!, $number: Int!, $after: String) {
      repository(owner: $owner, name: $name) { pullRequest(number: $number) {
        reviewThreads(first: 50, after: $after) {
          nodes { id isResolved isOutdated line comments(first: 1) { nodes { databaseId author { login } } } }
          pageInfo { hasNextPage endCursor } } } } }`;
    const variables = { owner: "acme", name: "shop", number: pull };
    const { body } = await stage.call("POST", "/graphql", { token, body: { query, variables } });
    return (body as unknown as ThreadsReply).data.repository.pullRequest.reviewThreads.nodes;
  };
  type ThreadsReply = {
    data: {
      repository: {
        pullRequest: {
          reviewThreads: {
            nodes: {
              id: string;
              isResolved: boolean;
              isOutdated: boolean;
              line: number | null;
              comments: { nodes: { databaseId: number }[] };
            }[];
          };
        };
      };
    };
  };
  const threadOf = async (comment: number) =>
    (await threads()).find(({ comments }) => comments.nodes[0]?.databaseId === comment);

  test("is resolved through GraphQL, and the App hears of it", async () => {
    const { id } = await reviewer.commentOnLine(pull, { path: "lines.txt", line: 5, body: "resolve me" });
    const thread = await threadOf(id);
    expect(thread).toMatchObject({ isResolved: false, isOutdated: false, line: 5 });
    await events();
    const query = "mutation ($id: ID!) { resolveReviewThread(input: { threadId: $id }) { thread { isResolved } } }";
    await stage.call("POST", "/graphql", { token, body: { query, variables: { id: thread?.id } } });
    expect(await threadOf(id)).toMatchObject({ isResolved: true });
    expect(await events()).toEqual(["pull_request_review_thread.resolved"]);
  });

  test("moves with its line, and is outdated once the line changed", async () => {
    const stays = await reviewer.commentOnLine(pull, { path: "lines.txt", line: 4, body: "stays" });
    const goes = await reviewer.commentOnLine(pull, { path: "new.py", line: 2, body: "goes" });
    await maintainer.pushFiles(
      "topic",
      { "lines.txt": "zero\none\nTWO\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n", "new.py": "a = 1\nb = 3\n" },
      "Move",
    );
    const comments = await stage.emulator.reviewComments(pull);
    expect(comments.find(({ id }) => id === stays.id)).toMatchObject({ line: 5, original_line: 4 });
    expect(comments.find(({ id }) => id === goes.id)).toMatchObject({ line: null, original_line: 2, position: null });
    expect(await threadOf(goes.id)).toMatchObject({ isOutdated: true, line: null });
  });
});
