import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { blobSha, type FileChange } from "../../src/domain/changeset.ts";
import { ConflictError, RefusedError } from "../../src/domain/errors.ts";
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

describe("a merge", () => {
  test("has two parents and is told against the tree of the other side: what GitHub has is named, not sent again", async () => {
    api()
      .get(`${shop}/git/commits/${shaOf("2")}`)
      .reply(200, commitReply(shaOf("2"), shaOf("5")))
      .post(`${shop}/git/blobs`)
      .reply(201, blobReply(blobSha(Buffer.from("{}\n"))))
      .post(`${shop}/git/trees`)
      .reply(201, treeReply(shaOf("6")))
      .post(`${shop}/git/commits`)
      .reply(201, commitReply(shaOf("7"), shaOf("6"), [shaOf("1"), shaOf("2")]));
    const sha = await session.commitTree({
      tree: shaOf("2"),
      parents: [shaOf("1"), shaOf("2")],
      message: "Merge main",
      entries: [
        { path: "a.py", kind: "file", mode: "100644", sha: shaOf("8") },
        { path: "gone.py", kind: "deleted" },
        { path: "lib", kind: "file", mode: "160000", sha: shaOf("9") },
        { path: "m.json", kind: "file", mode: "100644", sha: blobSha(Buffer.from("{}\n")), content: base64("{}\n") },
      ],
    });
    expect(sha).toBe(shaOf("7"));
    expect(stub.requests.slice(2)).toEqual([
      `POST ${shop}/git/trees ${JSON.stringify({
        base_tree: shaOf("5"),
        tree: [
          { path: "a.py", mode: "100644", type: "blob", sha: shaOf("8") },
          { path: "gone.py", mode: "100644", type: "blob", sha: null },
          { path: "lib", mode: "160000", type: "commit", sha: shaOf("9") },
          { path: "m.json", mode: "100644", type: "blob", sha: blobSha(Buffer.from("{}\n")) },
        ],
      })}`,
      `POST ${shop}/git/commits ${JSON.stringify({ message: "Merge main", tree: shaOf("6"), parents: [shaOf("1"), shaOf("2")] })}`,
    ]);
  });

  test("that changes nothing of the other side's files takes its tree", async () => {
    api()
      .get(`${shop}/git/commits/${shaOf("2")}`)
      .reply(200, commitReply(shaOf("2"), shaOf("5")))
      .post(`${shop}/git/commits`)
      .reply(201, commitReply(shaOf("7"), shaOf("5"), [shaOf("1"), shaOf("2")]));
    await session.commitTree({
      tree: shaOf("2"),
      parents: [shaOf("1"), shaOf("2")],
      message: "Merge main",
      entries: [],
    });
    expect(stub.requests.at(-1)).toContain(`"tree":"${shaOf("5")}"`);
  });
});

describe("a branch that the repository's rules forbid", () => {
  const branch = "architect/issue-1-users";
  test.each([
    [
      "Repository rule violations found\n\nCannot create ref due to creations being restricted.\n\n",
      422,
      "`architect/**`",
    ],
    ["Reference update failed", 422, "bypass list"],
    ["Resource not accessible by integration", 403, "“Contents: write”"],
  ])("is refused in a sentence that says what to do: %s", async (message, status, mend) => {
    api()
      .get(`${shop}/git/ref/heads%2F${branch.replaceAll("/", "%2F")}`)
      .reply(404, refusal("Not Found"))
      .post(`${shop}/git/refs`)
      .reply(status, refusal(message));
    const tried = session.pointBranch(branch, shaOf("4"), undefined);
    await expect(tried).rejects.toThrow(RefusedError);
    await expect(tried).rejects.toThrow(`GitHub does not let the App create the branch \`${branch}\` (${status}: `);
    await expect(tried).rejects.toThrow(mend);
  });
});
