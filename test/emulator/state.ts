/** Everything that the emulated GitHub remembers beside git: plain records, changed only by routes and by pushes. */
import type { Attachment } from "./attachments.ts";
import type { Examples } from "./bodies/example.ts";
import type { BareRepository } from "./git/bare-repository.ts";
import type { AppOptions, Level, Role } from "./options.ts";
import type { Outbox } from "./webhooks/outbox.ts";

export type Account = { readonly id: number; readonly login: string; readonly type: "User" | "Bot" | "Organization" };

export type UserActor = { readonly kind: "user"; readonly account: Account };
export type InstallationActor = {
  readonly kind: "installation";
  readonly account: Account;
  readonly permissions: Readonly<Record<string, Level>>;
  /** Ids that the token was narrowed to. */
  readonly repositories: readonly number[];
  readonly expiresAt: Date;
};
export type AppActor = { readonly kind: "app" };
/** Who writes: everybody but the App itself, whose JWT only mints tokens. */
export type Author = UserActor | InstallationActor;
export type Actor = Author | AppActor;

export type Label = {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
};

export type Reaction = {
  readonly id: number;
  readonly content: string;
  readonly by: Account;
  readonly createdAt: string;
};

export type Comment = {
  readonly id: number;
  readonly thread: number;
  readonly by: Account;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
  reactions: Reaction[];
};

export type Issue = {
  readonly id: number;
  readonly number: number;
  title: string;
  body: string | null;
  state: "open" | "closed";
  stateReason: string | null;
  readonly by: Account;
  labels: string[];
  assignees: string[];
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  closedBy: Account | null;
  /** Then people with write access alone may speak, and nobody can react. */
  locked: boolean;
  reactions: Reaction[];
  /** A pull request is an issue that has these. */
  pull?: PullFacts;
};

export type PullFacts = {
  readonly head: string;
  base: string;
  draft: boolean;
  /** The fork that the head branch lies in. */
  readonly fork?: Repository;
  /** Of the head branch when it was last seen: the branch's now while the pull request is open. */
  headSha: string;
  /** Of the base branch when the pull request was opened, retargeted or merged. */
  baseSha: string;
  requestedReviewers: string[];
  merged?: { readonly at: string; readonly by: Account; readonly commit: string };
};

export type Pull = Issue & { pull: PullFacts };

export type ReviewState = "PENDING" | "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";

export type Review = {
  readonly id: number;
  readonly pull: number;
  readonly by: Account;
  body: string;
  state: ReviewState;
  readonly commit: string;
  submittedAt: string | undefined;
};

export type Side = "LEFT" | "RIGHT";

export type ReviewComment = {
  readonly id: number;
  readonly pull: number;
  readonly review: number;
  /** The first comment of its thread. */
  readonly inReplyTo: number | undefined;
  readonly path: string;
  readonly subject: "line" | "file";
  /** As commented on, in the file at `originalCommit` (side RIGHT) or at the base (LEFT). */
  readonly originalLine: number | undefined;
  readonly originalStartLine: number | undefined;
  readonly side: Side;
  readonly originalCommit: string;
  readonly diffHunk: string;
  readonly by: Account;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
  reactions: Reaction[];
};

export type CheckApp = { readonly id: number; readonly slug: string; readonly name: string };

export type CheckRun = {
  readonly id: number;
  readonly suite: number;
  readonly headSha: string;
  name: string;
  status: string;
  conclusion: string | null;
  startedAt: string;
  completedAt: string | null;
  detailsUrl: string | null;
  externalId: string;
  output: { title: string | null; summary: string | null; text: string | null };
  annotations: Record<string, unknown>[];
  /** Where it is a job of a workflow. */
  readonly job?: WorkflowJob;
};

export type WorkflowJob = {
  /** The workflow's run, and how often that was started. */
  readonly run: number;
  readonly attempt: number;
  steps: readonly { readonly name: string; readonly conclusion: string }[];
  /** As it is downloaded; undefined where it is not kept any more. */
  log: string | undefined;
};

export type CheckSuite = {
  readonly id: number;
  readonly headSha: string;
  readonly branch: string | null;
  readonly app: CheckApp;
  readonly createdAt: string;
  updatedAt: string;
  /** Somebody asked for it again, and its App has done nothing since. */
  requeued?: boolean;
};

export type CommitStatus = {
  readonly id: number;
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly by: Account;
  readonly createdAt: string;
};

export type Repository = {
  readonly id: number;
  readonly owner: Account;
  readonly name: string;
  readonly private: boolean;
  readonly forkOf: Repository | undefined;
  readonly defaultBranch: string;
  readonly git: BareRepository;
  readonly createdAt: string;
  pushedAt: string;
  readonly labels: Map<string, Label>;
  readonly issues: Map<number, Issue>;
  /** Issues that were deleted, or moved to where the address says. */
  readonly gone: Map<number, string | undefined>;
  readonly comments: Map<number, Comment>;
  readonly reviews: Map<number, Review>;
  readonly reviewComments: Map<number, ReviewComment>;
  /** Ids of first comments. */
  readonly resolvedThreads: Map<number, Account>;
  readonly checkSuites: Map<number, CheckSuite>;
  readonly checkRuns: Map<number, CheckRun>;
  readonly statuses: CommitStatus[];
  /** Commits that GitHub signed: made by the App through the Git Data API without an author of its own. */
  readonly signedCommits: Set<string>;
};

/** The App's one installation; `repositories` are full names in lower case. */
export type Installation = {
  state: "active" | "suspended" | "deleted";
  readonly selection: "all" | "selected";
  readonly repositories: Set<string>;
  suspended: { readonly at: string; readonly by: Account } | undefined;
};

export type World = {
  /** Where people and git look. */
  readonly web: string;
  readonly api: string;
  readonly app: AppOptions;
  readonly bot: Account;
  readonly installation: Installation;
  readonly installedOn: Account;
  readonly startedAt: string;
  /** By lower-case login: people, the bot and the owners of repositories. */
  readonly accounts: Map<string, Account>;
  readonly roles: Map<string, Role>;
  readonly tokens: Map<string, Author>;
  /** By lower-case `owner/name`. */
  readonly repositories: Map<string, Repository>;
  /** Manifests waiting to be converted, by code. */
  readonly manifests: Map<string, Record<string, unknown>>;
  /** By their ids; and whose id a signature is for. */
  readonly attachments: Map<string, Attachment>;
  readonly signatures: Map<string, string>;
  /** Logs of jobs, by what their links are signed with. */
  readonly logs: Map<string, string>;
  readonly examples: Examples;
  readonly outbox: Outbox;
  readonly violations: string[];
  readonly checkWebhook: (event: string, payload: unknown) => string[];
  readonly clock: () => Date;
  readonly nextId: () => number;
};

/** As GitHub writes times: whole seconds, UTC. */
export const timestamp = (world: Pick<World, "clock">): string =>
  world
    .clock()
    .toISOString()
    .replace(/\.\d+Z$/, "Z");

export const fullName = (repository: Repository): string => `${repository.owner.login}/${repository.name}`;

export const nextNumber = (repository: Repository): number => repository.issues.size + repository.gone.size + 1;

export const isPull = (issue: Issue | undefined): issue is Pull => issue?.pull !== undefined;

export const pullsOf = (repository: Repository): Pull[] => [...repository.issues.values()].filter(isPull);

export const roleOf = (world: World, account: Account): Role => world.roles.get(account.login) ?? "none";

const ROLES: readonly Role[] = ["none", "read", "triage", "write", "maintain", "admin"];

/** @param repository whose owner may do everything in it */
export const hasRole = (world: World, account: Account, least: Role, repository?: Repository): boolean =>
  repository?.owner.id === account.id || ROLES.indexOf(roleOf(world, account)) >= ROLES.indexOf(least);

/** Where a pull request's commits come from. */
export const headRepositoryOf = (repository: Repository, { pull }: Pull): Repository => pull.fork ?? repository;
