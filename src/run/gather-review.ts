/** What a review of a pull request needs to know: its head as the repository shows it, our facts of it, and everything that counts as guidance from the base alone. Reads GitHub and the mirror; runs and writes nothing. */
import { allowanceStands } from "../domain/allowance.ts";
import { decisionsPath } from "../domain/memory.ts";
import { shownLines } from "../domain/patch.ts";
import { knownFrom, reviewMarker } from "../domain/pull-review.ts";
import { code } from "../domain/render/safe.ts";
import { fullName, type RepositoryRef } from "../domain/repository.ts";
import { boundaryFor } from "../domain/repository-config.ts";
import { parseRepositorySkills, skillPlace } from "../domain/repository-skills.ts";
import { deviationsOf, type StandardsConfig } from "../domain/standards.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { Analysis, GitHubSession, Pull, PullFile, RunRecord } from "../ports.ts";
import { checkPull, type PullChecked } from "../verify/check-pull.ts";
import { changesBetween } from "./changes-between.ts";
import { readConfigured } from "./configured.ts";
import { fetchHeads } from "./fetch-heads.ts";
import type { GatherDeps, Gathered, StartedAt } from "./gather.ts";
import { createInspector, isSource, readerOf } from "./inspector.ts";
import { readInstructions } from "./instructions.ts";
import { type NotReady, notReady } from "./not-ready.ts";
import { isOwnPull } from "./own-pull.ts";
import { composeReviewBrief } from "./review-brief.ts";
import { reviewNotices } from "./review-notices.ts";
import type { ReviewTarget } from "./review-target.ts";
import { mayWrite } from "./rights.ts";

export type ReviewDeps = GatherDeps & { readonly analysis?: Analysis | undefined };

/** @param at of an earlier attempt of this run, whose conversation has begun: its commit is reviewed, whatever was pushed since */
export const gatherReview = async (
  deps: ReviewDeps,
  run: RunRecord,
  at: StartedAt | undefined,
): Promise<Gathered | NotReady> => {
  const { repository, sender, thread } = run.job.trigger;
  const session = await deps.github.open(repository, "read");
  try {
    if (!mayWrite(await session.permissionOf(sender)))
      return notReady(`@${sender.login} has no write access to ${fullName(repository)}`, true);
    if (thread.kind !== "pull")
      return notReady("Nothing was reviewed: `/architect review` is a word for pull requests. Comment it on one.");
    const found = await findHead(deps, session, repository, thread.number);
    const { state, merged, number } = found.pull;
    if (state === "closed")
      return notReady(`Nothing was reviewed: pull request #${number} is ${merged ? "merged" : "closed"}.`);
    return await prepare(deps, session, run, found, at);
  } finally {
    deps.release(session.close());
  }
};

export type Head = { readonly pull: Pull; readonly head: string; readonly files: readonly PullFile[] };

const maxLooks = 3;

/** The commit that git has and the files that the API tells are of one head, or they are asked for again. */
export const findHead = async (
  deps: GatherDeps,
  session: GitHubSession,
  repository: RepositoryRef,
  number: number,
): Promise<Head> => {
  for (let look = 1; look <= maxLooks; look += 1) {
    const pull = await session.fetchPull(number);
    const head = await fetchPullHead(deps, repository, number);
    const files = await session.fetchPullFiles(number);
    if (head === pull.headSha && (await session.fetchPull(number)).headSha === head) return { pull, head, files };
  }
  throw new Error(`pull request #${number} of ${fullName(repository)} keeps moving: no two looks at it agree`);
};

const fetchPullHead = async (
  { github, workspace, release }: GatherDeps,
  repository: RepositoryRef,
  number: number,
): Promise<string | undefined> => {
  const credentials = await github.gitCredentials(repository);
  try {
    return await workspace.fetchPull(repository, number, credentials);
  } finally {
    release(credentials.revoke());
  }
};

const prepare = async (
  deps: ReviewDeps,
  session: GitHubSession,
  run: RunRecord,
  { pull, head: newest, files: shown }: Head,
  at: StartedAt | undefined,
): Promise<Gathered | NotReady> => {
  const { repository } = run.job.trigger;
  const head = at?.commit ?? newest;
  const files = head === newest ? shown : [];
  const heads = await fetchHeads(deps, repository, [repository.defaultBranch, pull.base]);
  const [tip, configTip] = [heads.get(pull.base), heads.get(repository.defaultBranch)];
  const mergeBase = at?.base ?? (tip && (await deps.workspace.mergeBase(repository, tip, head)));
  if (!tip || !configTip || !mergeBase)
    return notReady(
      `Nothing was reviewed: pull request #${pull.number} and ${code(pull.base, 255)} have no commit in common.`,
    );
  const configured = await readConfigured(deps, run, { session, askers: [run.job.trigger.sender], tip: configTip });
  if (configured.kind === "not-ready") return configured;
  const { config, notices } = configured;
  const [known, named, reviews] = await Promise.all([
    deps.workspace.readFiles(repository, tip, [decisionsPath]),
    deps.workspace.readNamed(repository, configTip, skillPlace),
    session.fetchOwnReviews(pull.number),
  ]);
  const boundary = boundaryFor(deps.definition.name, deps.definition.boundary, config);
  const instructions = await readInstructions(boundary, (paths) => deps.workspace.readFiles(repository, tip, paths));
  const ours = isOwnPull(pull, await deps.github.whoami());
  const allowed = ours ? undefined : await deps.store.allowedHead(repository, pull.number);
  const { sandboxed } = deps;
  const checked = await check(deps, repository, { mergeBase, head, files }, config.standards ?? {});
  const own = reviewMarker(run.id);
  const target: ReviewTarget = {
    ...{ pull, head, mergeBase, files, ours, sandboxed },
    runnable: sandboxed && (ours || allowed === head),
    checked: checked.ok ? checked.found : undefined,
    deviations: deviationsOf(config.standards ?? {}),
    known: knownFrom(reviews.filter(({ body }) => !body.includes(own))),
    written: reviews.find(({ body }) => body.includes(own)),
    wish: wishOf(run.job.trigger),
    notices: reviewNotices({
      pull,
      head,
      newest,
      files,
      ours,
      allowed,
      sandboxed,
      unread: checked.ok ? undefined : checked.reason,
    }),
  };
  const decisions = known.texts.get(decisionsPath);
  return {
    kind: "ready",
    brief: await composeReviewBrief(session, run, target, { boundary, config, decisions, instructions }),
    images: [],
    skills: parseRepositorySkills(named.texts, { unread: named.tooLarge, more: named.more }),
    boundary: { allowed: [], forbidden: [] },
    // Its set-up would run for a head that nothing may be run of.
    config: target.runnable ? config : { ...config, setup: undefined },
    subagents: [],
    teammates: [],
    commit: head,
    parent: head,
    base: mergeBase,
    baseBranch: pull.base,
    memory: decisions === undefined ? {} : { decisions },
    ...(target.runnable ? {} : { runsNothing: true as const }),
    notices: [...notices, ...(target.runnable && !ours ? [allowanceStands(head, head)] : [])],
    pull,
    askers: [run.job.trigger.sender],
    target,
  };
};

const wishOf = (trigger: Trigger): string =>
  trigger.kind === "command" && trigger.command.verb === "review" ? trigger.command.request.trim() : "";

type Checked = { readonly ok: true; readonly found: PullChecked } | { readonly ok: false; readonly reason: string };

/** As `checkCode` holds a run's own work, but for a report and claims, which nobody has made here. */
const check = async (
  { analysis, workspace }: ReviewDeps,
  repository: RepositoryRef,
  { mergeBase, head, files }: Pick<ReviewTarget, "mergeBase" | "head" | "files">,
  standards: StandardsConfig,
): Promise<Checked> => {
  if (!analysis) return { ok: false, reason: "Nothing reads code here." };
  const reader = readerOf(workspace, repository);
  const former = new Map(files.flatMap(({ path, before }) => (before === undefined ? [] : [[path, before] as const])));
  // A file that only got another name is not new as a whole.
  const changeset = (await changesBetween(reader, mergeBase, head, isSource)).map((change) =>
    change.kind === "added" && former.has(change.path) ? { ...change, kind: "modified" as const } : change,
  );
  const inspector = createInspector({ reader, analysis }, { base: mergeBase, commit: mergeBase }, standards);
  const [base, now] = [await inspector.base(), await inspector.head(changeset)];
  if (!base.ok) return base;
  if (!now.ok) return now;
  const nameBefore = (path: string): string => former.get(path) ?? path;
  const { texts } = await reader.readFiles(
    mergeBase,
    changeset.map(({ path }) => nameBefore(path)),
  );
  const change = {
    ...{ base: base.facts, head: now.facts, breaches: now.breaches, changeset },
    added: await inspector.added(changeset),
    before: (path: string) => texts.get(nameBefore(path)),
  };
  const shown = files.map(({ path, before, patch }) => ({ path, before, shown: shownLines(patch) }));
  return { ok: true, found: checkPull(change, shown) };
};
