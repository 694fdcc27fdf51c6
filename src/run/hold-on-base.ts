/** What a report claims, run once more on its work merged with a base branch that moved meanwhile. Nothing of it is committed. */
import type { Changeset } from "../domain/changeset.ts";
import { RefusedError } from "../domain/errors.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Finding, ShownEvidence } from "../domain/finding.ts";
import type { Boundary } from "../domain/policy.ts";
import type { Walls, Worktree } from "../ports.ts";
import { checkRuns, isPromise } from "../verify/check-runs.ts";
import { withDoubts } from "../verify/commands/doubt.ts";
import { createExamine } from "./examine.ts";
import type { Gathered } from "./gather.ts";
import type { HoldOn, Settled } from "./publication.ts";
import type { ExecuteDeps, Run } from "./run-deps.ts";

/** @returns undefined where nothing could be run: of a run that was cut short, or on a base that cannot be set up */
export const holdOnBase =
  (
    deps: ExecuteDeps,
    run: Run,
    gathered: Gathered,
    { walls, events }: { readonly walls: Walls; readonly events: readonly RunEvent[] },
  ): HoldOn =>
  async (settled, { tip, branch, changes }) => {
    if (settled.cutShort !== undefined || !isPromise(settled.report)) return undefined;
    const worktree = await openMerged(deps, run, gathered, { tip, branch, boundaries: settled.boundaries });
    if (!worktree) return undefined;
    try {
      const examine = createExamine({
        ...{ commit: tip, base: tip, worktree, walls, project: gathered.config, clock: deps.clock, record: run.store },
        openBase: async () => ({ ...worktree, close: async () => {} }),
        events: [...run.before, ...events],
        redact: (text) => deps.redact(text).text,
      });
      return await examined(settled, changes, (report, work) =>
        examine(report, { ...work, spend: settled.spend, signal: run.ending }),
      );
    } finally {
      await worktree.close();
    }
  };

const openMerged = (
  { workspace, log }: ExecuteDeps,
  run: Run,
  { config }: Gathered,
  {
    tip,
    branch,
    boundaries,
  }: { readonly tip: string; readonly branch: string; readonly boundaries: readonly Boundary[] },
): Promise<Worktree | undefined> =>
  workspace
    .openWorktree(run.record.job.trigger.repository, {
      ...{ runId: `${run.record.id}.merged`, commit: tip, base: tip, baseBranch: branch, boundaries },
      env: config.env ?? {},
      setup: config.setup && { ...config.setup, signal: run.ending },
    })
    .catch((error: unknown) => {
      if (!(error instanceof RefusedError)) throw error;
      log(`run ${run.record.id}: nothing was run on ${branch} at ${tip.slice(0, 12)}: ${error.message}`);
      return undefined;
    });

type Examined = { readonly evidence: readonly ShownEvidence[]; readonly findings: readonly Finding[] };

/** Nobody can mend anything any more: what fails now is told. */
const examined = async (
  { report }: Settled,
  changeset: Changeset,
  examine: (
    report: Settled["report"],
    work: { readonly changeset: Changeset; readonly evidence: readonly [] },
  ) => ReturnType<ReturnType<typeof createExamine>>,
): Promise<Examined> => {
  const runs = await examine(report, { changeset, evidence: [] });
  const findings = checkRuns(report, runs)
    .filter(({ severity }) => severity !== "note")
    .map((one): Finding => ({ ...one, severity: "concern", message: `with the base merged in: ${one.message}` }));
  return { evidence: withDoubts(runs.evidence), findings };
};
