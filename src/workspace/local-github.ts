/** The GitHub port over a local git repository: commits become a branch of it, the pull request goes to whoever watches. Nothing leaves the machine. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { blobSha, bytesOf } from "../domain/changeset.ts";
import { ConfigError, ConflictError } from "../domain/errors.ts";
import type { Person } from "../domain/repository.ts";
import type { CommitRequest, GitHub, GitHubSession, Pull, TreeCommitRequest } from "../ports.ts";

export type LocalEvents = {
  /** What would be the pull request. */
  readonly onPull: (pull: { readonly branch: string; readonly body: string }) => void;
};

const run = promisify(execFile);
const identity = {
  GIT_AUTHOR_NAME: "Backend Architect",
  GIT_AUTHOR_EMAIL: "backend-architect@localhost",
  GIT_COMMITTER_NAME: "Backend Architect",
  GIT_COMMITTER_EMAIL: "backend-architect@localhost",
};
const self: Person = { login: "backend-architect[bot]", id: 0, type: "Bot" };

/** @param options.home whose git configuration counts besides the repository's; none where left out */
type Git = (
  args: readonly string[],
  options?: { input?: Uint8Array; index?: string; home?: string },
) => Promise<string>;

/** Hooks and file-system monitors of the repository are not run: only objects and one branch are written. */
const gitIn =
  (folder: string): Git =>
  async (args, { input, index, home } = {}) => {
    const env = {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      LC_ALL: "C",
      ...(home === undefined
        ? { HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" }
        : { HOME: home }),
      GIT_TERMINAL_PROMPT: "0",
      ...identity,
      ...(index ? { GIT_INDEX_FILE: index } : {}),
    };
    const fixed = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", `safe.directory=${folder}`];
    const child = run("git", ["-C", folder, ...fixed, ...args], { env, maxBuffer: 64 * 1024 * 1024 });
    if (input !== undefined) child.child.stdin?.end(input);
    return (await child).stdout.trim();
  };

export type LocalRepository = {
  /** What all of its worktrees share: the repository is known by it. */
  readonly gitDir: string;
  /** That of the folder above, for people. */
  readonly name: string;
  /** Checked out where the user stands. */
  readonly branch: string;
  /** Files that differ from the last commit, or are in none. */
  readonly uncommitted: number;
};

/** @throws ConfigError where there is none, or no branch is checked out */
export const openLocalRepository = async (folder: string): Promise<LocalRepository> => {
  const git = gitIn(folder);
  try {
    const gitDir = await git(["rev-parse", "--path-format=absolute", "--git-common-dir"]);
    const branch = await git(["symbolic-ref", "--short", "HEAD"]);
    const name = basename(basename(gitDir) === ".git" ? dirname(gitDir) : gitDir).replace(/[^\w.-]+/g, "-");
    return { gitDir, name: name || "repository", branch, uncommitted: await countUncommitted(git) };
  } catch (error) {
    throw new ConfigError(`${folder} must be a git repository with a branch checked out`, { cause: error });
  }
};

/** As the user's own `git status` counts them, but for the index, which is not touched. */
const countUncommitted = async (git: Git): Promise<number> => {
  if ((await git(["rev-parse", "--is-inside-work-tree"])) !== "true") return 0;
  const status = ["--no-optional-locks", "status", "--porcelain", "--no-renames", "-z"];
  return (await git(status, { home: homedir() })).split("\0").filter((entry) => entry !== "").length;
};

export type ChangedFile = {
  readonly path: string;
  /** GitHub's words. */
  readonly status: "added" | "modified" | "removed";
  /** Lines; 0 of what is no text. */
  readonly additions: number;
  readonly deletions: number;
};

const statusWords: Readonly<Record<string, ChangedFile["status"]>> = { A: "added", D: "removed" };

/** What a commit holds otherwise than another, by path. */
export const changedFiles = async (folder: string, from: string, to: string): Promise<ChangedFile[]> => {
  const git = gitIn(folder);
  const diff = async (form: string): Promise<string[]> =>
    (
      await git(["diff-tree", "-r", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", form, from, to, "--"])
    ).split("\0");
  const [names, numbers] = [await diff("--name-status"), await diff("--numstat")];
  const words = new Map<string, ChangedFile["status"]>();
  for (let index = 0; index + 1 < names.length; index += 2)
    words.set(names[index + 1] ?? "", statusWords[names[index] ?? ""] ?? "modified");
  return numbers.flatMap((line) => {
    const [, additions, deletions, path] = /^(\d+|-)\t(\d+|-)\t(.+)$/s.exec(line) ?? [];
    if (path === undefined) return [];
    const lines = (count = "") => (count === "-" ? 0 : Number(count));
    return [{ path, status: words.get(path) ?? "modified", additions: lines(additions), deletions: lines(deletions) }];
  });
};

/**
 * There are no issues here. What refers to one would name, link or close another's once the branch is pushed.
 * @param text a commit's message or a pull request's body
 */
const withoutIssue = (text: string): string => text.replace(/\n\n(?:Refs|Closes) #\d+(?=\n\n|\n?$)/, "");

const commitWith = (git: Git, { parent, message, changes }: CommitRequest): Promise<string> =>
  commitTreeWith(git, {
    ...{ tree: parent, parents: [parent], message },
    entries: changes.map((change) =>
      change.kind === "deleted" ? change : { ...change, kind: "file", sha: blobSha(bytesOf(change)) },
    ),
  });

const commitTreeWith = async (
  git: Git,
  { tree: on, parents, message, entries }: TreeCommitRequest,
): Promise<string> => {
  const scratch = await mkdtemp(join(tmpdir(), "architect-index-"));
  try {
    const index = join(scratch, "index");
    await git(["read-tree", on], { index });
    for (const entry of entries) {
      if (entry.kind === "deleted") await git(["update-index", "--force-remove", "--", entry.path], { index });
      else {
        const { path, mode, sha, content } = entry;
        if (content !== undefined)
          await git(["hash-object", "-w", "--stdin", "--no-filters"], { input: Buffer.from(content, "base64") });
        await git(["update-index", "--add", "--cacheinfo", `${mode},${sha},${path}`], { index });
      }
    }
    const tree = await git(["write-tree"], { index });
    return await git(["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-F", "-"], {
      input: Buffer.from(withoutIssue(message)),
    });
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
  { number, headSha, baseSha }: Pick<Pull, "number" | "headSha" | "baseSha">,
): Pull => ({
  ...{ ...pull, number },
  nodeId: "",
  url: pull.branch,
  state: "open",
  merged: false,
  author: self,
  headSha,
  baseSha,
  sameRepository: true,
  updatedAt: "",
});

const ended: Pull = {
  ...pullOf({ branch: "", base: "", title: "", body: "", draft: true }, { number: 0, headSha: "", baseSha: "" }),
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
    fetchPullFiles: () => unknown("pull requests of others"),
    fetchOwnReviews: () => unknown("reviews"),
    postReview: () => unknown("reviews"),
    fetchReviews: () => unknown("reviews"),
    fetchPullTemplate: async () => undefined,
    // A local run reads its configuration from git.
    fetchFile: async () => undefined,
    fetchText: async () => undefined,
    fetchImages: async (_, urls) => urls.map(() => ({ ok: false, reason: "a local run fetches nothing" })),
    fetchBranch: head,
    react: async () => {},
    commit: (request) => commitWith(git, request),
    commitTree: (request) => commitTreeWith(git, request),
    fetchAuthor: async () => undefined,
    fetchVerification: async () => undefined,
    pointBranch: async (branch, sha, expected) => {
      try {
        await git(["update-ref", `refs/heads/${branch}`, sha, expected ?? ""]);
      } catch (error) {
        throw new ConflictError(`the branch ${branch} moved`, { cause: error });
      }
    },
    openPull: async (asked) => {
      const wanted = { ...asked, body: withoutIssue(asked.body) };
      const [sha, base] = [await head(wanted.branch), await head(wanted.base)];
      if (!sha || !base) return unknown(`branch ${wanted.branch} or ${wanted.base}`);
      const pull = pullOf(wanted, { number: pulls.length + 1, headSha: sha, baseSha: base });
      pulls.push(pull);
      events.onPull(wanted);
      return pull;
    },
    updatePull: async (pull, change) => {
      const body = withoutIssue(change.body ?? pull.body);
      const next = { ...pull, ...change, body, headSha: (await head(pull.branch)) ?? pull.headSha };
      pulls.splice(pulls.indexOf(pull), 1, next);
      events.onPull(next);
      return next;
    },
    // Whoever started it watches the run itself.
    fetchComment: () => unknown("comments"),
    openPulls: async () => pulls,
    upsertComment: async () => 1,
    reviseComment: async () => {},
    answerThread: () => unknown("threads"),
    resolveThread: () => unknown("threads"),
    requestReview: () => unknown("reviews"),
    fetchOwnIssues: async () => [],
    openIssue: async () => ({ ok: false, reason: "there are no issues on this machine" }),
    updateIssue: () => unknown("issues"),
    ensureLabel: async () => ({ ok: true }),
    fetchChecks: async () => ({ checks: [], pending: [] }),
    fetchFailure: () => unknown("checks"),
    hasCheck: async () => true,
    beginCheck: async () => undefined,
    upsertCheck: async () => 1,
    close: async () => {},
  };
  return {
    whoami: async () => self,
    attribution: () => undefined,
    open: async () => session,
    mayRerun: async () => false,
    rerunFailedJobs: async () => "not-permitted",
    gitCredentials: async () => ({ url: `file://${gitDir}`, authorization: "", revoke: async () => {} }),
    fetchShared: async () => undefined,
    threadUrl: () => folder,
    lineUrl: (_, _commit, { path, line }) => `${folder}/${path}:${line}`,
  };
};
