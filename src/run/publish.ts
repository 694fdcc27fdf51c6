/** A settled run becomes commits, a pull request and answers. Every write finds what an earlier attempt made, so a crash anywhere is cured by doing it again. */
import { bytesOf, treeHash } from "../domain/changeset.ts";
import { ConflictError, RefusedError } from "../domain/errors.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Outcome } from "../domain/outcome.ts";
import { checkKeyOf, renderCheckRun } from "../domain/render/check-run.ts";
import { checksLine } from "../domain/render/failed-checks.ts";
import type { Obstacle } from "../domain/render/kept.ts";
import { conflictMarker, renderConflict, renderResolved } from "../domain/render/merges.ts";
import { partTitle, stackSection, withStack } from "../domain/render/stack.ts";
import { roomForThreads } from "../domain/render/threads.ts";
import { pullTitle } from "../domain/render/titles.ts";
import { maxBodyLength, mergeBody, parseBody, renderPullBody, withoutDone } from "../domain/render-report.ts";
import { fullName } from "../domain/repository.ts";
import { whyNotBy } from "../domain/repository-rules.ts";
import { deviationsOf } from "../domain/standards.ts";
import type { Pull, RunRecord } from "../ports.ts";
import { checkPaths } from "../verify/check-changeset.ts";
import { answerThreads } from "./answers.ts";
import { withBase } from "./base-moved.ts";
import { editedSince } from "./edited.ts";
import { fileHandoffs } from "./file-handoffs.ts";
import { writersAmong } from "./follow-up.ts";
import type { Gathered } from "./gather.ts";
import { closedMeanwhile, keepWork, movedMeanwhile } from "./keep-work.ts";
import { heldAgainstPlan } from "./planned.ts";
import type { BaseMoved, Publication, PublishDeps, Settled } from "./publication.ts";
import { type Pushed, push } from "./push.ts";
import { signaturesOf } from "./signatures.ts";
import { closesIssue, keepStack, proposeBelow, stackViewOf, tellBelow } from "./stack.ts";
import { writeCiLine } from "./tell-checks.ts";
import { tellContract } from "./tell-contract.ts";

export const publish = async (
  deps: PublishDeps,
  run: RunRecord,
  gathered: Gathered,
  settled: Settled,
  events: readonly RunEvent[],
): Promise<Outcome> => {
  const { trigger } = run.job;
  const session = await deps.github.open(trigger.repository, "publish");
  try {
    const made = new Map(
      events.flatMap((event) => (event.type === "committed" ? [[event.purpose, event.sha] as const] : [])),
    );
    const cut = events.findLast((event) => event.type === "stacked");
    const parts = cut?.type === "stacked" ? cut.parts : settled.parts;
    // People may have changed it while the run was at work.
    const pull = gathered.pull && (await session.fetchPull(gathered.pull.number));
    const publication: Publication = {
      ...{ deps, session, run, settled, parts, made },
      gathered: pull ? { ...gathered, pull } : gathered,
      cut: cut !== undefined,
    };
    const obstacle = await obstacleTo(publication);
    if (obstacle) return outcomeOf(settled, { kind: "refused", status: "BLOCKED", summary: obstacle });
    const outcome = await write(publication, events);
    return deps.plan ? { ...outcome, carriedOut: deps.plan.hash } : outcome;
  } finally {
    await session.close();
  }
};

/** Looked at from values alone, right before the first write. @returns why nothing may be published */
const obstacleTo = async ({ deps, session, run, gathered, settled }: Publication): Promise<string | undefined> => {
  const { repository } = run.job.trigger;
  const [asker] = gathered.askers;
  const writers = await writersAmong(session, gathered.askers);
  if (asker && writers.length === 0)
    return `@${asker.login} no longer has write access to ${fullName(repository)}, so nothing was published.`;
  const { who } = gathered.config;
  const [writer] = writers;
  if (writer && who && (await writersAmong(session, writers, who)).length === 0)
    return `Nothing was published: ${whyNotBy(who, writer, await session.permissionOf(writer))}.`;
  const [outside] = checkPaths(settled.changeset, settled.boundaries);
  if (outside) return `Nothing was published: ${outside.path} ${outside.message}.`;
  const leak = settled.changeset.find((change) => deps.redact(bytesOf(change).toString("utf8")).leaks > 0);
  if (leak) return `Nothing was published: ${leak.path} holds a secret of this App.`;
  return undefined;
};

const write = async (given: Publication, events: readonly RunEvent[]): Promise<Outcome> => {
  const { gathered, settled } = given;
  const changed = settled.changeset.length > 0;
  if (!changed && !gathered.pull) return outcomeOf(settled, { kind: "answered", summary: settled.report.summary });
  try {
    const closed = changed && gathered.pull ? await closedMeanwhile(given, gathered.pull) : undefined;
    if (closed && gathered.pull) return await yieldTo(given, gathered.pull, closed);
    return await carryOut(await withBase(given, events), changed);
  } catch (error) {
    if (error instanceof RefusedError)
      return outcomeOf(settled, {
        ...{ kind: "refused", status: "BLOCKED" },
        summary: `Nothing was published: ${error.message} The work is kept: comment \`/architect continue\` when that is mended.`,
      });
    if (!(error instanceof ConflictError) || !gathered.pull) throw error;
    return await yieldTo(given, gathered.pull, await movedMeanwhile(given, gathered.pull));
  }
};

const carryOut = async (publication: Publication, changed: boolean): Promise<Outcome> => {
  const { gathered, settled, moved } = publication;
  const pushed = changed ? await push(publication) : undefined;
  const below = pushed ? await proposeBelow(publication, pushed) : [];
  const pull = pushed ? await propose(publication, pushed, below) : await leave(publication, gathered.pull as Pull);
  if (pushed) await tellBelow(publication, pushed, [...below, pull]);
  if (pushed) await tellProposed(publication, pull);
  for (const part of below) await publication.deps.checkPart(publication.session, part);
  if (pushed) await tellCheck(publication, pull, pushed.head);
  if (moved) await tellBase(publication, pull, moved);
  const threads = await answerThreads(publication, pull, pushed?.work);
  await tellContract(publication, pull);
  const handoffs = pushed && (await fileHandoffs(publication, pull, pushed.head));
  const { number, url, branch } = pull;
  return outcomeOf(settled, {
    kind: changed ? "published" : "answered",
    summary: settled.report.summary,
    pull: { number, url, branch, headSha: pushed?.head ?? gathered.parent },
    ...(below.length > 0 ? { below: below.map((one) => ({ number: one.number, branch: one.branch })) } : {}),
    ...(threads ? { threads } : {}),
    ...(handoffs === undefined ? {} : { handoffs }),
    ...ciOf(publication),
  });
};

const yieldTo = async (publication: Publication, pull: Pull, obstacle: Obstacle): Promise<Outcome> =>
  outcomeOf(publication.settled, {
    ...{ kind: "refused", status: "BLOCKED" },
    ...(await keepWork(publication, pull, obstacle)),
  });

/** A conflict is said where people mend it, by the same comment as after a merge. */
const tellBase = async ({ session }: Publication, { number, branch }: Pull, moved: BaseMoved): Promise<void> => {
  const { conflicts } = moved;
  const where = { base: moved.branch, sha: moved.tip, branch };
  if (conflicts) await session.upsertComment(number, conflictMarker, renderConflict(where, conflicts), undefined);
  else await session.reviseComment(number, conflictMarker, renderResolved(where));
};

const outcomeOf = (
  settled: Settled,
  what: Pick<Outcome, "kind" | "summary"> &
    Partial<Pick<Outcome, "pull" | "comment" | "below" | "status" | "threads" | "handoffs" | "ci">>,
): Outcome => ({
  status: settled.status,
  ...(settled.cutShort === undefined ? {} : { cutShort: settled.cutShort }),
  blockers: settled.report.blockers,
  questions: settled.report.questions,
  spend: settled.spend,
  ...what,
});

/** What became of the failed checks that it was about. */
const ciOf = ({ gathered, made }: Publication): Pick<Outcome, "ci"> =>
  gathered.checks ? { ci: checksLine(gathered.checks, { commit: made.get("work") }) } : {};

/** Nothing was pushed: the pull request stays as it is, but for what became of its checks; with one that still fails it is not done. */
const leave = async (publication: Publication, pull: Pull): Promise<Pull> => {
  const { ci } = ciOf(publication);
  const { session, settled } = publication;
  if (ci === undefined) return pull;
  const told = await writeCiLine(session, await session.fetchPull(pull.number), ci);
  const body = settled.status === "DONE" ? told.body : withoutDone(told.body);
  return body === told.body ? told : session.updatePull(told, { body, draft: true });
};

/** People may have marked it ready or draft: that stands until our own word on it changes. */
const draftOf = (pull: Pull, draft: boolean): { draft?: boolean } => {
  const before = parseBody(pull.body);
  return before && (before.status !== "DONE") === draft ? {} : { draft };
};

/** Opens the pull request or brings the one there is up to date, and reads it back before anything says so. */
const propose = async (publication: Publication, pushed: Pushed, below: readonly Pull[]): Promise<Pull> => {
  const { deps, session, run, gathered, settled } = publication;
  const { branch, head, notes } = pushed;
  const edited = await editedSince(session, run.job.trigger);
  const view = {
    ...settled,
    ...ciOf(publication),
    deviations: deviationsOf(gathered.config.standards ?? {}),
    issue: run.issue,
    closes: closesIssue(gathered.pull),
    tree: settled.tree ?? treeHash(settled.changeset),
    toolCallLimit: settled.limits.toolCalls,
    usdLimit: settled.limits.usd,
    model: deps.model.name,
    commits: await signaturesOf(session, [...publication.made.values()]),
    notices: [...deps.notices, ...(edited === undefined ? [] : [edited])],
    notes,
    plan: await heldAgainstPlan(publication),
  };
  const draft = settled.status !== "DONE";
  const stack = stackViewOf(publication, pushed, below.length + 1, below);
  const title = pullTitle(settled.report, run.job.trigger.title);
  const bodyFor = (body: string | undefined) => {
    const left = gathered.followUp ? roomForThreads(body ?? "", gathered.followUp.items.length) : 0;
    const merged = mergeBody(body, gathered.template, (room) => renderPullBody(view, room - left));
    return stack ? withStack(merged, stackSection(stack), maxBodyLength) : keepStack(merged);
  };
  const known = gathered.pull ? await session.fetchPull(gathered.pull.number) : await session.findPull(branch);
  const open = known?.state === "open" || gathered.pull ? known : undefined;
  const pull = open
    ? await session.updatePull(open, { body: bodyFor(open.body), ...draftOf(open, draft) })
    : await session.openPull({
        branch,
        base: below.at(-1)?.branch ?? gathered.baseBranch,
        title: stack ? partTitle(title, stack.part, stack.rows) : title,
        body: bodyFor(undefined),
        draft,
      });
  await deps.store.linkPull(run.job.trigger.repository, pull, run.issue);
  const seen = await session.fetchPull(pull.number);
  if (seen.headSha !== head && seen.headSha !== pushed.at)
    throw new Error(`GitHub shows pull request #${pull.number} at ${seen.headSha}, expected ${head}`);
  return seen;
};

/** So that people find it while the rest is written. */
const tellProposed = ({ deps }: Publication, { number, url, branch }: Pull): Promise<void> =>
  deps.record([{ type: "proposed", at: deps.clock().toISOString(), pull: { number, url, branch } }]);

/** For branch protection, and on the lines: what the checks found of this very head. */
const tellCheck = async ({ session, settled }: Publication, pull: Pull, headSha: string): Promise<void> => {
  await session.upsertCheck({ headSha, key: checkKeyOf(pull.number), view: renderCheckRun(settled) });
};
