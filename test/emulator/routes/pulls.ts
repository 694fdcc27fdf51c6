/** Pull requests: open, read as JSON or diff, list, change, merge; their files and commits come from git. */
import { contributes, reads, writes } from "../access.ts";
import { commitBody, fileBody, noreplyAddress, WEB_FLOW } from "../bodies/commits.ts";
import { baseShaOf, pullBody, pullFiles, shortPullBody } from "../bodies/pulls.ts";
import type { Signature } from "../git/bare-repository.ts";
import {
  created,
  found,
  inRepository,
  noContent,
  ok,
  paginate,
  type Reply,
  type RepositoryCall,
  type Route,
} from "../http.ts";
import { forbidden, HttpError, notFound, validationFailed } from "../http-error.ts";
import { bringObjects, closePull, keepHead, mergeByButton } from "../ref-effects.ts";
import {
  type Account,
  hasRole,
  headRepositoryOf,
  isPull,
  type Pull,
  pullsOf,
  type Repository,
  timestamp,
} from "../state.ts";
import { pullEvent } from "../webhooks/events.ts";
import { diffReply } from "./repositories.ts";
import { newIssue, placeOf, requireAuthorOr } from "./threads.ts";

export function pullOf({ repository, params }: RepositoryCall): Pull {
  const issue = repository.issues.get(Number(params["pull_number"]));
  if (!isPull(issue)) throw notFound();
  return issue;
}

/** `branch`, or `owner:branch` for one of a fork; its author may push to it. */
const headNamed = ({ world, repository, author }: RepositoryCall, head: string) => {
  const [owner, branch] = head.includes(":")
    ? (head.split(":", 2) as [string, string])
    : [repository.owner.login, head];
  const isOwner = (one: Repository): boolean => one.owner.login.toLowerCase() === owner.toLowerCase();
  const fork = [...world.repositories.values()].find((one) => one.forkOf === repository && isOwner(one));
  if (!fork && !isOwner(repository)) throw validationFailed("PullRequest", "head", "invalid");
  if (author.kind === "user" && !hasRole(world, author.account, "write", fork ?? repository))
    throw forbidden("must be a collaborator");
  return { branch, ...(fork && !isOwner(repository) ? { fork } : {}) };
};

async function createPull(call: RepositoryCall): Promise<Reply> {
  const { world, repository, author, body } = call;
  const { title, base, draft = false } = body as { title: string; base: string; draft?: boolean };
  const { branch: head, fork } = headNamed(call, body["head"] as string);
  const headSha = (fork ?? repository).git.branch(head);
  const baseSha = repository.git.branch(base);
  if (headSha === undefined) throw validationFailed("PullRequest", "head", "invalid");
  if (baseSha === undefined) throw validationFailed("PullRequest", "base", "invalid");
  if (fork) await bringObjects(repository, fork, head);
  if (await repository.git.isAncestor(headSha, baseSha)) {
    throw validationFailed("PullRequest", "base", "custom", `No commits between ${base} and ${head}`);
  }
  const same = pullsOf(repository).some(
    ({ state, pull }) => state === "open" && pull.head === head && pull.base === base && pull.fork === fork,
  );
  if (same) {
    const message = `A pull request already exists for ${(fork ?? repository).owner.login}:${head}.`;
    throw validationFailed("PullRequest", "base", "custom", message);
  }
  const issue = newIssue(world, repository, author, title, (body["body"] as string | undefined) ?? null);
  issue.pull = { head, base, draft, headSha, baseSha, requestedReviewers: [], ...(fork ? { fork } : {}) };
  const pull = issue as Pull;
  await keepHead(repository, pull, headSha);
  await pullEvent(placeOf(call), pull, "opened");
  return created(await pullBody(world, repository, pull));
}

async function getPull(call: RepositoryCall): Promise<Reply> {
  const { world, repository, accept } = call;
  const pull = pullOf(call);
  if (accept.includes("diff")) {
    return diffReply(await repository.git.diffText(baseShaOf(repository, pull), pull.pull.headSha));
  }
  return ok(await pullBody(world, repository, pull));
}

function listPulls(call: RepositoryCall): Promise<Reply> {
  const { world, repository, query } = call;
  const state = query.get("state") ?? "open";
  const head = query.get("head");
  const base = query.get("base");
  const matching = pullsOf(repository).filter(
    (one) =>
      (state === "all" || one.state === state) &&
      // GitHub ignores a head without its owner, and then lists everything.
      (head === null ||
        !head.includes(":") ||
        head.toLowerCase() === `${headRepositoryOf(repository, one).owner.login}:${one.pull.head}`.toLowerCase()) &&
      (base === null || base === one.pull.base),
  );
  const key = query.get("sort") === "updated" ? "updatedAt" : "createdAt";
  const ascending = (query.get("direction") ?? (query.get("sort") === null ? "desc" : "asc")) === "asc";
  matching.sort((a, b) => (ascending ? 1 : -1) * (a[key].localeCompare(b[key]) || a.number - b.number));
  return paginate(call, matching, (pull) => shortPullBody(world, repository, pull));
}

async function updatePull(call: RepositoryCall): Promise<Reply> {
  const { world, repository, body } = call;
  const pull = pullOf(call);
  requireAuthorOr(call, "write", pull.by);
  pull.updatedAt = timestamp(world);
  await editPull(call, pull);
  const state = body["state"] as "open" | "closed" | undefined;
  if (state === "closed" && pull.state === "open") await closePull(placeOf(call), pull);
  if (state === "open" && pull.state === "closed") await reopen(call, pull);
  return ok(await pullBody(world, repository, pull));
}

async function editPull(call: RepositoryCall, pull: Pull): Promise<void> {
  const {
    title = pull.title,
    body = pull.body,
    base = pull.pull.base,
  } = call.body as {
    title?: string;
    body?: string | null;
    base?: string;
  };
  if (call.repository.git.branch(base) === undefined) throw validationFailed("PullRequest", "base", "invalid");
  const changes = {
    ...(title === pull.title ? {} : { title: { from: pull.title } }),
    ...(body === pull.body ? {} : { body: { from: pull.body ?? "" } }),
    ...(base === pull.pull.base ? {} : { base: { ref: { from: pull.pull.base }, sha: { from: pull.pull.baseSha } } }),
  };
  if (Object.keys(changes).length === 0) return;
  Object.assign(pull, { title, body });
  pull.pull.base = base;
  await pullEvent(placeOf(call), pull, "edited", { changes });
}

async function reopen(call: RepositoryCall, pull: Pull): Promise<void> {
  const headSha = headRepositoryOf(call.repository, pull).git.branch(pull.pull.head);
  if (pull.pull.merged !== undefined || headSha === undefined) {
    throw validationFailed(
      "PullRequest",
      "state",
      "custom",
      "state cannot be changed. The pull request cannot be reopened.",
    );
  }
  await keepHead(call.repository, pull, headSha);
  pull.pull.headSha = headSha;
  Object.assign(pull, { state: "open", closedAt: null, closedBy: null });
  await pullEvent(placeOf(call), pull, "reopened");
}

async function listFiles(call: RepositoryCall): Promise<Reply> {
  const { world, repository } = call;
  const pull = pullOf(call);
  return paginate(call, await pullFiles(repository, pull), (file) =>
    fileBody(world, repository, pull.pull.headSha, file),
  );
}

/** Oldest first, at most 250. */
async function listCommits(call: RepositoryCall): Promise<Reply> {
  const { world, repository } = call;
  const pull = pullOf(call);
  const commits = await repository.git.log([`${baseShaOf(repository, pull)}..${pull.pull.headSha}`], 250);
  return paginate(call, commits.reverse(), (commit) => commitBody(world, repository, commit));
}

async function merge(call: RepositoryCall): Promise<Reply> {
  const { repository, author, body } = call;
  const pull = pullOf(call);
  const { git } = repository;
  const { headSha, draft } = pull.pull;
  if (pull.state !== "open" || draft) throw new HttpError(405, "Pull Request is not mergeable");
  if (body["sha"] !== undefined && body["sha"] !== headSha) {
    throw new HttpError(409, "Head branch was modified. Review and try the merge again.");
  }
  const base = found(git.branch(pull.pull.base));
  const tree = await git.mergeTree(base, headSha);
  if (tree === undefined) throw new HttpError(405, "Pull Request is not mergeable");
  const method = (body["merge_method"] as string | undefined) ?? "merge";
  if (method === "rebase") throw new HttpError(405, "The emulator merges by merge commit or squash only.");
  const squash = method === "squash";
  const title = squash
    ? `${pull.title} (#${pull.number})`
    : `Merge pull request #${pull.number} from ${headRepositoryOf(repository, pull).owner.login}/${pull.pull.head}`;
  const { commit_title: heading = title, commit_message: text = pull.title } = body as Record<
    string,
    string | undefined
  >;
  const date = timestamp(call.world);
  const commit = await git.writeCommit({
    tree,
    parents: squash ? [base] : [base, headSha],
    author: personSignature(author.account, date),
    committer: { ...WEB_FLOW, date },
    message: `${heading}\n\n${text}`,
  });
  repository.signedCommits.add(commit);
  await mergeByButton(placeOf(call), pull, commit);
  return ok({ sha: commit, merged: true, message: "Pull Request successfully merged" });
}

const personSignature = (account: Account, date: string): Signature => ({
  name: account.login,
  email: noreplyAddress(account),
  date,
});

async function requestReviewers(call: RepositoryCall): Promise<Reply> {
  const { world, repository, body } = call;
  const pull = pullOf(call);
  const logins = (body["reviewers"] as string[] | undefined) ?? [];
  if (logins.some((login) => !world.accounts.has(login.toLowerCase()))) {
    throw new HttpError(422, "Reviews may only be requested from collaborators.");
  }
  pull.pull.requestedReviewers = [...new Set([...pull.pull.requestedReviewers, ...logins])];
  return created(shortPullBody(world, repository, pull));
}

export const pullRoutes: readonly Route[] = [
  inRepository("POST /pulls", contributes("pull_requests"), createPull),
  inRepository("GET /pulls", reads("pull_requests"), listPulls),
  inRepository("GET /pulls/{pull_number}", reads("pull_requests"), getPull),
  inRepository("PATCH /pulls/{pull_number}", contributes("pull_requests"), updatePull),
  inRepository("GET /pulls/{pull_number}/files", reads("pull_requests"), listFiles),
  inRepository("GET /pulls/{pull_number}/commits", reads("pull_requests"), listCommits),
  inRepository("GET /pulls/{pull_number}/merge", reads("pull_requests"), (call) => {
    if (pullOf(call).pull.merged === undefined) throw notFound();
    return noContent();
  }),
  inRepository("PUT /pulls/{pull_number}/merge", writes("contents"), merge),
  inRepository("POST /pulls/{pull_number}/requested_reviewers", writes("pull_requests"), requestReviewers),
];
