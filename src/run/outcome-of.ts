/** What a run comes to once it is gathered: refused, halted, read or implemented, in a worktree that is closed whatever happens. */
import { noSpend } from "../domain/budget.ts";
import { RefusedError } from "../domain/errors.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Worktree } from "../ports.ts";
import type { Gathered, gather } from "./gather.ts";
import { implement } from "./implement.ts";
import { read } from "./read.ts";
import { review } from "./review.ts";
import type { ExecuteDeps, Run } from "./run-deps.ts";
import { tellChecks } from "./tell-checks.ts";

export const refused = (summary: string): Outcome => ({
  kind: "refused",
  summary,
  blockers: [],
  questions: [],
  spend: noSpend,
});

/** From what was gathered to its end. */
export const outcomeOf = async (
  deps: ExecuteDeps,
  run: Run,
  gathered: Exclude<Awaited<ReturnType<typeof gather>>, { silent: true }>,
  events: readonly RunEvent[],
): Promise<Outcome> => {
  if (gathered.kind === "not-ready" && gathered.aside)
    return tellChecks(deps.github, run.record.job.trigger.repository, gathered.aside);
  if (gathered.kind === "not-ready") return { ...refused(gathered.reason), status: "BLOCKED" };
  const { start } = run;
  const halted = start.resume || start.left ? undefined : await run.halted();
  if (halted)
    return {
      ...refused(`The run was ${halted.reason} before it began. Nothing was changed.`),
      ...{ status: "BLOCKED", cutShort: "stopped" },
    };
  const { target } = gathered;
  if (target && run.mode)
    return review(deps, run, { gathered, target, mode: run.mode }, () => openWorktree(deps, run, gathered));
  const health = await deps.workspace.checkSandbox();
  if (!health.ok)
    return {
      ...refused("Nothing was run: the sandbox on the App's machine does not hold."),
      status: "BLOCKED",
      blockers: [health.reason, health.mend],
    };
  const worktree = await openWorktree(deps, run, gathered);
  if ("kind" in worktree) return worktree;
  try {
    return run.mode
      ? await read(deps, run, gathered, worktree, run.mode)
      : await implement(deps, run, gathered, worktree, events);
  } finally {
    await worktree.close();
  }
};

/** Of what people see in the status comment. */
const maxLog = 4_000;

/** A repository that cannot be worked in is no accident: trying again would not help. Nor is a stop in its set-up. */
const openWorktree = (deps: ExecuteDeps, run: Run, gathered: Gathered): Promise<Worktree | Outcome> =>
  deps.workspace
    .openWorktree(run.record.job.trigger.repository, {
      runId: run.record.id,
      commit: gathered.commit,
      base: gathered.base,
      baseBranch: gathered.baseBranch,
      env: gathered.config.env ?? {},
      setup: gathered.config.setup && { ...gathered.config.setup, signal: run.signal },
      boundaries: [
        gathered.boundary,
        ...[...gathered.subagents, ...gathered.teammates].map(({ boundary }) => boundary),
      ],
    })
    .catch(async (error: unknown): Promise<Outcome> => {
      if (error instanceof RefusedError) return blockedWith(error.message, error.log && deps.redact(error.log).text);
      const halted = run.signal.aborted && !run.ending.aborted ? await run.halted() : undefined;
      if (!halted) throw error;
      const summary = `While the worktree was made ready: ${halted.reason}. What was done before is kept.`;
      return { ...refused(summary), status: "BLOCKED", cutShort: halted.cause === "stopped" ? "stopped" : "limit" };
    });

const blockedWith = (summary: string, log: string | undefined): Outcome => ({
  ...refused(summary),
  status: "BLOCKED",
  ...(log === undefined ? {} : { log: log.slice(-maxLog) }),
});
