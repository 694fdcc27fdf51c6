/** A run that writes code: its conversation, what its end comes to, and what is published of it. */
import type { Definition } from "../domain/definition.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Outcome } from "../domain/outcome.ts";
import { defaultLines } from "../domain/stack.ts";
import type { Worktree } from "../ports.ts";
import { checkDepsOf, checkHead } from "./check-push.ts";
import { collectionFor } from "./collection.ts";
import type { Cast } from "./converse.ts";
import { baseTextOf, castOf, checkCodeOf, examineOf, frameOf, openOthers, writing } from "./frame.ts";
import type { Gathered } from "./gather.ts";
import { enter, holdConversation, restore } from "./hold.ts";
import { holdOnBase } from "./hold-on-base.ts";
import { readerOf } from "./inspector.ts";
import { noSandbox } from "./open-run.ts";
import type { PublishDeps, Settled } from "./publication.ts";
import { publish } from "./publish.ts";
import type { ExecuteDeps, Run } from "./run-deps.ts";
import { settle } from "./settle.ts";
import { applySuggested } from "./suggest.ts";

export const implement = async (
  deps: ExecuteDeps,
  run: Run,
  gathered: Gathered,
  worktree: Worktree,
  events: readonly RunEvent[],
): Promise<Outcome> => {
  let { model } = run.start;
  const cast = (definition: Definition): Cast => {
    const own = castOf(deps, definition);
    return definition.model === "inherit" && !deps.chosen?.has(definition.name) ? { ...own, model } : own;
  };
  await restore(deps, run, worktree);
  const walls = await worktree.enter(gathered.boundary);
  const { resume, left } = run.start;
  const found = resume || left ? undefined : await applySuggested(gathered.followUp, worktree, walls);
  const others = openOthers(deps, run, gathered, worktree, { events, cast });
  const checkCode = checkCodeOf(deps, run, gathered, { worktree, walls });
  const examine = examineOf(deps, run, gathered, { worktree, walls, events });
  const frame = {
    ...frameOf(deps, run, gathered, worktree, walls),
    ...(found ? { found } : {}),
    ...writing(deps, run, gathered, worktree, { others, checkCode, examine }),
  };
  const end = await holdConversation(deps, run, frame, {
    fallback: deps.fallback,
    speaking: (next) => {
      model = next;
    },
  });
  const settled = await settle(end, {
    ...{ worktree, others },
    boundary: gathered.boundary,
    base: baseTextOf(deps, run, gathered),
    checkCode,
    generate: (head, changes) =>
      collectionFor(readerOf(deps.workspace, run.record.job.trigger.repository), gathered.commit, head, changes),
    standards: gathered.config.standards ?? {},
    title: gathered.brief.request.title,
    size: gathered.pull || run.start.left ? undefined : (gathered.config.size?.lines ?? defaultLines),
    limitsOf: (found) => (found ? run.limitsOf(found.kind) : run.limits),
    before: run.before,
    answered: run.plan?.for.answers ?? [],
    events: await deps.store.events(run.record.id),
  });
  // What a command that was cut off has left belongs to the work: whoever goes on finds it.
  if (settled.cutShort !== undefined) await run.store([leftBy(deps, settled)], settled.spend);
  await enter(deps, run, "publishing", settled.spend);
  const record = (added: readonly RunEvent[]) => run.store(added, settled.spend);
  const { repository } = run.record.job.trigger;
  const checkPart: PublishDeps["checkPart"] = async (session, part) => {
    const checking = checkDepsOf(deps);
    if (checking) await checkHead(checking, session, repository, part);
  };
  const notices = noticesOf(deps, run, gathered);
  const holdOn = holdOnBase(deps, run, gathered, { walls, events });
  const published = { ...deps, holdOn, model, record, checkPart, plan: run.plan, notices };
  return publish(published, run.record, gathered, settled, events);
};

const leftBy = ({ clock }: ExecuteDeps, { changeset }: Settled): RunEvent => ({
  ...{ type: "checkpoint", at: clock().toISOString(), changeset, refused: [] },
});

/** For the pull request, in lines of ours. */
const noticesOf = ({ sandboxed }: ExecuteDeps, { servers }: Run, { skills }: Gathered): readonly string[] => [
  ...(sandboxed ? [] : [noSandbox]),
  ...skills.problems,
  ...(servers?.problems() ?? []),
];
