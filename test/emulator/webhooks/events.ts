/** What happened, as webhooks: each event gets its payload at the moment it happens, and goes to a subscribed App. */
import { installedRepositories } from "../access.ts";
import { accountBody, installationBody, nodeId, repositoryPage, repositoryUrl } from "../bodies/accounts.ts";
import { checkRunBody, checkSuiteBody } from "../bodies/checks.ts";
import { accountOf, noreplyAddress, WEB_FLOW } from "../bodies/commits.ts";
import type { Json } from "../bodies/example.ts";
import { commentBody, issueBody, labelBody } from "../bodies/issues.ts";
import { pullBody, shortPullBody } from "../bodies/pulls.ts";
import { repositoryBody, shortRepositoryBody } from "../bodies/repository.ts";
import { reviewBody, reviewCommentBody } from "../bodies/reviews.ts";
import { type Commit, NO_SHA, type RefChange, type Signature } from "../git/bare-repository.ts";
import type {
  Account,
  CheckRun,
  CheckSuite,
  Comment,
  CommitStatus,
  Issue,
  Label,
  Pull,
  Repository,
  Review,
  ReviewComment,
  World,
} from "../state.ts";
import { isPull } from "../state.ts";

/** The permission without which GitHub refuses a subscription. */
const PERMISSION_OF: Readonly<Record<string, readonly string[]>> = {
  issues: ["issues"],
  issue_comment: ["issues", "pull_requests"],
  label: ["metadata"],
  pull_request: ["pull_requests"],
  pull_request_review: ["pull_requests"],
  pull_request_review_comment: ["pull_requests"],
  pull_request_review_thread: ["pull_requests"],
  check_run: ["checks"],
  check_suite: ["checks"],
  status: ["statuses"],
  push: ["contents"],
  workflow_run: ["actions"],
};

export function checkSubscriptions(events: readonly string[], permissions: Readonly<Record<string, string>>): void {
  for (const event of events) {
    const needed = PERMISSION_OF[event];
    if (needed === undefined) throw new Error(`the emulator knows no event "${event}" to subscribe to`);
    if (!needed.some((permission) => permission === "metadata" || permission in permissions)) {
      throw new Error(`GitHub lets an App subscribe to "${event}" only with the permission ${needed.join(" or ")}`);
    }
  }
}

export type Happening = { readonly world: World; readonly repository: Repository; readonly sender: Account };

function emit({ world, repository, sender }: Happening, event: string, action: string | undefined, facts: Json): void {
  if (!world.app.events.includes(event) && !isOwed(world, event, action)) return;
  if (!installedRepositories(world).includes(repository)) return;
  const payload = {
    ...(action === undefined ? {} : { action }),
    ...facts,
    repository: repositoryBody(world, repository),
    sender: accountBody(world, sender),
    installation: { id: world.app.installationId, node_id: nodeId("MDIz", world.app.installationId) },
  };
  post(world, event, payload);
}

/** Only the App whose checks they are is told of these, and it is subscribed to them by its permission to write checks. */
const isOwed = ({ app }: World, event: string, action: string | undefined): boolean =>
  action === "rerequested" && app.permissions["checks"] === "write" && ["check_run", "check_suite"].includes(event);

function post(world: World, event: string, payload: Json): void {
  world.violations.push(...world.checkWebhook(event, payload).map((wrong) => `webhook ${event}: ${wrong}`));
  world.outbox.post(event, payload);
}

/** An issue's own events; those of a pull request's title, labels and state are `pull_request`. */
export async function threadEvent(at: Happening, issue: Issue, action: string, facts: Json = {}): Promise<void> {
  if (isPull(issue)) return pullEvent(at, issue, action, facts);
  emit(at, "issues", action, { issue: issueBody(at.world, at.repository, issue), ...facts });
}

export async function labelEvent(
  at: Happening,
  issue: Issue,
  action: "labeled" | "unlabeled",
  label: Label,
): Promise<void> {
  await threadEvent(at, issue, action, { label: labelBody(at.world, at.repository, label) });
}

export function commentEvent(at: Happening, comment: Comment, action: string, facts: Json = {}): void {
  const issue = at.repository.issues.get(comment.thread) as Issue;
  emit(at, "issue_comment", action, {
    issue: issueBody(at.world, at.repository, issue),
    comment: commentBody(at.world, at.repository, comment),
    ...facts,
  });
}

export async function pullEvent(at: Happening, pull: Pull, action: string, facts: Json = {}): Promise<void> {
  const body = await pullBody(at.world, at.repository, pull);
  emit(at, "pull_request", action, { number: pull.number, pull_request: body, ...facts });
}

/** In these events the pull request is the short one, and states are in small letters. */
export function reviewEvent(at: Happening, review: Review, action: string): void {
  const pull = at.repository.issues.get(review.pull) as Pull;
  const body = reviewBody(at.world, at.repository, review);
  emit(at, "pull_request_review", action, {
    review: { ...body, state: review.state.toLowerCase(), body: review.body === "" ? null : review.body },
    pull_request: shortPullBody(at.world, at.repository, pull),
  });
}

export async function reviewCommentEvent(
  at: Happening,
  comment: ReviewComment,
  action: string,
  facts: Json = {},
): Promise<void> {
  const pull = at.repository.issues.get(comment.pull) as Pull;
  emit(at, "pull_request_review_comment", action, {
    comment: await reviewCommentBody(at.world, at.repository, comment),
    pull_request: shortPullBody(at.world, at.repository, pull),
    ...facts,
  });
}

export async function threadResolvedEvent(
  at: Happening,
  comments: readonly ReviewComment[],
  action: "resolved" | "unresolved",
): Promise<void> {
  const [first] = comments as [ReviewComment];
  const bodies = await Promise.all(comments.map((comment) => reviewCommentBody(at.world, at.repository, comment)));
  emit(at, "pull_request_review_thread", action, {
    thread: { node_id: nodeId("PRRT", first.id), comments: bodies },
    pull_request: shortPullBody(at.world, at.repository, at.repository.issues.get(first.pull) as Pull),
  });
}

export async function pushEvent(at: Happening, { ref, before, after }: RefChange): Promise<void> {
  const { world, repository } = at;
  const page = repositoryPage(world, repository);
  const created = before === NO_SHA;
  const deleted = after === NO_SHA;
  const known = created ? repository.git.branch(repository.defaultBranch) : before;
  const range = deleted ? undefined : known === undefined || known === after ? [after] : [after, `^${known}`];
  const commits = range === undefined ? [] : await repository.git.log(range, 20);
  const bodies = await Promise.all(commits.reverse().map((commit) => pushedCommit(world, repository, commit)));
  const head = deleted ? null : await pushedCommit(world, repository, await repository.git.readCommit(after));
  emit(at, "push", undefined, {
    ref,
    before,
    after,
    base_ref: null,
    created,
    deleted,
    forced: !created && !deleted && !(await repository.git.isAncestor(before, after)),
    compare: `${page}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: created && known === after ? [] : bodies,
    head_commit: head,
    pusher: { name: at.sender.login, email: noreplyAddress(at.sender) },
  });
}

async function pushedCommit(world: World, repository: Repository, commit: Commit): Promise<Json> {
  const [parent] = commit.parents;
  const files = parent === undefined ? [] : await repository.git.diff(parent, commit.sha);
  const paths = (...kinds: string[]): string[] =>
    files.filter(({ status }) => kinds.includes(status)).map(({ path }) => path);
  return {
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: commit.committer.date,
    url: `${repositoryPage(world, repository)}/commit/${commit.sha}`,
    author: pushedBy(world, commit.author),
    committer: pushedBy(world, commit.committer),
    added: paths("added", "renamed"),
    removed: paths("removed"),
    modified: paths("modified", "changed"),
  };
}

function pushedBy(world: World, { name, email }: Signature): Json {
  const account = email === WEB_FLOW.email ? { login: "web-flow" } : accountOf(world, email);
  return { name, email, ...(account === undefined ? {} : { username: account.login }) };
}

export async function checkRunEvent(at: Happening, run: CheckRun, action: string): Promise<void> {
  const suite = at.repository.checkSuites.get(run.suite) as CheckSuite;
  if (action === "rerequested" && suite.app.id !== at.world.app.id) return;
  const body = checkRunBody(at.world, at.repository, run);
  emit(at, "check_run", action, {
    check_run: { ...body, check_suite: withoutRepository(await checkSuiteBody(at.world, at.repository, suite)) },
  });
}

export async function checkSuiteEvent(at: Happening, suite: CheckSuite, action: string): Promise<void> {
  if (action === "rerequested" && suite.app.id !== at.world.app.id) return;
  const body = withoutRepository(await checkSuiteBody(at.world, at.repository, suite));
  emit(at, "check_suite", action, { check_suite: body });
}

const withoutRepository = ({ repository: _, ...rest }: Json): Json => rest;

export async function statusEvent(at: Happening, status: CommitStatus): Promise<void> {
  const { world, repository } = at;
  const commit = await repository.git.readCommit(status.sha);
  const branches = [...repository.git.refs].filter(([ref, sha]) => ref.startsWith("refs/heads/") && sha === status.sha);
  emit(at, "status", undefined, {
    id: status.id,
    sha: status.sha,
    name: `${repository.owner.login}/${repository.name}`,
    target_url: status.targetUrl,
    context: status.context,
    description: status.description,
    state: status.state,
    commit,
    branches: branches.map(([ref, sha]) => ({
      name: ref.slice("refs/heads/".length),
      commit: { sha, url: `${repositoryUrl(world, repository)}/commits/${sha}` },
      protected: false,
    })),
    created_at: status.createdAt,
    updated_at: status.createdAt,
  });
}

export type InstallationAction = "created" | "deleted" | "suspend" | "unsuspend";

/** Sent to every App, whatever it subscribed to. @param repositories that it is, or was, installed on */
export function installationEvent(
  world: World,
  sender: Account,
  action: InstallationAction,
  repositories: readonly Repository[],
): void {
  post(world, "installation", {
    action,
    installation: installationBody(world),
    repositories: repositories.map(shortRepositoryBody),
    requester: null,
    sender: accountBody(world, sender),
  });
}

export function installationRepositoriesEvent(world: World, sender: Account, removed: Repository): void {
  post(world, "installation_repositories", {
    action: "removed",
    installation: installationBody(world),
    repository_selection: world.installation.selection,
    repositories_added: [],
    repositories_removed: [shortRepositoryBody(removed)],
    requester: null,
    sender: accountBody(world, sender),
  });
}
