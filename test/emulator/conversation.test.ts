import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Person } from "./emulator.ts";
import { HERE, openStage, type Stage } from "./stage.ts";

let stage: Stage;
let token: string;
let maintainer: Person;
beforeAll(async () => {
  stage = await openStage({
    repositories: [
      { owner: "acme", name: "shop", files: { "l.txt": "one\n" } },
      { owner: "acme", name: "docs", files: { "d.txt": "one\n" } },
    ],
  });
  token = await stage.token();
  maintainer = stage.emulator.as("maintainer");
});
afterAll(async () => {
  expect(stage.emulator.violations).toEqual([]);
  await stage.close();
});

const post = (path: string, body: unknown) => stage.call("POST", `${HERE}${path}`, { token, body });
const isLocked = { status: 403, body: { message: "Unable to create comment because issue is locked." } };

describe("a locked conversation", () => {
  let number: number;
  let known: number;
  beforeEach(async () => {
    ({ number } = await maintainer.createIssue({ title: "Talk" }));
    known = Number((await post(`/issues/${number}/comments`, { body: "before" })).body["id"]);
    await stage.emulator.setLocked("maintainer", number, true);
  });

  test("takes no word of an App, whose earlier words can still be edited", async () => {
    expect(await post(`/issues/${number}/comments`, { body: "after" })).toMatchObject(isLocked);
    const edit = { token, body: { body: "edited" } };
    expect((await stage.call("PATCH", `${HERE}/issues/comments/${known}`, edit)).status).toBe(200);
    expect((await stage.call("GET", `${HERE}/issues/${number}`, { token })).body["locked"]).toBe(true);
  });

  test("takes words of people with write access alone, and nobody's reaction", async () => {
    await maintainer.comment(number, "I may");
    await expect(stage.emulator.as("stranger").comment(number, "May I?")).rejects.toThrow("issue is locked");
    for (const by of [token, "maintainer-token"])
      for (const path of [`/issues/${number}/reactions`, `/issues/comments/${known}/reactions`])
        expect((await stage.call("POST", `${HERE}${path}`, { token: by, body: { content: "eyes" } })).status).toBe(403);
  });

  test("is as before when it is unlocked", async () => {
    await stage.emulator.setLocked("maintainer", number, false);
    expect((await post(`/issues/${number}/comments`, { body: "after" })).status).toBe(201);
    expect((await post(`/issues/comments/${known}/reactions`, { content: "eyes" })).status).toBe(201);
  });
});

test("a locked pull request takes no review of an App, and no answer in its threads", async () => {
  await maintainer.pushFiles("locked", { "l.py": "one\n" }, "L");
  const { number } = await maintainer.openPull({ head: "locked", base: "main", title: "L" });
  const line = { path: "l.py", line: 1, side: "RIGHT", body: "here" };
  const { id } = await maintainer.commentOnLine(number, { path: "l.py", line: 1, body: "here" });
  await stage.emulator.setLocked("maintainer", number, true);
  const { sha } = (await stage.emulator.pull(number)).head;
  expect(await post(`/pulls/${number}/comments/${id}/replies`, { body: "there" })).toMatchObject(isLocked);
  expect(await post(`/pulls/${number}/comments`, { ...line, commit_id: sha })).toMatchObject(isLocked);
  expect(await post(`/pulls/${number}/reviews`, { event: "COMMENT", body: "so" })).toMatchObject(isLocked);
  expect((await stage.call("GET", `${HERE}/pulls/${number}`, { token })).body["locked"]).toBe(true);
});

describe("an issue that is gone", () => {
  test("was deleted: 410, its comments 404, and its number is not given again", async () => {
    const { number } = await maintainer.createIssue({ title: "Gone" });
    const { id } = await maintainer.comment(number, "with it");
    await stage.emulator.deleteIssue("maintainer", number);
    const deleted = { status: 410, body: { message: "This issue was deleted" } };
    expect(await stage.call("GET", `${HERE}/issues/${number}`, { token })).toMatchObject(deleted);
    expect(await post(`/issues/${number}/comments`, { body: "hello?" })).toMatchObject(deleted);
    expect((await stage.call("GET", `${HERE}/issues/comments/${id}`, { token })).status).toBe(404);
    expect((await maintainer.createIssue({ title: "Next" })).number).toBe(number + 1);
  });

  test("was transferred: whoever reads it is told where to, and nobody can write there", async () => {
    const { number } = await maintainer.createIssue({ title: "Elsewhere" });
    await maintainer.comment(number, "with it");
    const there = await stage.emulator.transferIssue("maintainer", number, "acme/docs");
    const reply = await fetch(`${stage.emulator.api}${HERE}/issues/${number}`, {
      headers: { authorization: `token ${token}` },
      redirect: "manual",
    });
    expect(reply.status).toBe(301);
    expect(reply.headers.get("location")).toMatch(new RegExp(`/repositories/\\d+/issues/${there}$`));
    expect((await post(`/issues/${number}/comments`, { body: "hello?" })).status).toBe(404);
    expect(stage.emulator.in({ owner: "acme", name: "docs" }).comments(there)).toHaveLength(1);
  });

  test("is announced, as a conversation that is locked or unlocked is", async () => {
    await stage.emulator.idle();
    const actions = stage.received.map(({ raw }) => JSON.parse(raw).action);
    expect(actions).toEqual(expect.arrayContaining(["locked", "unlocked", "deleted", "transferred"]));
  });
});
