/** What the conversation of a run's own agent is given: its walls, its door, and the other agents that it can reach. */
import { briefSkills, composeBrief, composeSystem } from "../domain/brief.ts";
import type { Definition, Library } from "../domain/definition.ts";
import type { RunEvent } from "../domain/event.ts";
import { parseDecisions } from "../domain/memory.ts";
import type { Walls, Worktree } from "../ports.ts";
import { type CheckCode, createCheckCode } from "./check-code.ts";
import type { Cast } from "./converse.ts";
import { createCrossCheck } from "./cross-check.ts";
import { createExamine, type Examine } from "./examine.ts";
import type { Gathered } from "./gather.ts";
import { createInspector, readerOf } from "./inspector.ts";
import { createJudge } from "./judge.ts";
import type { LoopDeps } from "./loop.ts";
import { createOthers, type Others } from "./others.ts";
import { ownStretch } from "./resume.ts";
import type { ExecuteDeps, Run } from "./run-deps.ts";
import { architectForm, createSubmitReport } from "./tools/submit-report.ts";

export const castOf = ({ model, modelFor, chosen, fallback }: ExecuteDeps, definition: Definition): Cast => ({
  model: chosen?.get(definition.name) ?? (definition.model === "inherit" ? model : (modelFor?.(definition) ?? model)),
  fallback,
});

export const openOthers = (
  deps: ExecuteDeps,
  run: Run,
  gathered: Gathered,
  worktree: Worktree,
  { events, cast }: { readonly events: readonly RunEvent[]; readonly cast: (definition: Definition) => Cast },
): Others => {
  const { issue, request, decisions, configFile, commands } = gathered.brief;
  return createOthers(
    {
      ...deps,
      worktree,
      commit: gathered.commit,
      base: gathered.base,
      baseText: baseTextOf(deps, run, gathered),
      standards: gathered.config.standards ?? {},
      library: libraryOf(deps, gathered),
      facts: {
        ...{ issue, request: { title: request.title }, decisions, configFile, commands },
        ...briefSkills(gathered.skills.skills),
      },
      events: run.start.resume ? ownStretch(events) : [],
      history: events,
      before: run.before,
      cast,
      record: run.store,
      redact: (text) => deps.redact(text).text,
    },
    gathered,
  );
};

const libraryOf = ({ library }: ExecuteDeps, { skills }: Gathered): Library => ({
  ...library,
  repositorySkills: skills.skills,
});

export const baseTextOf = (deps: ExecuteDeps, run: Run, gathered: Gathered) => (path: string) =>
  deps.workspace.readFile(run.record.job.trigger.repository, gathered.commit, path);

export const checkCodeOf = (
  deps: ExecuteDeps,
  run: Run,
  gathered: Gathered,
  { worktree, walls }: { readonly worktree: Worktree; readonly walls: Walls },
): CheckCode => {
  const { analysis, workspace } = deps;
  const { repository } = run.record.job.trigger;
  const { commit, base, config } = gathered;
  const inspector =
    analysis &&
    createInspector({ analysis, reader: readerOf(workspace, repository) }, gathered, config.standards ?? {});
  const crossCheck = createCrossCheck({
    ...{ commit, base, worktree, walls, project: config, signal: run.signal },
    openBase: openBaseOf(deps, run, gathered),
    redact: (text) => deps.redact(text).text,
  });
  return createCheckCode(inspector, baseTextOf(deps, run, gathered), crossCheck);
};

/** The files before the change, in a worktree of their own. */
export const openBaseOf =
  ({ workspace }: ExecuteDeps, run: Run, { base, baseBranch, config }: Gathered) =>
  (): Promise<Worktree> =>
    workspace.openWorktree(run.record.job.trigger.repository, {
      ...{ runId: `${run.record.id}.base`, commit: base, base, baseBranch, boundaries: [] },
      env: config.env ?? {},
      setup: config.setup && { ...config.setup, signal: run.signal },
    });

/** What every run has, whatever it ends by. */
export const frameOf = (
  deps: ExecuteDeps,
  run: Run,
  gathered: Gathered,
  worktree: Worktree,
  walls: Walls,
): Omit<LoopDeps, "model" | "resume" | "takesUp" | "submit"> => ({
  walls,
  remarks: run.remarks,
  servers: run.servers,
  decisions: parseDecisions(gathered.memory.decisions).decisions,
  definition: { ...deps.definition, boundary: gathered.boundary },
  library: libraryOf(deps, gathered),
  limits: run.limits,
  limitsOf: run.limitsOf,
  hurry: run.hurry,
  commit: gathered.commit,
  base: gathered.base,
  system: composeSystem(deps.definition, deps.library, run.mode?.tool),
  firstMessage: composeBrief({ ...gathered.brief, ...briefSkills(gathered.skills.skills) }, gathered.images),
  clock: deps.clock,
  record: run.store,
  checkpoint: () => worktree.collect(),
  redact: (text) => deps.redact(text).text,
  signal: run.signal,
});

/** The rest of a run that implements: the other agents, and its report. */
export const writing = (
  deps: ExecuteDeps,
  run: Run,
  gathered: Gathered,
  worktree: Worktree,
  { others, checkCode, examine }: { readonly others: Others; readonly checkCode: CheckCode; readonly examine: Examine },
): Pick<LoopDeps, "subagents" | "team" | "mates" | "discard" | "submit"> => ({
  ...others.reach,
  discard: () => worktree.restore([]),
  submit: (door) =>
    createSubmitReport({
      door,
      form: architectForm,
      judge: createJudge({
        boundary: gathered.boundary,
        others: () => others.boundaries(),
        migrationFolders: () => others.migrationFolders(),
        subagents: () => others.handedBack(),
        collect: () => worktree.collect(),
        base: baseTextOf(deps, run, gathered),
        followUp: gathered.pull !== undefined,
        checkCode,
        unproven: run.start.resume?.moved === true,
        standards: gathered.config.standards ?? {},
        threads: gathered.brief.review?.comments ?? [],
        failedChecks: gathered.checks !== undefined,
        removed: door.removed,
        open: () => others.open(door.tasks()),
        reminded: door.reminded,
        review: () => others.review(),
        unheard: async () => !door.last() && ((await run.remarks.hear())?.remarks.length ?? 0) > 0,
        examine: (report, work) => examine(report, { ...work, spend: door.spend() }),
      }),
    }),
});

/** What runs the claims of the run's reports: what it ran once on the same files, it knows. */
export const examineOf = (
  deps: ExecuteDeps,
  run: Run,
  gathered: Gathered,
  {
    worktree,
    walls,
    events,
  }: { readonly worktree: Worktree; readonly walls: Walls; readonly events: readonly RunEvent[] },
): Examine => {
  const { commit, base, config } = gathered;
  return createExamine({
    ...{ commit, base, worktree, walls, project: config, clock: deps.clock, record: run.store },
    events: [...run.before, ...events],
    redact: (text) => deps.redact(text).text,
    openBase: openBaseOf(deps, run, gathered),
  });
};
