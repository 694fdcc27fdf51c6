/** A GitHub port that keeps everything in memory and can fail before or after its nth write, as a killed process would. */
import { createHash } from "node:crypto";
import type { FileChange } from "../../src/domain/changeset.ts";
import { ConflictError } from "../../src/domain/errors.ts";
import type { CheckSeen } from "../../src/domain/failed-check.ts";
import type { GivenReview } from "../../src/domain/follow-up.ts";
import type { Person } from "../../src/domain/repository.ts";
import type { ReviewThread } from "../../src/domain/review-thread.ts";
import type {
  CheckFailure,
  CheckWritten,
  CommitRequest,
  FetchedImage,
  GitHub,
  GitHubSession,
  OwnIssue,
  Permission,
  PostedReview,
  Pull,
  PullFile,
  ReactionTarget,
  ReviewLine,
} from "../../src/ports.ts";

export const bot: Person = { login: "backend-architect[bot]", id: 99, type: "Bot" };

export type MemoryGitHub = GitHub & {
  /** `parents`: of a merge. */
  readonly commits: Map<string, CommitRequest & { readonly parents?: readonly string[] }>;
  readonly branches: Map<string, string>;
  readonly pulls: Pull[];
  readonly comments: Map<number, { thread: number; body: string }>;
  readonly answers: { pull: number; threadId: number; body: string }[];
  readonly checks: CheckWritten[];
  /** Those that were at work, as `key sha`. */
  readonly begun: string[];
  /** Of others: what they say of a commit, and why one of them failed. */
  readonly seen: Map<string, readonly CheckSeen[]>;
  readonly failures: Map<number, CheckFailure>;
  /** Workflows whose failed jobs were started again; whether the App may. */
  readonly reruns: number[];
  rerunnable: boolean;
  /** Those that the App opened, by number; labels that are there; why GitHub refuses them. */
  readonly issues: Map<number, OwnIssue>;
  readonly labels: Set<string>;
  noIssues: string | undefined;
  noLabels: string | undefined;
  /** Writes so far, by name. */
  readonly writes: string[];
  /** Sessions that were opened and not closed. */
  open_: number;
  permission: Permission;
  /** Of people whose permission is another one, by id. */
  readonly permissions: Map<number, Permission>;
  /** Who made a commit that is not the App's, by SHA. */
  readonly authors: Map<string, Person>;
  /** What got 👀. */
  readonly eyes: ReactionTarget[];
  /** What pull requests change, by number; and the reviews that were written, with the pull request's number. */
  readonly files: Map<number, readonly PullFile[]>;
  readonly reviews: (PostedReview & { readonly pull: number; readonly lines: readonly ReviewLine[] })[];
  /** Lines that the diff does not show, as `path:line`. */
  readonly unplaced: Set<string>;
  /** That people gave. */
  readonly given: GivenReview[];
  readonly threads: ReviewThread[];
  /** Threads that were resolved, and people who were asked to look again. */
  readonly resolved: number[];
  readonly askedAgain: string[];
  /** Why it refuses both, if it does. */
  refuses: string | undefined;
  /** What is attached, by URL; and what was asked for. */
  readonly images: Map<string, Uint8Array>;
  readonly fetched: string[];
  /** Of the default branch, by path. */
  readonly onDefault: Map<string, string>;
  /** What issues say now, by number; one that is not here is gone. */
  readonly texts: Map<number, { readonly title: string; readonly body: string }>;
  /** Of the owner's repository `.github`, or why it cannot be read. */
  shared: Map<string, string> | Error;
  /** Of both, in order. */
  readonly lookups: string[];
  /** Called before and after each write with its number from 0; what it throws, the write throws. */
  onWrite: (index: number, when: "before" | "after") => void;
};

export const createMemoryGitHub = (): MemoryGitHub => {
  const state: MemoryGitHub = {
    commits: new Map(),
    branches: new Map(),
    pulls: [],
    comments: new Map(),
    answers: [],
    checks: [],
    begun: [],
    seen: new Map(),
    failures: new Map(),
    reruns: [],
    rerunnable: false,
    issues: new Map(),
    labels: new Set(),
    noIssues: undefined,
    noLabels: undefined,
    writes: [],
    open_: 0,
    permission: "write",
    permissions: new Map(),
    authors: new Map(),
    eyes: [],
    files: new Map(),
    reviews: [],
    unplaced: new Set(),
    given: [],
    threads: [],
    resolved: [],
    askedAgain: [],
    refuses: undefined,
    images: new Map(),
    fetched: [],
    onDefault: new Map(),
    texts: new Map(),
    shared: new Map(),
    lookups: [],
    onWrite: () => {},
    whoami: async () => bot,
    open: async () => {
      state.open_ += 1;
      return sessionOf(state);
    },
    gitCredentials: async () => ({ url: "memory", authorization: "", revoke: async () => {} }),
    fetchShared: async (_, name, paths) => {
      state.lookups.push(`shared ${name}`);
      if (state.shared instanceof Error) throw state.shared;
      const path = paths.find((one) => (state.shared as Map<string, string>).has(one));
      return path === undefined ? undefined : { path, text: (state.shared as Map<string, string>).get(path) ?? "" };
    },
    attribution: ({ login, id }) => `${login} <${id}+${login}@memory>`,
    threadUrl: () => "memory",
    lineUrl: (_, commit, { path, line, lastLine }) => `memory/${commit}/${path}#L${line}-L${lastLine}`,
    mayRerun: async () => state.rerunnable,
    rerunFailedJobs: async (_, { run }) => {
      if (!state.rerunnable) return "not-permitted";
      if (!state.reruns.includes(run)) state.reruns.push(run);
      return "started";
    },
  };
  return state;
};

const sessionOf = (state: MemoryGitHub): GitHubSession => {
  const write = async <T>(name: string, work: () => T): Promise<T> => {
    const index = state.writes.length;
    state.onWrite(index, "before");
    state.writes.push(name);
    const result = work();
    state.onWrite(index, "after");
    return result;
  };
  const seen = (pull: Pull): Pull => ({ ...pull, headSha: state.branches.get(pull.branch) ?? pull.headSha });
  return {
    permissionOf: async ({ id }) => state.permissions.get(id) ?? state.permission,
    findPull: async (branch) =>
      state.pulls
        .filter((pull) => pull.branch === branch)
        .map(seen)
        .at(-1),
    fetchPull: async (number) => {
      const pull = state.pulls.find((one) => one.number === number);
      if (!pull) throw new Error(`no pull request #${number}`);
      return seen(pull);
    },
    fetchPullFiles: async (number) => state.files.get(number) ?? [],
    fetchOwnReviews: async (pull) => state.reviews.filter((one) => one.pull === pull),
    postReview: async (pull, { marker, commit, body, comments: lines }) => {
      const known = state.reviews.find((one) => one.pull === pull && one.body.includes(marker));
      if (known) return known;
      if (lines.some(({ path, line }) => state.unplaced.has(`${path}:${line}`))) return "unplaced";
      return write("postReview", () => {
        const id = state.reviews.length + 1;
        const url = `https://github.test/acme/shop/pull/${pull}#pullrequestreview-${id}`;
        const review = { id, url, pull, commit, body, lines, comments: lines, submittedAt: "2026-11-20T10:00:00Z" };
        state.reviews.push(review);
        return review;
      });
    },
    fetchReviews: async (_, ids) => ({
      reviews: state.given.filter(({ id }) => ids.includes(id)),
      threads: state.threads.filter(({ comments }) =>
        comments.some(({ review }) => review !== undefined && ids.includes(review)),
      ),
    }),
    fetchPullTemplate: async () => undefined,
    fetchText: async (number) => state.texts.get(number),
    fetchFile: async (path) => {
      state.lookups.push(`file ${path}`);
      const text = state.onDefault.get(path);
      return text === undefined ? undefined : { text };
    },
    fetchImages: async (_, urls) =>
      urls.map((url): FetchedImage => {
        state.fetched.push(url);
        const bytes = state.images.get(url);
        return bytes ? { ok: true, bytes } : { ok: false, reason: "it is not attached here" };
      }),
    fetchBranch: async (branch) => state.branches.get(branch),
    react: (target) =>
      write(`react ${target.on}`, () => {
        if (!state.eyes.some((one) => JSON.stringify(one) === JSON.stringify(target))) state.eyes.push(target);
      }),
    commit: (request) =>
      write("commit", () => {
        // As on GitHub, the same commit made a second time is another one.
        const sha = createHash("sha1")
          .update(JSON.stringify([request, state.commits.size]))
          .digest("hex");
        state.commits.set(sha, request);
        return sha;
      }),
    commitTree: ({ tree, parents, message, entries }) =>
      write("commitTree", () => {
        const changes = entries.map((entry): FileChange => {
          if (entry.kind === "deleted") return entry;
          if (entry.content === undefined) throw new Error(`nobody has the bytes of ${entry.path}`);
          const { path, content } = entry;
          return { path, kind: "modified", mode: "100644", content };
        });
        const request = { parent: tree, parents, message, changes };
        const sha = createHash("sha1")
          .update(JSON.stringify([request, state.commits.size]))
          .digest("hex");
        state.commits.set(sha, request);
        return sha;
      }),
    fetchAuthor: async (sha) => state.authors.get(sha) ?? bot,
    fetchVerification: async (sha) => ({ verified: state.commits.has(sha), reason: "valid" }),
    pointBranch: (branch, sha, expected) =>
      write("pointBranch", () => {
        if (state.branches.get(branch) !== expected) throw new ConflictError(`${branch} moved`);
        state.branches.set(branch, sha);
      }),
    openPull: (wanted) =>
      write("openPull", () => {
        const pull = pullWith(state, wanted);
        state.pulls.push(pull);
        return pull;
      }),
    openPulls: async (base) => state.pulls.filter((one) => one.base === base && one.state === "open").map(seen),
    updatePull: (pull, change) =>
      write("updatePull", () => {
        const index = state.pulls.findIndex(({ number }) => number === pull.number);
        const next = { ...seen(pull), ...change };
        state.pulls[index] = next;
        return next;
      }),
    fetchComment: async (id) => state.comments.get(id)?.body,
    upsertComment: (thread, marker, body, known) =>
      write("upsertComment", () => {
        const found = [...state.comments].find(
          ([id, one]) => id === known || (one.thread === thread && one.body.includes(marker)),
        );
        const id = found?.[0] ?? state.comments.size + 1;
        state.comments.set(id, { thread, body });
        return id;
      }),
    reviseComment: (thread, marker, body) =>
      write("reviseComment", () => {
        const found = [...state.comments].find(([, one]) => one.thread === thread && one.body.includes(marker));
        if (found) state.comments.set(found[0], { thread, body });
      }),
    answerThread: (pull, threadId, marker, body) =>
      write("answerThread", () => {
        const at = state.answers.findIndex((answer) => answer.body.includes(marker));
        if (at < 0) return state.answers.push({ pull, threadId, body }) - 1;
        state.answers[at] = { pull, threadId, body };
        return at;
      }),
    resolveThread: (_, threadId) =>
      write("resolveThread", () => {
        if (state.refuses !== undefined) return { ok: false, reason: state.refuses };
        if (!state.resolved.includes(threadId)) state.resolved.push(threadId);
        return { ok: true };
      }),
    requestReview: (_, { login }) =>
      write("requestReview", () => {
        if (state.refuses !== undefined) return { ok: false, reason: state.refuses };
        if (!state.askedAgain.includes(login)) state.askedAgain.push(login);
        return { ok: true };
      }),
    fetchOwnIssues: async (after) => [...state.issues.values()].filter(({ number }) => number > after).reverse(),
    openIssue: async ({ title, body, labels }) => {
      if (state.noIssues !== undefined) return { ok: false, reason: state.noIssues };
      return write("openIssue", () => {
        const issue = { number: 200 + state.issues.size, state: "open" as const, title, body, labels };
        state.issues.set(issue.number, issue);
        return { ok: true, issue };
      });
    },
    updateIssue: (number, { body }) =>
      write("updateIssue", () => {
        const issue = state.issues.get(number);
        if (!issue) throw new Error(`no issue #${number}`);
        state.issues.set(number, { ...issue, body });
      }),
    ensureLabel: async (name) => {
      if (state.labels.has(name)) return { ok: true };
      if (state.noLabels !== undefined) return { ok: false, reason: state.noLabels };
      return write("ensureLabel", () => {
        state.labels.add(name);
        return { ok: true };
      });
    },
    fetchChecks: async (sha) => ({ checks: state.seen.get(sha) ?? [], pending: [] }),
    fetchFailure: async ({ id }) => state.failures.get(id) ?? { log: { ok: false, reason: "it is not kept" } },
    beginCheck: ({ headSha, key }) =>
      write("beginCheck", () => {
        state.begun.push(`${key} ${headSha}`);
      }),
    hasCheck: async (headSha, key) => state.checks.some((check) => check.headSha === headSha && check.key === key),
    upsertCheck: (check) =>
      write("upsertCheck", () => {
        const at = state.checks.findIndex(({ headSha, key }) => headSha === check.headSha && key === check.key);
        if (at < 0) return state.checks.push(check) - 1;
        state.checks[at] = check;
        return at;
      }),
    close: async () => {
      state.open_ -= 1;
    },
  };
};

const pullWith = (
  state: MemoryGitHub,
  wanted: { branch: string; base: string; title: string; body: string; draft: boolean },
): Pull => {
  if (state.pulls.some(({ branch, state: is }) => branch === wanted.branch && is === "open"))
    throw new Error(`a pull request already exists for ${wanted.branch}`);
  const number = 100 + state.pulls.length;
  return {
    ...wanted,
    number,
    nodeId: `PR_${number}`,
    url: `https://github.test/acme/shop/pull/${number}`,
    state: "open",
    merged: false,
    author: bot,
    headSha: state.branches.get(wanted.branch) ?? "",
    baseSha: state.branches.get(wanted.base) ?? "",
    sameRepository: true,
    updatedAt: "2026-11-20T10:00:00Z",
  };
};
