/** How long a run takes to have a worktree whose files can be read, on a repository of 13,000 files and 300 commits. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RepositoryRef } from "../../src/domain/repository.ts";
import { removeFolder } from "../../src/workspace/disk.ts";
import { createWorkspace } from "../../src/workspace/workspace.ts";

const fileCount = 13_000;
const commitCount = 300;
const changedPerCommit = 20;
const rounds = 5;

const repository: RepositoryRef = { id: 1, owner: "bench", name: "large", installationId: 1, defaultBranch: "main" };
const boundary = {
  allowed: ["api", "services", "models", "core", "schemas"].map((name) => `backend/app/${name}`),
  forbidden: ["frontend"],
};

/** The architect's five folders hold 60 files each, the rest lies elsewhere. */
const pathOf = (index: number): string => {
  const folder = boundary.allowed[Math.floor(index / 60)];
  return folder === undefined
    ? `packages/p${index % 130}/src/m${index % 7}/file${index}.ts`
    : `${folder}/module${index}.py`;
};

/** The same text for the same file and commit, some 4 kB long and unlike the next one's. */
const contentOf = (index: number, commit: number): string =>
  Array.from(
    { length: 40 + (index % 80) },
    (_, line) => `const value${line} = ${(index * 2_654_435_761 + commit * 40_503 + line * 97) % 1_000_003};`,
  ).join("\n");

/** @param continues a branch that an earlier import made */
const renderCommit = (commit: number, continues: boolean): string => {
  const indexes =
    commit === 0
      ? Array.from({ length: fileCount }, (_, index) => index)
      : Array.from({ length: changedPerCommit }, (_, nth) => (commit * 7_919 + nth * 613) % fileCount);
  const files = [...new Set(indexes)].map((index) => {
    const content = contentOf(index, commit);
    return `M 100644 inline ${pathOf(index)}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
  });
  const from = continues ? "from refs/heads/main^0\n" : "";
  return `commit refs/heads/main\ncommitter maintainer <maintainer@example.com> ${1_700_000_000 + commit * 3_600} +0000\ndata 6\ncommit\n${from}${files.join("")}\n`;
};

const importCommits = async (gitDir: string, from: number, to: number): Promise<void> => {
  const child = spawn("git", [`--git-dir=${gitDir}`, "fast-import", "--quiet"], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  for (let commit = from; commit < to; commit += 1)
    if (!child.stdin.write(renderCommit(commit, commit === from && from > 0))) await once(child.stdin, "drain");
  child.stdin.end();
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** @returns milliseconds: firstRun with nothing there yet, sameCommit again, afterPush of one commit of 20 files */
export const benchWorkspace = async (): Promise<Record<string, number>> => {
  const folder = mkdtempSync(join(tmpdir(), "bench-workspace-"));
  chmodSync(folder, 0o755);
  const bare = join(folder, "origin.git");
  await once(spawn("git", ["init", "-q", "--bare", "-b", "main", bare], { stdio: "inherit" }), "close");
  await importCommits(bare, 0, commitCount);
  const workspace = createWorkspace({
    dataFolder: join(folder, "data"),
    node: process.execPath,
    sandbox: "bubblewrap",
    allowLocalFolder: bare,
    clock: () => new Date(),
  });
  let runs = 0;
  const start = async (): Promise<number> => {
    const begun = performance.now();
    const heads = await workspace.fetch(repository, ["main"], { url: `file://${bare}`, authorization: "" });
    const commit = heads.get("main") ?? "";
    runs += 1;
    const request = { runId: `run-${runs}`, commit, base: commit, baseBranch: "main", boundaries: [boundary] };
    const worktree = await workspace.openWorktree(repository, request);
    const walls = await worktree.enter(boundary);
    if (!(await walls.read(pathOf(0)))) throw new Error("the worktree has not the file that the commit has");
    const ms = performance.now() - begun;
    await worktree.close();
    return ms;
  };
  try {
    // What the App has done before its first job: the sandbox is tried.
    const health = await workspace.checkSandbox();
    if (!health.ok) throw new Error(health.reason);
    const firstRun = await start();
    const same: number[] = [];
    for (let round = 0; round < rounds; round += 1) same.push(await start());
    const pushed: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await importCommits(bare, commitCount + round, commitCount + round + 1);
      pushed.push(await start());
    }
    return { firstRun, sameCommit: median(same), afterPush: median(pushed) };
  } finally {
    await workspace.close();
    await removeFolder(folder);
  }
};
