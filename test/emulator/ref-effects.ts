/** What follows on GitHub when branches moved, whoever moved them and by whatever route: a push is a push. */
import { NO_SHA, type RefChange } from "./git/bare-repository.ts";
import { unprocessable } from "./http-error.ts";
import { type Account, headRepositoryOf, type Pull, pullsOf, type Repository, timestamp, type World } from "./state.ts";
import { pullEvent, pushEvent } from "./webhooks/events.ts";

type Place = { readonly world: World; readonly repository: Repository; readonly sender: Account };

export async function refsMoved(at: Place, changes: readonly RefChange[]): Promise<void> {
  if (changes.length > 0) at.repository.pushedAt = timestamp(at.world);
  for (const change of changes) {
    await pushEvent(at, change);
    if (change.ref.startsWith("refs/heads/")) await branchMoved(at, change.ref.slice("refs/heads/".length), change);
  }
}

/** Pull requests are told of it where they were opened: for a fork's branch in the repository that it was forked from. */
async function branchMoved(at: Place, branch: string, { before, after }: RefChange): Promise<void> {
  const { world, sender } = at;
  const open = pullsOf(at.repository).filter(({ state }) => state === "open");
  for (const repository of [at.repository, at.repository.forkOf]) {
    if (repository === undefined) continue;
    const there: Place = { world, sender, repository };
    const followers = pullsOf(repository).filter(
      (one) => one.state === "open" && one.pull.head === branch && headRepositoryOf(repository, one) === at.repository,
    );
    for (const pull of followers) {
      if (after === NO_SHA) await closePull(there, pull);
      else await followHead(there, pull, before, after);
    }
  }
  if (after === NO_SHA) return;
  for (const pull of open.filter((one) => one.pull.base === branch && one.state === "open")) {
    const arrived = await at.repository.git.isAncestor(pull.pull.headSha, after);
    if (arrived) await mergePull(at, pull, after, before);
  }
}

async function followHead(at: Place, pull: Pull, before: string, after: string): Promise<void> {
  await keepHead(at.repository, pull, after);
  pull.pull.headSha = after;
  pull.updatedAt = timestamp(at.world);
  await pullEvent(at, pull, "synchronize", { before, after });
}

/** `refs/pull/<n>/head`, which the repository itself shows whatever the head lies in. */
export async function keepHead(repository: Repository, { number, pull }: Pull, sha: string): Promise<void> {
  const { git } = repository;
  if (pull.fork) await bringObjects(repository, pull.fork, pull.head);
  const ref = `refs/pull/${number}/head`;
  await git.writeRef({ ref, before: git.refs.get(ref) ?? NO_SHA, after: sha });
}

export async function bringObjects(repository: Repository, fork: Repository, branch: string): Promise<void> {
  const fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", fork.git.directory];
  await repository.git.git([...fetch, `refs/heads/${branch}`]);
}

export async function closePull(at: Place, pull: Pull): Promise<void> {
  const now = timestamp(at.world);
  pull.pull.baseSha = at.repository.git.branch(pull.pull.base) ?? pull.pull.baseSha;
  Object.assign(pull, { state: "closed", closedAt: now, closedBy: at.sender, updatedAt: now });
  await pullEvent(at, pull, "closed");
}

/** @param commit by which the head's commits came into the base branch, @param baseBefore where that stood until then */
async function mergePull(at: Place, pull: Pull, commit: string, baseBefore: string): Promise<void> {
  pull.pull.merged = { at: timestamp(at.world), by: at.sender, commit };
  const now = timestamp(at.world);
  pull.pull.baseSha = baseBefore === NO_SHA ? pull.pull.baseSha : baseBefore;
  Object.assign(pull, { state: "closed", closedAt: now, closedBy: at.sender, updatedAt: now });
  await pullEvent(at, pull, "closed");
}

/** Somebody else was quicker: GitHub refuses it like any other update that does not fit. */
async function write({ repository }: Place, change: RefChange): Promise<void> {
  if (!(await repository.git.writeRef(change))) throw unprocessable("Reference cannot be updated");
}

/** Writes a ref and lets everything follow. The caller has checked that it may. */
export async function moveRef(at: Place, change: RefChange): Promise<void> {
  await write(at, change);
  await refsMoved(at, [change]);
}

/** A merge by button: the base branch moves to `commit`, and the pull request is merged even where it was squashed. */
export async function mergeByButton(at: Place, pull: Pull, commit: string): Promise<void> {
  const before = at.repository.git.branch(pull.pull.base) as string;
  const change = { ref: `refs/heads/${pull.pull.base}`, before, after: commit };
  await write(at, change);
  at.repository.pushedAt = timestamp(at.world);
  await mergePull(at, pull, commit, before);
  await pushEvent(at, change);
}
