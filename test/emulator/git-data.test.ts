import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HERE, openStage, type Stage } from "./stage.ts";

let stage: Stage;
let token: string;
let tip: string;
beforeAll(async () => {
  stage = await openStage({
    repositories: [
      { owner: "acme", name: "shop", files: { "a.txt": "a\n", "b/c.txt": "c\n" } },
      { owner: "acme", name: "empty" },
    ],
  });
  token = await stage.token();
  tip = stage.emulator.branches().get("main") as string;
});
afterAll(async () => {
  expect(stage.emulator.violations).toEqual([]);
  await stage.close();
});

const post = (path: string, body: unknown, as = token) =>
  stage.call("POST", `${HERE}/git/${path}`, { token: as, body });

const makeTree = async (entries: unknown[]): Promise<string> =>
  (await post("trees", { base_tree: tip, tree: entries })).body["sha"] as string;

const makeCommit = async (extra: object = {}, as = token) =>
  (
    await post(
      "commits",
      { message: "Change", tree: await makeTree([file("new.txt", "n\n")]), parents: [tip], ...extra },
      as,
    )
  ).body;

const file = (path: string, content: string) => ({ path, mode: "100644", type: "blob", content });

describe("a tree", () => {
  test("keeps the base's files, adds, changes and deletes", async () => {
    const blob = await post("blobs", { content: Buffer.from("A\n").toString("base64"), encoding: "base64" });
    const sha = await makeTree([
      { path: "a.txt", mode: "100644", type: "blob", sha: blob.body["sha"] },
      { path: "b/c.txt", mode: "100644", type: "blob", sha: null },
      file("d/e/f.txt", "f\n"),
    ]);
    const { body } = await stage.call("GET", `${HERE}/git/trees/${sha}?recursive=1`, { token });
    const entries = body["tree"] as { path: string; type: string }[];
    expect(entries.filter(({ type }) => type === "blob").map(({ path }) => path)).toEqual(["a.txt", "d/e/f.txt"]);
  });

  test.each([
    ["a path that leads out", file("../x", "")],
    ["a path into .git", file("a/.git/config", "")],
    ["a path that is absolute", file("/x", "")],
    ["a deletion of what is not there", { path: "nothing.txt", mode: "100644", type: "blob", sha: null }],
    ["a blob that does not exist", { path: "x", mode: "100644", type: "blob", sha: "1".repeat(40) }],
  ])("with %s is 422", async (_, entry) => {
    expect((await post("trees", { base_tree: tip, tree: [entry] })).status).toBe(422);
  });

  test("touches workflows only with the permission for it", async () => {
    const reply = await post("trees", { base_tree: tip, tree: [file(".github/workflows/ci.yml", "on: push\n")] });
    expect(reply.status).toBe(403);
  });
});

describe("a commit", () => {
  test("of the App that names nobody is GitHub's own and verified", async () => {
    const commit = await makeCommit();
    expect(commit).toMatchObject({
      author: { name: "backend-architect[bot]", email: "100007+backend-architect[bot]@users.noreply.github.com" },
      committer: { name: "GitHub", email: "noreply@github.com" },
      verification: { verified: true, reason: "valid" },
    });
  });

  test("with an author of its own is not verified", async () => {
    const commit = await makeCommit({ author: { name: "someone", email: "someone@example.com" } });
    expect(commit).toMatchObject({
      author: { name: "someone" },
      verification: { verified: false, reason: "unsigned" },
    });
  });

  test("of a person is not verified", async () => {
    expect(await makeCommit({}, "maintainer-token")).toMatchObject({
      author: { name: "maintainer" },
      verification: { verified: false },
    });
  });

  test("keeps its message as it was sent", async () => {
    const message = "First line\n\n- one\n- two\n\nRefs #1";
    expect(await makeCommit({ message })).toMatchObject({ message });
  });
});

describe("a ref", () => {
  test("is made once, moves forward, and backward only by force", async () => {
    const first = (await makeCommit())["sha"] as string;
    const ref = "refs/heads/architect/issue-1-it";
    expect((await post("refs", { ref, sha: tip })).status).toBe(201);
    expect(await post("refs", { ref, sha: tip })).toMatchObject({
      status: 422,
      body: { message: "Reference already exists" },
    });
    const move = (sha: string, force?: boolean) =>
      stage.call("PATCH", `${HERE}/git/${ref}`, { token, body: { sha, ...(force === undefined ? {} : { force }) } });
    expect((await move(first, false)).status).toBe(200);
    expect(await move(tip, false)).toMatchObject({ status: 422, body: { message: "Update is not a fast forward" } });
    expect((await move(tip, true)).status).toBe(200);
    expect(stage.emulator.branches().get("architect/issue-1-it")).toBe(tip);
  });

  test("that two move at once is moved by one of them", async () => {
    const ref = "refs/heads/contested";
    await post("refs", { ref, sha: tip });
    const commits = await Promise.all([makeCommit({ message: "One" }), makeCommit({ message: "Two" })]);
    const moves = await Promise.all(
      commits.map(({ sha }) => stage.call("PATCH", `${HERE}/git/${ref}`, { token, body: { sha, force: false } })),
    );
    expect(moves.map(({ status }) => status).sort()).toEqual([200, 422]);
  });

  test("is found by its beginning, and gone after its deletion", async () => {
    await post("refs", { ref: "refs/heads/topic/a", sha: tip });
    await post("refs", { ref: "refs/heads/topic/b", sha: tip });
    const list = await stage.call("GET", `${HERE}/git/matching-refs/heads/topic/`, { token });
    expect(list.body.map(({ ref }) => ref)).toEqual(["refs/heads/topic/a", "refs/heads/topic/b"]);
    expect((await stage.call("DELETE", `${HERE}/git/refs/heads/topic/a`, { token })).status).toBe(204);
    expect((await stage.call("GET", `${HERE}/git/ref/heads/topic/a`, { token })).status).toBe(404);
  });

  test.each(["refs/heads/a b", "refs/heads/a..b", "refs/heads/x.lock", "heads/x", "refs/heads/main/below"])(
    "named %s is 422",
    async (ref) => {
      expect((await post("refs", { ref, sha: tip })).status).toBe(422);
    },
  );

  test("to a commit that does not exist is 422", async () => {
    expect((await post("refs", { ref: "refs/heads/x", sha: "1".repeat(40) })).status).toBe(422);
  });
});

describe("an empty repository", () => {
  test("answers 409 to the Git Data API, has no branches and no contents", async () => {
    const empty = "/repos/acme/empty";
    const blob = await stage.call("POST", `${empty}/git/blobs`, { token, body: { content: "x" } });
    expect(blob).toMatchObject({ status: 409, body: { message: "Git Repository is empty." } });
    expect((await stage.call("GET", `${empty}/branches`, { token })).body).toEqual([]);
    expect((await stage.call("GET", `${empty}/contents/README.md`, { token })).status).toBe(404);
    expect((await stage.call("GET", `${empty}/commits`, { token })).status).toBe(409);
  });
});

describe("file contents", () => {
  test("come as JSON, raw, or as a folder's list", async () => {
    const json = await stage.call("GET", `${HERE}/contents/b%2Fc.txt?ref=main`, { token });
    expect(Buffer.from(json.body["content"] as string, "base64").toString()).toBe("c\n");
    const raw = await stage.call("GET", `${HERE}/contents/b/c.txt`, {
      token,
      accept: "application/vnd.github.raw+json",
    });
    expect(raw.body).toBe("c\n");
    const folder = await stage.call("GET", `${HERE}/contents/b`, { token });
    expect(folder.body.map(({ path, type }) => [path, type])).toEqual([["b/c.txt", "file"]]);
  });

  test("are written only over the version that was read", async () => {
    const put = (body: object) =>
      stage.call("PUT", `${HERE}/contents/put.txt`, { token, body: { message: "Put", branch: "main", ...body } });
    const content = Buffer.from("one\n").toString("base64");
    expect((await put({ content })).status).toBe(201);
    expect((await put({ content })).status).toBe(422);
    expect((await put({ content, sha: "1".repeat(40) })).status).toBe(409);
    expect(await stage.emulator.file("main", "put.txt")).toBe("one\n");
  });
});
