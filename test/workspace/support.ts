/** Real repositories and real workspaces in temporary folders, for the tests of this room. */
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Boundary } from "../../src/domain/policy.ts";
import type { RepositoryRef } from "../../src/domain/repository.ts";
import type { CommandResult, SetupRequest, Walls, Worktree } from "../../src/ports.ts";
import { removeFolder } from "../../src/workspace/disk.ts";
import { createWorkspace, type WorkspaceOptions } from "../../src/workspace/workspace.ts";

export const repositoryRef: RepositoryRef = {
  id: 4711,
  owner: "shop",
  name: "backend",
  installationId: 1,
  defaultBranch: "main",
};

export const architect: Boundary = {
  allowed: ["backend/app/api", "backend/app/models"],
  forbidden: ["frontend"],
};

export const hasBubblewrap = existsSync("/usr/bin/bwrap");
if (!hasBubblewrap) console.warn("skipped: bubblewrap is not installed (apt-get install bubblewrap)");

const environment = {
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "maintainer",
  GIT_AUTHOR_EMAIL: "maintainer@example.com",
  GIT_COMMITTER_NAME: "maintainer",
  GIT_COMMITTER_EMAIL: "maintainer@example.com",
};

export type Files = Readonly<Record<string, string | Buffer>>;

export type TestRepository = {
  /** A bare repository, as GitHub would have it. */
  readonly bare: string;
  readonly work: string;
  git(...args: string[]): string;
  gitWith(input: string | Buffer, ...args: string[]): string;
  /** Commits what is written and what `prepare` did, pushes the branch. @returns the commit */
  commit(message: string, files?: Files): string;
  push(branch: string, ...more: string[]): void;
};

/** With one commit on `main` when files are given. */
export const createRepository = (folder: string, files: Files): TestRepository => {
  const bare = join(folder, "origin.git");
  const work = join(folder, "work");
  mkdirSync(work, { recursive: true });
  const gitWith = (input: string | Buffer, ...args: string[]): string =>
    execFileSync("git", args, { cwd: work, env: environment, input, stdio: ["pipe", "pipe", "pipe"] })
      .toString("utf8")
      .trim();
  const git = (...args: string[]): string => gitWith("", ...args);
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", bare], { env: environment });
  git("init", "-q", "-b", "main");
  git("remote", "add", "origin", bare);
  const push = (branch: string, ...more: string[]): void => {
    git("push", "-q", ...more, "origin", `HEAD:refs/heads/${branch}`);
  };
  const repository: TestRepository = {
    bare,
    work,
    git,
    gitWith,
    push,
    commit(message, changed = {}) {
      for (const [path, content] of Object.entries(changed)) {
        mkdirSync(dirname(join(work, path)), { recursive: true });
        writeFileSync(join(work, path), content);
      }
      git("add", "-A");
      git("commit", "-q", "-m", message);
      push(git("symbolic-ref", "--short", "HEAD"));
      return git("rev-parse", "HEAD");
    },
  };
  repository.commit("first", files);
  return repository;
};

export type Bench = {
  readonly folder: string;
  readonly data: string;
  readonly repository: TestRepository;
  readonly workspace: ReturnType<typeof createWorkspace>;
  fetch(...branches: string[]): Promise<ReadonlyMap<string, string>>;
  open(options?: OpenOptions): Promise<Worktree>;
  close(): Promise<void>;
};

export type OpenOptions = {
  readonly commit?: string;
  readonly base?: string;
  readonly baseBranch?: string;
  readonly boundaries?: readonly Boundary[];
  readonly env?: Readonly<Record<string, string>>;
  readonly setup?: Omit<SetupRequest, "signal"> & { readonly signal?: AbortSignal };
};

/** @param options over the usual ones */
export const createBench = (files: Files, options: Partial<WorkspaceOptions> = {}): Bench => {
  const folder = mkdtempSync(join(tmpdir(), "workspace-"));
  // Another user has to pass through it.
  chmodSync(folder, 0o755);
  const repository = createRepository(folder, files);
  const data = join(folder, "data");
  const workspace = createWorkspace({
    dataFolder: data,
    node: process.execPath,
    sandbox: "bubblewrap",
    allowLocalFolder: repository.bare,
    clock: () => new Date(),
    ...options,
  });
  let runs = 0;
  const fetch = (...branches: string[]) =>
    workspace.fetch(repositoryRef, branches, { url: `file://${repository.bare}`, authorization: "" });
  return {
    folder,
    data,
    repository,
    workspace,
    fetch,
    async open({ commit, base, baseBranch = "main", boundaries = [architect], env = {}, setup } = {}) {
      const heads = await fetch(...new Set(["main", baseBranch]));
      const at = commit ?? heads.get(baseBranch) ?? "";
      runs += 1;
      const worktree = await workspace.openWorktree(repositoryRef, {
        runId: `run-${runs}`,
        commit: at,
        base: base ?? at,
        baseBranch,
        boundaries,
        env,
        setup: setup && { signal: new AbortController().signal, ...setup },
      });
      // Tests look at the disk and write on it, where all has to lie by then.
      await worktree.collect();
      return worktree;
    },
    async close() {
      await workspace.close();
      await removeFolder(folder);
    },
  };
};

export const bash = (walls: Walls, command: string, timeoutMs = 20_000): Promise<CommandResult> =>
  walls.bash(command, { timeoutMs, signal: new AbortController().signal });

/** What a command prints, where it must succeed. */
export const output = async (walls: Walls, command: string): Promise<string> => {
  const result = await bash(walls, command);
  if (result.exitCode !== 0) throw new Error(`${command}: ended with ${result.exitCode}: ${result.output}`);
  return result.output.trim();
};

export const textOf = (content: string): string => Buffer.from(content, "base64").toString("utf8");

export const run = promisify(execFile);
