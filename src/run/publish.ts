/** A settled run becomes commits, a pull request and answers. Every write finds what an earlier attempt made, so a crash anywhere is cured by doing it again. */
import type { Limits, WorkFound } from "../domain/budget.ts";
import { bytesOf, type Changeset, treeHash } from "../domain/changeset.ts";
import type { ClaimVerdict } from "../domain/claim.ts";
import type { ContractChange } from "../domain/contract.ts";
import { ConflictError } from "../domain/errors.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Finding, ShownEvidence } from "../domain/finding.ts";
import { branchOf } from "../domain/job.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { CutShort, Outcome, Spend } from "../domain/outcome.ts";
import type { Boundary } from "../domain/policy.ts";
import { renderCheckRun } from "../domain/render/check-run.ts";
import { contractMarker, renderContract } from "../domain/render-contract.ts";
import { commitMessage, mergeBody, parseBody, pullTitle, renderPullBody } from "../domain/render-report.ts";
import { renderThreadAnswer, threadMarker } from "../domain/render-status.ts";
import type { Report, Status } from "../domain/report.ts";
import { fullName } from "../domain/repository.ts";
import type { Review } from "../domain/review.ts";
import { deviationsOf } from "../domain/standards.ts";
import type { HandedBack } from "../domain/subagent.ts";
import type { TaskList } from "../domain/task.ts";
import { contractMailbox, type Mail, mailsTo } from "../domain/team.ts";
import { teamIn } from "../domain/team-events.ts";
import type { Clock, GitHub, GitHubSession, Pull, RunRecord, Store, Workspace } from "../ports.ts";
import { checkPaths } from "../verify/check-changeset.ts";
import { type Gathered, mayWrite } from "./gather.ts";
import { memoryFor } from "./memory-for.ts";
import { changesOnto } from "./onto.ts";
import { type Signing, signaturesOf, trailersOf } from "./signatures.ts";

/** What the loop came to, held against the rules: only this is shown and committed. */
export type Settled = {
  readonly report: Report;
  readonly status: Status;
  readonly findings: readonly Finding[];
  /** Of the report, as the code shows them. */
  readonly claims: readonly ClaimVerdict[];
  /** The API beside the base branch's. */
  readonly apiChanges: readonly ContractChange[];
  readonly evidence: readonly ShownEvidence[];
  readonly changeset: Changeset;
  /** What of it the runs that it goes on from have published, as they left it. */
  readonly published: Changeset;
  /** Of every agent that was at work: what lies in none of them is not published. */
  readonly boundaries: readonly Boundary[];
  readonly subagents: readonly HandedBack[];
  readonly review?: Review | undefined;
  /** What the agents wrote for those who build on the API. */
  readonly contract: readonly Mail[];
  /** Where it ended before its agent was done. */
  readonly cutShort: CutShort | undefined;
  /** What the agent found the work to be, where that is more than it looked. */
  readonly found: WorkFound | undefined;
  /** As it stands at the end. */
  readonly tasks: TaskList;
  readonly ledger: Ledger;
  readonly spend: Spend;
  readonly limits: Limits;
};

export type PublishDeps = {
  readonly github: GitHub;
  readonly store: Store;
  readonly workspace: Pick<Workspace, "readFile">;
  readonly definition: { readonly name: string };
  readonly model: { readonly name: string };
  readonly clock: Clock;
  readonly record: (events: readonly RunEvent[]) => Promise<void>;
  readonly notices: readonly string[];
  readonly redact: (text: string) => { readonly text: string; readonly leaks: number };
} & Signing;

type Publication = {
  readonly deps: PublishDeps;
  readonly session: GitHubSession;
  readonly run: RunRecord;
  readonly gathered: Gathered;
  readonly settled: Settled;
  /** Commits that this run made, by purpose: also those of an attempt that crashed. */
  readonly made: Map<"work" | "memory", string>;
};

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
    const publication: Publication = { deps, session, run, gathered, settled, made };
    const obstacle = await obstacleTo(publication);
    if (obstacle) return outcomeOf(settled, { kind: "refused", status: "BLOCKED", summary: obstacle });
    return await write(publication);
  } finally {
    await session.close();
  }
};

/** Looked at from values alone, right before the first write. @returns why nothing may be published */
const obstacleTo = async ({ deps, session, run, settled }: Publication): Promise<string | undefined> => {
  const { sender, repository } = run.job.trigger;
  if (!mayWrite(await session.permissionOf(sender)))
    return `@${sender.login} no longer has write access to ${fullName(repository)}, so nothing was published.`;
  const [outside] = checkPaths(settled.changeset, settled.boundaries);
  if (outside) return `Nothing was published: ${outside.path} ${outside.message}.`;
  const leak = settled.changeset.find((change) => deps.redact(bytesOf(change).toString("utf8")).leaks > 0);
  if (leak) return `Nothing was published: ${leak.path} holds a secret of this App.`;
  return undefined;
};

const write = async (publication: Publication): Promise<Outcome> => {
  const { gathered, settled } = publication;
  const changed = settled.changeset.length > 0;
  if (!changed && !gathered.pull) return outcomeOf(settled, { kind: "answered", summary: settled.report.summary });
  try {
    const pushed = changed ? await push(publication) : undefined;
    const pull = pushed ? await propose(publication, pushed) : (gathered.pull as Pull);
    const head = pushed?.head ?? gathered.parent;
    if (pushed) await tellCheck(publication, pull, pushed.head);
    await answer(publication, pull, pushed?.work);
    await tellContract(publication, pull);
    const { number, url, branch } = pull;
    return outcomeOf(settled, {
      kind: changed ? "published" : "answered",
      summary: settled.report.summary,
      pull: { number, url, branch, headSha: head },
    });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    return outcomeOf(settled, {
      kind: "refused",
      status: "BLOCKED",
      summary: `Somebody pushed to \`${gathered.pull?.branch}\` while this run was at work, so it did not push. Its work is kept; ask again, and it starts from what is there now.`,
    });
  }
};

const outcomeOf = (
  settled: Settled,
  what: Pick<Outcome, "kind" | "summary"> & Partial<Pick<Outcome, "pull" | "status">>,
): Outcome => ({
  status: settled.status,
  ...(settled.cutShort === undefined ? {} : { cutShort: settled.cutShort }),
  blockers: settled.report.blockers,
  questions: settled.report.questions,
  spend: settled.spend,
  ...what,
});

type Pushed = {
  readonly branch: string;
  readonly head: string;
  /** The commit that holds the changes; the memory's comes after it. */
  readonly work: string;
  readonly notes: readonly string[];
};

/** Work and memory as two commits, then the branch moves once. */
const push = async (publication: Publication): Promise<Pushed> => {
  const { deps, session, run, gathered, settled } = publication;
  const trailers = await trailersOf(deps, run.job.trigger.sender);
  const purpose = gathered.brief.kind === "follow-up" ? "follow-up" : "work";
  const message = commitMessage(settled.report, run.issue, purpose, trailers);
  const { parent } = gathered;
  const changes = await changesFor(publication);
  const work =
    changes.length === 0
      ? parent
      : await commitOnce(publication, "work", () => session.commit({ parent, message, changes }));
  const memory = await memoryFor(deps, publication, work);
  const head =
    memory.files.length === 0
      ? work
      : await commitOnce(publication, "memory", () =>
          session.commit({
            parent: work,
            message: commitMessage(settled.report, run.issue, "memory", trailers),
            changes: memory.files,
          }),
        );
  const branch = await branchFor(publication, head);
  const expected = gathered.pull ? parent : undefined;
  if ((await session.fetchBranch(branch)) !== head) await session.pointBranch(branch, head, expected);
  const seen = await session.fetchBranch(branch);
  if (seen !== head) throw new Error(`GitHub shows ${branch} at ${seen ?? "nothing"} after it was moved to ${head}`);
  return { branch, head, work, notes: memory.notes };
};

/** Where a run goes on, the branch has most of it already. */
const changesFor = async ({ deps, run, gathered, settled }: Publication): Promise<Changeset> => {
  const { commit, parent } = gathered;
  if (parent === commit) return settled.changeset;
  const at = (sha: string) => (path: string) => deps.workspace.readFile(run.job.trigger.repository, sha, path);
  return changesOnto(settled.changeset, settled.published, { was: at(commit), is: at(parent) });
};

/** A commit is made once; its SHA is stored before a branch points at it. */
const commitOnce = async (
  { deps, made }: Publication,
  purpose: "work" | "memory",
  commit: () => Promise<string>,
): Promise<string> => {
  const known = made.get(purpose);
  if (known) return known;
  const sha = await commit();
  await deps.record([{ type: "committed", at: deps.clock().toISOString(), purpose, sha }]);
  made.set(purpose, sha);
  return sha;
};

const maxSuffix = 20;

/** The pull request's branch, or the issue's own; with a suffix where somebody else has taken the name. */
const branchFor = async ({ session, run, gathered, made }: Publication, head: string): Promise<string> => {
  if (gathered.pull) return gathered.pull.branch;
  const name = branchOf(run.issue, run.job.trigger.title);
  for (let suffix = 1; suffix <= maxSuffix; suffix++) {
    const candidate = suffix === 1 ? name : `${name}-${suffix}`;
    const sha = await session.fetchBranch(candidate);
    if (sha === undefined || sha === head || [...made.values()].includes(sha)) return candidate;
  }
  throw new Error(`the branches ${name} to ${name}-${maxSuffix} are all taken; delete those that are not needed`);
};

/** People may have marked it ready or draft: that stands until our own word on it changes. */
const draftOf = (pull: Pull, draft: boolean): { draft?: boolean } => {
  const before = parseBody(pull.body);
  return before && (before.status !== "DONE") === draft ? {} : { draft };
};

/** Opens the pull request or brings the one there is up to date, and reads it back before anything says so. */
const propose = async (publication: Publication, { branch, head, notes }: Pushed): Promise<Pull> => {
  const { deps, session, run, gathered, settled } = publication;
  const view = {
    ...settled,
    deviations: deviationsOf(gathered.config.standards ?? {}),
    issue: run.issue,
    tree: treeHash(settled.changeset),
    toolCallLimit: settled.limits.toolCalls,
    usdLimit: settled.limits.usd,
    model: deps.model.name,
    commits: await signaturesOf(session, [...publication.made.values()]),
    notices: deps.notices,
    notes,
  };
  const block = (room: number) => renderPullBody(view, room);
  const draft = settled.status !== "DONE";
  const title = pullTitle(settled.report, run.job.trigger.title);
  const known = gathered.pull ?? (await session.findPull(branch));
  const open = known?.state === "open" ? known : undefined;
  const pull = open
    ? await session.updatePull(open, { body: mergeBody(open.body, gathered.template, block), ...draftOf(open, draft) })
    : await session.openPull({
        branch,
        base: gathered.baseBranch,
        title,
        body: mergeBody(undefined, gathered.template, block),
        draft,
      });
  await deps.store.linkPull(run.job.trigger.repository, pull.number, run.issue);
  const seen = await session.fetchPull(pull.number);
  if (seen.headSha !== head)
    throw new Error(`GitHub shows pull request #${pull.number} at ${seen.headSha}, expected ${head}`);
  return seen;
};

/** For branch protection, and on the lines: what the checks found of this very head. */
const tellCheck = async ({ session, settled }: Publication, pull: Pull, headSha: string): Promise<void> => {
  await session.upsertCheck({ headSha, key: `pull-${pull.number}`, view: renderCheckRun(settled) });
};

/** One comment holds the contract; what earlier runs of the issue wrote stands below what this one wrote. */
const tellContract = async ({ deps, session, run, settled }: Publication, pull: Pull): Promise<void> => {
  if (settled.contract.length === 0) return;
  const runs = (await deps.store.runsOf(run.job.trigger.repository, run.issue)).filter(({ id }) => id !== run.id);
  const earlier = await Promise.all(
    runs
      .filter(({ outcome }) => outcome?.pull?.number === pull.number)
      .reverse()
      .map(async ({ id }) => mailsTo(teamIn(await deps.store.events(id)) ?? { mails: [] }, contractMailbox)),
  );
  const body = renderContract([...earlier.flat(), ...settled.contract]);
  await session.upsertComment(pull.number, contractMarker, body, undefined);
};

/** One answer in each thread; where the run ended without a report, the answer says why. */
const answer = async ({ session, run, gathered, settled }: Publication, pull: Pull, work: string | undefined) => {
  for (const comment of gathered.review?.comments ?? []) {
    const given = settled.report.threads.find(({ comment_id }) => comment_id === comment.id);
    const said = given ?? {
      comment_id: comment.id,
      outcome: "declined" as const,
      answer: `Not done: ${settled.report.blockers[0] ?? settled.report.summary}`,
    };
    const commitUrl = work === undefined ? undefined : `${pull.url}/commits/${work}`;
    const marker = threadMarker(run.id, comment.id);
    await session.answerThread(
      pull.number,
      comment.threadId,
      marker,
      `${marker}\n${renderThreadAnswer(said, commitUrl)}`,
    );
  }
};
