import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { removeFolder } from "../../src/workspace/disk.ts";
import { createRepository, hasBubblewrap, run } from "./support.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn("skipped: only root can try what root does, and what another user does");

const ordinary = 23_456;

describe.skipIf(!hasBubblewrap || !isRoot)("a workspace", () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await removeFolder(folder);
  });

  /** A clone of ours with its own Node in a folder that nobody but its owner can enter. */
  const cloneInto = (parent: string): { node: string; driver: string } => {
    const clone = join(parent, "clone");
    mkdirSync(join(clone, "test/workspace"), { recursive: true });
    cpSync(join(import.meta.dirname, "../../src"), join(clone, "src"), { recursive: true });
    cpSync(join(import.meta.dirname, "driver.ts"), join(clone, "test/workspace/driver.ts"));
    cpSync(join(import.meta.dirname, "../../package.json"), join(clone, "package.json"));
    const node = join(clone, "node");
    try {
      linkSync(process.execPath, node);
    } catch {
      copyFileSync(process.execPath, node);
    }
    chmodSync(clone, 0o700);
    return { node, driver: join(clone, "test/workspace/driver.ts") };
  };

  const setUp = () => {
    const folder = mkdtempSync(join(tmpdir(), "workspace-users-"));
    folders.push(folder);
    chmodSync(folder, 0o755);
    const repository = createRepository(folder, {
      "backend/app/api/routes.py": "a = 1\n",
      "frontend/index.ts": "export {};\n",
    });
    return { folder, repository, ...cloneInto(folder) };
  };

  const expected = {
    health: { ok: true },
    status: "?? backend/app/api/new.py",
    text: "a = 1\n",
    outside: "/bin/bash: line 1: frontend/index.ts: Read-only file system\nbackend/tests\n644",
    secret: expect.stringContaining("No such file or directory"),
    lines: ["backend/app/api/new.py:1:n = 1"],
    changed: ["backend/app/api/new.py"],
  };

  it("works for root with the clone in a folder of mode 0700, and gives root's rights to nothing inside", async () => {
    const { folder, node, driver, repository } = setUp();
    const script = 'umask 077; exec "$0" "$@"';
    const data = join(folder, "data");
    const { stdout } = await run("/bin/sh", ["-c", script, node, driver, data, repository.bare], { cwd: "/", env: {} });
    expect(JSON.parse(stdout)).toEqual({ ...expected, uid: "10001" });
    const mode = (path: string) => (lstatSync(join(data, path)).mode & 0o777).toString(8);
    expect([mode(""), mode("private"), mode("private/mirrors"), mode("shared")]).toEqual(["711", "700", "700", "750"]);
  });

  it("works for an ordinary user, as that user", async () => {
    const { folder, node, driver, repository } = setUp();
    const home = join(folder, "home");
    mkdirSync(home, { mode: 0o700 });
    for (const path of [home, ...all(join(folder, "clone"))]) if (path !== node) chownSync(path, ordinary, ordinary);
    const { stdout } = await run(node, [driver, join(home, "data"), repository.bare], {
      cwd: "/",
      env: {},
      uid: ordinary,
      gid: ordinary,
    });
    expect(JSON.parse(stdout)).toEqual({ ...expected, uid: String(ordinary) });
  });
});

const all = (folder: string): string[] => [
  folder,
  ...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
];
