import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Walls, Worktree } from "../../src/ports.ts";
import { architect, type Bench, bash, createBench, output } from "./support.ts";

/** What stays of the walls where there is no sandbox: see bare.ts for what does not. */
describe("without a sandbox", () => {
  let bench: Bench;
  let worktree: Worktree;
  let walls: Walls;

  beforeAll(async () => {
    bench = createBench({ "backend/app/api/routes.py": "a = 1\n", "README.md": "# shop\n" }, { sandbox: "none" });
    worktree = await bench.open();
    walls = await worktree.enter(architect);
  });
  afterAll(async () => {
    await worktree?.close();
    await bench?.close();
  });

  it("a run works in a copy of its own, with git and the same tools", async () => {
    expect(await output(walls, "git status --porcelain; git log --oneline | wc -l; cat README.md")).toBe("1\n# shop");
    await walls.write("backend/app/models/user.py", "class User: ...\n", undefined);
    expect((await walls.glob("**/*.py", undefined, 10)).paths).toEqual([
      "backend/app/models/user.py",
      "backend/app/api/routes.py",
    ]);
    expect(await walls.grep({ pattern: "User", mode: "files_with_matches" })).toEqual(["backend/app/models/user.py"]);
  });

  it("tools write inside the boundary only, and nothing else is collected", async () => {
    await expect(walls.write("README.md", "x", undefined)).rejects.toThrow("outside your boundary");
    await output(walls, "echo changed > README.md; echo x > other.txt");
    const { changeset } = await worktree.collect();
    expect(changeset.map(({ path }) => path)).toEqual(["backend/app/models/user.py"]);
    expect((await (await (await bench.open()).enter(architect)).read("README.md"))?.text).toBe("# shop\n");
  });

  it("a command sees nothing of the App's environment and ends at its time with what it started", async () => {
    expect(await output(walls, "env | cut -d= -f1 | sort | tr '\\n' ' '")).not.toMatch(/VITEST|NODE|TOKEN/);
    expect(await bash(walls, "sleep 60 & sleep 60", 200)).toMatchObject({ ended: "timeout", exitCode: 137 });
    const result = await bash(walls, "sleep 60 & echo done");
    expect(result).toMatchObject({ exitCode: 0, output: "done\n" });
    expect(result.durationMs).toBeLessThan(10_000);
  });

  it("says that the sandbox is well, since none was asked for, and leaves nothing behind", async () => {
    expect(await bench.workspace.checkSandbox()).toEqual({ ok: true });
    const mine = await bench.open();
    await mine.close();
    expect(existsSync(join(bench.data, "shared/runs/run-3"))).toBe(false);
  });
});
