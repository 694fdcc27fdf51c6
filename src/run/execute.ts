/** One job from start to outcome: gather, brief, loop, settle, publish. Every step may be repeated after a crash. */
import { classifyWork, limitsFor, noSpend } from "../domain/budget.ts";
import type { Definition } from "../domain/definition.ts";
import { RefusedError } from "../domain/errors.ts";
import type { Phase, RunEvent } from "../domain/event.ts";
import type { Job } from "../domain/job.ts";
import type { Outcome, Spend } from "../domain/outcome.ts";
import type { Model, RunRecord, Worktree } from "../ports.ts";
import { type Cast, converse, type Start, startOf } from "./converse.ts";
import { castOf, frameOf, openOthers } from "./frame.ts";
import { type GatherDeps, type Gathered, gather, notReady } from "./gather.ts";
import { issueOf } from "./issue-of.ts";
import { createProgress } from "./progress.ts";
import { publish, type Settled } from "./publish.ts";
import { lastConversation, resumeFrom } from "./resume.ts";
import type { ExecuteDeps, Run } from "./run-deps.ts";
import { settle } from "./settle.ts";
import { optionsOf, termsOf } from "./terms.ts";

export type { ExecuteDeps } from "./run-deps.ts";

export type Execute = {
  /** Resolves when the outcome is published and stored. Throws on accidents: the job is to be handed back. */
  run(job: Job, signal: AbortSignal): Promise<void>;
  /** After the last try: says on the thread what happened. What was done so far stays in the store. */
  giveUp(job: Job, error: unknown): Promise<void>;
};

export const createExecute = (given: ExecuteDeps): Execute => ({
  run: async (job, signal) => {
    const released: Promise<void>[] = [];
    try {
      await carryOut({ ...given, release: (done) => void released.push(done) }, job, signal);
    } finally {
      await Promise.all(released);
    }
  },
  giveUp: async (job, error) => {
    const deps = given;
    const record = await deps.store.openRun(job, await issueOf(deps.store, job.trigger));
    if (record.outcome) return;
    const reason = deps.redact(error instanceof Error ? error.message : String(error)).text.split("\n")[0] ?? "";
    const outcome: Outcome = {
      ...refused(
        `The run failed and was tried again without success: ${reason}. What was done is kept; ask again when it is mended.`,
      ),
      kind: "failed",
    };
    await deps.store.closeRun(record.id, outcome);
    const run = openRun(deps, record, AbortSignal.abort(), { start: { model: deps.model }, notices: [] });
    await run.progress.finish(outcome);
  },
});

const carryOut = async (given: ExecuteDeps & GatherDeps, job: Job, signal: AbortSignal): Promise<void> => {
  const terms = termsOf(given, optionsOf(job.trigger));
  const deps = { ...given, model: terms.model, caps: terms.caps };
  const record = await deps.store.openRun(job, await issueOf(deps.store, job.trigger));
  if (record.outcome) return;
  const events = await deps.store.events(record.id);
  const earlier = resumeFrom(events);
  const gathered = await gather(deps, record, earlier);
  const start = startOf(castOf(deps, deps.definition), deps.definition, earlier);
  if (gathered.kind === "not-ready" && gathered.silent) {
    deps.log(`run ${record.id} refused: ${gathered.reason}`);
    return deps.store.closeRun(record.id, refused(gathered.reason));
  }
  const run = openRun(deps, record, signal, { start, notices: terms.notices });
  try {
    const outcome = await outcomeOf(
      deps,
      run,
      terms.refusal === undefined ? gathered : notReady(terms.refusal),
      events,
    );
    await run.progress.finish(outcome);
    await run.store([{ type: "outcome", at: deps.clock().toISOString(), outcome }], outcome.spend);
    await deps.store.closeRun(record.id, outcome);
  } finally {
    await run.progress.stop();
  }
};

const noSandbox = "The App runs **without a sandbox** here: commands of this run were not walled in.";

const refused = (summary: string): Outcome => ({
  kind: "refused",
  summary,
  blockers: [],
  questions: [],
  spend: noSpend,
});

const openRun = (
  deps: ExecuteDeps,
  record: RunRecord,
  signal: AbortSignal,
  { start, notices: asked }: { readonly start: Start; readonly notices: readonly string[] },
): Run => {
  const state = start.resume ?? start.left?.state;
  const notices = [
    ...(deps.sandboxed ? [] : [noSandbox]),
    ...(start.resume?.takesUp ? [start.resume.takesUp.why] : []),
    ...asked,
  ];
  const { trigger } = record.job;
  const request = trigger.kind === "command" && "request" in trigger.command ? trigger.command.request : "";
  const work = classifyWork(request.trim() || trigger.title);
  const limits = limitsFor(deps.definition, work, deps.caps);
  const progress = createProgress(
    { ...deps, intervalMs: deps.statusIntervalMs },
    { repository: trigger.repository, number: trigger.thread.number },
    {
      phase: "preparing",
      tasks: state?.tasks ?? [],
      spend: noSpend,
      limits,
      model: start.model.name,
      ...(notices.length > 0 ? { notice: notices.join(" ") } : {}),
    },
  );
  return {
    record,
    progress,
    work,
    limits,
    signal,
    start,
    store: async (events, spend) => {
      await deps.store.appendEvents(record.id, events);
      progress.tell(events, spend);
    },
  };
};

const enter = (deps: ExecuteDeps, run: Run, phase: Phase, spend: Spend): Promise<void> =>
  run.store([{ type: "phase", at: deps.clock().toISOString(), phase }], spend);

const outcomeOf = async (
  deps: ExecuteDeps,
  run: Run,
  gathered: Exclude<Awaited<ReturnType<typeof gather>>, { silent: true }>,
  events: readonly RunEvent[],
): Promise<Outcome> => {
  if (gathered.kind === "not-ready") return { ...refused(gathered.reason), status: "BLOCKED" };
  const health = await deps.workspace.checkSandbox();
  if (!health.ok)
    return {
      ...refused("Nothing was run: the sandbox on the App's machine does not hold."),
      status: "BLOCKED",
      blockers: [health.reason, health.mend],
    };
  const worktree = await openWorktree(deps, run, gathered);
  if (worktree instanceof RefusedError) return { ...refused(worktree.message), status: "BLOCKED" };
  try {
    const { settled, model } = await work(deps, run, gathered, worktree, events);
    await enter(deps, run, "publishing", settled.spend);
    const { record } = run;
    const record_ = (added: readonly RunEvent[]) => run.store(added, settled.spend);
    return await publish(
      { ...deps, model, record: record_, notices: deps.sandboxed ? [] : [noSandbox] },
      record,
      gathered,
      settled,
      events,
    );
  } finally {
    await worktree.close();
  }
};

/** A repository that cannot be worked in is no accident: trying again would not help. */
const openWorktree = (deps: ExecuteDeps, run: Run, gathered: Gathered): Promise<Worktree | RefusedError> =>
  deps.workspace
    .openWorktree(run.record.job.trigger.repository, {
      runId: run.record.id,
      commit: gathered.commit,
      base: gathered.base,
      baseBranch: gathered.baseBranch,
      env: gathered.config.env ?? {},
      boundaries: [
        gathered.boundary,
        ...[...gathered.subagents, ...gathered.teammates].map(({ boundary }) => boundary),
      ],
    })
    .catch((error: unknown) => {
      if (error instanceof RefusedError) return error;
      throw error;
    });

/** The loop, and what its end comes to. */
const work = async (
  deps: ExecuteDeps,
  run: Run,
  gathered: Gathered,
  worktree: Worktree,
  events: readonly RunEvent[],
): Promise<{ readonly settled: Settled; readonly model: Model }> => {
  const { start } = run;
  const state = start.resume ?? start.left?.state;
  if (state) await worktree.restore(state.changeset);
  const walls = await worktree.enter(gathered.boundary);
  if (!start.resume) await enter(deps, run, "working", noSpend);
  let { model } = start;
  const cast = (definition: Definition): Cast => {
    const own = castOf(deps, definition);
    return definition.model === "inherit" ? { ...own, model } : own;
  };
  const others = openOthers(deps, run, gathered, worktree, { events, cast });
  const end = await converse(frameOf(deps, run, gathered, worktree, { walls, others }), start, deps, {
    events: async () => lastConversation(await deps.store.events(run.record.id)),
    onModel: (next) => {
      model = next;
    },
  });
  if (end.kind === "aborted") throw new Error("stopped: the run goes on where it was when the App starts again");
  const settled = await settle(end, {
    ...{ worktree, others },
    boundary: gathered.boundary,
    title: gathered.brief.request.title,
    limits: run.limits,
    events: await deps.store.events(run.record.id),
  });
  return { settled, model };
};
