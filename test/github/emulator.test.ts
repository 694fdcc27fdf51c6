import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ConflictError } from "../../src/domain/errors.ts";
import type { RepositoryRef } from "../../src/domain/repository.ts";
import { createGitHub } from "../../src/github/github.ts";
import type { GitHub, GitHubSession } from "../../src/ports.ts";
import { type Emulator, startEmulator } from "../emulator/emulator.ts";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const branch = "architect/issue-1-users";
const marker = "<!-- architect:status -->";

let root: string;
let emulator: Emulator;
let github: GitHub;
let repository: RepositoryRef;
let session: GitHubSession;

const start = async (phase: "read" | "acknowledge" | "publish" = "publish"): Promise<GitHubSession> => {
  session = await github.open(repository, phase);
  return session;
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "architect-github-"));
  emulator = await startEmulator({
    root,
    app: {
      id: 5,
      slug: "architect-app",
      privateKey,
      webhookSecret: "a secret of thirty-two bytes or more",
      permissions: { checks: "write", contents: "write", issues: "write", pull_requests: "write", metadata: "read" },
      events: ["issues", "issue_comment", "pull_request_review", "pull_request_review_comment"],
      installationId: 9001,
    },
    users: {
      maintainer: { token: "token-of-maintainer", permission: "maintain" },
      stranger: { token: "token-of-stranger", permission: "read" },
      "helper[bot]": { token: "token-of-helper", permission: "write", type: "Bot" },
    },
    repositories: [
      {
        owner: "acme",
        name: "shop",
        files: {
          "README.md": "# Shop\n",
          "old.py": "x = 1\n",
          ".github/PULL_REQUEST_TEMPLATE.md": "## What\n",
        },
      },
      { owner: "acme", name: ".github", files: { "architect.yml": "label: design\n" }, private: true },
    ],
  });
  const maintainer = emulator.as("maintainer");
  const { id } = (await maintainer.request("GET", "/repos/acme/shop")) as { id: number };
  repository = { id, owner: "acme", name: "shop", installationId: 9001, defaultBranch: "main" };
  await maintainer.createIssue({ title: "Create users" });
  github = createGitHub({ appId: 5, privateKey, apiUrl: emulator.api, webUrl: emulator.url, clock: () => new Date() });
});

beforeEach(async () => {
  await start();
});

afterAll(async () => {
  await session.close();
  await emulator.close();
  await rm(root, { recursive: true, force: true });
  expect(emulator.violations).toEqual([]);
});

const idOf = async (login: string): Promise<number> =>
  ((await emulator.as("maintainer").request("GET", `/users/${login}`)) as { id: number }).id;

test("the App knows its own bot", async () => {
  expect(await github.whoami()).toMatchObject({ login: "architect-app[bot]", type: "Bot" });
});

test("a person's permission is what GitHub says of that very person", async () => {
  const person = { login: "maintainer", id: await idOf("maintainer"), type: "User" };
  expect(await session.permissionOf(person)).toBe("maintain");
  expect(await session.permissionOf({ ...person, id: 4 })).toBe("none");
  expect(await session.permissionOf({ login: "stranger", id: await idOf("stranger"), type: "User" })).toBe("read");
  expect(await session.permissionOf({ login: "nobody-at-all", id: 4, type: "User" })).toBe("none");
});

test("of a bot GitHub tells no permission: it may write by the operator's word alone, and by its very id", async () => {
  const helper = { login: "helper[bot]", id: await idOf("helper%5Bbot%5D"), type: "Bot" };
  expect(await session.permissionOf(helper)).toBe("none");
  const { login, id } = helper;
  const options = { appId: 5, privateKey, apiUrl: emulator.api, webUrl: emulator.url, clock: () => new Date() };
  const listing = await createGitHub({ ...options, bots: [{ login, id }] }).open(repository, "read");
  expect(await listing.permissionOf(helper)).toBe("write");
  expect(await listing.permissionOf({ ...helper, id: 4 })).toBe("none");
  expect(await listing.permissionOf({ ...helper, type: "User" })).toBe("none");
  await listing.close();
});

test("a file of the default branch is read, and of another repository of the owner with a token of its own", async () => {
  expect(await session.fetchFile("README.md")).toEqual({ text: "# Shop\n" });
  expect(await session.fetchFile("nothing.md")).toBeUndefined();
  expect(await session.fetchFile(".github")).toBeUndefined();
  const paths = [".github/architect.yml", "architect.yml"];
  expect(await github.fetchShared(repository, ".github", paths)).toEqual({
    path: "architect.yml",
    text: "label: design\n",
  });
  expect(await github.fetchShared(repository, ".github", ["other.yml"])).toBeUndefined();
  expect(await github.fetchShared(repository, "nowhere", paths)).toBeUndefined();
});

test("a template is found", async () => {
  expect(await (await start("read")).fetchPullTemplate()).toBe("## What\n");
});

test("a check run on a commit is brought up to date rather than doubled, and its annotations are added once", async () => {
  const headSha = (await session.fetchBranch("main")) ?? "";
  const note = (line: number) => ({ path: "old.py", line, severity: "concern" as const, title: "rule", message: "m" });
  const notes = Array.from({ length: 120 }, (_, index) => note(index + 1));
  const check = { headSha, key: "pull-1", view: { conclusion: "neutral" as const, title: "t", summary: "s", notes } };
  const id = await session.upsertCheck({ ...check, view: { ...check.view, notes: notes.slice(0, 70) } });
  const again = { ...check, view: { ...check.view, conclusion: "failure" as const, title: "anew" } };
  expect(await session.upsertCheck(again)).toBe(id);
  expect(await session.upsertCheck({ ...check, key: "pull-2" })).not.toBe(id);
  expect(emulator.checkRuns(headSha)).toMatchObject([
    {
      id,
      name: "architect / report",
      status: "completed",
      conclusion: "failure",
      external_id: "pull-1",
      output: { title: "anew", annotations_count: 120 },
    },
    { external_id: "pull-2", conclusion: "neutral", output: { annotations_count: 120 } },
  ]);
});

const noteAt = (line: number) => ({
  ...{ path: "old.py", line, severity: "concern" as const, title: "rule", message: "m" },
});
const checkOf = (key: string, headSha: string, lines: readonly number[]) => ({
  ...{ headSha, key },
  view: { conclusion: "neutral" as const, title: "t", summary: "s", notes: lines.map(noteAt) },
});
/** Of the newest check run, in the order in which they were added. */
const linesShown = async (headSha: string, key: string): Promise<readonly unknown[]> => {
  const newest = emulator
    .checkRuns(headSha)
    .filter((run) => run["external_id"] === key)
    .at(-1);
  const of = `/repos/acme/shop/check-runs/${newest?.["id"]}/annotations?per_page=100`;
  const pages = await Promise.all([1, 2].map((page) => emulator.as("maintainer").request("GET", `${of}&page=${page}`)));
  return (pages as { start_line: number }[][]).flat().map((one) => one.start_line);
};

test.each(["before", "after"] as const)(
  "the App's end %s any page of annotations loses none and doubles none",
  async (when) => {
    const headSha = (await session.fetchBranch("main")) ?? "";
    const lines = Array.from({ length: 120 }, (_, index) => index + 1);
    for (const page of [1, 2, 3]) {
      const check = checkOf(`cut-${when}-${page}`, headSha, lines);
      let pages = 0;
      const cut: typeof fetch = async (input, init) => {
        const ends = init?.method === "PATCH" && ++pages === page;
        const answer = ends && when === "before" ? undefined : await fetch(input, init);
        if (ends || !answer) throw new Error("the App ended");
        return answer;
      };
      const options = { appId: 5, privateKey, apiUrl: emulator.api, webUrl: emulator.url, clock: () => new Date() };
      const dying = await createGitHub({ ...options, fetch: cut }).open(repository, "publish");
      await expect(dying.upsertCheck(check)).rejects.toThrow();
      await session.upsertCheck(check);
      expect(await linesShown(headSha, check.key)).toEqual(lines);
      expect(emulator.checkRuns(headSha).filter((run) => run["external_id"] === check.key)).toHaveLength(1);
      await dying.close();
    }
  },
);

test("a check that finds other things than before stands in its place: what GitHub shows of before cannot be taken back", async () => {
  const headSha = (await session.fetchBranch("main")) ?? "";
  const first = await session.upsertCheck(checkOf("pull-5", headSha, [1, 2]));
  expect(await session.upsertCheck(checkOf("pull-5", headSha, [1, 2, 3]))).toBe(first);
  const second = await session.upsertCheck(checkOf("pull-5", headSha, [3, 4]));
  expect(second).not.toBe(first);
  expect(await linesShown(headSha, "pull-5")).toEqual([3, 4]);
  expect(await session.upsertCheck(checkOf("pull-5", headSha, [3, 4]))).toBe(second);
  expect(await session.hasCheck(headSha, "pull-5")).toBe(true);
});

test("a check that is asked for again is at work until it comes to its end", async () => {
  const headSha = (await session.fetchBranch("main")) ?? "";
  const view = { title: "At work", summary: "It takes minutes." };
  const shown = () => emulator.checkRuns(headSha).filter((run) => run["external_id"] === "pull-6");
  await session.beginCheck({ headSha, key: "pull-6", view });
  expect(shown()).toMatchObject([{ status: "in_progress", conclusion: null, output: { title: "At work" } }]);
  expect(await session.hasCheck(headSha, "pull-6")).toBe(false);
  await session.upsertCheck(checkOf("pull-6", headSha, [1]));
  await session.beginCheck({ headSha, key: "pull-6", view });
  expect(shown()).toMatchObject([{ status: "in_progress", conclusion: null, completed_at: null }]);
  await session.upsertCheck(checkOf("pull-6", headSha, [2]));
  expect(shown()).toMatchObject([
    { status: "completed", conclusion: "cancelled" },
    { status: "completed", conclusion: "neutral", output: { annotations_count: 1 } },
  ]);
});

test("a check run that was begun and did not come to its end counts as none", async () => {
  const headSha = (await session.fetchBranch("main")) ?? "";
  const check = {
    headSha,
    key: "pull-3",
    view: { conclusion: "neutral" as const, title: "t", summary: "s", notes: [] },
  };
  const message = "Resource not accessible by integration";
  emulator.failNext({ method: "PATCH", path: /\/check-runs\/\d+$/, status: 403, body: { message } });
  await expect(session.upsertCheck(check)).rejects.toThrow(message);
  expect(await session.hasCheck(headSha, "pull-3")).toBe(false);
  await session.upsertCheck(check);
  expect(await session.hasCheck(headSha, "pull-3")).toBe(true);
});

test("a token that may only read writes nothing", async () => {
  const reader = await start("read");
  expect(await reader.upsertComment(1, marker, "x", undefined)).toBeUndefined();
  expect(emulator.comments(1)).toEqual([]);
});

test("a commit, a branch and a draft pull request are made once, however often they are asked for", async () => {
  const main = await session.fetchBranch("main");
  if (!main) throw new Error("main is missing");
  const commit = await session.commit({
    parent: main,
    message: "feat: users",
    changes: [
      { path: "backend/app/users.py", kind: "added", mode: "100644", content: base64("USERS = 'é'\n") },
      { path: "old.py", kind: "deleted" },
    ],
  });
  for (const _ of [1, 2]) await session.pointBranch(branch, commit, undefined);
  expect(await session.fetchBranch(branch)).toBe(commit);
  const request = { branch, base: "main", title: "Users", body: "the report", draft: true };
  const pull = await session.openPull(request);
  expect(await session.openPull(request)).toEqual(pull);
  expect(pull).toMatchObject({ draft: true, headSha: commit, baseSha: main, branch, sameRepository: true });
  expect(await session.findPull(branch)).toEqual(pull);
  expect((await emulator.files(pull.number)).map((file) => file.path).sort()).toEqual([
    "backend/app/users.py",
    "old.py",
  ]);
  expect(await emulator.file(branch, "backend/app/users.py")).toBe("USERS = 'é'\n");
  expect(await emulator.commits(pull.number)).toMatchObject([{ sha: commit, verified: true }]);
});

test("a pull request is made ready and a draft again", async () => {
  const pull = await session.findPull(branch);
  if (!pull) throw new Error("the pull request is missing");
  const ready = await session.updatePull(pull, { draft: false, body: "done" });
  expect(ready).toMatchObject({ draft: false, body: "done" });
  expect(await session.updatePull(ready, { draft: true })).toMatchObject({ draft: true });
});

test("a branch that somebody pushed to is theirs", async () => {
  const head = await session.fetchBranch(branch);
  if (!head) throw new Error("the branch is missing");
  const theirs = await emulator.as("maintainer").pushFiles(branch, { "note.md": "mine\n" }, "docs: a note");
  const ours = await session.commit({
    parent: head,
    message: "feat: more",
    changes: [{ path: "more.py", kind: "added", mode: "100644", content: base64("y = 2\n") }],
  });
  await expect(session.pointBranch(branch, ours, head)).rejects.toThrow(ConflictError);
  await expect(session.pointBranch(branch, ours, theirs)).rejects.toThrow(ConflictError);
  expect(await session.fetchBranch(branch)).toBe(theirs);
});

test("the status comment stays one comment", async () => {
  const first = await session.upsertComment(1, marker, `working\n\n${marker}`, undefined);
  expect(await session.upsertComment(1, marker, `done\n\n${marker}`, first)).toBe(first);
  expect(await session.upsertComment(1, marker, `done again\n\n${marker}`, undefined)).toBe(first);
  expect(emulator.comments(1).map(({ body }) => body)).toEqual([`done again\n\n${marker}`]);
  await emulator.as("maintainer").deleteComment(first ?? 0);
  const second = await session.upsertComment(1, marker, `back\n\n${marker}`, first);
  expect(emulator.comments(1).map(({ id }) => id)).toEqual([second]);
});

test("a reaction is given once", async () => {
  const { id } = await emulator.as("maintainer").comment(1, "/architect design x");
  for (const _ of [1, 2]) await session.react({ on: "issue-comment", commentId: id }, "eyes");
  expect(emulator.reactions({ comment: id })).toEqual([{ content: "eyes", by: "architect-app[bot]" }]);
  await session.react({ on: "issue", number: 1 }, "eyes");
  expect(emulator.reactions({ issue: 1 })).toHaveLength(1);
});

test("a review is read with its threads, and each thread is answered once", async () => {
  const pull = await session.findPull(branch);
  if (!pull) throw new Error("the pull request is missing");
  const maintainer = emulator.as("maintainer");
  const on = { path: "backend/app/users.py", line: 1 };
  const { id } = await maintainer.submitReview(pull.number, {
    state: "REQUEST_CHANGES",
    body: "two points",
    comments: [
      { ...on, body: "rename it" },
      { ...on, body: "and make it a list" },
    ],
  });
  const { reviews, threads } = await session.fetchReviews(pull.number, [id]);
  expect(reviews).toMatchObject([
    { id, state: "changes_requested", body: "two points", author: { login: "maintainer" } },
  ]);
  expect(threads).toMatchObject([
    { ...on, lines: 1, side: "RIGHT", hunk: expect.stringContaining("USERS"), comments: [{ body: "rename it" }] },
    { ...on, comments: [{ body: "and make it a list" }] },
  ]);
  const [thread, other] = threads;
  if (!thread || !other) throw new Error("the threads are missing");
  await session.react({ on: "review-comment", commentId: thread.id }, "eyes");
  expect(emulator.reactions({ reviewComment: thread.id })).toHaveLength(1);
  const mark = `<!-- architect:thread:${thread.id} -->`;
  const answer = await session.answerThread(pull.number, thread.id, mark, `renamed\n\n${mark}`);
  expect(await session.answerThread(pull.number, thread.id, mark, `renamed it\n\n${mark}`)).toBe(answer);
  await maintainer.replyInThread(pull.number, thread.id, "thanks, but plural");
  const last = (await emulator.reviewComments(pull.number)).at(-1);
  const reply = await session.fetchReviews(pull.number, [last?.pull_request_review_id ?? 0]);
  expect(reply.threads).toMatchObject([
    { id: thread.id, comments: [{ body: "rename it" }, { body: `renamed it\n\n${mark}` }, { id: last?.id }] },
  ]);
  // A thread that somebody takes away needs no answer and no resolution.
  await maintainer.request("DELETE", `/repos/acme/shop/pulls/comments/${other.id}`);
  expect(await session.answerThread(pull.number, other.id, "<!-- architect:x -->", "gone")).toBe("gone");
  expect(await session.resolveThread(pull.number, other.id)).toEqual({ ok: true });
  expect(await session.resolveThread(pull.number, thread.id)).toEqual({ ok: true });
  expect(await session.requestReview(pull.number, { login: "maintainer", id: 1, type: "User" })).toEqual({ ok: true });
  const { requested_reviewers: asked } = (await maintainer.request("GET", `/repos/acme/shop/pulls/${pull.number}`)) as {
    requested_reviewers: readonly { login: string }[];
  };
  expect(asked.map(({ login }) => login)).toEqual(["maintainer"]);
});

test("a comment on several lines is read with how many, and a thread that may not be resolved with GitHub's reason", async () => {
  const pull = await session.findPull(branch);
  if (!pull) throw new Error("the pull request is missing");
  const maintainer = emulator.as("maintainer");
  await maintainer.pushFiles(branch, { "three.py": "a = 1\nb = 2\nc = 3\n" }, "feat: three");
  const { headSha } = await session.fetchPull(pull.number);
  const on = { path: "three.py", start_line: 2, line: 3, side: "RIGHT", start_side: "RIGHT", commit_id: headSha };
  const said = { ...on, body: "```suggestion\nb = 5\n```" };
  const comment = (await maintainer.request("POST", `/repos/acme/shop/pulls/${pull.number}/comments`, said)) as {
    id: number;
    pull_request_review_id: number;
  };
  const { threads } = await session.fetchReviews(pull.number, [comment.pull_request_review_id]);
  expect(threads).toMatchObject([{ id: comment.id, path: "three.py", line: 3, lines: 2 }]);
  const weaker = await start("acknowledge");
  expect(await weaker.resolveThread(pull.number, comment.id)).toEqual({
    ok: false,
    reason: expect.stringContaining("Resource not accessible by integration"),
  });
  expect(emulator.resolvedThreads(pull.number)).not.toContain(comment.id);
  await maintainer.request("DELETE", `/repos/acme/shop/pulls/comments/${comment.id}`);
});

test("a closed session's token is good for nothing", async () => {
  const closed = await github.open(repository, "read");
  await closed.close();
  await expect(closed.fetchBranch("main")).rejects.toThrow(/reading branch main: 401/);
});

test("git fetches with the credentials", async () => {
  const { url, authorization } = await github.gitCredentials(repository);
  expect(url).toBe(`${emulator.url}/acme/shop.git`);
  const answer = await fetch(`${url}/info/refs?service=git-upload-pack`, { headers: { authorization } });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain(branch);
});

test("a repository that the installation does not cover gets no token", async () => {
  await expect(github.open({ ...repository, id: 4 }, "read")).rejects.toThrow(
    /asking for a token of repository 4 to read: 4\d\d/,
  );
});
