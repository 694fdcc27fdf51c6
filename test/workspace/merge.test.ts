import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blobSha } from "../../src/domain/changeset.ts";
import type { Merge, TreeEntry } from "../../src/ports.ts";
import { type Bench, createBench, repositoryRef, textOf } from "./support.ts";

const lines = (...names: string[]) => `${names.join("\n")}\n`;
const letters = "abcdefghijklmnop".split("");

let bench: Bench;
beforeAll(() => {
  bench = createBench({ "app/api/routes.py": lines(...letters), "app/api/old.py": "old = 1\n" }, { sandbox: "none" });
});
afterAll(() => bench.close());

type Tree = Readonly<Record<string, string | null>>;
let branches = 0;
/** A branch from `from` with files (null: deleted) committed on it. */
const branch = (from: string, files: Tree): { name: string; sha: string } => {
  const { git, commit, work } = bench.repository;
  branches += 1;
  const name = `side-${branches}`;
  git("checkout", "-q", "-B", name, from);
  for (const [path, text] of Object.entries(files)) {
    if (text === null) git("rm", "-q", "--", path);
    else {
      mkdirSync(join(work, path, ".."), { recursive: true });
      writeFileSync(join(work, path), text);
    }
  }
  return { name, sha: commit(name, {}) };
};
const base = () => bench.repository.git("rev-parse", "main");
const mergeOf = async (ours: { name: string; sha: string }, theirs: { name: string; sha: string }): Promise<Merge> => {
  await bench.fetch("main", ours.name, theirs.name);
  return bench.workspace.merge(repositoryRef, { commit: ours.sha }, theirs.sha);
};
const paths = (entries: readonly TreeEntry[]) => entries.map(({ path, kind }) => `${kind} ${path}`);
const contentOf = (entries: readonly TreeEntry[], path: string): string | undefined => {
  const entry = entries.find((one) => one.path === path);
  return entry?.kind === "file" && entry.content !== undefined ? textOf(entry.content) : undefined;
};

describe("two commits of the mirror", () => {
  it("are merged line by line, and the tree is told against theirs: only what came into being has its bytes with it", async () => {
    const ours = branch(base(), {
      "app/api/routes.py": lines("A", ...letters.slice(1)),
      "app/api/new.py": "new = 1\n",
    });
    const theirs = branch(base(), { "app/api/routes.py": lines(...letters.slice(0, -1), "P"), "docs/x.md": "x\n" });
    const merged = await mergeOf(ours, theirs);
    expect(merged).toMatchObject({ base: base(), contained: false, conflicts: [] });
    expect(merged.theirs).toEqual(["app/api/routes.py", "docs/x.md"]);
    expect(paths(merged.entries)).toEqual(["file app/api/new.py", "file app/api/routes.py"]);
    expect(contentOf(merged.entries, "app/api/routes.py")).toBe(lines("A", ...letters.slice(1, -1), "P"));
    expect(merged.entries[0]).toEqual({
      path: "app/api/new.py",
      kind: "file",
      mode: "100644",
      sha: blobSha(Buffer.from("new = 1\n")),
    });
  });

  it("leave what cannot be merged as theirs has it, and name it", async () => {
    const ours = branch(base(), { "app/api/routes.py": lines("ours", ...letters), "app/api/old.py": null });
    const theirs = branch(base(), { "app/api/routes.py": lines("theirs", ...letters) });
    const merged = await mergeOf(ours, theirs);
    expect(merged.conflicts).toEqual(["app/api/routes.py"]);
    expect(paths(merged.entries)).toEqual(["deleted app/api/old.py"]);
  });

  it("are one line where theirs is part of ours, and nothing where they share no history", async () => {
    const ours = branch(base(), { "a.md": "a\n" });
    expect(await mergeOf(ours, { name: "main", sha: base() })).toMatchObject({ contained: true, entries: [] });
    bench.repository.git("checkout", "-q", "--orphan", "alone");
    const alone = { name: "alone", sha: bench.repository.commit("alone", {}) };
    expect(await mergeOf(ours, alone)).toMatchObject({ base: undefined, contained: false, entries: [] });
  });

  it("take what is not committed yet for part of ours, the deleted and the executable included", async () => {
    const theirs = branch(base(), { "app/api/routes.py": lines(...letters.slice(0, -1), "P") });
    await bench.fetch("main", theirs.name);
    const content = (text: string) => Buffer.from(text).toString("base64");
    const merged = await bench.workspace.merge(
      repositoryRef,
      {
        commit: base(),
        changes: [
          { path: "app/api/old.py", kind: "deleted" },
          {
            path: "app/api/routes.py",
            kind: "modified",
            mode: "100644",
            content: content(lines("A", ...letters.slice(1))),
          },
          { path: "run.sh", kind: "added", mode: "100755", content: content("true\n") },
        ],
      },
      theirs.sha,
    );
    expect(merged.conflicts).toEqual([]);
    expect(paths(merged.entries)).toEqual(["deleted app/api/old.py", "file app/api/routes.py", "file run.sh"]);
    expect(merged.entries.at(-1)).toMatchObject({ mode: "100755", content: content("true\n") });
    expect(contentOf(merged.entries, "app/api/routes.py")).toBe(lines("A", ...letters.slice(1, -1), "P"));
  });

  it("obey no attribute of the repository: lines that it wants united are in conflict", async () => {
    const attributes = "*.py merge=union\n";
    const start = branch(base(), { ".gitattributes": attributes });
    const ours = branch(start.sha, { "app/api/routes.py": lines("ours", ...letters) });
    const theirs = branch(start.sha, { "app/api/routes.py": lines("theirs", ...letters) });
    // As a repository's HEAD would point at it: newer gits read the attributes of a bare repository there.
    bench.repository.git("push", "-q", "origin", `${start.sha}:refs/heads/master`);
    await bench.fetch("master");
    const merged = await mergeOf(ours, theirs);
    expect(merged.conflicts).toEqual(["app/api/routes.py"]);
  });

  it("carry our changes to no path that we did not change: where people moved the file, that is a conflict", async () => {
    const ours = branch(base(), { "app/api/routes.py": lines("A", ...letters.slice(1)) });
    const theirs = branch(base(), { "app/api/routes.py": null, ".github/workflows/ci.yml": lines(...letters) });
    const merged = await mergeOf(ours, theirs);
    expect(merged.conflicts).toContain(".github/workflows/ci.yml");
    expect(merged.entries).toEqual([]);
  });

  it("are no part of a patch: what is not committed is one that git apply takes, bytes and modes included", async () => {
    const from = branch(base(), { "docs/a.md": "a\n" });
    await bench.fetch(from.name);
    const bytes = Buffer.from([0, 1, 2, 255]).toString("base64");
    const changes = [
      { path: "app/api/old.py", kind: "deleted" as const },
      { path: "app/logo.bin", kind: "added" as const, mode: "100644" as const, content: bytes },
      {
        path: "run.sh",
        kind: "added" as const,
        mode: "100755" as const,
        content: Buffer.from("true\n").toString("base64"),
      },
    ];
    const patch = await bench.workspace.patchOf(repositoryRef, { commit: from.sha, changes }, 10_000);
    const { work, git } = bench.repository;
    git("checkout", "-q", from.name);
    writeFileSync(join(work, "../work.patch"), patch ?? "");
    git("apply", "--index", join(work, "../work.patch"));
    expect(
      git("diff", "--cached", "--summary")
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual(["delete mode 100644 app/api/old.py", "create mode 100644 app/logo.bin", "create mode 100755 run.sh"]);
    git("reset", "-q", "--hard");
    expect(await bench.workspace.patchOf(repositoryRef, { commit: from.sha, changes }, 100)).toBeUndefined();
  });

  it("leave nothing behind", () => {
    expect(readdirSync(join(bench.data, "private/merges"))).toEqual([]);
  });
});
