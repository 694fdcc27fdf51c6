/** The doors between the run and the world: each port with its contract. An adapter implements one and knows no other. */
import type { Changeset, FileChange, Refusal } from "./domain/changeset.ts";
import type { RunEvent } from "./domain/event.ts";
import type { Facts } from "./domain/facts.ts";
import type { CheckSeen, FailedCheck } from "./domain/failed-check.ts";
import type { GivenReview } from "./domain/follow-up.ts";
import type { HttpSession, HttpSessionResult } from "./domain/http.ts";
import type { Job } from "./domain/job.ts";
import type { AssistantMessage, Message, Thinking, ToolSpec, Usage } from "./domain/message.ts";
import type { Outcome } from "./domain/outcome.ts";
import type { Boundary } from "./domain/policy.ts";
import type { Remark } from "./domain/remark.ts";
import type { CheckRunView } from "./domain/render/check-run.ts";
import type { Person, RepositoryRef, Thread } from "./domain/repository.ts";
import type { ReviewThread } from "./domain/review-thread.ts";
import type { RunBound, RunsBegun } from "./domain/run-bounds.ts";
import type { Breach, StandardsConfig } from "./domain/standards.ts";
import type { ThreadEntry } from "./domain/thread-ledger.ts";

export type Clock = () => Date;

// ---------------------------------------------------------------------------------------------------------------- Model

export type ModelRequest = {
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  /** Append-only: what was sent once is sent again byte for byte. */
  readonly messages: readonly Message[];
  readonly maxOutputTokens: number;
  readonly effort: "low" | "medium" | "high" | "xhigh" | "max";
  /** As the conversation began with it; the model's own setting where left out. */
  readonly thinking?: Thinking | undefined;
};

export type StopReason =
  | "end_turn"
  | "tool_use"
  | "max_tokens"
  | "refusal"
  | "pause_turn"
  | "stop_sequence"
  | "model_context_window_exceeded";

export type ModelTurn = {
  readonly message: AssistantMessage;
  readonly stopReason: StopReason;
  /** Of a refusal, where the API names one. */
  readonly refusalCategory?: string;
  /** Why it could not be read, as a part of a sentence: then it has no content. */
  readonly unreadable?: string;
  readonly usage: Usage;
  /** USD; 0 for a model that costs nothing. */
  readonly usd: number;
};

export interface Model {
  /** The model id as people and the transcript know it. */
  readonly name: string;
  /** How it thinks in a conversation that begins now. */
  readonly thinking?: Thinking | undefined;
  /** It follows templates: it can build and answer by them, and has no opinion on anybody's code. */
  readonly templated?: boolean | undefined;
  /** Takes image blocks. */
  readonly images?: boolean | undefined;
  /** The most tokens that one message may have, where there is such a bound. */
  readonly maxOutputTokens?: number | undefined;
  /**
   * One assistant message for the conversation so far. Retries what is worth retrying; throws what is not, with `cause`:
   * BusyError where the API is overloaded for longer than is waited. Aborting the signal rejects at once.
   */
  turn(request: ModelRequest, signal: AbortSignal): Promise<ModelTurn>;
}

// --------------------------------------------------------------------------------------------------------------- GitHub

export type Permission = "none" | "read" | "triage" | "write" | "maintain" | "admin";

/** An issue that the App opened. */
export type OwnIssue = {
  readonly number: number;
  readonly state: "open" | "closed";
  readonly title: string;
  readonly body: string;
  /** Their names. */
  readonly labels: readonly string[];
};

/** One token: narrowed to one repository and to what the phase needs. */
export type GitHubPhase = "read" | "acknowledge" | "check" | "checks" | "publish";

export type ReactionTarget =
  | { readonly on: "issue"; readonly number: number }
  | { readonly on: "issue-comment"; readonly commentId: number }
  | { readonly on: "review-comment"; readonly commentId: number };

/** What GitHub made of a wish: whether it is so now, or why not, as a sentence. */
export type Granted = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export type Pull = {
  readonly number: number;
  readonly nodeId: string;
  readonly url: string;
  readonly state: "open" | "closed";
  readonly merged: boolean;
  readonly draft: boolean;
  readonly title: string;
  readonly body: string;
  readonly author: Person;
  readonly branch: string;
  readonly base: string;
  readonly headSha: string;
  readonly baseSha: string;
  /** False for a pull request from a fork. */
  readonly sameRepository: boolean;
  /** The fork that it comes from was deleted. */
  readonly headGone?: boolean;
  /** ISO 8601, in whole seconds: of the last comment, review, label, push … */
  readonly updatedAt: string;
  /** Their names. */
  readonly labels?: readonly string[] | undefined;
};

/** A file that a pull request changes, as its page shows it. */
export type PullFile = {
  readonly path: string;
  readonly kind: "added" | "modified" | "removed" | "renamed";
  /** Its name before, where it was renamed. */
  readonly before?: string;
  /** From the first `@@`; undefined where the page shows no lines: of what is no text, too large, or only renamed. */
  readonly patch?: string;
};

/** A review that the App has written and submitted. */
export type PostedReview = {
  readonly id: number;
  readonly url: string;
  readonly commit: string;
  /** ISO 8601. */
  readonly submittedAt: string;
  readonly body: string;
  readonly comments: readonly { readonly path: string; readonly body: string }[];
};

export type ReviewLine = {
  readonly path: string;
  readonly line: number;
  /** LEFT: of what was there before. */
  readonly side: "LEFT" | "RIGHT";
  readonly body: string;
};

export type ReviewWritten = {
  readonly commit: string;
  /** A hidden HTML comment in `body`. */
  readonly marker: string;
  readonly body: string;
  readonly comments: readonly ReviewLine[];
};

/** Where an image is attached: a thread's own text, or that and a comment below it. */
export type AttachedTo = { readonly number: number; readonly commentId?: number };

export type FetchedImage =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** As the end of a sentence about it. */
  | { readonly ok: false; readonly reason: string };

/** Files over 1 MiB are not read. */
export type FetchedFile = { readonly text: string } | { readonly text?: undefined; readonly tooLarge: true };

export type CheckWritten = {
  readonly headSha: string;
  /** Of several on one commit, the one that is meant: the same key is the same check run. */
  readonly key: string;
  readonly view: CheckRunView;
};

export type CheckBegun = Pick<CheckWritten, "headSha" | "key"> & {
  readonly view: Pick<CheckRunView, "title" | "summary">;
};

export type ChecksAt = {
  /** The newest of each name, without our own. */
  readonly checks: readonly CheckSeen[];
  /** Apps, by slug, of which a suite has not ended. */
  readonly pending: readonly string[];
};

/** Bounded; somebody else's text. */
export type FetchedLog =
  | { readonly ok: true; readonly text: string }
  /** As the end of a sentence about it. */
  | { readonly ok: false; readonly reason: string };

export type CheckFailure = Pick<FailedCheck, "step" | "workflow"> & {
  /** The end of a job's log, or what its App wrote in place of one. */
  readonly log: FetchedLog;
};

export type CommitRequest = {
  readonly parent: string;
  readonly message: string;
  readonly changes: readonly FileChange[];
};

/** One path of a tree, told against another tree. */
export type TreeEntry =
  | { readonly path: string; readonly kind: "deleted" }
  | {
      readonly path: string;
      readonly kind: "file";
      /** As git writes it; a symbolic link or a submodule that people committed stays what it is. */
      readonly mode: string;
      readonly sha: string;
      /** base64; left out where GitHub has these bytes already. */
      readonly content?: string;
    };

export type TreeCommitRequest = {
  /** The commit whose tree the entries are told against. */
  readonly tree: string;
  /** Two of a merge: our branch's head first. */
  readonly parents: readonly string[];
  readonly message: string;
  readonly entries: readonly TreeEntry[];
};

/** One repository through one token. Every write may be repeated: the second one finds what the first one made. */
export interface GitHubSession {
  /** The collaborator-permission API, by login; "none" where the id that comes back is not the person's. */
  permissionOf(person: Person): Promise<Permission>;
  findPull(branch: string): Promise<Pull | undefined>;
  fetchPull(number: number): Promise<Pull>;
  /** The first 3,000, which is all that GitHub tells. */
  fetchPullFiles(number: number): Promise<readonly PullFile[]>;
  /** Those that the App submitted, oldest first. */
  fetchOwnReviews(pull: number): Promise<readonly PostedReview[]>;
  /**
   * One review that neither approves nor asks for changes, with all its comments: written once, by its marker.
   * @returns "unplaced" where GitHub takes one of the lines for none of the diff, and nothing was written; undefined
   * where the conversation takes no words: it is locked, or not ours to write on
   */
  postReview(pull: number, review: ReviewWritten): Promise<Pick<PostedReview, "id" | "url"> | "unplaced" | undefined>;
  /** Reviews that are still there, in the order of `ids`, and the threads that they have comments in, each whole. */
  fetchReviews(
    pull: number,
    ids: readonly number[],
  ): Promise<{ readonly reviews: readonly GivenReview[]; readonly threads: readonly ReviewThread[] }>;
  /** What an issue or a pull request says now; undefined where it is gone. */
  fetchText(number: number): Promise<{ readonly title: string; readonly body: string } | undefined>;
  /** Names of the pull-request template in the repository at the default branch, or undefined. */
  fetchPullTemplate(): Promise<string | undefined>;
  /** A text file on the default branch as it is now; undefined where there is none. */
  fetchFile(path: string): Promise<FetchedFile | undefined>;
  /**
   * Images by the URLs that stand in a text, from GitHub's own attachment hosts alone, bounded in size and time.
   * @returns one for each, in their order: one that can't be had fails nothing
   */
  fetchImages(from: AttachedTo, urls: readonly string[]): Promise<FetchedImage[]>;
  /** The commit a branch points at, read from GitHub now. */
  fetchBranch(branch: string): Promise<string | undefined>;
  /** A reaction that is there already is left; one that a locked conversation or a lost comment does not take is left out. */
  react(target: ReactionTarget, content: "eyes" | "confused"): Promise<void>;
  /** Blobs, tree and commit through the Git Data API, so that GitHub can sign it. @returns the new commit's SHA */
  commit(request: CommitRequest): Promise<string>;
  /** The same for a tree that was put together in the mirror, such as a merge's. */
  commitTree(request: TreeCommitRequest): Promise<string>;
  /** Whose commit it is, as GitHub knows the author; undefined where it knows no account. */
  fetchAuthor(sha: string): Promise<Person | undefined>;
  /** Read from GitHub anew; undefined where nobody verifies anything. */
  fetchVerification(sha: string): Promise<Verification | undefined>;
  /** Creates the branch, or moves it forward; never by force. @throws ConflictError when it moved or is taken, RefusedError when the repository's rules forbid it */
  pointBranch(branch: string, sha: string, expected: string | undefined): Promise<void>;
  openPull(pull: { branch: string; base: string; title: string; body: string; draft: boolean }): Promise<Pull>;
  /** Open ones that go to a branch, whoever's they are: the newest 1,000. */
  openPulls(base: string): Promise<readonly Pull[]>;
  updatePull(pull: Pull, change: { title?: string; body?: string; draft?: boolean; base?: string }): Promise<Pull>;
  /**
   * The one comment of ours on a thread that carries `marker` (a hidden HTML comment): edits it, or makes it when there
   * is none, also where people deleted it. @param knownId of the last time, tried first
   * @returns the comment's id; undefined where the thread takes none: it is locked, gone, or not ours to write on
   */
  upsertComment(number: number, marker: string, body: string, knownId: number | undefined): Promise<number | undefined>;
  /**
   * The one answer of ours in a review thread that carries `marker`: edited where it reads otherwise by now, or made.
   * @returns its id; "gone" where the thread is not there any more, "untaken" where the conversation takes no words
   */
  answerThread(pull: number, threadId: number, marker: string, body: string): Promise<number | "gone" | "untaken">;
  /** A thread that is resolved already, or gone, is left. */
  resolveThread(pull: number, threadId: number): Promise<Granted>;
  /** Asks a person to look again; nobody is asked twice at a time. */
  requestReview(pull: number, person: Person): Promise<Granted>;
  /** What a comment of ours says now; undefined where it is gone, or somebody else's. */
  fetchComment(id: number): Promise<string | undefined>;
  /** Issues that the App opened after that number, whatever became of them, the newest first. */
  fetchOwnIssues(after: number): Promise<readonly OwnIssue[]>;
  /**
   * Opened once: one of ours that holds `mark` is what an attempt before made. @param after a number that it is greater than
   * @returns as the end of a sentence, why GitHub opens none
   */
  openIssue(wanted: {
    readonly title: string;
    readonly body: string;
    readonly labels: readonly string[];
    readonly mark: string;
    readonly after: number;
  }): Promise<{ readonly ok: true; readonly issue: OwnIssue } | { readonly ok: false; readonly reason: string }>;
  updateIssue(number: number, change: { readonly body: string }): Promise<void>;
  /** A label of that name is there, made where it was not. */
  ensureLabel(name: string, description: string): Promise<Granted>;
  /** What the checks of others say of a commit now (phase `checks`). */
  fetchChecks(sha: string): Promise<ChecksAt>;
  /** Why one of them failed (phase `checks`). */
  fetchFailure(check: CheckSeen): Promise<CheckFailure>;
  /** Edits that comment where there is one, and makes none. */
  reviseComment(number: number, marker: string, body: string): Promise<void>;
  /** Whether a commit has that check run of ours, and it has come to its end. */
  hasCheck(headSha: string, key: string): Promise<boolean>;
  /** Our check run on a commit is at work: made, or opened again where it came to its end before. */
  beginCheck(check: CheckBegun): Promise<void>;
  /**
   * Our check run on a commit comes to its end: made, or brought up to date where it is there. Annotations cannot be taken
   * back, so where it holds others than these, a new one of the same name stands in its place. @returns its id
   */
  upsertCheck(check: CheckWritten): Promise<number>;
  /** Revokes the token; the session is not used afterwards. */
  close(): Promise<void>;
}

/** What GitHub says of a commit's signature; `reason` is its own word, such as `valid` or `unsigned`. */
export type Verification = { readonly verified: boolean; readonly reason: string };

export type GitCredentials = {
  readonly url: string;
  readonly authorization: string;
  /** Ends the token; the credentials are not used afterwards. */
  revoke(): Promise<void>;
};

/** From 1, both ends included. */
export type LinesOfFile = { readonly path: string; readonly line: number; readonly lastLine: number };

export interface GitHub {
  /** `login` and id of the App's own bot user: what it wrote is never a trigger. */
  whoami(): Promise<Person>;
  open(repository: RepositoryRef, phase: GitHubPhase): Promise<GitHubSession>;
  /** Whether the App was given the permission that `rerunFailedJobs` needs (Actions: write). */
  mayRerun(repository: RepositoryRef): Promise<boolean>;
  /**
   * Starts the failed jobs of a workflow's run again. @param known the attempt that failed
   * @returns `refused`: it is too old, or too many attempts were made
   */
  rerunFailedJobs(
    repository: RepositoryRef,
    known: { readonly run: number; readonly attempt: number },
  ): Promise<"started" | "refused" | "not-permitted">;
  /** For one `git fetch`: the URL, and the header that carries a token for this repository's contents, read only. */
  gitCredentials(repository: RepositoryRef): Promise<GitCredentials>;
  /**
   * The first of these files that another repository of the same owner has on its default branch, read with a token of its
   * own; undefined where there is none of them, no such repository, or the App is not installed on it.
   */
  fetchShared(
    repository: Pick<RepositoryRef, "installationId" | "owner">,
    name: string,
    paths: readonly string[],
  ): Promise<(FetchedFile & { readonly path: string }) | undefined>;
  /** `Name <address>` by which a commit's trailer is known as the person's; undefined where there are no accounts. */
  attribution(person: Person): string | undefined;
  /** Where people see a thread. */
  threadUrl(repository: RepositoryRef, thread: Thread): string;
  /** Where people see lines of a file at a commit. */
  lineUrl(repository: RepositoryRef, commit: string, at: LinesOfFile): string;
}

// --------------------------------------------------------------------------------------------------------- Tool servers

export type ToolListing = {
  /** Sorted by name. */
  readonly tools: readonly ToolSpec[];
  /** What is missing, each a sentence for people. */
  readonly problems: readonly string[];
};

export type ToolAnswer =
  | {
      readonly kind: "answered";
      /** Bounded. Somebody else's text. */
      readonly text: string;
      /** The tool says so. */
      readonly failed: boolean;
    }
  /** The server gave no answer: why, in words that hold nothing of what was sent or received. */
  | { readonly kind: "failed"; readonly server: string; readonly reason: string };

/** Tools of servers that the operator named (MCP). They are asked by the host, outside every sandbox. */
export interface ToolServers {
  /** Connects to those that are not there yet, each for a bounded time. A server that fails is a problem of the listing. */
  list(signal: AbortSignal): Promise<ToolListing>;
  /** @param tool as listed, now or earlier. Aborting the signal rejects at once. */
  call(tool: string, input: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<ToolAnswer>;
  /** Ends the processes that it started. */
  close(): Promise<void>;
}

// ------------------------------------------------------------------------------------------------------------ Workspace

export type SandboxHealth =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly mend: string };

export type CommandResult = {
  /** 128 + signal number when a signal ended it. */
  readonly exitCode: number;
  /** stdout and stderr as they came, bounded to 256 KiB, escape sequences taken out. */
  readonly output: string;
  readonly durationMs: number;
  /** Why it was ended by us, if it was. */
  readonly ended?: "timeout" | "output" | "disk" | "aborted";
};

export type ReadResult = {
  readonly text: string;
  /** Git blob id of the bytes: a later edit names it, and is refused when the file is another one by then. */
  readonly sha: string;
};

export type GrepRequest = {
  readonly pattern: string;
  readonly path?: string;
  readonly glob?: string;
  readonly type?: string;
  readonly mode: "content" | "files_with_matches" | "count";
  readonly before?: number;
  readonly after?: number;
  readonly lineNumbers?: boolean;
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
};

/**
 * What one agent can reach: the worktree at /repo, read-only but for its boundary's folders. File calls go through a
 * process of ours inside the same mounts as its commands. Paths are canonical repository paths (`domain/policy.ts`).
 * A refusal of any call is a ToolError with a sentence for the model.
 */
export interface Walls {
  readonly boundary: Boundary;
  /** Undefined when there is no such file. Folders, binary files and files over 1 MiB are ToolErrors. */
  read(path: string): Promise<ReadResult | undefined>;
  /** @param expected sha that the file must have now; undefined = must not exist yet @returns the new sha */
  write(path: string, text: string, expected: string | undefined): Promise<string>;
  /** Files that match, newest first, at most `limit`; folders are never listed. */
  glob(pattern: string, folder: string | undefined, limit: number): Promise<{ paths: string[]; total: number }>;
  /** Lines of ripgrep's output, sorted by path. */
  grep(request: GrepRequest): Promise<string[]>;
  /** `bash -c command` in /repo: no network, no secret, limits on everything. */
  bash(command: string, options: { timeoutMs: number; signal: AbortSignal }): Promise<CommandResult>;
}

/** What makes the repository's own packages ready, before the first command of a run. */
export type SetupRequest = {
  readonly commands: readonly string[];
  /** Files and folders that its result depends on; the usual dependency files where left out. */
  readonly files?: readonly string[] | undefined;
  readonly signal: AbortSignal;
};

export interface Worktree {
  /** The commit that was materialised. */
  readonly commit: string;
  enter(boundary: Boundary): Promise<Walls>;
  /** What the writable folders hold now against `commit`, by our own hashing. Bash must not be running. */
  collect(): Promise<{ changeset: Changeset; refused: readonly Refusal[] }>;
  /** Puts a checkpoint's files in place of whatever the writable folders hold. */
  restore(changeset: Changeset): Promise<void>;
  /** A copy of the commit's files with a changeset on them, to run what may change anything: nothing comes back. */
  openTrial(changeset: Changeset): Promise<Trial>;
  /** Ends every process of it and removes the run's own copies; the shared tree stays while others hold it. */
  close(): Promise<void>;
}

/** Thrown away with all that was written in it. Inside, all of /repo may be written; the walls are those of `Walls`. */
export interface Trial {
  /** As `Walls.bash`. */
  bash(command: string, options: { timeoutMs: number; signal: AbortSignal }): Promise<CommandResult>;
  /**
   * A server and the requests to it in one sandbox, where nobody else reaches it.
   * @returns undefined without a sandbox: a repository's server is not started on the machine's own network
   */
  serve(session: HttpSession, signal: AbortSignal): Promise<HttpSessionResult | undefined>;
  close(): Promise<void>;
}

export type FilesRead = {
  /** By path; what is missing or no regular file is left out. */
  readonly texts: ReadonlyMap<string, string>;
  /** Regular files over 1 MiB. */
  readonly tooLarge: readonly string[];
};

/** Files of one repository by commit. */
export type CommitReader = {
  /** Regular files of at most 1 MiB. @param isWanted by path */
  listSources(commit: string, isWanted: (path: string) => boolean): Promise<readonly SourceFile[]>;
  /** Texts of regular files, many at once for little more than one costs. */
  readFiles(commit: string, paths: readonly string[]): Promise<FilesRead>;
};

/** Two lines of history, put together as git does it. */
export type Merge = {
  /** What both grew from; undefined where they share nothing, and then nothing is merged. */
  readonly base: string | undefined;
  /** `theirs` is part of ours already. */
  readonly contained: boolean;
  /** Paths that each side changed since. */
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  /** Paths that cannot be merged, and those where our changes would land without our having changed them ourselves. */
  readonly conflicts: readonly string[];
  /** The merged tree told against that of `theirs`; what is in conflict is as theirs. */
  readonly entries: readonly TreeEntry[];
};

export interface Workspace {
  /** Runs canaries in the real sandbox; cached for an hour. */
  checkSandbox(): Promise<SandboxHealth>;
  /** Brings branches into the host-owned mirror. A branch that does not exist is left out. @returns commit by branch */
  fetch(
    repository: RepositoryRef,
    branches: readonly string[],
    credentials: Pick<GitCredentials, "url" | "authorization">,
  ): Promise<ReadonlyMap<string, string>>;
  /**
   * Brings a pull request's head into the mirror as the repository itself shows it (`refs/pull/<n>/head`), of a fork,
   * too. It is somebody's commit that nobody here has looked at.
   * @returns its commit; undefined where there is no such pull request
   */
  fetchPull(
    repository: RepositoryRef,
    pull: number,
    credentials: Pick<GitCredentials, "url" | "authorization">,
  ): Promise<string | undefined>;
  /** A text file at a commit, read from the mirror; undefined when it is missing, no regular file, or over 1 MiB. */
  readFile(repository: RepositoryRef, commit: string, path: string): Promise<string | undefined>;
  /** Many at once, for little more than one costs. */
  readFiles(repository: RepositoryRef, commit: string, paths: readonly string[]): Promise<FilesRead>;
  /** @see CommitReader */
  listSources(
    repository: RepositoryRef,
    commit: string,
    isWanted: (path: string) => boolean,
  ): Promise<readonly SourceFile[]>;
  /** Those of one name in the folders right below another (`<folder>/<any>/<name>`), the first `most` by path; and how many more there are. */
  readNamed(
    repository: RepositoryRef,
    commit: string,
    where: { readonly folder: string; readonly name: string; readonly most: number },
  ): Promise<FilesRead & { readonly more: number }>;
  /**
   * Merges in the mirror, in no working tree: nothing of the repository is run, and none of its attributes counts.
   *
   * @param ours a commit, with what is not committed yet on top of it @param theirs what is merged into it
   * @param since a commit of ours that `theirs` holds already under another name, as after a squash; one that ours does
   * not hold counts for nothing
   */
  merge(
    repository: RepositoryRef,
    ours: { readonly commit: string; readonly changes?: Changeset },
    theirs: string,
    since?: string,
  ): Promise<Merge>;
  /** What is not committed yet against its commit, as `git apply` takes it; undefined where that takes more than `maxBytes`. */
  patchOf(
    repository: RepositoryRef,
    ours: { readonly commit: string; readonly changes: Changeset },
    maxBytes: number,
  ): Promise<string | undefined>;
  /** The newest common ancestor; undefined also where one of them is not in the mirror. */
  mergeBase(repository: RepositoryRef, a: string, b: string): Promise<string | undefined>;
  /**
   * The run's own copies are made while the caller goes on; every call that needs them waits.
   *
   * @param commit what is materialised @param base whose history git shows inside (HEAD, index): of a first run the same
   * @param boundaries of all agents of the run: their folders are the only ones that can become writable
   * @param env variables of its commands, beside those that the sandbox sets itself
   * @param setup runs on `base`'s files where its result is not kept from an earlier run; the result is at /setup, read-only
   * @throws RefusedError where a repository cannot be worked in; with the log, where its set-up failed
   */
  openWorktree(
    repository: RepositoryRef,
    request: {
      readonly runId: string;
      readonly commit: string;
      readonly base: string;
      readonly baseBranch: string;
      readonly boundaries: readonly Boundary[];
      readonly env?: Readonly<Record<string, string>>;
      readonly setup?: SetupRequest | undefined;
    },
  ): Promise<Worktree>;
}

// ------------------------------------------------------------------------------------------------------------- Analysis

/** @property sha git blob id: what was read once under it is not read again */
export type SourceFile = { readonly path: string; readonly sha: string };

export type Inspection =
  | {
      readonly ok: true;
      readonly facts: Facts;
      /** Of the house standards, anywhere in the tree: `onChangedLines` says which of them count. */
      readonly breaches: readonly Breach[];
    }
  /** Out of time or memory: nothing is known, and people are told so. */
  | { readonly ok: false; readonly reason: string };

/** Python read, never run: in a thread of its own, with a deadline and a memory bound. */
export interface Analysis {
  /**
   * @param sources Python, and what says which packages are installed (`requirements.txt`, `pyproject.toml`)
   * @param read texts by blob id, of those that it asks for
   * @param standards what the repository keeps otherwise; where left out, no breaches are looked for
   */
  inspect(
    sources: readonly SourceFile[],
    read: (files: readonly SourceFile[]) => Promise<ReadonlyMap<string, string>>,
    standards?: StandardsConfig,
  ): Promise<Inspection>;
  close(): Promise<void>;
}

// -------------------------------------------------------------------------------------------------------- Store, Queue

export type RunRecord = {
  readonly id: string;
  readonly job: Job;
  readonly issue: number;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly outcome?: Outcome;
};

/** Runs and what must be found again. Every write is durable when its promise resolves. */
export interface Store {
  /** The run of a job, with the job as it is now: the same one when the job is taken again after a crash. */
  openRun(job: Job, issue: number): Promise<RunRecord>;
  appendEvents(runId: string, events: readonly RunEvent[]): Promise<void>;
  events(runId: string): Promise<RunEvent[]>;
  closeRun(runId: string, outcome: Outcome): Promise<void>;
  /** By all turns of all agents, of the repository's runs or of one issue's. @param scope.since ISO 8601 */
  spentOn(
    repository: RepositoryRef,
    scope: { readonly issue?: number; readonly since?: string },
  ): Promise<{ readonly usd: number; readonly tokens: number }>;
  /**
   * Counts a run as begun, once, unless `decide` names a bound by what began before it. One at a time.
   * @param run.person for whom @param run.bot whether bots alone asked for it
   * @returns `told`: whether an earlier run on the issue met the same bound in the same time
   */
  begin(
    run: { readonly id: string; readonly repository: RepositoryRef; readonly issue: number } & {
      readonly person: number;
      readonly bot: boolean;
    },
    decide: (begun: RunsBegun) => RunBound | undefined,
  ): Promise<{ readonly bound?: RunBound; readonly told?: boolean }>;
  /** Undefined where there is none of that id. */
  run(runId: string): Promise<RunRecord | undefined>;
  /** Newest first. */
  runsOf(repository: RepositoryRef, issue: number): Promise<RunRecord[]>;
  /** The issue whose pull request this is. */
  issueOfPull(repository: RepositoryRef, pull: number): Promise<number | undefined>;
  linkPull(repository: RepositoryRef, pull: Pick<Pull, "number" | "base">, issue: number): Promise<void>;
  /** The newest pull request of ours that was last seen to go to a branch, open or not; to the default branch any of them may. */
  pullTo(repository: RepositoryRef, branch: string): Promise<number | undefined>;
  /** The status comment's id of a thread. */
  statusComment(repository: RepositoryRef, number: number): Promise<number | undefined>;
  keepStatusComment(repository: RepositoryRef, number: number, commentId: number): Promise<void>;
  /** The one commit of a pull request that somebody who may allowed to be run. */
  allowedHead(repository: RepositoryRef, pull: number): Promise<string | undefined>;
  /** In place of the one before. @param by who allowed it */
  allowHead(repository: RepositoryRef, pull: number, head: string, by: Person): Promise<void>;
  /**
   * Keeps what somebody wrote for the run of an issue that reads it next: each comment once, and of one person so many.
   * @returns whether it was kept
   */
  keepRemark(repository: RepositoryRef, issue: number, remark: Remark): Promise<boolean>;
  /** Those that no run has dealt with, oldest first. */
  openRemarks(repository: RepositoryRef, issue: number): Promise<Remark[]>;
  /** They are dealt with, and their text is forgotten. */
  settleRemarks(repository: RepositoryRef, commentIds: readonly number[]): Promise<void>;
  /** Once for each comment: the last one counts. */
  keepThread(repository: RepositoryRef, pull: number, entry: ThreadEntry): Promise<void>;
  /** How the review threads of a pull request ended, in the order in which they were first answered. */
  threadsOf(repository: RepositoryRef, pull: number): Promise<ThreadEntry[]>;
  close(): Promise<void>;
}

export type Claim = {
  readonly job: Job;
  /** How often it was taken before: 0 the first time. */
  readonly attempt: number;
  /** Aborted when the queue closes. */
  readonly signal: AbortSignal;
};

export type InLine = {
  readonly job: Job;
  /** `behind`: it waits for an earlier one of its key. */
  readonly state: "behind" | "ready" | "active";
  /** Tries that failed. */
  readonly failures: number;
  /** ISO 8601, where that is still to come: it is held back, or tried again then. */
  readonly notBefore?: string;
};

export interface Queue {
  /**
   * Durable when it resolves. "duplicate": this delivery id, or this body under any id within 7 days, was here before.
   * @param digest sha256 of event name and raw body @param dedupe key of a trigger that two deliveries announce
   * @param into asked of the key's jobs that have not begun, the newest first: what the waiting one becomes where it takes
   * the new one in ("merged", also where the dedupe key was here before); it keeps its id and its place
   */
  accept(
    job: Job,
    delivery: { event: string; digest: string; dedupe?: string; into?: (waiting: Job) => Job | undefined },
  ): Promise<"accepted" | "merged" | "duplicate">;
  /**
   * Hands jobs to `handler`, at most `concurrency` at once (urgent ones come on top, and first) and one per key, oldest
   * first; one that is held back (`notBefore`) lets the others of its key pass. A handler that throws is tried again with a growing delay, its key waiting; after the last try `onExhausted` is told and the key is free.
   */
  work(options: {
    concurrency: number;
    handler: (claim: Claim) => Promise<void>;
    onExhausted: (job: Job, error: unknown) => Promise<void>;
  }): void;
  /** All that wait or are at work, oldest first. */
  jobs(): Promise<Job[]>;
  /** All but the urgent ones, in the order in which they are taken where nothing comes between. */
  line(): Promise<readonly InLine[]>;
  /** Told whenever a job came, was taken, was put back or ended. */
  onMove(listener: () => void): void;
  /** Those of a key that wait or are at work, oldest first. */
  jobsOn(key: string): Promise<Job[]>;
  /** Those of a key that have not begun are held back no longer, and take nothing more in. */
  release(key: string): Promise<void>;
  counts(): Promise<{ waiting: number; active: number }>;
  /** Resolves when nothing waits or runs: for demos, tests and shut-down. */
  idle(): Promise<void>;
  /** Takes no new job, aborts the running ones (they are handed back), resolves when the handlers ended. */
  close(): Promise<void>;
}
