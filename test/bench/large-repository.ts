/** A repository of 13,000 files and 72,000 commits, made once and kept beside the system's other temporary files. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const fileCount = 13_000;
const commitCount = 72_000;
const changedPerPush = 20;

const folders = ["api", "services", "models", "core", "schemas"].map((name) => `backend/app/${name}`);

/** The architect's five folders hold 60 files each, the rest lies elsewhere. */
const pathOf = (index: number): string => {
  const folder = folders[Math.floor(index / 60)];
  return folder === undefined
    ? `packages/p${index % 130}/src/m${index % 7}/file${index}.ts`
    : `${folder}/module${index}.py`;
};

/** The same text for the same file and commit, some 3 kB long and unlike the next one's. */
const contentOf = (index: number, commit: number): string =>
  Array.from(
    { length: 40 + (index % 80) },
    (_, line) =>
      `const value${line} = ${(index * 2_654_435_761 + (line === 3 ? commit : 0) * 40_503 + line * 97) % 1_000_003};`,
  ).join("\n");

/** @param indexes of the files that it changes @param continues a branch that an earlier import made */
const renderCommit = (commit: number, indexes: readonly number[], continues: boolean): string => {
  const files = [...new Set(indexes)].map((index) => {
    const content = contentOf(index, commit);
    return `M 100644 inline ${pathOf(index)}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
  });
  const from = continues ? "from refs/heads/main^0\n" : "";
  return `commit refs/heads/main\ncommitter maintainer <maintainer@example.com> ${1_600_000_000 + commit * 600} +0000\ndata 6\ncommit\n${from}${files.join("")}\n`;
};

const importCommits = async (gitDir: string, commits: Iterable<string>): Promise<void> => {
  const child = spawn("git", [`--git-dir=${gitDir}`, "fast-import", "--quiet"], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  for (const commit of commits) if (!child.stdin.write(commit)) await once(child.stdin, "drain");
  child.stdin.end();
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
};

const everyCommit = function* (): Iterable<string> {
  yield renderCommit(0, [...Array(fileCount).keys()], false);
  for (let commit = 1; commit < commitCount; commit++)
    yield renderCommit(commit, [(commit * 7_919) % fileCount], false);
};

const git = async (...args: readonly string[]): Promise<void> => {
  const [code] = (await once(spawn("git", args, { stdio: ["ignore", "ignore", "inherit"] }), "close")) as [number];
  if (code !== 0) throw new Error(`git ${args[0]} ended with ${code}`);
};

/** @param own where a copy of it goes, that may be pushed to @returns the copy, bare */
export const copyLargeRepository = async (own: string): Promise<string> => {
  const kept = join(tmpdir(), `architect-bench-${fileCount}-files-${commitCount}-commits-1.git`);
  if (!existsSync(kept)) {
    const unfinished = `${kept}.${process.pid}`;
    await git("init", "-q", "--bare", "-b", "main", unfinished);
    await importCommits(unfinished, everyCommit());
    renameSync(unfinished, kept);
  }
  const bare = join(own, "large.git");
  await git("clone", "-q", "--bare", "--local", kept, bare);
  chmodSync(bare, 0o755);
  return bare;
};

/** One more commit of twenty files. @param nth from 0 */
export const pushTo = (bare: string, nth: number): Promise<void> => {
  const indexes = Array.from({ length: changedPerPush }, (_, index) => (nth * 104_729 + index * 613) % fileCount);
  return importCommits(bare, [renderCommit(commitCount + nth, indexes, true)]);
};
