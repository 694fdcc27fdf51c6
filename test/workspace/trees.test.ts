import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Walls } from "../../src/ports.ts";
import { createWorkspace } from "../../src/workspace/workspace.ts";
import { architect, type Bench, createBench, hasBubblewrap, output, repositoryRef } from "./support.ts";

const files = {
  "backend/app/api/routes.py": "a = 1\n",
  "backend/app/models/user.py": "class User: ...\n",
  "docs/index.md": "# docs\n",
  "frontend/old/index.ts": "export {};\n",
};

describe.skipIf(!hasBubblewrap)("ready trees", () => {
  const benches: Bench[] = [];
  const create = (...args: Parameters<typeof createBench>): Bench => {
    const bench = createBench(...args);
    benches.push(bench);
    return bench;
  };
  afterEach(async () => {
    for (const bench of benches.splice(0)) await bench.close();
  });

  const folder = (bench: Bench) => join(bench.data, "shared/trees", String(repositoryRef.id));
  const names = (bench: Bench) =>
    readdirSync(folder(bench))
      .filter((name) => /^[0-9a-f]{40}(-[0-9a-f]{12})?$/.test(name))
      .sort();

  it("are shared by the runs of a commit, each with copies of its own", async () => {
    const bench = create(files);
    const [one, two] = await Promise.all([bench.open(), bench.open()]);
    expect(names(bench)).toEqual([one.commit]);
    const [left, right] = await Promise.all([one.enter(architect), two.enter(architect)]);
    await left.write("backend/app/api/mine.py", "m\n", undefined);
    expect(await right.read("backend/app/api/mine.py")).toBeUndefined();
    await one.close();
    expect((await right.read("docs/index.md"))?.text).toBe("# docs\n");
    await two.close();
    expect(names(bench)).toEqual([two.commit]);
  });

  it("stay as they are for a run while a push brings another one, linked where nothing changed", async () => {
    const bench = create(files);
    const before = await bench.open();
    const inside: Walls = await before.enter(architect);
    const { repository } = bench;
    repository.git("rm", "-q", "-r", "frontend/old");
    const pushed = repository.commit("second", {
      "backend/app/models/user.py": "class User:\n    id: int\n",
      "frontend/new.ts": "export {};\n",
    });
    const after = await bench.open();
    expect(after.commit).toBe(pushed);
    expect(
      await output(inside, "cat backend/app/models/user.py; ls frontend; git rev-parse HEAD; git status --porcelain"),
    ).toBe(`class User: ...\nold\n${before.commit}`);
    const now = await after.enter(architect);
    expect(
      await output(now, "cat backend/app/models/user.py; ls frontend; git rev-parse HEAD; git status --porcelain"),
    ).toBe(`class User:\n    id: int\nnew.ts\n${pushed}`);
    const inode = (commit: string, path: string) => lstatSync(join(folder(bench), commit, path)).ino;
    expect(inode(before.commit, "docs/index.md")).toBe(inode(pushed, "docs/index.md"));
    expect(inode(before.commit, "backend/app/models/user.py")).not.toBe(inode(pushed, "backend/app/models/user.py"));
    await before.close();
    await after.close();
  });

  it("go when newer ones are there and no run holds them", async () => {
    const bench = create(files);
    const held = await bench.open();
    for (const number of [1, 2, 3, 4, 5]) {
      bench.repository.commit(`push ${number}`, { "docs/index.md": `# docs ${number}\n` });
      await (await bench.open()).close();
    }
    expect(names(bench)).toHaveLength(4);
    expect(names(bench)).toContain(held.commit);
    await held.close();
    expect(names(bench)).toHaveLength(3);
    expect(names(bench)).not.toContain(held.commit);
  });

  it("have an empty folder where the boundary allows one that the commit lacks, as a tree of their own", async () => {
    const bench = create(files);
    const boundary = { allowed: ["backend/app/api", "backend/tests", "e2e/deep/tests"], forbidden: [] };
    const plain = await bench.open();
    const worktree = await bench.open({ boundaries: [boundary] });
    expect(names(bench)).toHaveLength(2);
    const walls = await worktree.enter(boundary);
    expect(
      await output(
        walls,
        "git status --porcelain; ls -A e2e/deep/tests; echo x > e2e/deep/tests/a.py; git status --porcelain -uall",
      ),
    ).toBe("?? e2e/deep/tests/a.py");
    expect(existsSync(join(folder(bench), plain.commit, "e2e"))).toBe(false);
    await worktree.close();
    await plain.close();
  });

  it("are built anew when the machine started since, or when a build was cut short", async () => {
    const bench = create(files);
    const first = await bench.open();
    await first.close();
    const tree = join(folder(bench), first.commit);
    const mark = `${tree}.boot`;
    expect(readFileSync(mark, "utf8")).toBe(readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
    chmodSync(join(tree, "docs/index.md"), 0o644);
    writeFileSync(join(tree, "docs/index.md"), "");
    writeFileSync(mark, "another boot");
    const second = await bench.open();
    expect((await (await second.enter(architect)).read("docs/index.md"))?.text).toBe("# docs\n");
    await second.close();
    rmSync(mark);
    const third = await bench.open();
    expect((await (await third.enter(architect)).read("docs/index.md"))?.text).toBe("# docs\n");
    await third.close();
  });

  it("clear away what a run left behind whose process is gone", async () => {
    const bench = create(files);
    const abandoned = await bench.open();
    await (await abandoned.enter(architect)).read("docs/index.md");
    const runs = join(bench.data, "shared/runs");
    cpSync(join(runs, "run-1"), join(runs, "dead"), { recursive: true });
    const dead = 2 ** 22 + 1;
    writeFileSync(join(runs, "dead/uses.json"), JSON.stringify({ pid: dead, since: 0, paths: [] }));
    mkdirSync(join(folder(bench), `half.${dead}-1-0123abcd.tmp/backend`), { recursive: true });
    const later = createWorkspace({
      dataFolder: bench.data,
      node: process.execPath,
      sandbox: "none",
      clock: () => new Date(),
    });
    await later.checkSandbox();
    expect(readdirSync(runs)).toEqual(["run-1"]);
    expect(readdirSync(folder(bench)).filter((name) => name.startsWith("half"))).toEqual([]);
    await later.close();
    await abandoned.close();
  });

  it("are refused where a repository cannot lie on a disk as it is", async () => {
    const bench = create(files);
    const { repository } = bench;
    const commitTree = (listing: string): string => {
      const tree = repository.gitWith(listing, "mktree", "--missing");
      const commit = repository.git("commit-tree", tree, "-m", "odd");
      repository.git("update-ref", "refs/heads/odd", commit);
      repository.git("push", "-q", "-f", "origin", "odd:refs/heads/main");
      return commit;
    };
    const blob = repository.gitWith("x", "hash-object", "-w", "--stdin");
    commitTree(`100644 blob ${blob}\tREADME.md\n100644 blob ${blob}\treadme.md\n`);
    await expect(bench.open()).rejects.toMatchObject({
      name: "RefusedError",
      message: expect.stringContaining("upper and lower case"),
    });
    const many = Array.from({ length: 100_001 }, (_, index) => `100644 blob ${blob}\tf${index}\n`).join("");
    commitTree(many);
    await expect(bench.open()).rejects.toMatchObject({
      name: "RefusedError",
      message: expect.stringContaining("100,001 files"),
    });
    expect(names(bench)).toEqual([]);
    expect(readdirSync(join(bench.data, "shared/runs"))).toEqual([]);
  });

  it("take run ids that can name a folder only, each once", async () => {
    const bench = create(files);
    const worktree = await bench.open();
    const open = (runId: string) =>
      bench.workspace.openWorktree(repositoryRef, {
        runId,
        commit: worktree.commit,
        base: worktree.commit,
        baseBranch: "main",
        boundaries: [architect],
      });
    await expect(open("../x")).rejects.toThrow("cannot be the id of a run");
    await expect(open("run-1")).rejects.toThrow("has a worktree already");
    await worktree.close();
  });
});
