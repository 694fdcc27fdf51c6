import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { blobSha, bytesOf } from "../../src/domain/changeset.ts";
import type { Walls, Worktree } from "../../src/ports.ts";
import { architect, type Bench, bash, createBench, hasBubblewrap, output, run, textOf } from "./support.ts";

const large = "x".repeat(2 * 1024 * 1024);

describe.skipIf(!hasBubblewrap)("collecting a worktree", () => {
  let bench: Bench;
  let worktree: Worktree;
  let walls: Walls;
  const opened: Worktree[] = [];

  beforeAll(() => {
    bench = createBench({
      "backend/app/api/routes.py": "a = 1\n",
      "backend/app/api/tool.sh": "#!/bin/sh\n",
      "backend/app/api/crlf.py": "a = 1\r\n",
      "backend/app/api/.env.example": "KEY=\n",
      "backend/app/api/large.sql": large,
      "backend/app/api/v1/users.py": "u = 1\n",
      "backend/app/models/user.py": "class User: ...\n",
      "README.md": "# shop\n",
    });
    const { repository } = bench;
    repository.git("update-index", "--chmod=+x", "backend/app/api/tool.sh");
    symlinkSync("../../../README.md", join(repository.work, "backend/app/api/linked.py"));
    repository.git("add", "backend/app/api/linked.py");
    repository.git("commit", "-q", "-m", "modes");
    repository.push("main");
  });

  beforeEach(async () => {
    worktree = await bench.open();
    opened.push(worktree);
    walls = await worktree.enter(architect);
  });

  afterAll(async () => {
    for (const one of opened) await one.close();
    await bench?.close();
  });

  const api = (name: string) => join(bench.data, `shared/runs/run-${opened.length}/files/backend/app/api`, name);

  it("finds nothing in an untouched worktree, odd names and large files of the repository included", async () => {
    expect(await worktree.collect()).toEqual({ changeset: [], refused: [] });
  });

  it("finds what was added, changed and deleted, sorted, with the modes of the repository", async () => {
    await output(
      walls,
      "cd backend/app/api && echo 'b = 2' >> routes.py && echo '#!/bin/bash' > tool.sh && chmod 755 routes.py && mkdir -p new/deep && echo x > new/deep/a.py && chmod 755 new/deep/a.py && rm -r v1 && mkdir empty",
    );
    const { changeset, refused } = await worktree.collect();
    expect(refused).toEqual([]);
    expect(
      changeset.map((change) => [
        change.path,
        change.kind,
        change.kind === "deleted" ? "" : `${change.mode} ${textOf(change.content)}`,
      ]),
    ).toEqual([
      ["backend/app/api/new/deep/a.py", "added", "100644 x\n"],
      ["backend/app/api/routes.py", "modified", "100644 a = 1\nb = 2\n"],
      ["backend/app/api/tool.sh", "modified", "100755 #!/bin/bash\n"],
      ["backend/app/api/v1/users.py", "deleted", ""],
    ]);
  });

  it("sees no change in a file that was written back as it was", async () => {
    await output(
      walls,
      "cp backend/app/api/crlf.py /tmp/x; rm backend/app/api/crlf.py; cp /tmp/x backend/app/api/crlf.py",
    );
    expect((await worktree.collect()).changeset).toEqual([]);
  });

  it("sees every change between two collections, whatever times the files are given", async () => {
    await worktree.collect();
    await output(walls, "echo 'a = 2' > backend/app/api/routes.py; touch -d @1000000000 backend/app/api/routes.py");
    const { changeset } = await worktree.collect();
    expect(changeset.map(({ path }) => path)).toEqual(["backend/app/api/routes.py"]);
    await output(walls, "echo 'a = 1' > backend/app/api/routes.py");
    expect((await worktree.collect()).changeset).toEqual([]);
  });

  it("never follows or commits a symbolic link", async () => {
    await output(
      walls,
      "cd backend/app/api; ln -s /etc/passwd p.py; ln -sf ../models routes.py; ln -s ../../../.. up; rm -r v1; ln -s ../models v1",
    );
    const { changeset, refused } = await worktree.collect();
    expect(changeset).toEqual([{ path: "backend/app/api/v1/users.py", kind: "deleted" }]);
    expect(refused.map(({ path, reason }) => `${path}: ${reason}`).sort()).toEqual([
      "backend/app/api/p.py: it is a symbolic link",
      "backend/app/api/routes.py: it is a symbolic link",
      "backend/app/api/up: it is a symbolic link",
      "backend/app/api/v1: it is a symbolic link",
    ]);
  });

  it("refuses what is no regular file, without waiting for any", async () => {
    await run("mkfifo", [api("pipe.py")]);
    const server = createServer().listen(api("sock"));
    await new Promise((resolve) => server.once("listening", resolve));
    await output(
      walls,
      "cd backend/app/api; echo x > one.py; ln one.py two.py; python3 -c \"import os; os.close(os.open('suid', os.O_CREAT | os.O_WRONLY, 0o4755))\"",
    );
    const { changeset, refused } = await worktree.collect();
    server.close();
    expect(changeset).toEqual([]);
    expect(Object.fromEntries(refused.map(({ path, reason }) => [path.slice(16), reason]))).toEqual({
      "pipe.py": "it is a named pipe",
      sock: "it is a socket",
      "one.py": "it is one of several hard links to a file",
      "two.py": "it is one of several hard links to a file",
      suid: "it has the set-user-id or set-group-id bit",
    });
  });

  it("refuses names that no commit should have", async () => {
    await output(
      walls,
      "cd backend/app/api; mkdir -p .git/hooks sub && echo x > .git/hooks/pre-commit && echo x > .gitattributes && echo x > .env && echo x > 'a\nb.py' && echo x > $'\\xff.py' && echo x > $'\\u202e.py' && echo x > ü.py && echo x > ' .py.' && echo x > ROUTES.py && mkdir V1 && echo x > V1/a.py && echo x > linked.py && echo x > 'git~1'",
    );
    const { changeset, refused } = await worktree.collect();
    expect(changeset).toEqual([]);
    const reasons = Object.fromEntries(refused.map(({ path, reason }) => [path.slice(16), reason]));
    expect(reasons).toMatchObject({
      ".git": "it is a git repository of its own",
      "?.py": expect.stringMatching(/UTF-8|tools may write/),
      "a?b.py": "its name is none that tools may write",
      ".gitattributes": "its name is none that tools may write",
      ".env": "its name is none that tools may write",
      "git~1": "its name is none that tools may write",
      " .py.": "its name is none that tools may write",
      "ü.py": "a new file's path has ASCII characters only",
      "ROUTES.py": "its name differs from backend/app/api/routes.py in upper and lower case only",
      "V1/a.py": "its name differs from backend/app/api/v1 in upper and lower case only",
      "linked.py": "it is a symbolic link in the repository",
    });
    expect(refused.every(({ path }) => !/[\n\u202e]/.test(path))).toBe(true);
  });

  it("runs nothing that was planted as a git repository", async () => {
    const marker = join(bench.folder, "executed");
    await output(
      walls,
      `cd backend/app/api; GIT_DIR= GIT_WORK_TREE= ; unset GIT_DIR GIT_WORK_TREE; git init -q . ; git init -q --bare nested; for c in .git/config nested/config; do printf '[core]\\n\\tfsmonitor = touch ${marker}\\n[filter "x"]\\n\\tclean = touch ${marker}\\n[diff]\\n\\texternal = touch ${marker}\\n' >> $c; done; mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch ${marker}\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; echo '*.py filter=x' > .gitattributes; echo y > routes.py`,
    );
    const { changeset } = await worktree.collect();
    expect(changeset.map(({ path }) => path)).toContain("backend/app/api/routes.py");
    expect(changeset.every(({ path }) => !path.includes("/.git"))).toBe(true);
    expect(existsSync(marker)).toBe(false);
  });

  it("refuses large files, deep folders and more than 300 changes, and says so", async () => {
    await output(
      walls,
      'cd backend/app/api; head -c 1048577 /dev/zero > big.bin; echo >> large.sql; python3 -c \'import os\nfor i in range(3000): os.mkdir("d"); os.chdir("d")\'; for i in $(seq 1000 1309); do echo > f$i.py; done',
    );
    const { changeset, refused } = await worktree.collect();
    expect(changeset).toHaveLength(300);
    expect(changeset.at(-1)?.path).toBe("backend/app/api/f1299.py");
    const reasons = refused.map(({ path, reason }) => `${path.length > 60 ? "deep" : path.slice(16)}: ${reason}`);
    expect(reasons).toContain("big.bin: it has 1048577 bytes; files over 1 MiB are not committed");
    expect(reasons).toContain("large.sql: it has 2097153 bytes; files over 1 MiB are not committed");
    expect(reasons).toContain("deep: it lies more than 32 folders deep");
    expect(reasons.at(-1)).toContain("310 files changed; at most 300");
  });

  it("takes a file that cannot be read for neither changed nor deleted", async () => {
    await output(walls, "chmod 000 backend/app/api/routes.py backend/app/api/v1");
    const { changeset, refused } = await worktree.collect();
    expect(changeset).toEqual([]);
    // Root reads them all the same.
    expect(refused.length).toBe(process.getuid?.() === 0 ? 0 : 2);
  });

  it("has a folder's own files only: what a command writes elsewhere in it stays where it was", async () => {
    await bash(walls, "echo x > README.md; echo x > backend/app/main.py");
    expect(await worktree.collect()).toEqual({ changeset: [], refused: [] });
    expect(readFileSync(join(bench.repository.work, "README.md"), "utf8")).toBe("# shop\n");
  });

  it("puts a checkpoint in place of whatever the folders hold", async () => {
    await output(
      walls,
      "cd backend/app/api; echo 1 > kept.py; echo 'a = 3' > routes.py; echo '#!/bin/bash' > tool.sh; rm v1/users.py; mkdir x; echo 2 > x/y.py",
    );
    const { changeset } = await worktree.collect();
    await output(walls, "cd backend/app/api; rm -rf *; ln -s /etc x; echo other > kept.py; chmod 000 .");
    await walls.glob("**", undefined, 1);
    await worktree.restore(changeset);
    expect(await worktree.collect()).toEqual({ changeset, refused: [] });
    expect((await walls.read("backend/app/api/kept.py"))?.text).toBe("1\n");
    expect(
      await output(
        walls,
        "cat backend/app/api/routes.py; test -x backend/app/api/tool.sh && ls backend/app/api/v1 backend/app/api/x",
      ),
    ).toContain("a = 3");
    await output(walls, "echo 4 >> backend/app/api/kept.py");
  });

  it("restores into a fresh worktree what another one held", async () => {
    await output(walls, "cd backend/app/api; echo 1 > kept.py; rm routes.py");
    const { changeset } = await worktree.collect();
    const fresh = await bench.open();
    opened.push(fresh);
    await fresh.restore(changeset);
    expect(await fresh.collect()).toEqual({ changeset, refused: [] });
    await expect(fresh.restore([{ path: "README.md", kind: "deleted" }])).rejects.toThrow("no folder of this run");
    await expect(fresh.restore([{ path: "backend/app/api/../x", kind: "deleted" }])).rejects.toThrow(
      "no folder of this run",
    );
  });

  it("hashes as git does", async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 200]);
    mkdirSync(api("raw"), { recursive: true });
    writeFileSync(api("raw/x.bin"), bytes);
    const [change] = (await worktree.collect()).changeset;
    expect(change && bytesOf(change).equals(bytes)).toBe(true);
    expect(blobSha(bytes)).toBe(bench.repository.gitWith(bytes, "hash-object", "--stdin"));
  });
});
