import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { isBranchName } from "../../src/workspace/git.ts";
import { type GitServer, startGitServer } from "./git-server.ts";
import { type Bench, createBench, type Files, repositoryRef, run } from "./support.ts";

const files: Files = {
  "README.md": "# shop\n",
  "backend/app/main.py": "app = 1\n",
  "backend/app/api/routes.py": "a = 1\n",
  "docs/large.txt": "x".repeat(1024 * 1024 + 1),
  "docs/ü.md": "ü\n",
};

const secret = "ghs_4711_not-a-real-token";
const authorization = `Basic ${Buffer.from(`x-access-token:${secret}`).toString("base64")}`;

describe("the mirror", () => {
  const benches: Bench[] = [];
  const servers: GitServer[] = [];
  const create = (options: Parameters<typeof createBench>[1] = {}): Bench => {
    const bench = createBench(files, { sandbox: "none", ...options });
    benches.push(bench);
    return bench;
  };
  const serve = async (bench: Pick<Bench, "folder">, redirect?: string): Promise<GitServer> => {
    const server = await startGitServer(bench.folder, authorization, redirect);
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    for (const bench of benches.splice(0)) await bench.close();
  });

  const gitDir = (bench: Bench) => join(bench.data, `private/mirrors/${repositoryRef.id}.git`);
  const git = (folder: string, ...args: string[]) =>
    execFileSync("git", [`--git-dir=${folder}`, ...args], { encoding: "utf8" }).trim();

  it("has the branches that were asked for and no other ref", async () => {
    const bench = create();
    const { repository } = bench;
    const main = repository.git("rev-parse", "HEAD");
    repository.git("checkout", "-q", "-b", "architect/issue-1-x");
    const work = repository.commit("work", { "backend/app/api/new.py": "n = 1\n" });
    repository.push("other");
    repository.git("tag", "v1");
    repository.git("push", "-q", "origin", "v1", "HEAD:refs/pull/1/head");
    const heads = await bench.fetch("main", "architect/issue-1-x", "gone");
    expect(Object.fromEntries(heads)).toEqual({ main, "architect/issue-1-x": work });
    expect(git(gitDir(bench), "for-each-ref", "--format=%(refname)")).toBe("refs/heads/architect/issue-1-x");
  });

  it("has a pull request's head as the repository shows it, follows it, and has none that is not there", async () => {
    const bench = create();
    const { repository, workspace } = bench;
    await bench.fetch("main");
    const credentials = { url: `file://${repository.bare}`, authorization: "" };
    const fetchPull = (pull: number) => workspace.fetchPull(repositoryRef, pull, credentials);
    repository.git("checkout", "-q", "-b", "of-a-fork");
    for (const text of ["n = 1\n", "n = 2\n"]) {
      writeFileSync(join(repository.work, "backend/app/new.py"), text);
      repository.git("add", "-A");
      repository.git("commit", "-q", "-m", "work");
      repository.git("push", "-q", "--force", "origin", "HEAD:refs/pull/7/head");
      const head = await fetchPull(7);
      expect(head).toBe(repository.git("rev-parse", "HEAD"));
      expect(await workspace.readFile(repositoryRef, head ?? "", "backend/app/new.py")).toBe(text);
    }
    expect(await fetchPull(8)).toBeUndefined();
    await expect(fetchPull(0)).rejects.toThrow("Could not fetch pull request #0");
    expect(git(gitDir(bench), "for-each-ref", "--format=%(refname)")).toBe("refs/pull/7/head");
  });

  it("keeps nothing twice: what the base branch has is not in the mirror, whole history though it is", async () => {
    const bench = create();
    const { repository } = bench;
    for (const number of [1, 2, 3]) repository.commit(`main ${number}`, { "README.md": `# shop ${number}\n` });
    const fork = repository.git("rev-parse", "HEAD");
    repository.git("checkout", "-q", "-b", "work");
    const work = repository.commit("work", { "backend/app/api/new.py": "n = 1\n" });
    await bench.fetch("main", "work");
    expect(Number(git(gitDir(bench), "rev-list", "--count", work))).toBe(5);
    const own = execFileSync("git", [`--git-dir=${gitDir(bench)}`, "count-objects", "-v"], { encoding: "utf8" });
    const count = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, "m").exec(own)?.[1]);
    // The commit, its new file and the four trees above it.
    expect(count("count") + count("in-pack")).toBe(6);
    expect(await bench.workspace.mergeBase(repositoryRef, fork, work)).toBe(fork);
    expect(await bench.workspace.mergeBase(repositoryRef, "1".repeat(40), work)).toBeUndefined();
  });

  it("follows a branch, also one that was rewritten", async () => {
    const bench = create();
    const { repository } = bench;
    const first = repository.git("rev-parse", "HEAD");
    const second = repository.commit("second", { "README.md": "# second\n" });
    expect((await bench.fetch("main")).get("main")).toBe(second);
    repository.git("reset", "-q", "--hard", first);
    repository.git("commit", "-q", "--allow-empty", "-m", "rewritten");
    repository.push("main", "--force");
    const rewritten = repository.git("rev-parse", "HEAD");
    expect((await bench.fetch("main")).get("main")).toBe(rewritten);
    // What was taken out of the branch is not shown to a run of today, but one of yesterday can go on.
    const histories = join(bench.data, `shared/history/${repositoryRef.id}`);
    const stores = execFileSync("ls", [histories], { encoding: "utf8" }).trim().split("\n");
    expect(stores).toHaveLength(2);
    const newest = join(histories, stores.find((name) => name.endsWith("-2")) ?? "");
    expect(() => git(newest, "cat-file", "-e", second)).toThrow();
    expect(git(newest, "rev-parse", "refs/heads/main")).toBe(rewritten);
    const worktree = await bench.open({ commit: second });
    expect(worktree.commit).toBe(second);
    await worktree.close();
  });

  it("gives every base branch a history of its own", async () => {
    const bench = create();
    const { repository } = bench;
    repository.git("checkout", "-q", "-b", "release");
    const release = repository.commit("release", { "README.md": "# release\n" });
    repository.git("checkout", "-q", "main");
    const main = repository.commit("main only", { "docs/main.md": "m\n" });
    const worktree = await bench.open({ baseBranch: "release" });
    const walls = await worktree.enter({ allowed: [], forbidden: [] });
    const look = (command: string) => walls.bash(command, { timeoutMs: 10_000, signal: new AbortController().signal });
    expect((await look("git rev-parse HEAD refs/heads/release")).output).toBe(`${release}\n${release}\n`);
    expect((await look(`git cat-file -e ${main}`)).exitCode).not.toBe(0);
    await worktree.close();
  });

  it("reads text files of a commit, and no link, folder or large file", async () => {
    const bench = create();
    const { repository } = bench;
    const target = repository.gitWith("README.md", "hash-object", "-w", "--stdin");
    repository.git("update-index", "--add", "--cacheinfo", `120000,${target},link.md`);
    repository.git("commit", "-q", "-m", "link");
    repository.push("main");
    const commit = (await bench.fetch("main")).get("main") ?? "";
    const read = (path: string) => bench.workspace.readFile(repositoryRef, commit, path);
    expect(await read("README.md")).toBe("# shop\n");
    expect(await read("docs/ü.md")).toBe("ü\n");
    for (const path of ["link.md", "backend", "docs/large.txt", "no.md", "", "../README.md", "*.md", "README.md/x"])
      expect([path, await read(path)]).toEqual([path, undefined]);
    const many = ["docs/large.txt", "docs/ü.md", "no.md", "link.md", "README.md", "backend", "../README.md"];
    const { texts, tooLarge } = await bench.workspace.readFiles(repositoryRef, commit, many);
    expect(Object.fromEntries(texts)).toEqual({ "README.md": "# shop\n", "docs/ü.md": "ü\n" });
    expect(tooLarge).toEqual(["docs/large.txt"]);
    // So many names would be too long for a command line.
    const names = [...many, ...Array.from({ length: 40_000 }, (_, at) => `${"folder/".repeat(8)}${at}.py`)];
    expect(await bench.workspace.readFiles(repositoryRef, commit, names)).toEqual({ texts, tooLarge });
    await expect(bench.workspace.readFile(repositoryRef, "main", "README.md")).rejects.toThrow("no commit's id");
    await expect(bench.workspace.mergeBase(repositoryRef, "--help", commit)).rejects.toThrow("no commit's id");
  });

  it("gives the files of one name right below a folder, so many at most", async () => {
    const bench = create();
    const skill = (name: string) => `.claude/skills/${name}/SKILL.md`;
    bench.repository.commit("skills", {
      ...Object.fromEntries(["a", "b", "c"].map((name) => [skill(name), name])),
      ".claude/skills/SKILL.md": "too high",
      ".claude/skills/a/b/SKILL.md": "too low",
      ".claude/skills/a/OTHER.md": "another name",
      ".claude/skills/large/SKILL.md": "x".repeat(1024 * 1024 + 1),
      "docs/.claude/skills/d/SKILL.md": "elsewhere",
    });
    bench.repository.push("main");
    const commit = (await bench.fetch("main")).get("main") ?? "";
    const read = async (most: number) => {
      const where = { folder: ".claude/skills", name: "SKILL.md", most };
      const { texts, tooLarge, more } = await bench.workspace.readNamed(repositoryRef, commit, where);
      return [Object.fromEntries(texts), tooLarge, more];
    };
    expect(await read(9)).toEqual([{ [skill("a")]: "a", [skill("b")]: "b", [skill("c")]: "c" }, [skill("large")], 0]);
    expect(await read(2)).toEqual([{ [skill("a")]: "a", [skill("b")]: "b" }, [], 2]);
  });

  it("is empty for an empty repository", async () => {
    const bench = create();
    execFileSync("git", ["--git-dir", bench.repository.bare, "update-ref", "-d", "refs/heads/main"]);
    expect((await bench.fetch("main")).size).toBe(0);
  });

  it("sends the token to the one host, and writes it nowhere", async () => {
    const options = { allowHttpLoopback: "" };
    const outer = create();
    const server = await serve(outer);
    options.allowHttpLoopback = server.url;
    const bench = create(options);
    const url = `${server.url}/origin.git`;
    const heads = await bench.workspace.fetch(repositoryRef, ["main"], { url, authorization });
    expect(heads.get("main")).toBe(outer.repository.git("rev-parse", "HEAD"));
    expect(server.requests.every((request) => request.authorization === authorization)).toBe(true);
    const written = await run("grep", ["-rlaF", "-e", authorization, "-e", secret, bench.data]).catch(
      (error: { code: number }) => error.code,
    );
    expect(written).toBe(1);
    expect(git(gitDir(bench), "config", "--list")).not.toMatch(/remote|extraheader/);
  });

  it("asks one thing when there is nothing new", async () => {
    const outer = create();
    const server = await serve(outer);
    const bench = create({ allowHttpLoopback: server.url });
    const fetch = () =>
      bench.workspace.fetch(repositoryRef, ["main"], { url: `${server.url}/origin.git`, authorization });
    await fetch();
    const before = server.requests.length;
    await fetch();
    expect(server.requests.slice(before).map(({ path }) => path.split("?")[0])).toEqual([
      "/origin.git/info/refs",
      "/origin.git/git-upload-pack",
    ]);
  });

  it("follows no redirect with the token", async () => {
    const outer = create();
    const other = await serve(outer);
    const server = await serve(outer, other.url);
    const bench = create({ allowHttpLoopback: server.url });
    const pending = bench.workspace.fetch(repositoryRef, ["main"], { url: `${server.url}/origin.git`, authorization });
    await expect(pending).rejects.toThrow("Could not fetch shop/backend");
    expect(other.requests).toEqual([]);
  });

  it.each([
    "http://127.0.0.1:1/x.git",
    "http://example.com/x.git",
    "file:///etc",
    "ext::sh -c id",
    "ssh://git@example.com/x.git",
    "https://user:pass@example.com/x.git",
    "-u./payload",
    "/etc",
  ])("fetches nothing from %s", async (url) => {
    const bench = create();
    const cause = await bench.workspace
      .fetch(repositoryRef, ["main"], { url, authorization: "" })
      .catch((error: Error) => error.cause as Error);
    expect(String(cause)).toMatch(/must be https|Invalid URL|must not carry/);
  });

  it("takes names that a branch can have, and no option", async () => {
    for (const name of ["main", "feature/x", "architect/issue-1-ü", "a.b", "@x"])
      expect([name, isBranchName(name)]).toEqual([name, true]);
    for (const name of [
      "",
      "-x",
      "--upload-pack=x",
      "a..b",
      "a b",
      "a:b",
      "a/",
      "/a",
      "a//b",
      ".a",
      "a/.b",
      "a.lock",
      "a.",
      "@",
      "a@{b",
      "a\\b",
      "a\nb",
      "a*",
      "a^",
    ])
      expect([name, isBranchName(name)]).toEqual([name, false]);
    const bench = create();
    await expect(bench.fetch("--upload-pack=touch x")).rejects.toThrow("Could not fetch");
  });

  it("lets two fetches of one repository wait for each other", async () => {
    const bench = create();
    const all = await Promise.all([1, 2, 3, 4].map(() => bench.fetch("main")));
    expect(new Set(all.map((heads) => heads.get("main"))).size).toBe(1);
  });
});
