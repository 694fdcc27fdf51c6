/** A run that writes no code: its conversation inside walls where nothing can be written, and what people are told of its end. */
import type { Answered } from "../domain/answered.ts";
import { subagentsOf } from "../domain/definition.ts";
import type { RunEvent } from "../domain/event.ts";
import { ledgerOf } from "../domain/ledger.ts";
import type { CutShort, Outcome } from "../domain/outcome.ts";
import { paperBoundary } from "../domain/render/paper.ts";
import { blockedReport } from "../domain/report.ts";
import { fullName } from "../domain/repository.ts";
import { isSubmission } from "../domain/submission.ts";
import type { Worktree } from "../ports.ts";
import { withDoubts } from "../verify/commands/doubt.ts";
import { nothingGenerated } from "./collection.ts";
import { frameOf } from "./frame.ts";
import type { Gathered } from "./gather.ts";
import { enter, holdConversation, restore } from "./hold.ts";
import { createInspector, readerOf } from "./inspector.ts";
import type { Ground, Mode, Proposed } from "./mode.ts";
import { noSandbox } from "./open-run.ts";
import type { Settled } from "./publication.ts";
import { publish } from "./publish.ts";
import { mayWrite } from "./rights.ts";
import type { ExecuteDeps, Run } from "./run-deps.ts";
import type { Ended } from "./settle.ts";
import { suggestedAlone, suggestedSoFar } from "./suggest.ts";

export const read = async (
  all: ExecuteDeps,
  run: Run,
  gathered: Gathered,
  worktree: Worktree,
  mode: Mode,
): Promise<Outcome> => {
  const deps = gathered.runsNothing ? withoutCommands(all) : all;
  await restore(deps, run, worktree);
  const walls = await worktree.enter(gathered.boundary);
  const ground = groundOf(deps, run, gathered);
  const frame = { ...frameOf(deps, run, gathered, worktree, walls), submit: mode.submit.bind(undefined, ground) };
  let { model } = run.start;
  const speaking = (next: typeof model): void => {
    model = next;
  };
  const end = await holdConversation(deps, run, frame, { fallback: deps.fallback, speaking });
  await enter(deps, run, "publishing", end.spend);
  return tell(deps, run, { mode, ground, model: model.name }, end);
};

/** An import is enough to run what somebody wrote. */
const withoutCommands = (deps: ExecuteDeps): ExecuteDeps => ({
  ...deps,
  definition: { ...deps.definition, tools: deps.definition.tools.filter((tool) => tool !== "Bash") },
});

const groundOf = (deps: ExecuteDeps, run: Run, gathered: Gathered): Ground => {
  const { workspace, analysis } = deps;
  const { repository } = run.record.job.trigger;
  const { commit, config } = gathered;
  const inspector =
    analysis &&
    createInspector(
      { analysis, reader: readerOf(workspace, repository) },
      { base: commit, commit },
      config.standards ?? {},
    );
  return {
    ...{ run: run.record, gathered },
    readFiles: (paths) => workspace.readFiles(repository, commit, paths),
    limitsOf: run.limitsOf,
    list: async (at, isWanted) => (await workspace.listSources(repository, at, isWanted)).map(({ path }) => path),
    agents: agentsOf(deps),
    inspect: async () => inspector?.head([]),
    suggested: () => suggestedSoFar(deps.store, run.record, gathered.followUp),
    unheard: async () => ((await run.remarks.hear())?.remarks.length ?? 0) > 0,
  };
};

/** The definition of a run that writes no code has lost them. */
const agentsOf = ({ library, definition }: ExecuteDeps): readonly string[] => {
  const implementing = library.definitions.get(definition.name);
  return implementing ? subagentsOf(implementing) : [];
};

/** Who may is asked once more, right before it is written. */
const tell = async (
  deps: ExecuteDeps,
  run: Run,
  { mode, ground, model }: { readonly mode: Mode; readonly ground: Ground; readonly model: string },
  end: Ended,
): Promise<Outcome> => {
  const ended = { blockers: [], questions: [], spend: end.spend };
  const submitted = end.kind === "reported" && isSubmission(end.report) ? end.report : undefined;
  const without = withoutSubmission(end);
  if (!submitted && (!mode.publishWithout || without.cutShort === "stopped")) {
    if (ground.gathered.followUp) await propose(deps, run, ground, end, await unfinished(ground, without.blockers));
    return { ...ended, ...without };
  }
  const { repository, sender } = run.record.job.trigger;
  const session = await deps.github.open(repository, "acknowledge");
  try {
    if (!mayWrite(await session.permissionOf(sender))) {
      const summary = `@${sender.login} no longer has write access to ${fullName(repository)}, so nothing was said.`;
      return { ...ended, kind: "refused", status: "BLOCKED", summary };
    }
    const events = [...run.before, ...(await deps.store.events(run.record.id))];
    const reading = {
      ...{ ground, session, model, github: deps.github },
      answered: answeredIn(events),
      evidence: withDoubts(evidenceIn(events)),
      redact: (text: string) => deps.redact(text).text,
      publish: (what: Proposed) => propose(deps, run, ground, end, what),
    };
    if (submitted)
      return { ...ended, ...(await mode.publish({ ...reading, submission: submitted, findings: findingsOf(end) })) };
    const told = await mode.publishWithout?.(reading, without.blockers[0] ?? "nothing was handed in");
    return { ...ended, ...without, ...told };
  } finally {
    await session.close();
  }
};

const findingsOf = (end: Ended) => (end.kind === "reported" ? end.findings : []);

/** As a run that implements does it, with no code, no subagents and no API of its own. */
const propose = async (
  deps: ExecuteDeps,
  run: Run,
  { gathered }: Ground,
  { spend }: Ended,
  what: Proposed,
): Promise<Outcome> => {
  const events = await deps.store.events(run.record.id);
  const settled: Settled = {
    ...{
      generated: nothingGenerated,
      published: [],
      apiChanges: [],
      subagents: [],
      contract: [],
      tasks: [],
      parts: [],
    },
    ...{ cutShort: undefined, found: undefined, evidence: withDoubts(evidenceIn([...run.before, ...events])) },
    ...{ ledger: ledgerOf(events), spend, limits: run.limits },
    ...what,
  };
  const record = (added: readonly RunEvent[]) => run.store(added, spend);
  const notices = [...(deps.sandboxed ? [] : [noSandbox]), ...gathered.skills.problems];
  return publish(
    { ...deps, model: run.start.model, record, notices, plan: run.plan, checkPart: async () => {} },
    run.record,
    gathered,
    settled,
    events,
  );
};

const answeredIn = (events: readonly RunEvent[]): readonly Answered[] => {
  const all = events.flatMap((event) => (event.type === "continues" ? (event.answered ?? []) : []));
  return [...new Map(all.map((one) => [one.question, one])).values()];
};

const evidenceIn = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "evidence" ? [event.evidence] : []));

/** Whoever reviewed hears it in each thread, and what was suggested word for word is there all the same. */
const unfinished = async (
  { run, gathered, readFiles }: Ground,
  [reason = ""]: readonly string[],
): Promise<Proposed> => ({
  ...{ report: blockedReport(run.job.trigger.title, reason), status: "BLOCKED" },
  ...{ findings: [], claims: [], boundaries: [paperBoundary] },
  changeset: await suggestedAlone(gathered.followUp, readFiles),
});

const withoutSubmission = (end: Ended): Omit<Outcome, "questions" | "spend"> => {
  const reason = end.kind === "blocked" ? end.reason : "nothing was handed in";
  const cutShort: CutShort | undefined =
    end.kind !== "blocked"
      ? undefined
      : end.cause === "stopped"
        ? "stopped"
        : end.cause === "budget"
          ? "limit"
          : undefined;
  return {
    ...{ kind: "answered", status: "BLOCKED", blockers: [reason] },
    summary: "The run ended before its agent came to an end. Nothing was changed.",
    ...(cutShort === undefined ? {} : { cutShort }),
  };
};
