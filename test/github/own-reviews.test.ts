import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createGitHub } from "../../src/github/github.ts";
import type { GitHubSession, ReviewWritten } from "../../src/ports.ts";
import { makeKey, openStage, type Stage } from "../emulator/stage.ts";

const long = Array.from({ length: 30 }, (_, at) => `line_${at} = ${at}\n`).join("");
const privateKey = makeKey();
let stage: Stage;
let session: GitHubSession;
let number = 0;
let head = "";

beforeAll(async () => {
  const files = { "app/main.py": long, "app/old.py": long.replaceAll("line", "old"), "app/gone.py": "g = 1\n" };
  stage = await openStage({ app: { privateKey }, repositories: [{ owner: "acme", name: "shop", files }] });
  const clock = () => new Date();
  const github = createGitHub({ appId: 7, privateKey, apiUrl: stage.emulator.api, webUrl: stage.emulator.url, clock });
  const repository = { id: 1, owner: "acme", name: "shop", installationId: 100, defaultBranch: "main" };
  session = await github.open(repository, "publish");
});
beforeEach(async () => {
  const maintainer = stage.emulator.as("maintainer");
  const branch = `work-${number}`;
  head = await maintainer.pushFiles(
    branch,
    {
      "app/main.py": long.replace("line_4 = 4", "line_4 = 44"),
      "app/new.py": "n = 1\n",
      "app/gone.py": null,
      "app/old.py": null,
      "app/renamed.py": long.replaceAll("line", "old"),
      "app/picture.png": "\u0000binary",
    },
    "Work",
  );
  ({ number } = await maintainer.openPull({ head: branch, base: "main", title: "Work" }));
});
afterAll(async () => {
  await session.close();
  expect(stage.emulator.violations).toEqual([]);
  await stage.close();
});

const marker = "<!-- architect:review:1 -->";
const review = (changes: Partial<ReviewWritten> = {}): ReviewWritten => ({
  commit: head,
  marker,
  body: `${marker}\nTwo findings.`,
  comments: [
    { path: "app/main.py", line: 5, side: "RIGHT", body: "One" },
    { path: "app/main.py", line: 5, side: "LEFT", body: "Other" },
  ],
  ...changes,
});
const states = () => stage.emulator.reviews(number).map(({ state, body }) => [state, body]);

test("the files of a pull request have their patch where GitHub shows lines, and their former name", async () => {
  const files = await session.fetchPullFiles(number);
  expect(files.map(({ path, kind, before, patch }) => [path, kind, before, patch?.split("\n")[0]])).toEqual([
    ["app/gone.py", "removed", undefined, "@@ -1 +0,0 @@"],
    ["app/main.py", "modified", undefined, "@@ -2,7 +2,7 @@ line_0 = 0"],
    ["app/new.py", "added", undefined, "@@ -0,0 +1 @@"],
    ["app/picture.png", "added", undefined, undefined],
    ["app/renamed.py", "renamed", "app/old.py", undefined],
  ]);
});

test("a review is a comment with its lines, written once, and read back as ours", async () => {
  const first = await session.postReview(number, review());
  expect(await session.postReview(number, review())).toEqual(first);
  await stage.emulator.as("maintainer").submitReview(number, { state: "COMMENT", body: `${marker} forged` });
  expect(states()).toEqual([
    ["COMMENTED", `${marker}\nTwo findings.`],
    ["COMMENTED", `${marker} forged`],
  ]);
  expect(await session.fetchOwnReviews(number)).toEqual([
    {
      ...(first as object),
      commit: head,
      submittedAt: expect.stringMatching(/^20/),
      body: `${marker}\nTwo findings.`,
      comments: [
        { path: "app/main.py", body: "One" },
        { path: "app/main.py", body: "Other" },
      ],
    },
  ]);
});

test("a draft that a crash left is submitted where it is this review, and taken away where it is another", async () => {
  const minted = await stage.call("POST", "/app/installations/100/access_tokens", {
    token: stage.jwt({}, privateKey),
    body: {},
  });
  const token = minted.body["token"] as string;
  const draft = (body: string) =>
    stage.call("POST", `/repos/acme/shop/pulls/${number}/reviews`, { token, body: { body, comments: [] } });
  await draft(`${marker}\nTwo findings.`);
  expect(await session.fetchOwnReviews(number)).toEqual([]);
  await session.postReview(number, review());
  expect(states()).toEqual([["COMMENTED", `${marker}\nTwo findings.`]]);
  await draft("<!-- architect:review:2 -->\nOf a run that is gone.");
  await session.postReview(number, review({ marker: "<!-- 3 -->", body: "<!-- 3 -->\nThree.", comments: [] }));
  expect(states()).toEqual([
    ["COMMENTED", `${marker}\nTwo findings.`],
    ["COMMENTED", "<!-- 3 -->\nThree."],
  ]);
});

test("a review whose answer was lost is not written twice", async () => {
  const path = new RegExp(`/pulls/${number}/reviews$`);
  stage.emulator.failNext({ method: "POST", path, status: 502, body: {} });
  await session.postReview(number, review());
  expect(states()).toHaveLength(1);
});

test("a line that the diff does not show leaves nothing written, and is told", async () => {
  const comments = [
    { path: "app/main.py", line: 5, side: "RIGHT" as const, body: "One" },
    { path: "app/main.py", line: 25, side: "RIGHT" as const, body: "Off the diff" },
  ];
  expect(await session.postReview(number, review({ comments }))).toBe("unplaced");
  expect(states()).toEqual([]);
});
