/** What is read of the local repository that a run works for. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConfigError } from "../../src/domain/errors.ts";
import { changedFiles, openLocalRepository } from "../../src/workspace/local-github.ts";

let folder: string;
let repository: string;

const git = (...args: string[]) =>
  execFileSync("git", ["-C", repository, "-c", "user.name=maintainer", "-c", "user.email=m@localhost", ...args], {
    encoding: "utf8",
  }).trim();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "local-"));
  repository = join(folder, "my shop");
  mkdirSync(join(repository, "app"), { recursive: true });
  git("init", "-q", "-b", "main");
  writeFileSync(join(repository, "app/old.py"), "a\nb\n");
  writeFileSync(join(repository, "app/kept.py"), "a\nb\n");
  git("add", "-A");
  git("commit", "-q", "-m", "Start");
});

afterAll(() => rmSync(folder, { recursive: true }));

test("changed files are told by path, kind and lines, whatever they are called and hold", async () => {
  const base = git("rev-parse", "HEAD");
  git("checkout", "-q", "-b", "work");
  rmSync(join(repository, "app/old.py"));
  writeFileSync(join(repository, "app/kept.py"), "a\nc\nd\n");
  writeFileSync(join(repository, "app/odd\tname\nß.py"), "x\n");
  writeFileSync(join(repository, "app/logo.png"), Buffer.from([0, 1, 2, 0]));
  git("add", "-A");
  git("commit", "-q", "-m", "Work");
  expect(await changedFiles(repository, base, git("rev-parse", "HEAD"))).toEqual([
    { path: "app/kept.py", status: "modified", additions: 2, deletions: 1 },
    { path: "app/logo.png", status: "added", additions: 0, deletions: 0 },
    { path: "app/odd\tname\nß.py", status: "added", additions: 1, deletions: 0 },
    { path: "app/old.py", status: "removed", additions: 0, deletions: 2 },
  ]);
  git("checkout", "-q", "main");
});

test("it is the same one from a folder of it and from another worktree, each with its branch", async () => {
  git("worktree", "add", "-q", join(folder, "beside"), "-b", "feature");
  const [top, below, beside] = await Promise.all(
    [repository, join(repository, "app"), join(folder, "beside")].map(openLocalRepository),
  );
  const gitDir = join(repository, ".git");
  expect(top).toEqual({ gitDir, name: "my-shop", branch: "main", uncommitted: 0 });
  expect(below).toEqual(top);
  expect(beside).toEqual({ ...top, branch: "feature" });
});

test("what is not committed is counted, and what is ignored is not", async () => {
  writeFileSync(join(repository, "app/kept.py"), "changed\n");
  writeFileSync(join(repository, "new.py"), "new\n");
  writeFileSync(join(repository, ".git/info/exclude"), "*.log\n");
  writeFileSync(join(repository, "noise.log"), "\n");
  expect((await openLocalRepository(repository)).uncommitted).toBe(2);
});

test("a bare repository has nothing that is not committed; a folder that is none is refused", async () => {
  git("clone", "-q", "--bare", repository, join(folder, "bare.git"));
  expect(await openLocalRepository(join(folder, "bare.git"))).toMatchObject({ name: "bare.git", uncommitted: 0 });
  await expect(openLocalRepository(folder)).rejects.toThrow(ConfigError);
});
