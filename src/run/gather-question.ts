/** What a question on a pull request needs to know: the head as it is, whoever's and in whatever state, what it changes, and guidance from its base alone. Reads GitHub and the mirror; runs and writes nothing. */
import { decisionsPath } from "../domain/memory.ts";
import { fullName } from "../domain/repository.ts";
import { boundaryFor } from "../domain/repository-config.ts";
import { parseRepositorySkills, skillPlace } from "../domain/repository-skills.ts";
import type { GitHubSession, RunRecord } from "../ports.ts";
import { composeBriefOf } from "./brief-of.ts";
import { readConfigured } from "./configured.ts";
import { fetchHeads } from "./fetch-heads.ts";
import type { GatherDeps, Gathered, StartedAt } from "./gather.ts";
import { findHead, type Head } from "./gather-review.ts";
import { gatherImages, noImages, withImages } from "./images.ts";
import { readInstructions } from "./instructions.ts";
import { type NotReady, notReady } from "./not-ready.ts";
import { isOwnPull } from "./own-pull.ts";
import { changeIn } from "./review-brief.ts";
import { mayWrite } from "./rights.ts";

/** @param at of an earlier attempt of this run, whose conversation has begun: it goes on at its commit */
export const gatherQuestion = async (
  deps: GatherDeps,
  run: RunRecord,
  at: StartedAt | undefined,
): Promise<Gathered | NotReady> => {
  const { repository, sender, thread } = run.job.trigger;
  const session = await deps.github.open(repository, "read");
  try {
    if (!mayWrite(await session.permissionOf(sender)))
      return notReady(`@${sender.login} has no write access to ${fullName(repository)}`, true);
    return await prepare(deps, session, run, await findHead(deps, session, repository, thread.number), at);
  } finally {
    deps.release(session.close());
  }
};

const prepare = async (
  deps: GatherDeps,
  session: GitHubSession,
  run: RunRecord,
  { pull, head: newest, files }: Head,
  at: StartedAt | undefined,
): Promise<Gathered | NotReady> => {
  const { workspace } = deps;
  const { trigger } = run.job;
  const { repository } = trigger;
  const heads = await fetchHeads(deps, repository, [repository.defaultBranch, pull.base]);
  const configTip = heads.get(repository.defaultBranch);
  // Its base may be gone since it was merged.
  const tip = heads.get(pull.base) ?? configTip;
  if (!tip || !configTip) return notReady(`the repository has no commit on \`${repository.defaultBranch}\` yet.`);
  const commit = at?.commit ?? newest;
  const base = at?.base ?? (await workspace.mergeBase(repository, tip, commit)) ?? tip;
  const configured = await readConfigured(deps, run, { session, askers: [trigger.sender], tip: configTip });
  if (configured.kind === "not-ready") return configured;
  const [known, named, ours, allowed] = await Promise.all([
    workspace.readFiles(repository, tip, [decisionsPath]),
    workspace.readNamed(repository, configTip, skillPlace),
    deps.github.whoami().then((self) => isOwnPull(pull, self)),
    deps.store.allowedHead(repository, pull.number),
  ]);
  const runnable = ours || (deps.sandboxed && allowed === commit);
  // Its set-up and its tests would run what somebody proposes.
  const config = runnable
    ? configured.config
    : { ...configured.config, setup: undefined, test: undefined, serve: undefined };
  const boundary = boundaryFor(deps.definition.name, deps.definition.boundary, config);
  const instructions = await readInstructions(boundary, (paths) => workspace.readFiles(repository, tip, paths));
  const decisions = known.texts.get(decisionsPath);
  const brief = await composeBriefOf(session, run, {
    ...{ boundary, config, decisions, instructions, reads: "answer", plan: undefined, followUp: undefined },
    // The report in somebody else's description is theirs.
    pull: ours ? pull : undefined,
  });
  const images = at
    ? noImages
    : await gatherImages(session, trigger, { context: "context" in brief, model: deps.modelIn(config) });
  const change = changeIn({ pull, runnable, files: commit === newest ? files : [] }, []);
  return {
    kind: "ready",
    brief: withImages({ ...brief, pull: { number: pull.number, branch: pull.branch }, change }, images),
    images: images.given,
    skills: parseRepositorySkills(named.texts, { unread: named.tooLarge, more: named.more }),
    boundary: { allowed: [], forbidden: [] },
    notices: configured.notices,
    ...{ config, commit, parent: commit, base, baseBranch: pull.base },
    subagents: [],
    teammates: [],
    memory: decisions === undefined ? {} : { decisions },
    pull,
    askers: [trigger.sender],
    ...(runnable ? {} : { runsNothing: true as const }),
  };
};
