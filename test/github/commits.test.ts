import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { blobSha, type FileChange } from "../../src/domain/changeset.ts";
import { ConflictError } from "../../src/domain/errors.ts";
import type { GitHubSession } from "../../src/ports.ts";
import { blobReply, commitReply, refReply, refusal, shaOf, shop, treeReply } from "./replies.ts";
import { api, type Stub, startStub } from "./stub.ts";

let stub: Stub;
let session: GitHubSession;

beforeEach(async () => {
  stub = startStub();
  session = await stub.open("publish");
});

afterEach(() => {
  expect(stub.violations).toEqual([]);
  expect(nock.pendingMocks().filter((mock) => mock.includes(shop))).toEqual([]);
  nock.cleanAll();
});

const base64 = (text: string): string => Buffer.from(text).toString("base64");

test("a commit's signature is read from GitHub", async () => {
  api()
    .get(`${shop}/git/commits/${shaOf("1")}`)
    .reply(200, commitReply(shaOf("1"), shaOf("2")));
  expect(await session.fetchVerification(shaOf("1"))).toEqual({ verified: true, reason: "valid" });
});

describe("a commit", () => {
  const changes: FileChange[] = [
    { path: "a.py", kind: "added", mode: "100644", content: base64("a = 1\n") },
    { path: "b.sh", kind: "modified", mode: "100755", content: base64("echo é\n") },
    { path: "c.py", kind: "deleted" },
  ];

  test("is blobs, a tree on the parent's tree and a commit without an author, so that GitHub signs it", async () => {
    const [a, b] = ["a = 1\n", "echo é\n"].map((text) => blobSha(Buffer.from(text)));
    api()
      .get(`${shop}/git/commits/${shaOf("1")}`)
      .reply(200, commitReply(shaOf("1"), shaOf("2")))
      .post(`${shop}/git/blobs`)
      .reply(201, blobReply(a ?? ""))
      .post(`${shop}/git/blobs`)
      .reply(201, blobReply(b ?? ""))
      .post(`${shop}/git/trees`)
      .reply(201, treeReply(shaOf("3")))
      .post(`${shop}/git/commits`)
      .reply(201, commitReply(shaOf("4"), shaOf("3"), [shaOf("1")]));
    const sha = await session.commit({ parent: shaOf("1"), message: "feat: users", changes });
    expect(sha).toBe(shaOf("4"));
    expect(stub.requests).toEqual([
      `GET ${shop}/git/commits/${shaOf("1")}`,
      `POST ${shop}/git/blobs ${JSON.stringify({ content: base64("a = 1\n"), encoding: "base64" })}`,
      `POST ${shop}/git/blobs ${JSON.stringify({ content: base64("echo é\n"), encoding: "base64" })}`,
      `POST ${shop}/git/trees ${JSON.stringify({
        base_tree: shaOf("2"),
        tree: [
          { path: "a.py", mode: "100644", type: "blob", sha: a },
          { path: "b.sh", mode: "100755", type: "blob", sha: b },
          { path: "c.py", mode: "100644", type: "blob", sha: null },
        ],
      })}`,
      `POST ${shop}/git/commits ${JSON.stringify({ message: "feat: users", tree: shaOf("3"), parents: [shaOf("1")] })}`,
    ]);
  });

  test("is not made where GitHub stored other bytes", async () => {
    api()
      .get(`${shop}/git/commits/${shaOf("1")}`)
      .reply(200, commitReply(shaOf("1"), shaOf("2")))
      .post(`${shop}/git/blobs`)
      .reply(201, blobReply(shaOf("9")));
    await expect(session.commit({ parent: shaOf("1"), message: "x", changes })).rejects.toThrow(
      `GitHub, acme/shop, committing 3 files on ${"1".repeat(12)}: GitHub stored other bytes of a.py than were sent`,
    );
  });
});

describe("a branch", () => {
  const branch = "architect/issue-7-users";
  const path = `${shop}/git/ref/${encodeURIComponent(`heads/${branch}`)}`;
  const refs = `${shop}/git/refs`;
  const write = `${refs}/${encodeURIComponent(`heads/${branch}`)}`;
  const shows = (sha: string | undefined) =>
    sha === undefined
      ? api().get(path).reply(404, refusal("Not Found"))
      : api().get(path).reply(200, refReply(branch, sha));
  const point = (expected?: string) => session.pointBranch(branch, shaOf("4"), expected);

  test("is made where there is none, and read back", async () => {
    shows(undefined);
    api()
      .post(refs)
      .reply(201, refReply(branch, shaOf("4")));
    shows(shaOf("4"));
    await point();
    expect(stub.requests[1]).toBe(`POST ${refs} ${JSON.stringify({ ref: `refs/heads/${branch}`, sha: shaOf("4") })}`);
    expect(stub.requests).toHaveLength(3);
  });

  test("is moved forward, never by force", async () => {
    shows(shaOf("1"));
    api()
      .patch(write)
      .reply(200, refReply(branch, shaOf("4")));
    shows(shaOf("4"));
    await point(shaOf("1"));
    expect(stub.requests[1]).toBe(`PATCH ${refs}/heads/${branch} ${JSON.stringify({ sha: shaOf("4"), force: false })}`);
  });

  test("that is there already is left", async () => {
    shows(shaOf("4"));
    await point(shaOf("1"));
    expect(stub.requests).toHaveLength(1);
  });

  test.each([
    ["moved by somebody", shaOf("5"), shaOf("1")],
    ["taken by somebody", shaOf("5"), undefined],
    ["deleted by somebody", undefined, shaOf("1")],
  ])("%s is a conflict", async (_, now, expected) => {
    shows(now);
    await expect(point(expected)).rejects.toThrow(ConflictError);
  });

  test("moved between our look and our write is a conflict", async () => {
    shows(shaOf("1"));
    api().patch(write).reply(422, refusal("Update is not a fast forward"));
    shows(shaOf("5"));
    await expect(point(shaOf("1"))).rejects.toThrow(ConflictError);
  });

  test("made between our look and our write is a conflict, unless it is what we wanted", async () => {
    shows(undefined);
    api().post(refs).reply(422, refusal("Reference already exists"));
    shows(shaOf("5"));
    await expect(point()).rejects.toThrow(ConflictError);
    shows(undefined);
    api().post(refs).reply(422, refusal("Reference already exists"));
    shows(shaOf("4"))
      .get(path)
      .reply(200, refReply(branch, shaOf("4")));
    await point();
  });

  test("that the repository's rules refuse is an error that says so", async () => {
    shows(undefined);
    api().post(refs).reply(422, refusal("Repository rule violations found"));
    await expect(point()).rejects.toThrow(
      /^GitHub, acme\/shop, pointing architect\/issue-7-users at 4{12}: 422 Repository rule violations found/,
    );
  });

  test("that reads back as another commit is a conflict", async () => {
    shows(shaOf("1"));
    api()
      .patch(write)
      .reply(200, refReply(branch, shaOf("4")));
    shows(shaOf("5"));
    await expect(point(shaOf("1"))).rejects.toThrow(ConflictError);
  });

  test.each(["main", "heads/architect/issue-1-x", "Architect/issue-1-x"])("%s is not ours to point", async (other) => {
    await expect(session.pointBranch(other, shaOf("4"), undefined)).rejects.toThrow("is no branch of ours");
    expect(stub.requests).toEqual([]);
  });

  test("of an empty repository is none", async () => {
    api().get(path).reply(409, refusal("Git Repository is empty."));
    expect(await session.fetchBranch(branch)).toBeUndefined();
  });
});
