import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GitError } from "./git/run-git.ts";
import { HERE, openStage, type Stage } from "./stage.ts";

let stage: Stage;
let remote: string;
beforeAll(async () => {
  stage = await openStage();
  remote = `${stage.emulator.url}/acme/shop.git`;
});
afterAll(async () => {
  expect(stage.emulator.violations).toEqual([]);
  await stage.close();
});

const clone = async (token: string) => {
  const work = await stage.git(token);
  await work.git(["clone", "--quiet", remote, "."]);
  return work;
};

describe("git over HTTP", () => {
  test("asks for credentials, and refuses wrong ones", async () => {
    const refused = async (token?: string) => (await stage.git(token)).git(["ls-remote", remote]);
    await expect(refused()).rejects.toThrow(GitError);
    await expect(refused("nonsense")).rejects.toThrow(GitError);
    const bare = await fetch(`${remote}/info/refs?service=git-upload-pack`);
    expect([bare.status, bare.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="GitHub"']);
  });

  test("clones with an installation token that may read contents, partly too", async () => {
    const token = await stage.token({ permissions: { contents: "read" } });
    const { git } = await stage.git(token);
    await git(["clone", "--quiet", "--filter=blob:none", "--no-checkout", remote, "."]);
    expect((await git(["rev-parse", "HEAD"])).toString().trim()).toBe(stage.emulator.branches().get("main"));
  });

  test("shows a token without contents no repository", async () => {
    const { git } = await stage.git(await stage.token({ permissions: { issues: "write" } }));
    await expect(git(["ls-remote", remote])).rejects.toThrow(/not found/);
  });

  test.each([
    ["a person who may not write", async () => "stranger-token"],
    ["a token that may only read", () => stage.token({ permissions: { contents: "read" } })],
  ])("takes no push of %s", async (_, tokenOf) => {
    const { git } = await clone(await tokenOf());
    await git(["commit", "--quiet", "--allow-empty", "-m", "Nothing"]);
    await expect(git(["push", "--quiet", "origin", "HEAD:refs/heads/topic"])).rejects.toThrow(/403/);
  });

  test("takes a push of more than a megabyte, which comes in chunks", async () => {
    const { git, folder } = await clone("maintainer-token");
    await writeFile(
      join(folder, "large.bin"),
      Buffer.from(Array.from({ length: 2_000_000 }, (_, at) => (at * at * 31) % 251)),
    );
    await git(["add", "large.bin"]);
    await git(["commit", "--quiet", "-m", "Large"]);
    await git(["push", "--quiet", "origin", "HEAD:refs/heads/large"]);
    expect(stage.emulator.branches().has("large")).toBe(true);
  });

  test("refuses a push that is not a fast forward", async () => {
    const [first, second] = await Promise.all([clone("maintainer-token"), clone("reviewer-token")]);
    for (const [work, line] of [
      [first, "first\n"],
      [second, "second\n"],
    ] as const) {
      await appendFile(join(work.folder, "app/main.py"), line);
      await work.git(["commit", "--quiet", "-am", line.trim()]);
    }
    await first.git(["push", "--quiet", "origin", "HEAD:refs/heads/contested"]);
    await expect(second.git(["push", "--quiet", "origin", "HEAD:refs/heads/contested"])).rejects.toThrow(/rejected/);
  });
});

describe("a pull request whose branch is pushed to with git", () => {
  test("follows it, and the App hears of the push before the new head", async () => {
    const maintainer = stage.emulator.as("maintainer");
    await maintainer.pushFiles("topic/follow", { "new.py": "y = 1\n" }, "Add y");
    const { number } = await maintainer.openPull({ head: "topic/follow", base: "main", title: "Add y" });
    const before = (await stage.emulator.pull(number)).head.sha;
    await stage.emulator.idle();
    stage.received.length = 0;

    const { git, folder } = await stage.git("maintainer-token");
    await git(["clone", "--quiet", "-b", "topic/follow", remote, "."]);
    await appendFile(join(folder, "new.py"), "z = 2\n");
    await git(["commit", "--quiet", "-am", "Add z"]);
    await git(["push", "--quiet"]);

    const head = (await git(["rev-parse", "HEAD"])).toString().trim();
    expect(await stage.emulator.pull(number)).toMatchObject({ head: { sha: head }, commits: 2, additions: 2 });
    await stage.emulator.idle();
    const events = stage.received.map(({ headers, raw }) => [headers["x-github-event"], JSON.parse(raw)]);
    expect(events).toMatchObject([
      [
        "push",
        {
          ref: "refs/heads/topic/follow",
          before,
          after: head,
          forced: false,
          commits: [{ message: "Add z", modified: ["new.py"] }],
        },
      ],
      ["pull_request", { action: "synchronize", before, after: head }],
    ]);
  });

  test("closes when its branch is deleted, and is merged when its commits reach the base", async () => {
    const maintainer = stage.emulator.as("maintainer");
    await maintainer.pushFiles("topic/gone", { "gone.py": "" }, "Gone");
    const gone = await maintainer.openPull({ head: "topic/gone", base: "main", title: "Gone" });
    await maintainer.deleteBranch("topic/gone");
    expect(await stage.emulator.pull(gone.number)).toMatchObject({ state: "closed", merged: false });

    await maintainer.pushFiles("topic/arrives", { "arrives.py": "" }, "Arrives");
    const arriving = await maintainer.openPull({ head: "topic/arrives", base: "main", title: "Arrives" });
    const { git } = await clone("maintainer-token");
    await git(["merge", "--quiet", "--no-ff", "-m", "Merge", "origin/topic/arrives"]);
    await git(["push", "--quiet", "origin", "HEAD:main"]);
    expect(await stage.emulator.pull(arriving.number)).toMatchObject({ state: "closed", merged: true });
    const merged = await stage.call("GET", `${HERE}/pulls/${arriving.number}/merge`);
    expect(merged.status).toBe(204);
  });
});

describe("a repository that starts from another one", () => {
  test("has its branches, its history and its default branch", async () => {
    const { git, folder } = await stage.git();
    await git(["init", "--quiet", "-b", "trunk"]);
    await writeFile(join(folder, "a.txt"), "a\n");
    await git(["add", "."]);
    await git(["commit", "--quiet", "-m", "First"]);
    await git(["branch", "side"]);
    const other = await openStage({ repositories: [{ owner: "acme", name: "copy", from: folder }] });
    try {
      expect([...other.emulator.branches().keys()]).toEqual(["side", "trunk"]);
      expect((await other.call("GET", "/repos/acme/copy")).body["default_branch"]).toBe("trunk");
      expect(await other.emulator.file("trunk", "a.txt")).toBe("a\n");
    } finally {
      await other.close();
    }
  });

  test("starts at a detached HEAD as main", async () => {
    const { git } = await stage.git();
    await git(["init", "--quiet", "-b", "old"]);
    await git(["commit", "--quiet", "--allow-empty", "-m", "First"]);
    await git(["checkout", "--quiet", "--detach"]);
    const folder = (await git(["rev-parse", "--show-toplevel"])).toString().trim();
    const other = await openStage({ repositories: [{ owner: "acme", name: "copy", from: folder }] });
    try {
      expect([...other.emulator.branches().keys()].sort()).toEqual(["main", "old"]);
    } finally {
      await other.close();
    }
  });
});
