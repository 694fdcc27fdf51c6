import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blobSha } from "../../src/domain/changeset.ts";
import type { Boundary } from "../../src/domain/policy.ts";
import type { Walls, Worktree } from "../../src/ports.ts";
import { type Bench, bash, createBench, hasBubblewrap, output } from "./support.ts";

const boundary: Boundary = {
  allowed: ["backend/app", "backend/tests", "docs", "linked/api", "vendor/lib", "lib.py"],
  forbidden: ["backend/app/alembic"],
};
const tester: Boundary = { allowed: ["backend/app/api/v2", "backend/tests"], forbidden: [] };

describe.skipIf(!hasBubblewrap)("walls", () => {
  let bench: Bench;
  let worktree: Worktree;
  let walls: Walls;

  beforeAll(async () => {
    bench = createBench({
      ".gitignore": "*.log\nbuild/\n",
      ".github/workflows/ci.yml": "on: push\n",
      "backend/app/api/routes.py": "from os import path\n\n\ndef list_users():\n    return []\n",
      "backend/app/api/bom.py": "\ufeffa = 1\r\n",
      "backend/app/alembic/env.py": "e = 1\n",
      "backend/app/binary.bin": Buffer.from([1, 0, 2]),
      "backend/app/latin.txt": Buffer.from([0xe9, 0x0a]),
      "backend/app/large.txt": "y".repeat(1024 * 1024 + 1),
      "backend/app/long.py": `${"z".repeat(5_000)}needle\n`,
      "README.md": "# shop\n",
      "lib.py": "l = 1\n",
    });
    const { repository } = bench;
    const target = repository.gitWith("backend", "hash-object", "-w", "--stdin");
    repository.git("update-index", "--add", "--cacheinfo", `120000,${target},linked`);
    const head = repository.git("rev-parse", "HEAD");
    repository.git("update-index", "--add", "--cacheinfo", `160000,${head},vendor/lib`);
    repository.git("commit", "-q", "-m", "links");
    repository.push("main");
    worktree = await bench.open({ boundaries: [boundary, tester] });
    walls = await worktree.enter(boundary);
  });

  afterAll(async () => {
    await worktree?.close();
    await bench?.close();
  });

  it("gives commands the repository's variables, which take no place of the sandbox's own", async () => {
    const env = { DATABASE_URL: "sqlite:///./test.db", PATH: "/repo", GIT_DIR: "/repo" };
    const other = await bench.open({ env });
    try {
      const inside = await other.enter(boundary);
      expect(await output(inside, "echo $DATABASE_URL; echo $PATH $GIT_DIR")).toBe(
        "sqlite:///./test.db\n/usr/local/bin:/usr/bin:/bin /opt/git",
      );
    } finally {
      await other.close();
    }
  });

  describe("read", () => {
    it("gives a file's text as it is, with the blob id of its bytes", async () => {
      const found = await walls.read("backend/app/api/bom.py");
      expect(found).toEqual({ text: "\ufeffa = 1\r\n", sha: blobSha(Buffer.from("\ufeffa = 1\r\n")) });
      expect(await walls.read(".gitignore")).toMatchObject({ text: "*.log\nbuild/\n" });
    });

    it("gives undefined for what is not there", async () => {
      expect(await walls.read("backend/app/nothing.py")).toBeUndefined();
      expect(await walls.read("no/such/folder/x.py")).toBeUndefined();
    });

    it.each([
      ["backend/app", "is a folder"],
      ["backend/app/binary.bin", "is a binary file"],
      ["backend/app/latin.txt", "is not UTF-8 text"],
      ["backend/app/large.txt", "files over 1 MiB are not read"],
      ["linked/app/api/routes.py", "/repo/linked is a symbolic link in the repository"],
      ["vendor/lib/x.py", "/repo/vendor/lib is a submodule"],
      ["/proc/self/environ", "does not lie below /repo"],
      ["../../etc/passwd", 'has a ".." segment'],
      ["/repo/README.md", "is not a canonical repository path"],
    ])("says why %s is not read", async (path, sentence) => {
      await expect(walls.read(path)).rejects.toMatchObject({
        name: "ToolError",
        message: expect.stringContaining(sentence),
      });
    });

    it("follows no link that a command made", async () => {
      await output(
        walls,
        "ln -sfn /proc/self backend/app/proc; ln -sf /etc/passwd backend/app/passwd.txt; ln -sfn api backend/app/alias",
      );
      await expect(walls.read("backend/app/passwd.txt")).rejects.toThrow("is a symbolic link");
      await expect(walls.read("backend/app/proc/environ")).rejects.toThrow("reached by a symbolic link");
      await expect(walls.read("backend/app/alias/routes.py")).rejects.toThrow("reached by a symbolic link");
      await output(walls, "rm backend/app/proc backend/app/passwd.txt backend/app/alias");
    });
  });

  describe("write", () => {
    it("creates a file with its folders, and gives the id that a read then has", async () => {
      const sha = await walls.write("backend/tests/unit/test_a.py", "def test_a(): ...\n", undefined);
      expect(await walls.read("backend/tests/unit/test_a.py")).toEqual({ text: "def test_a(): ...\n", sha });
    });

    it("overwrites exactly the file that was read", async () => {
      const first = await walls.write("backend/tests/b.py", "1\n", undefined);
      await expect(walls.write("backend/tests/b.py", "2\n", undefined)).rejects.toThrow("exists by now");
      const second = await walls.write("backend/tests/b.py", "22\n", first);
      await expect(walls.write("backend/tests/b.py", "3\n", first)).rejects.toThrow("has changed since you read it");
      await output(walls, "echo changed > backend/tests/b.py");
      await expect(walls.write("backend/tests/b.py", "3\n", second)).rejects.toThrow("has changed since you read it");
      await output(walls, "rm backend/tests/b.py");
      await expect(walls.write("backend/tests/b.py", "3\n", second)).rejects.toThrow("does not exist any more");
    });

    it("keeps a script executable", async () => {
      await output(walls, "echo old > backend/tests/run.sh; chmod 755 backend/tests/run.sh");
      const found = await walls.read("backend/tests/run.sh");
      await walls.write("backend/tests/run.sh", "new\n", found?.sha);
      expect(await output(walls, "stat -c %a backend/tests/run.sh")).toBe("755");
    });

    it.each([
      ["README.md", "lies outside your boundary"],
      ["backend/app/alembic/x.py", "is forbidden to you"],
      ["backend/app/.github/x.yml", "is closed to tools"],
      ["linked/api/x.py", "/repo/linked is a symbolic link in the repository, not a folder"],
      ["vendor/lib/x.py", "/repo/vendor/lib is a submodule in the repository, not a folder"],
      ["lib.py/x.py", "/repo/lib.py is a file in the repository, not a folder"],
      ["backend/app/ü.py", "ASCII"],
    ])("refuses %s with a sentence", async (path, sentence) => {
      await expect(walls.write(path, "x\n", undefined)).rejects.toMatchObject({
        name: "ToolError",
        message: expect.stringContaining(sentence),
      });
    });

    it("writes through no link that a command made", async () => {
      await output(walls, "ln -sfn /repo/.github backend/app/out; ln -sf ../../README.md backend/app/readme.py");
      await expect(walls.write("backend/app/out/x.ts", "x", undefined)).rejects.toThrow("reached by a symbolic link");
      await expect(walls.write("backend/app/readme.py", "x", undefined)).rejects.toThrow("is a symbolic link");
      await output(walls, "rm backend/app/out backend/app/readme.py");
    });
  });

  describe("glob", () => {
    it("lists files newest first, dot files and ignored ones too, and no folder", async () => {
      await output(walls, "echo x > backend/app/debug.log; mkdir -p backend/app/void");
      const found = await walls.glob("backend/app/**", undefined, 100);
      expect(found.paths[0]).toBe("backend/app/debug.log");
      expect(found.paths).not.toContain("backend/app/void");
      expect(found.total).toBe(found.paths.length);
      expect((await walls.glob("**/*.yml", undefined, 100)).paths).toEqual([".github/workflows/ci.yml"]);
      await output(walls, "rm -r backend/app/debug.log backend/app/void");
    });

    it("shows no folder that only exists to be written to", async () => {
      expect((await walls.glob("docs/**", undefined, 100)).paths).toEqual([]);
      expect(await output(walls, "ls -d docs")).toBe("docs");
    });

    it.each([
      ["*.md", undefined, ["README.md"]],
      ["*.py", "backend/app/api", ["backend/app/api/bom.py", "backend/app/api/routes.py"]],
      ["**/routes.py", undefined, ["backend/app/api/routes.py"]],
      ["backend/*/api/r?utes.py", undefined, ["backend/app/api/routes.py"]],
      ["api/{bom,routes}.[p]y", "backend/app", ["backend/app/api/bom.py", "backend/app/api/routes.py"]],
      ["backend/app/api/[!b]*.py", undefined, ["backend/app/api/routes.py"]],
      ["README.md/**", undefined, []],
      ["no/such/**", undefined, []],
    ])("finds %s in %s", async (pattern, folder, expected) => {
      expect((await walls.glob(pattern, folder, 100)).paths.sort()).toEqual(expected);
    });

    it("counts what it does not list, and refuses what no pattern is", async () => {
      const { paths, total } = await walls.glob("**", undefined, 2);
      expect(paths).toHaveLength(2);
      expect(total).toBeGreaterThan(8);
      await expect(walls.glob("../../**/*.pem", undefined, 10)).rejects.toThrow("no pattern below /repo");
      await expect(walls.glob("[{", undefined, 10)).resolves.toEqual({ paths: [], total: 0 });
      await expect(walls.glob("{a,{b}", undefined, 10)).rejects.toThrow("close every [ and {");
      await expect(walls.glob("*", "nowhere", 10)).rejects.toThrow("/repo/nowhere is no folder");
    });
  });

  describe("grep", () => {
    it("finds lines, files and counts, sorted by path, without what .gitignore names", async () => {
      await output(walls, "echo list_users > backend/app/x.log; echo 'list_users = list_users' > backend/tests/z.py");
      expect(await walls.grep({ pattern: "list_users", mode: "files_with_matches" })).toEqual([
        "backend/app/api/routes.py",
        "backend/tests/z.py",
      ]);
      expect(await walls.grep({ pattern: "list_users", mode: "count" })).toEqual([
        "backend/app/api/routes.py:1",
        "backend/tests/z.py:2",
      ]);
      expect(
        await walls.grep({ pattern: "def", mode: "content", path: "backend/app/api", after: 1, lineNumbers: true }),
      ).toEqual(["backend/app/api/routes.py:4:def list_users():", "backend/app/api/routes.py-5-    return []"]);
      expect(
        await walls.grep({
          pattern: "DEF",
          mode: "content",
          path: "backend/app/api/routes.py",
          ignoreCase: true,
          lineNumbers: false,
        }),
      ).toEqual(["backend/app/api/routes.py:def list_users():"]);
      expect(
        await walls.grep({
          pattern: "path.*list",
          mode: "files_with_matches",
          multiline: true,
          glob: "*.py",
          type: "py",
        }),
      ).toEqual(["backend/app/api/routes.py"]);
      await output(walls, "rm backend/app/x.log backend/tests/z.py");
    });

    it("gives nothing where nothing matches, and ripgrep's words where it cannot search", async () => {
      expect(await walls.grep({ pattern: "no such text", mode: "content" })).toEqual([]);
      await expect(walls.grep({ pattern: "(", mode: "content" })).rejects.toThrow(/ripgrep: .*unclosed group/s);
      await expect(walls.grep({ pattern: "x", mode: "content", type: "nope" })).rejects.toThrow(
        "unrecognized file type",
      );
      await expect(walls.grep({ pattern: "x", mode: "content", path: "nowhere" })).rejects.toThrow(
        "/repo/nowhere does not exist",
      );
    });

    it("runs no program that a pattern, a glob or a path asks for", async () => {
      await output(
        walls,
        "printf '#!/bin/sh\\ntouch /repo/backend/app/ran\\n' > backend/app/evil.sh; chmod +x backend/app/evil.sh; ln -sfn /etc backend/app/etc; printf -- '--pre=/repo/backend/app/evil.sh' > backend/app/.ripgreprc",
      );
      await walls.grep({ pattern: "--pre=./backend/app/evil.sh", mode: "content" });
      await walls.grep({ pattern: "x", mode: "content", glob: "--pre=./backend/app/evil.sh" });
      await expect(walls.grep({ pattern: "root", mode: "content", path: "backend/app/etc" })).rejects.toThrow(
        "symbolic link",
      );
      expect(await output(walls, "ls backend/app | grep -c ran || true")).toBe("0");
      await output(walls, "rm backend/app/evil.sh backend/app/etc backend/app/.ripgreprc");
    });

    it("cuts a long line", async () => {
      const [line = ""] = await walls.grep({ pattern: "needle", mode: "content", path: "backend/app/long.py" });
      expect(line.length).toBeLessThan(2_200);
    });
  });

  describe("of several agents", () => {
    it("show each what the others wrote, and let each write where its own boundary allows", async () => {
      const other = await worktree.enter(tester);
      await walls.write("backend/app/api/shared.py", "s = 1\n", undefined);
      expect((await other.read("backend/app/api/shared.py"))?.text).toBe("s = 1\n");
      await expect(
        other.write("backend/app/api/shared.py", "s = 2\n", blobSha(Buffer.from("s = 1\n"))),
      ).rejects.toThrow("outside your boundary");
      expect((await bash(other, "echo x > backend/app/api/shared.py")).output).toContain("Read-only file system");
      await output(other, "echo x > backend/app/api/v2/new.py");
      expect(await output(walls, "cat backend/app/api/v2/new.py")).toBe("x");
      expect((await bash(walls, "echo x > backend/app/alembic/env.py")).output).toContain("Read-only file system");
      const { changeset } = await worktree.collect();
      expect(changeset.map(({ path }) => path)).toContain("backend/app/api/v2/new.py");
    });

    it("say what is wrong where a folder of one was taken away by another", async () => {
      const other = await worktree.enter(tester);
      await output(walls, "rm -rf backend/app/api/v2; ln -s /etc backend/app/api/v2");
      await expect(bash(other, "true")).rejects.toMatchObject({
        name: "ToolError",
        message: expect.stringContaining("no folder any more"),
      });
      await output(walls, "rm backend/app/api/v2");
      expect(await output(other, "ls -d backend/app/api/v2")).toBe("backend/app/api/v2");
    });
  });

  it("leave the shared tree as it is and nothing behind when they are closed", async () => {
    const mine = await bench.open({ boundaries: [boundary] });
    const inside = await mine.enter(boundary);
    await inside.write("backend/app/api/gone.py", "g\n", undefined);
    const pending = bash(inside, "sleep 30", 30_000);
    await mine.close();
    expect((await pending).ended).toBe("aborted");
    expect(existsSync(join(bench.data, "shared/runs/run-2"))).toBe(false);
    await expect(inside.read("README.md")).rejects.toThrow();
    expect(readFileSync(join(bench.repository.work, "README.md"), "utf8")).toBe("# shop\n");
  });
});
