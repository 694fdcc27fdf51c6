import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Person } from "./emulator.ts";
import { HERE, openStage, type Stage } from "./stage.ts";

const fork = { owner: "stranger", name: "shop" };
let stage: Stage;
let token: string;
let stranger: Person;
let number: number;
let sha: string;

beforeAll(async () => {
  stage = await openStage({
    repositories: [
      { owner: "acme", name: "shop", files: { "app/main.py": "x = 1\n", "app/other.py": "y = 1\n" } },
      { ...fork, forkOf: "acme/shop" },
    ],
  });
  token = await stage.token();
  stranger = stage.emulator.as("stranger");
  sha = await stranger.at(fork).pushFiles("better", { "app/main.py": "x = 2\n" }, "Make it better");
  ({ number } = await stranger.openPull({ head: "stranger:better", base: "main", title: "Better" }));
});
afterAll(async () => {
  expect(stage.emulator.violations).toEqual([]);
  await stage.close();
});

describe("a pull request from a fork", () => {
  test("names the fork as its head's repository, and its files come from git", async () => {
    const { body } = await stage.call("GET", `${HERE}/pulls/${number}`, { token });
    expect(body).toMatchObject({
      head: { label: "stranger:better", ref: "better", sha, repo: { full_name: "stranger/shop", fork: true } },
      base: { ref: "main", repo: { full_name: "acme/shop", fork: false } },
      changed_files: 1,
      mergeable: true,
    });
    const files = await stage.call("GET", `${HERE}/pulls/${number}/files`, { token });
    expect(files.body.map(({ filename }) => filename)).toEqual(["app/main.py"]);
  });

  test("has its head at refs/pull in the repository that it goes to, for a token of that repository", async () => {
    const { git } = await stage.git(token);
    const url = `${stage.emulator.url}/acme/shop.git`;
    expect((await git(["ls-remote", url, `refs/pull/${number}/head`])).toString()).toBe(
      `${sha}\trefs/pull/${number}/head\n`,
    );
    await expect(git(["ls-remote", `${stage.emulator.url}/stranger/shop.git`])).rejects.toThrow();
  });

  test("follows its branch, and the App hears of it as of a push to the pull request alone", async () => {
    const next = await stranger.at(fork).pushFiles("better", { "app/other.py": "y = 2\n" }, "And the other one");
    await stage.emulator.idle();
    const { body } = await stage.call("GET", `${HERE}/pulls/${number}`, { token });
    expect(body).toMatchObject({ head: { sha: next }, commits: 2 });
    const heard = stage.emulator.deliveries.map(({ event, action }) => `${event}.${action}`);
    expect(heard).toEqual(["pull_request.opened", "pull_request.synchronize"]);
  });

  test("is opened by whoever may push to the fork, and the fork is its owner's alone", async () => {
    await expect(
      stage.emulator.as("triager").openPull({ head: "stranger:better", base: "main", title: "Mine" }),
    ).rejects.toThrow("403");
    await expect(stranger.pushFiles("mine", { "app/main.py": "x = 3\n" }, "Not here")).rejects.toThrow("403");
  });
});

describe("a draft of a review", () => {
  test("is one for each person, and can be taken away as long as it is a draft", async () => {
    const github = new Octokit({ baseUrl: stage.emulator.api, auth: token });
    const place = { owner: "acme", repo: "shop", pull_number: number };
    const comments = [{ path: "app/main.py", line: 1, side: "RIGHT", body: "Why 2?" }];
    const draft = await github.rest.pulls.createReview({ ...place, body: "First", comments });
    await expect(github.rest.pulls.createReview({ ...place, body: "Second", event: "COMMENT" })).rejects.toThrow(
      "one pending review",
    );
    await github.rest.pulls.deletePendingReview({ ...place, review_id: draft.data.id });
    const review = await github.rest.pulls.createReview({ ...place, body: "Third", event: "COMMENT", comments });
    await expect(github.rest.pulls.deletePendingReview({ ...place, review_id: review.data.id })).rejects.toThrow(
      "non-pending",
    );
    expect((await github.rest.pulls.listReviewComments(place)).data.map(({ body }) => body)).toEqual(["Why 2?"]);
  });
});
