import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Person } from "./emulator.ts";
import { HERE, openStage, type Stage } from "./stage.ts";

let stage: Stage;
let token: string;
let maintainer: Person;
beforeAll(async () => {
  stage = await openStage();
  token = await stage.token();
  maintainer = stage.emulator.as("maintainer");
});
afterAll(async () => {
  expect(stage.emulator.violations).toEqual([]);
  await stage.close();
});

let count = 0;
/** A branch with one changed, one new and one deleted file, and its pull request by the App. */
async function openPull(extra: object = {}) {
  const branch = `architect/issue-${++count}-it`;
  const files = {
    "lines.txt": "one\nTWO\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n",
    [`new-${count}.py`]: "y = 2\n",
    "app/main.py": null,
  };
  await maintainer.pushFiles(branch, files, `Change ${count}`);
  const body = { title: `Pull ${count}`, head: branch, base: "main", ...extra };
  const reply = await stage.call("POST", `${HERE}/pulls`, { token, body });
  return { branch, number: reply.body["number"] as number, reply };
}

describe("a pull request", () => {
  test("has its numbers, files and diff from git", async () => {
    const { number, branch, reply } = await openPull({ draft: true });
    expect(reply).toMatchObject({
      status: 201,
      body: {
        draft: true,
        mergeable: true,
        mergeable_state: "draft",
        commits: 1,
        changed_files: 3,
        additions: 2,
        deletions: 2,
        user: { type: "Bot" },
      },
    });
    const files = await stage.call("GET", `${HERE}/pulls/${number}/files`, { token });
    expect(files.body.map(({ filename, status, patch }) => [filename, status, patch])).toEqual([
      ["app/main.py", "removed", "@@ -1 +0,0 @@\n-x = 1"],
      ["lines.txt", "modified", "@@ -1,5 +1,5 @@\n one\n-two\n+TWO\n three\n four\n five"],
      [`new-${count}.py`, "added", "@@ -0,0 +1 @@\n+y = 2"],
    ]);
    const diff = await stage.call("GET", `${HERE}/pulls/${number}`, { token, accept: "application/vnd.github.diff" });
    expect(diff.headers.get("content-type")).toContain("application/vnd.github.diff");
    expect(diff.body).toContain("diff --git a/app/main.py b/app/main.py\ndeleted file mode 100644");
    const commits = await stage.call("GET", `${HERE}/pulls/${number}/commits`, { token });
    expect(commits.body).toMatchObject([{ commit: { message: `Change ${count}` }, author: { login: "maintainer" } }]);
    const compare = await new Octokit({
      baseUrl: stage.emulator.api,
      auth: token,
    }).rest.repos.compareCommitsWithBasehead({ owner: "acme", repo: "shop", basehead: `main...${branch}` });
    expect(compare.data).toMatchObject({ status: "ahead", ahead_by: 1, behind_by: 0 });
  });

  test("is one per branch", async () => {
    const { branch, number } = await openPull();
    const again = await stage.call("POST", `${HERE}/pulls`, {
      token,
      body: { title: "Again", head: branch, base: "main" },
    });
    expect(again).toMatchObject({
      status: 422,
      body: { errors: [{ message: `A pull request already exists for acme:${branch}.` }] },
    });
    await maintainer.closePull(number);
    const anew = await stage.call("POST", `${HERE}/pulls`, {
      token,
      body: { title: "Again", head: branch, base: "main" },
    });
    expect(anew.status).toBe(201);
    const found = await stage.call("GET", `${HERE}/pulls?head=acme:${branch}&state=all`, { token });
    expect(found.body.map(({ state }) => state)).toEqual(["open", "closed"]);
  });

  test.each([
    ["from a branch that does not exist", { head: "nowhere", base: "main" }],
    ["to a branch that does not exist", { head: "main", base: "nowhere" }],
    ["without commits", { head: "main", base: "main" }],
  ])("%s is 422", async (_, ends) => {
    expect((await stage.call("POST", `${HERE}/pulls`, { token, body: { title: "No", ...ends } })).status).toBe(422);
  });

  test("becomes ready, and a draft again, through GraphQL", async () => {
    const { number, reply } = await openPull({ draft: true });
    const mutate = (name: string, as = token) =>
      stage.call("POST", "/graphql", {
        token: as,
        body: {
          query: `mutation ($id: ID!) { ${name}(input: { pullRequestId: $id }) { pullRequest { isDraft } } }`,
          variables: { id: reply.body["node_id"] },
        },
      });
    expect((await mutate("markPullRequestReadyForReview")).body).toEqual({
      data: { markPullRequestReadyForReview: { pullRequest: { isDraft: false } } },
    });
    expect((await stage.emulator.pull(number)).draft).toBe(false);
    await mutate("convertPullRequestToDraft");
    expect((await stage.emulator.pull(number)).draft).toBe(true);
    const narrow = await stage.token({ permissions: { pull_requests: "write" } });
    expect((await mutate("markPullRequestReadyForReview", narrow)).body["errors"]).toMatchObject([
      { type: "FORBIDDEN" },
    ]);
  });

  test("is merged unless it is a draft or in conflict", async () => {
    const draft = await openPull({ draft: true });
    await expect(maintainer.merge(draft.number)).rejects.toThrow("405");
    const { number, branch } = await openPull();
    const { sha } = await maintainer.merge(number, "squash");
    expect(stage.emulator.branches().get("main")).toBe(sha);
    expect(await stage.emulator.pull(number)).toMatchObject({
      merged: true,
      state: "closed",
      changed_files: 3,
      commits: 1,
    });
    expect(stage.emulator.branches().has(branch)).toBe(true);
    await maintainer.pushFiles("conflict", { "lines.txt": "other\n" }, "Other");
    await maintainer.pushFiles("main", { "lines.txt": "main's\n" }, "Main's");
    const conflicting = await maintainer.openPull({ head: "conflict", base: "main", title: "Conflict" });
    expect(await stage.emulator.pull(conflicting.number)).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
    await expect(maintainer.merge(conflicting.number)).rejects.toThrow("405");
  });
});

describe("a check", () => {
  test("of the App completes its suite, and stands beside those of others", async () => {
    const sha = await maintainer.pushFiles("checked", { "checked.py": "" }, "Check me");
    const output = { title: "Verified", summary: "All well" };
    const made = await stage.call("POST", `${HERE}/check-runs`, {
      token,
      body: { name: "architect", head_sha: sha, status: "in_progress", output },
    });
    const annotation = { path: "lines.txt", start_line: 2, end_line: 2, annotation_level: "notice", message: "loud" };
    const done = await stage.call("PATCH", `${HERE}/check-runs/${made.body["id"]}`, {
      token,
      body: { conclusion: "success", output: { ...output, annotations: [annotation] } },
    });
    expect(done.body).toMatchObject({ status: "completed", conclusion: "success", output: { annotations_count: 1 } });
    await stage.emulator.reportCheck({ sha, name: "tests", conclusion: "failure" });
    const suites = await stage.call("GET", `${HERE}/commits/${sha}/check-suites`, { token });
    expect(
      (suites.body["check_suites"] as { app: { slug: string }; conclusion: string }[]).map(({ app, conclusion }) => [
        app.slug,
        conclusion,
      ]),
    ).toEqual([
      ["backend-architect", "success"],
      ["github-actions", "failure"],
    ]);
    const foreign = stage.emulator.checkRuns(sha).find(({ name }) => name === "tests");
    const change = await stage.call("PATCH", `${HERE}/check-runs/${foreign?.["id"]}`, {
      token,
      body: { conclusion: "success" },
    });
    expect(change.status).toBe(403);
  });

  test("is made by Apps alone", async () => {
    const sha = stage.emulator.branches().get("main");
    expect((await stage.call("POST", `${HERE}/check-runs`, { body: { name: "mine", head_sha: sha } })).status).toBe(
      403,
    );
  });
});
