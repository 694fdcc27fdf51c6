import { existsSync, lstatSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Walls, Worktree } from "../../src/ports.ts";
import { type Bench, bash, createBench, hasBubblewrap, output, repositoryRef, run } from "./support.ts";

const utf16 = Buffer.from("\ufeffname\r\n", "utf16le");

describe.skipIf(!hasBubblewrap)("git inside the walls", () => {
  let bench: Bench;
  let first: string;
  let second: string;
  let other: string;
  let worktree: Worktree;
  let walls: Walls;

  beforeAll(async () => {
    bench = createBench({
      "backend/app/api/routes.py": "a = 1\nb = 2\n",
      "backend/app/models/user.py": "class User: ...\n",
      "frontend/index.ts": "export {};\n",
      "run.sh": "#!/bin/sh\n",
      "windows.txt": "one\r\ntwo\r\n",
      "ident.txt": "$Id$\n",
      "utf16.txt": utf16,
      "secret.bin": "plain\n",
      "with space/ü.txt": "x\n",
      empty: "",
    });
    const { repository } = bench;
    first = repository.git("rev-parse", "HEAD");
    symlinkSync("../frontend", join(repository.work, "backend/link"));
    repository.git("update-index", "--chmod=+x", "run.sh");
    repository.git("update-index", "--add", "--cacheinfo", `160000,${first},vendor/lib`);
    repository.git("add", "backend/link");
    // Attributes that change what an ordinary checkout writes, and would make untouched files look changed.
    const attributes =
      "*.txt text eol=crlf\nident.txt ident\nutf16.txt working-tree-encoding=UTF-16LE\n*.bin filter=upper\n";
    const blob = repository.gitWith(attributes, "hash-object", "-w", "--stdin");
    repository.git("update-index", "--add", "--cacheinfo", `100644,${blob},.gitattributes`);
    repository.git("commit", "-q", "-m", "links and attributes");
    repository.push("main");
    second = repository.git("rev-parse", "HEAD");
    repository.git("checkout", "-q", "-f", "-b", "work", first);
    other = repository.commit("not on main", { "backend/app/api/hidden.py": "secret = 1\n" });
    await bench.fetch("main", "work");
    worktree = await bench.open({ commit: second });
    walls = await worktree.enter({ allowed: ["backend/app/api"], forbidden: [] });
  });

  afterAll(async () => {
    await worktree?.close();
    await bench?.close();
  });

  it("says clean on an untouched tree, whatever links, submodules and attributes the repository has", async () => {
    expect(await output(walls, "git status --porcelain")).toBe("");
    expect(await output(walls, "git status --porcelain --ignored")).toBe("");
    expect(await output(walls, "git diff HEAD --stat")).toBe("");
    expect((await bash(walls, "git diff --quiet && git diff --cached --quiet")).exitCode).toBe(0);
  });

  it("has an index that git itself would have written the same tree from", async () => {
    const tree = bench.repository.git("rev-parse", `${second}^{tree}`);
    const command =
      "cp -r $GIT_DIR /tmp/git && GIT_DIR=/tmp/git GIT_OBJECT_DIRECTORY=/tmp/objects GIT_ALTERNATE_OBJECT_DIRECTORIES=/opt/history sh -c 'mkdir -p /tmp/objects && git write-tree'";
    expect(await output(walls, command)).toBe(tree);
    expect(await output(walls, "git fsck --cache --no-full --no-dangling")).toBe("");
  });

  it("names the true commits in log and blame", async () => {
    expect(await output(walls, "git log --format=%H")).toBe(bench.repository.git("log", "--format=%H", second));
    expect(await output(walls, "git blame -s -l --root backend/app/api/routes.py | cut -c1-40 | sort -u")).toBe(first);
    expect(await output(walls, "git show --stat --format=%s HEAD -- vendor")).toContain("vendor/lib");
  });

  it("is at the base commit, on a branch of its name", async () => {
    expect(await output(walls, "git rev-parse HEAD refs/heads/main")).toBe(`${second}\n${second}`);
    expect(await output(walls, "git for-each-ref --format='%(refname)'")).toBe("refs/heads/main");
  });

  it("holds no object of another branch", async () => {
    expect((await bash(walls, `git cat-file -e ${other}`)).exitCode).not.toBe(0);
    expect((await bash(walls, `git cat-file -e ${second}`)).exitCode).toBe(0);
    const all = await output(walls, "git cat-file --batch-check --batch-all-objects | wc -l");
    expect(Number(all)).toBe(Number(bench.repository.git("rev-list", "--objects", "--count", second)));
  });

  it("shows nothing of the mirror's configuration and cannot be written to", async () => {
    expect(await output(walls, "git config --list --show-origin")).not.toMatch(/remote|http|mirror/);
    const commit = await bash(walls, "git -c user.name=a -c user.email=a@example.com commit --allow-empty -m x");
    expect(commit.exitCode).not.toBe(0);
    expect(commit.output).toContain("Read-only file system");
  });

  it("reports what an agent changed", async () => {
    const mine = await bench.open({ commit: second });
    const inside = await mine.enter({ allowed: ["backend/app/api"], forbidden: [] });
    await output(inside, "echo 'c = 3' >> backend/app/api/routes.py; echo x > backend/app/api/new.py");
    expect(await output(inside, "git status --porcelain")).toBe(
      "M backend/app/api/routes.py\n?? backend/app/api/new.py",
    );
    expect(await output(inside, "git diff --numstat")).toBe("1\t0\tbackend/app/api/routes.py");
    await mine.close();
  });

  it("compares a follow-up with the base it branched from", async () => {
    const followUp = await bench.open({ commit: other, base: first });
    const inside = await followUp.enter({ allowed: ["backend/app/api"], forbidden: [] });
    expect(await output(inside, "git rev-parse HEAD")).toBe(first);
    expect(await output(inside, "cat backend/app/api/hidden.py")).toBe("secret = 1");
    expect(await output(inside, "git status --porcelain -- backend/app frontend")).toBe("?? backend/app/api/hidden.py");
    await followUp.close();
  });

  it("ends where the history of a clone ends that was made with --depth", async () => {
    const clone = join(bench.folder, "shallow.git");
    await run("git", ["clone", "-q", "--bare", "--depth=1", `file://${bench.repository.bare}`, clone]);
    const shallow = createBench({ "README.md": "# unused\n" }, { allowLocalFolder: clone });
    const heads = await shallow.workspace.fetch(repositoryRef, ["main"], { url: `file://${clone}`, authorization: "" });
    expect(heads.get("main")).toBe(second);
    const request = { runId: "shallow", commit: second, base: second, baseBranch: "main", boundaries: [] };
    const mine = await shallow.workspace.openWorktree(repositoryRef, request);
    const inside = await mine.enter({ allowed: [], forbidden: [] });
    expect(await output(inside, "git log --format=%H; git status --porcelain")).toBe(second);
    await mine.close();
    await shallow.close();
  });

  it("leaves links and submodules out of the tree and keeps every other byte", () => {
    const trees = join(bench.data, "shared/trees/4711");
    const tree = join(trees, readdirSync(trees).find((name) => name.startsWith(second)) ?? "");
    expect(existsSync(join(tree, "backend/link"))).toBe(false);
    expect(existsSync(join(tree, "vendor"))).toBe(false);
    expect(existsSync(join(tree, ".git"))).toBe(false);
    expect(lstatSync(join(tree, "run.sh")).mode & 0o777).toBe(0o555);
    expect(lstatSync(join(tree, "frontend/index.ts")).mode & 0o777).toBe(0o444);
    expect(lstatSync(join(tree, "utf16.txt")).size).toBe(utf16.byteLength);
  });
});
