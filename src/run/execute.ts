/** One job from start to outcome: gather, brief, loop, settle, publish. Every step may be repeated after a crash. */
import { openSentence } from "../domain/answered.ts";
import { askedFor } from "../domain/asked-for.ts";
import { limitsFor } from "../domain/budget.ts";
import { lowerCaps } from "../domain/caps.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Job } from "../domain/job.ts";
import type { Outcome } from "../domain/outcome.ts";
import { shownHash } from "../domain/plan.ts";
import { lateNotice } from "../domain/remark.ts";
import { named } from "../domain/render/failed-checks.ts";
import type { RepositoryConfig } from "../domain/repository-schema.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { RunRecord } from "../ports.ts";
import { admit } from "./admit.ts";
import { whyOverdue } from "./approve.ts";
import { type Asked, whatIsAsked } from "./asked.ts";
import { createCatchUp } from "./catch-up.ts";
import { checkDepsOf } from "./check-push.ts";
import { chosenByAgent, chosenForLead } from "./chosen-models.ts";
import { startOf } from "./converse.ts";
import { createDesks, type Desk, type Desks } from "./desk.ts";
import { followUpIn } from "./follow-up.ts";
import { castOf } from "./frame.ts";
import { type GatherDeps, type Gathered, gather } from "./gather.ts";
import { gatherQuestion } from "./gather-question.ts";
import { gatherReview } from "./gather-review.ts";
import { goOn, groundOf } from "./go-on.ts";
import { issueOf } from "./issue-of.ts";
import { agentIn, type Mode } from "./mode.ts";
import { modeFor } from "./modes.ts";
import { type NotReady, notReady } from "./not-ready.ts";
import { openRun, type Signals, workOf } from "./open-run.ts";
import { outcomeOf, refused } from "./outcome-of.ts";
import type { Allowance } from "./purse.ts";
import { resumeFrom, spentBy } from "./resume.ts";
import type { ExecuteDeps } from "./run-deps.ts";
import { openServerDesk } from "./server-desk.ts";
import { termsOf } from "./terms.ts";
import { beforeOf } from "./transcript.ts";

export type { ExecuteDeps } from "./run-deps.ts";

export type Execute = {
  /** Resolves when the outcome is published and stored. Throws on accidents: the job is to be handed back. */
  run(job: Job, signal: AbortSignal): Promise<void>;
  /** After the last try: says on the thread what happened. What was done so far stays in the store. */
  giveUp(job: Job, error: unknown): Promise<void>;
  /** Something more has become known of a run that ended. */
  amend(record: RunRecord, outcome: Outcome): Promise<void>;
};

export const createExecute = (deps: ExecuteDeps): Execute => {
  const desks = deps.desks ?? createDesks({ ...deps, intervalMs: deps.statusIntervalMs });
  return {
    run: async (job, signal) => {
      const record = await deps.store.openRun(job, await issueOf(deps.store, job.trigger));
      if (record.outcome) return;
      const place = deps.halts?.enter(record.id);
      const released: Promise<void>[] = [];
      try {
        const given = { ...deps, release: (done: Promise<void>) => void released.push(done) };
        await carryOut(given, record, deskOf(desks, record), { app: signal, stop: place?.signal });
      } finally {
        place?.leave();
        await Promise.all(released);
      }
    },
    giveUp: async (job, error) => {
      const record = await deps.store.openRun(job, await issueOf(deps.store, job.trigger));
      if (record.outcome) return;
      const own = await deps.store.events(record.id);
      const reason = deps.redact(error instanceof Error ? error.message : String(error)).text.split("\n")[0] ?? "";
      const outcome: Outcome = {
        ...refused(
          `The run failed and was tried again without success: ${reason}. What was done is kept; ask again when it is mended.`,
        ),
        kind: "failed",
        spend: spentBy(resumeFrom([...(await beforeOf(deps.store.events, own)), ...own])),
      };
      // People first: a run that is closed is not told of again, should the App end in between.
      try {
        await tellEnd(deps, deskOf(desks, record), record, own, outcome);
      } finally {
        await deps.store.closeRun(record.id, outcome);
      }
    },
    amend: async (record, outcome) => {
      await tellEnd(deps, deskOf(desks, record), record, await deps.store.events(record.id), outcome);
      await deps.store.closeRun(record.id, outcome);
    },
  };
};

const deskOf = (desks: Desks, { issue, job }: RunRecord): Desk =>
  desks.at({ repository: job.trigger.repository, number: job.trigger.thread.number, issue });

const tellEnd = (
  deps: ExecuteDeps,
  desk: Desk,
  record: RunRecord,
  events: readonly RunEvent[],
  outcome: Outcome,
): Promise<void> => {
  const run = openRun(deps, { record, before: [] }, events, {
    ...{ desk, asked: askedFor(record.job.trigger), notices: [], start: { model: deps.model } },
    signals: { app: AbortSignal.abort() },
  });
  return run.progress.finish(outcome);
};

const carryOut = async (
  all: ExecuteDeps & Pick<GatherDeps, "release">,
  stored: RunRecord,
  desk: Desk,
  signals: Signals,
): Promise<void> => {
  const own = await all.store.events(stored.id);
  const asked = await whatIsAsked(all.store, stored, own);
  const { record, source } = asked;
  const mode = await modeFor(all.store, record);
  const given = mode ? { ...all, definition: agentIn(mode, all.definition) } : all;
  const standing = source?.state ?? resumeFrom([...asked.before, ...own]);
  const at = source ? groundOf(source) : standing;
  const followUp = followUpIn([...asked.before, ...own]);
  const castIn = (config: RepositoryConfig) => {
    const { definition, choices } = given;
    const caps = lowerCaps(given.caps, config.budget ?? {});
    const terms = termsOf({ ...given, caps }, stored.job.trigger, standing, chosenForLead(config, definition));
    return { ...terms, chosen: chosenByAgent(config, definition, choices) };
  };
  const modelIn = (config: RepositoryConfig) => castOf({ ...given, ...castIn(config) }, given.definition).model;
  const checking = checkDepsOf(given);
  const caster = {
    ...{ ...given, modelIn, reads: mode?.name, plan: asked.plan?.plan },
    askedOn: stored.job.trigger.thread,
    catchUp: checking && createCatchUp(checking, record.job.trigger),
  };
  const [gathered, servers] = await Promise.all([
    gatherFor(mode, record.job.trigger)(caster, record, at && { ...at, followUp }),
    openServerDesk(given.servers, signals.app),
  ]);
  const config = gathered.kind === "ready" ? gathered.config : {};
  const terms = castIn(config);
  const { model, chosen, caps } = terms;
  const allowance = given.purse?.open(record.job.trigger.repository, record.issue, config.budget);
  const deps = { ...given, ...payingFrom(allowance, { ...given, model, chosen }), caps };
  if (gathered.kind === "not-ready" && gathered.silent) {
    deps.log(`run ${record.id} refused: ${gathered.reason}`);
    return deps.store.closeRun(record.id, refused(gathered.reason));
  }
  const stale =
    asked.plan && gathered.kind === "ready" ? await whyOverdue(all, record, asked.plan, gathered) : undefined;
  const begun = own.some(isBegun);
  const spent = begun ? undefined : await allowance?.refusal();
  const unfit =
    asked.refusal ?? terms.refusal ?? stale ?? (spent === undefined ? undefined : `Nothing was started: ${spent}`);
  const barred =
    gathered.kind === "ready" && unfit === undefined && !begun ? await admit(all, record, gathered) : undefined;
  if (barred?.silent) {
    all.log(`run ${record.id} refused once more: ${barred.reason}`);
    return all.store.closeRun(record.id, refused(barred.reason));
  }
  const refusal = unfit ?? barred?.reason;
  const ready = gathered.kind === "ready" && refusal === undefined ? gathered : undefined;
  const noted = await noteChecks(deps, record, own, gathered);
  const events = [...own, ...noted, ...(ready ? await takeUp(deps, asked, own, ready) : [])];
  const state = resumeFrom([...asked.before, ...events]);
  const run = openRun(deps, asked, events, {
    start: startOf(castOf(deps, deps.definition), deps.definition, state),
    notices: [
      ...terms.notices,
      ...(ready?.notices ?? []),
      ...leftOpenIn(events),
      ...carriesOut(asked),
      ...checksNotices(ready),
    ],
    ...{ desk, asked: askedFor(stored.job.trigger), pull: ready?.pull, signals, servers, mode, plan: asked.plan?.plan },
    who: ready?.config.who,
  });
  try {
    const outcome = await outcomeOf(
      deps,
      run,
      refusal === undefined || isAside(gathered) ? gathered : notReady(refusal),
      events,
    );
    const late = await run.remarks.hear();
    await run.progress.finish(outcome, late && late.remarks.length > 0 ? lateNotice(late.remarks) : undefined);
    await run.store([{ type: "outcome", at: deps.clock().toISOString(), outcome }], outcome.spend);
    await deps.store.closeRun(record.id, outcome);
  } finally {
    await run.progress.stop();
  }
};

const gatherFor = (mode: Mode | undefined, { thread }: Trigger) => {
  if (mode?.name === "review") return gatherReview;
  return mode?.name === "answer" && thread.kind === "pull" ? gatherQuestion : gather;
};

const carriesOut = ({ plan }: Asked): readonly string[] =>
  plan ? [`It carries out the plan \`${shownHash(plan.plan)}\`.`] : [];

const isBegun = ({ type }: RunEvent): boolean => type === "started" || type === "continues";

/** Of the questions that it goes on for, those that people left to the agent. */
const leftOpenIn = (own: readonly RunEvent[]): readonly string[] =>
  own.flatMap((event) => (event.type === "continues" ? (openSentence(event.open ?? []) ?? []) : []));

/** Every model that the run may ask, asked from what is left for it. */
const payingFrom = (
  allowance: Allowance | undefined,
  { model, modelFor, chosen, fallback }: Pick<ExecuteDeps, "model" | "modelFor" | "chosen" | "fallback">,
): Pick<ExecuteDeps, "model" | "modelFor" | "chosen" | "fallback"> =>
  allowance === undefined
    ? { model, modelFor, chosen, fallback }
    : {
        chosen: chosen && new Map([...chosen].map(([agent, one]) => [agent, allowance.of(one)])),
        model: allowance.of(model),
        modelFor: modelFor && ((definition) => allowance.of(modelFor(definition))),
        fallback: fallback && allowance.of(fallback),
      };

/** Stored before anything is done: that it was taken up again, or that it goes on from another run. */
const takeUp = async (
  deps: ExecuteDeps,
  { record, before, source, plan }: Asked,
  own: readonly RunEvent[],
  gathered: Gathered,
): Promise<readonly RunEvent[]> => {
  const { repository, sender } = record.job.trigger;
  const { followUp } = gathered;
  const work = source?.state.found?.kind ?? workOf(record.job.trigger);
  const limits = limitsFor(deps.definition, work, deps.caps);
  const events: readonly RunEvent[] = [
    ...(own.some(({ type }) => type !== "stop") ? [{ type: "resumed" as const, at: deps.clock().toISOString() }] : []),
    ...(plan?.fresh
      ? [{ type: "approved" as const, at: deps.clock().toISOString(), by: sender.login, plan: plan.plan }]
      : []),
    ...(followUp && followUp !== followUpIn([...before, ...own])
      ? [{ type: "review" as const, at: deps.clock().toISOString(), followUp }]
      : []),
    ...(source ? await goOn(deps, source, gathered, { repository, by: sender.login, limits }) : []),
  ];
  if (events.length > 0) await deps.store.appendEvents(record.id, events);
  return events;
};

/** Stored once, before anything is done about them. */
const noteChecks = async (
  { store, clock }: ExecuteDeps,
  { id, job: { trigger } }: RunRecord,
  own: readonly RunEvent[],
  gathered: Gathered | NotReady,
): Promise<readonly RunEvent[]> => {
  const failed = gathered.kind === "ready" ? gathered.checks : gathered.aside?.failed;
  if (trigger.kind !== "checks" || !failed || own.some(isBegun)) return [];
  const events = [{ type: "checks" as const, at: clock().toISOString(), headSha: trigger.headSha, failed }];
  await store.appendEvents(id, events);
  return events;
};

const isAside = (gathered: Gathered | NotReady): boolean =>
  gathered.kind === "not-ready" && gathered.aside !== undefined;

const checksNotices = (ready: Gathered | undefined): readonly string[] =>
  ready?.checks ? [`Failed checks are looked at: ${ready.checks.map(named).join(", ")}.`] : [];
