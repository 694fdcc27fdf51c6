/** Everything a run needs to know before its first turn, or why there will be none. Reads GitHub and the mirror; writes nothing. */
import type { Brief, ReadingKind } from "../domain/brief.ts";
import { type Definition, type Library, subagentsOf } from "../domain/definition.ts";
import type { ToldCheck } from "../domain/failed-check.ts";
import type { FollowUp } from "../domain/follow-up.ts";
import { decisionsPath, statePath } from "../domain/memory.ts";
import type { StoredPlan } from "../domain/plan.ts";
import type { Boundary } from "../domain/policy.ts";
import { baseGone } from "../domain/render/merges.ts";
import { paperBoundary } from "../domain/render/paper.ts";
import { code } from "../domain/render/safe.ts";
import { fullName, type Person, type Thread } from "../domain/repository.ts";
import { boundaryFor } from "../domain/repository-config.ts";
import type { RepositoryConfig } from "../domain/repository-schema.ts";
import { parseRepositorySkills, type RepositorySkills, skillPlace } from "../domain/repository-skills.ts";
import type { RequestImage } from "../domain/request-images.ts";
import { workingMates } from "../domain/team.ts";
import type { GitHub, GitHubSession, Model, Pull, RunRecord, Store, Workspace } from "../ports.ts";
import { composeBriefOf } from "./brief-of.ts";
import type { CatchUp } from "./catch-up.ts";
import { type ConfiguredDeps, readConfigured } from "./configured.ts";
import { editedSince } from "./edited.ts";
import { fetchHeads } from "./fetch-heads.ts";
import { askersOf, gatherFollowUp } from "./follow-up.ts";
import { type ChecksFound, gatherChecks } from "./gather-checks.ts";
import { gatherImages, noImages, withImages } from "./images.ts";
import { readInstructions } from "./instructions.ts";
import { type NotReady, notReady } from "./not-ready.ts";
import { isOwnPull } from "./own-pull.ts";
import type { ReviewTarget } from "./review-target.ts";
import { optionsOf } from "./terms.ts";

export type Gathered = {
  readonly kind: "ready";
  readonly brief: Brief;
  /** Where the run's own agent can write. */
  readonly boundary: Boundary;
  /** What the default branch sets. */
  readonly config: RepositoryConfig;
  /** Those that the agent may start, with their boundaries in this repository. */
  readonly subagents: readonly Definition[];
  /** Those that can be in its team, the same way. */
  readonly teammates: readonly Definition[];
  /** What is materialised. */
  readonly commit: string;
  /** What the commits that are published go on top of: another one where the work of a run before stands on it. */
  readonly parent: string;
  /** What git inside the walls shows as HEAD. */
  readonly base: string;
  readonly baseBranch: string;
  readonly pull?: Pull;
  /** Who asked, the first of whom counts as the one; each may write. */
  readonly askers: readonly Person[];
  /** What reviews of the pull request ask. */
  readonly followUp?: FollowUp;
  /** Failed checks that it is about. */
  readonly checks?: readonly ToldCheck[] | undefined;
  readonly memory: { readonly decisions?: string; readonly state?: string };
  readonly template?: string;
  /** Somebody proposes the commit, and nobody allowed it to be run. */
  readonly runsNothing?: true;
  /** Of a review. */
  readonly target?: ReviewTarget;
  /** The repository's own. */
  readonly skills: RepositorySkills;
  /** Of the request; none where a conversation goes on, which has them. */
  readonly images: readonly RequestImage[];
  /** What people must know of the configuration, each a sentence. */
  readonly notices: readonly string[];
};

export type GatherDeps = ConfiguredDeps & {
  /** Commands run inside walls. */
  readonly sandboxed: boolean;
  readonly github: GitHub;
  readonly workspace: Workspace;
  readonly store: Store;
  readonly library: Library;
  readonly definition: Definition;
  /** Whom the run's own agent speaks with, if it begins now, in a repository that is configured so. */
  readonly modelIn: (config: RepositoryConfig) => Pick<Model, "name" | "images">;
  /** What the run reads for, where it writes no code. */
  readonly reads?: ReadingKind | undefined;
  /** Merges a base that moved before a run that writes code; left alone where left out. */
  readonly catchUp?: CatchUp | undefined;
  /** Where it was asked for: another thread than that of its request, where it goes on from another run. */
  readonly askedOn?: Thread | undefined;
  /** What it is to carry out, where people approved a plan. */
  readonly plan?: StoredPlan | undefined;
  /** Takes secrets out of a text; `leaks` counts those of them that are the App's own. */
  readonly redact: (text: string) => { readonly text: string; readonly leaks: number };
  /** Takes what need not be waited for before the run's first turn: tokens being given back. */
  readonly release: (done: Promise<void>) => void;
};

/** The commit and base that a run has started from. */
export type StartedAt = {
  readonly commit: string;
  readonly base: string;
  readonly parent?: string | undefined;
  /** Of a run that is to go on: where its pull request stood then. What was done since then counts over the rest. */
  readonly left?: { readonly head: string | undefined };
  /** What its agent was told of reviews. */
  readonly followUp?: FollowUp | undefined;
};

/** @param at of an earlier attempt of this run, or of the run that it goes on from */
export const gather = async (
  deps: GatherDeps,
  run: RunRecord,
  at: StartedAt | undefined,
): Promise<Gathered | NotReady> => {
  const { trigger } = run.job;
  const session = await deps.github.open(trigger.repository, "read");
  try {
    const askers = await askersOf(session, trigger);
    if (askers.length === 0)
      return notReady(`@${trigger.sender.login} has no write access to ${fullName(trigger.repository)}`, true);
    const pull = await findOwnPull(deps, session, run);
    if ((trigger.kind === "review" || trigger.kind === "checks") && !pull)
      return notReady("this pull request is not one of ours", true);
    if (deps.reads === "plan" && trigger.thread.kind === "pull" && !pull)
      return notReady(
        "Nothing was planned: this pull request is somebody else's, and the App writes to its own alone. Comment `/architect plan …` on an issue, or `/architect review` or `/architect ask …` here.",
      );
    if (pull && pull.state === "closed" && (deps.askedOn ?? trigger.thread).kind === "pull")
      return notReady(
        `pull request #${pull.number} is ${pull.merged ? "merged" : "closed"}, so nothing was changed. Comment \`/architect design …\` on issue #${run.issue} for a new one.`,
        trigger.kind === "checks",
      );
    return await prepare(deps, session, run, {
      pull: pull?.state === "open" ? pull : undefined,
      askers,
      startedAt: at,
    });
  } finally {
    deps.release(session.close());
  }
};

type Begun = {
  readonly pull: Pull | undefined;
  readonly askers: readonly Person[];
  readonly startedAt: StartedAt | undefined;
};

const prepare = async (
  deps: GatherDeps,
  session: GitHubSession,
  run: RunRecord,
  { pull, askers: asking, startedAt }: Begun,
): Promise<Gathered | NotReady> => {
  const { trigger } = run.job;
  const { repository } = trigger;
  const { base: wish } = optionsOf(trigger);
  const baseBranch = pull?.base ?? wish ?? repository.defaultBranch;
  if (wish !== undefined && wish !== baseBranch)
    return notReady(
      `Nothing was started: pull request #${pull?.number} goes to ${code(baseBranch, 255)}, so \`--base\` cannot be ${code(wish, 255)}. Leave it out, or close that pull request first.`,
    );
  const wanted = [repository.defaultBranch, baseBranch, ...(pull ? [pull.branch] : [])];
  const heads = await fetchHeads(deps, repository, wanted);
  const tip = heads.get(baseBranch);
  const configTip = heads.get(repository.defaultBranch);
  if (!tip && wish !== undefined)
    return notReady(
      `Nothing was started: the repository has no branch ${code(wish, 255)}. Push it, or leave \`--base\` out.`,
    );
  if (!tip && pull) return notReady(`Nothing was started: ${baseGone(baseBranch, pull.number)}`);
  if (!tip || !configTip)
    return notReady(`the repository has no commit on \`${baseBranch}\` yet. Push a first commit, then ask again.`);
  const found = pull && heads.get(pull.branch);
  if (pull && !found)
    return notReady(
      `Nothing was started: the branch ${code(pull.branch, 255)} of pull request #${pull.number} was deleted. Restore it there, then ask again.`,
    );
  const fresh = deps.reads === undefined && startedAt === undefined;
  const head = pull && found && fresh && deps.catchUp ? await deps.catchUp(pull, { head: found, tip }) : found;
  const at = startedAt?.left && startedAt.left.head !== head ? undefined : startedAt;
  const commit = at?.commit ?? head ?? tip;
  const base = at?.base ?? (pull ? ((await deps.workspace.mergeBase(repository, tip, commit)) ?? tip) : commit);
  const parent = at?.parent ?? (at?.left && head) ?? commit;
  const configured = await readConfigured(deps, run, { session, askers: asking, tip: configTip });
  if (configured.kind === "not-ready") return configured;
  const { config, notices, askers } = configured;
  const [known, named, template, edited] = await Promise.all([
    deps.workspace.readFiles(repository, parent, [decisionsPath, statePath]),
    deps.workspace.readNamed(repository, configTip, skillPlace),
    session.fetchPullTemplate(),
    editedSince(session, trigger),
  ]);
  const unreadable = known.tooLarge[0];
  // One that is there and cannot be read must not be written over as if there were none.
  if (unreadable !== undefined)
    return notReady(
      `\`${unreadable}\` is larger than 1 MiB, so what was decided cannot be read. Shorten it or move it away, then ask again.`,
    );
  const checks = await checksOf(deps, run, pull, {
    base,
    tip,
    off: config.ci === "off",
    goesOn: at !== undefined,
  });
  if (checks && "reason" in checks) return checks;
  const boundary = boundaryFor(deps.definition.name, deps.definition.boundary, config);
  const [decisions, state] = [known.texts.get(decisionsPath), known.texts.get(statePath)];
  const instructions = await readInstructions(boundary, (paths) => deps.workspace.readFiles(repository, tip, paths));
  const skills = parseRepositorySkills(named.texts, { unread: named.tooLarge, more: named.more });
  const followUp =
    trigger.kind === "review" && pull
      ? await gatherFollowUp(deps, session, run, {
          ...{ trigger, pull, commit, begun: startedAt?.followUp },
          ...{ boundary: suggestable(deps.reads, boundary), who: config.who },
        })
      : undefined;
  if (followUp && "reason" in followUp) return notReady(followUp.reason, followUp.silent);
  const brief = await composeBriefOf(session, run, {
    ...{ boundary, decisions, pull, followUp, instructions },
    ...{ config, reads: deps.reads, plan: deps.plan, checks: checks?.brief },
  });
  const images = at
    ? noImages
    : await gatherImages(session, trigger, { context: "context" in brief, model: deps.modelIn(config) });
  return {
    kind: "ready",
    brief: withImages(brief, images),
    images: images.given,
    skills,
    boundary: deps.reads ? nowhere : boundary,
    config,
    subagents: agentsHere(deps.library, subagentsOf(deps.definition), config),
    teammates: deps.definition.tools.includes("TeamCreate")
      ? agentsHere(
          deps.library,
          workingMates.map(({ agentType }) => agentType),
          config,
        )
      : [],
    commit,
    parent,
    base,
    baseBranch,
    notices: [...notices, ...(edited === undefined ? [] : [edited])],
    memory: { ...(decisions === undefined ? {} : { decisions }), ...(state === undefined ? {} : { state }) },
    ...(pull ? { pull } : {}),
    askers,
    ...(followUp ? { followUp } : {}),
    ...(checks ? { checks: checks.failed } : {}),
    ...(template === undefined ? {} : { template }),
  };
};

/** Of a run that writes no code: its brief still says where one that does may write. */
const nowhere: Boundary = { allowed: [], forbidden: [] };

/** Where changes that people suggest are made; nowhere by a run that writes nothing. */
const suggestable = (reads: ReadingKind | undefined, boundary: Boundary): Boundary | undefined =>
  reads === "paper" ? paperBoundary : reads ? undefined : boundary;

/** With their boundaries in this repository; who writes nothing by definition writes nothing anywhere. */
const agentsHere = (library: Library, names: readonly string[], config: RepositoryConfig): readonly Definition[] =>
  names.flatMap((name) => {
    const agent = library.definitions.get(name);
    if (!agent || agent.boundary.allowed.length === 0) return agent ? [agent] : [];
    return [{ ...agent, boundary: boundaryFor(name, agent.boundary, config) }];
  });

/** Our pull request that this run belongs to: the thread itself, or the one an earlier run of the issue opened. */
const findOwnPull = async (deps: GatherDeps, session: GitHubSession, run: RunRecord): Promise<Pull | undefined> => {
  const { trigger } = run.job;
  const self = await deps.github.whoami();
  if (trigger.thread.kind === "pull") {
    const pull = await session.fetchPull(trigger.thread.number);
    return isOwnPull(pull, self) ? pull : undefined;
  }
  const earlier = await deps.store.runsOf(trigger.repository, run.issue);
  const known = earlier.find((record) => record.id !== run.id && record.outcome?.pull)?.outcome?.pull;
  if (!known) return undefined;
  const pull = await session.fetchPull(known.number);
  return isOwnPull(pull, self) ? pull : undefined;
};

const checksOf = async (
  deps: GatherDeps,
  run: RunRecord,
  pull: Pull | undefined,
  at: { readonly base: string; readonly tip: string; readonly off: boolean; readonly goesOn: boolean },
): Promise<ChecksFound | NotReady | undefined> => {
  const { trigger } = run.job;
  if (trigger.kind !== "checks" || !pull) return undefined;
  const found = await gatherChecks(deps, run, trigger, { ...at, pull });
  if (found.kind === "none") return notReady(found.reason, found.silent);
  return found.forAgent ? found : { ...notReady("there is nothing to mend"), aside: { pull, failed: found.failed } };
};
