import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Person } from "./emulator.ts";
import { HERE, openStage, type Stage } from "./stage.ts";

let stage: Stage;
let token: string;
let maintainer: Person;
let stranger: Person;
beforeAll(async () => {
  stage = await openStage();
  token = await stage.token();
  maintainer = stage.emulator.as("maintainer");
  stranger = stage.emulator.as("stranger");
});
afterAll(async () => {
  expect(stage.emulator.violations).toEqual([]);
  await stage.close();
});

describe("an issue", () => {
  test("is opened by anybody, and labelled by those who may triage", async () => {
    const { number } = await stranger.createIssue({ title: "Please", labels: ["architect"] });
    expect(stage.emulator.issue(number).labels).toEqual([]);
    await expect(stranger.label(number, "architect")).rejects.toThrow("403");
    await stage.emulator.as("triager").label(number, "architect");
    expect(stage.emulator.issue(number).labels.map(({ name }) => name)).toEqual(["architect"]);
    await stage.emulator.as("triager").unlabel(number, "architect");
    expect(stage.emulator.issue(number).labels).toEqual([]);
    const again = await stage.call("DELETE", `${HERE}/issues/${number}/labels/architect`);
    expect(again).toMatchObject({ status: 404, body: { message: "Label does not exist" } });
  });

  test("is found by label and state, newest first", async () => {
    const first = await maintainer.createIssue({ title: "First", labels: ["found"] });
    const second = await maintainer.createIssue({ title: "Second", labels: ["found"] });
    await maintainer.updateIssue(first.number, { state: "closed" });
    const numbers = async (query: string) =>
      (await stage.call("GET", `${HERE}/issues?labels=found&${query}`, { token })).body.map(({ number }) => number);
    expect(await numbers("state=open")).toEqual([second.number]);
    expect(await numbers("state=all")).toEqual([second.number, first.number]);
  });

  test("keeps its number's sequence with pull requests", async () => {
    await maintainer.pushFiles("sequence", { "s.py": "" }, "S");
    const issue = await maintainer.createIssue({ title: "Before" });
    const pull = await maintainer.openPull({ head: "sequence", base: "main", title: "S" });
    expect(pull.number).toBe(issue.number + 1);
    const listed = await stage.call("GET", `${HERE}/issues/${pull.number}`, { token });
    expect(listed.body["pull_request"]).toMatchObject({ url: `${stage.emulator.api}${HERE}/pulls/${pull.number}` });
    expect((await stage.call("GET", `${HERE}/pulls/${issue.number}`, { token })).status).toBe(404);
  });
});

describe("comments", () => {
  test("come in pages with links to the others, which Octokit follows", async () => {
    const { number } = await maintainer.createIssue({ title: "Talk" });
    for (const word of ["one", "two", "three", "four", "five"]) await maintainer.comment(number, word);
    const page = await stage.call("GET", `${HERE}/issues/${number}/comments?per_page=2&page=2`, { token });
    expect(page.body.map(({ body }) => body)).toEqual(["three", "four"]);
    expect(page.headers.get("link")).toMatch(/page=1>; rel="prev".*page=3>; rel="next".*page=3>; rel="last"/);
    const octokit = new Octokit({ baseUrl: stage.emulator.api, auth: token });
    const place = { owner: "acme", repo: "shop", issue_number: number, per_page: 2 };
    const all = await octokit.paginate(octokit.rest.issues.listComments, place);
    expect(all.map(({ body }) => body)).toEqual(["one", "two", "three", "four", "five"]);
  });

  test("are edited and deleted by their author, or by those who may write", async () => {
    const { number } = await maintainer.createIssue({ title: "Edit" });
    const { id } = await stranger.comment(number, "mine");
    await expect(stage.emulator.as("triager").editComment(id, "not mine")).rejects.toThrow("403");
    await stranger.editComment(id, "still mine");
    await maintainer.deleteComment(id);
    expect(stage.emulator.comments(number)).toEqual([]);
    expect((await stage.call("GET", `${HERE}/issues/comments/${id}`, { token })).status).toBe(404);
  });

  test("of the App name it, and its user is a bot", async () => {
    const { number } = await maintainer.createIssue({ title: "Bot" });
    const { body } = await stage.call("POST", `${HERE}/issues/${number}/comments`, { token, body: { body: "hello" } });
    expect(body).toMatchObject({
      user: { login: "backend-architect[bot]", type: "Bot" },
      performed_via_github_app: { slug: "backend-architect" },
    });
  });

  test("are neither empty nor longer than 65,536 characters", async () => {
    const { number } = await maintainer.createIssue({ title: "Length" });
    const say = (body: string) => stage.call("POST", `${HERE}/issues/${number}/comments`, { token, body: { body } });
    expect((await say(" ")).status).toBe(422);
    expect((await say("x".repeat(65_536))).status).toBe(201);
    expect((await say("x".repeat(65_537))).status).toBe(422);
  });

  test("need the permission of their kind of thread", async () => {
    const issue = await maintainer.createIssue({ title: "Kind" });
    await maintainer.pushFiles("kind", { "k.py": "" }, "K");
    const pull = await maintainer.openPull({ head: "kind", base: "main", title: "K" });
    const say = async (number: number, permission: string) => {
      const narrow = await stage.token({ permissions: { [permission]: "write" } });
      return (await stage.call("POST", `${HERE}/issues/${number}/comments`, { token: narrow, body: { body: "x" } }))
        .status;
    };
    expect([await say(issue.number, "issues"), await say(issue.number, "pull_requests")]).toEqual([201, 403]);
    expect([await say(pull.number, "pull_requests"), await say(pull.number, "issues")]).toEqual([201, 403]);
  });
});

describe("a reaction", () => {
  test("is one of its kind per person: 201 the first time, 200 then", async () => {
    const { number } = await maintainer.createIssue({ title: "React" });
    const { id } = await maintainer.comment(number, "x");
    for (const path of [`issues/${number}`, `issues/comments/${id}`]) {
      const react = () => stage.call("POST", `${HERE}/${path}/reactions`, { token, body: { content: "eyes" } });
      expect([(await react()).status, (await react()).status]).toEqual([201, 200]);
    }
    expect(stage.emulator.reactions({ issue: number })).toEqual([{ content: "eyes", by: "backend-architect[bot]" }]);
    expect(stage.emulator.reactions({ comment: id })).toHaveLength(1);
    expect(stage.emulator.issue(number)["reactions"]).toMatchObject({ total_count: 1, eyes: 1 });
  });

  test("is taken back by who made it", async () => {
    const { number } = await maintainer.createIssue({ title: "Take back" });
    const made = await stage.call("POST", `${HERE}/issues/${number}/reactions`, { token, body: { content: "rocket" } });
    const path = `${HERE}/issues/${number}/reactions/${made.body["id"]}`;
    expect((await stage.call("DELETE", path)).status).toBe(403);
    expect((await stage.call("DELETE", path, { token })).status).toBe(204);
    expect(stage.emulator.reactions({ issue: number })).toEqual([]);
  });
});
