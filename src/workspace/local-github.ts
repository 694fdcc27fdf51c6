/** The GitHub port over a local git repository: commits become a branch of it, comments and the pull request go to whoever watches. Nothing leaves the machine. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bytesOf } from "../domain/changeset.ts";
import { ConfigError, ConflictError } from "../domain/errors.ts";
import type { Person } from "../domain/repository.ts";
import type { CommitRequest, GitHub, GitHubSession, Pull } from "../ports.ts";

export type LocalEvents = {
  /** The status comment was written or edited. */
  readonly onStatus: (body: string) => void;
  /** What would be the pull request. */
  readonly onPull: (pull: { readonly branch: string; readonly title: string; readonly body: string }) => void;
};

const run = promisify(execFile);
const identity = {
  GIT_AUTHOR_NAME: "Backend Architect",
  GIT_AUTHOR_EMAIL: "backend-architect@localhost",
  GIT_COMMITTER_NAME: "Backend Architect",
  GIT_COMMITTER_EMAIL: "backend-architect@localhost",
};
const self: Person = { login: "backend-architect[bot]", id: 0, type: "Bot" };

type Git = (args: readonly string[], options?: { input?: Uint8Array; index?: string }) => Promise<string>;

/** Hooks and file-system monitors of the repository are not run: only objects and one branch are written. */
const gitIn =
  (folder: string): Git =>
  async (args, { input, index } = {}) => {
    const env = {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: "/nonexistent",
      LC_ALL: "C",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      ...identity,
      ...(index ? { GIT_INDEX_FILE: index } : {}),
    };
    const fixed = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", `safe.directory=${folder}`];
    const child = run("git", ["-C", folder, ...fixed, ...args], { env, maxBuffer: 64 * 1024 * 1024 });
    if (input !== undefined) child.child.stdin?.end(input);
    return (await child).stdout.trim();
  };

/** @returns the repository's git folder and its checked-out branch @throws ConfigError where there is none */
export const openLocalRepository = async (folder: string): Promise<{ gitDir: string; branch: string }> => {
  const git = gitIn(folder);
  try {
    const gitDir = await git(["rev-parse", "--absolute-git-dir"]);
    const branch = await git(["symbolic-ref", "--short", "HEAD"]);
    return { gitDir, branch };
  } catch (error) {
    throw new ConfigError(`${folder} must be a git repository with a branch checked out`, { cause: error });
  }
};

const commitWith = async (git: Git, { parent, message, changes }: CommitRequest): Promise<string> => {
  const scratch = await mkdtemp(join(tmpdir(), "architect-index-"));
  try {
    const index = join(scratch, "index");
    await git(["read-tree", parent], { index });
    for (const change of changes) {
      if (change.kind === "deleted") await git(["update-index", "--force-remove", "--", change.path], { index });
      else {
        const sha = await git(["hash-object", "-w", "--stdin", "--no-filters"], { input: bytesOf(change) });
        await git(["update-index", "--add", "--cacheinfo", `${change.mode},${sha},${change.path}`], { index });
      }
    }
    const tree = await git(["write-tree"], { index });
    return await git(["commit-tree", tree, "-p", parent, "-F", "-"], { input: Buffer.from(message) });
  } finally {
    await rm(scratch, { recursive: true });
  }
};

const pullOf = (
  pull: {
    readonly branch: string;
    readonly base: string;
    readonly title: string;
    readonly body: string;
    draft: boolean;
  },
  headSha: string,
  baseSha: string,
): Pull => ({
  ...pull,
  number: 1,
  nodeId: "",
  url: pull.branch,
  state: "open",
  merged: false,
  author: self,
  headSha,
  baseSha,
  sameRepository: true,
});

const ended: Pull = {
  ...pullOf({ branch: "", base: "", title: "", body: "", draft: true }, "", ""),
  state: "closed",
};

/** One repository, no accounts: whoever runs the command may do what the file system lets him. */
export const createLocalGitHub = (folder: string, gitDir: string, events: LocalEvents): GitHub => {
  const git = gitIn(folder);
  const head = (branch: string) =>
    git(["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`]).catch(() => undefined);
  const pulls: Pull[] = [];
  const unknown = (what: string) => Promise.reject(new Error(`a local repository has no ${what}`));
  const session: GitHubSession = {
    permissionOf: async () => "admin",
    findPull: async (branch) => pulls.find((pull) => pull.branch === branch),
    // Those of earlier runs are branches by now, which nobody but the user moves.
    fetchPull: async (number) => pulls.find((pull) => pull.number === number) ?? ended,
    fetchReview: () => unknown("reviews"),
    fetchPullTemplate: async () => undefined,
    fetchBranch: head,
    react: async () => {},
    commit: (request) => commitWith(git, request),
    pointBranch: async (branch, sha, expected) => {
      try {
        await git(["update-ref", `refs/heads/${branch}`, sha, expected ?? ""]);
      } catch (error) {
        throw new ConflictError(`the branch ${branch} moved`, { cause: error });
      }
    },
    openPull: async (wanted) => {
      const [sha, base] = [await head(wanted.branch), await head(wanted.base)];
      if (!sha || !base) return unknown(`branch ${wanted.branch} or ${wanted.base}`);
      const pull = pullOf(wanted, sha, base);
      pulls.push(pull);
      events.onPull(wanted);
      return pull;
    },
    updatePull: async (pull, change) => {
      const next = { ...pull, ...change, headSha: (await head(pull.branch)) ?? pull.headSha };
      pulls.splice(pulls.indexOf(pull), 1, next);
      events.onPull(next);
      return next;
    },
    upsertComment: async (_number, _marker, body) => {
      events.onStatus(body);
      return 1;
    },
    answerThread: () => unknown("threads"),
    close: async () => {},
  };
  return {
    whoami: async () => self,
    open: async () => session,
    gitCredentials: async () => ({ url: `file://${gitDir}`, authorization: "", revoke: async () => {} }),
    threadUrl: () => folder,
  };
};
