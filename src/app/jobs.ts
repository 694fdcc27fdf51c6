/** Which part of the App does which job, and who is told of one that is given up. Knows neither the order of the queue nor what is done. */
import type { Job } from "../domain/job.ts";
import { isUpkeep } from "../domain/trigger.ts";
import type { Queue } from "../ports.ts";
import { checksDue, wasOpened } from "../run/checks-due.ts";
import { answerClosed } from "../run/closed.ts";
import { type CommandDeps, runCommand } from "../run/commands.ts";
import type { Execute } from "../run/execute.ts";
import { giveUpCheck, type RecheckDeps, recheck } from "../run/recheck.ts";
import type { Settings } from "../run/settings.ts";
import { createTurns } from "../run/turns.ts";
import { createUpkeep } from "../run/upkeep.ts";
import { weighLabel } from "../run/weigh-label.ts";

export type Jobs = {
  execute(job: Job, signal: AbortSignal): Promise<void>;
  giveUp(job: Job, error: unknown): Promise<void>;
};

export const createJobs = (deps: {
  readonly execute: Execute;
  readonly commands: CommandDeps;
  readonly rechecks: RecheckDeps;
  readonly settings: Settings;
  readonly queue: Queue;
}): Jobs => {
  const { execute, commands, rechecks, settings, queue } = deps;
  const { github, store, log } = commands;
  const turns = createTurns();
  const upkeep = createUpkeep({ ...rechecks, queue, store, turns });
  const run = (job: Job, signal: AbortSignal) => turns.during(job.key, () => execute.run(job, signal));
  return {
    execute: async (job, signal) => {
      const { trigger } = job;
      if (trigger.kind === "push") return recheck(rechecks, job, signal);
      if (trigger.kind === "review" && trigger.closed) return answerClosed({ github, store, log }, job);
      if (trigger.kind === "checks")
        return (await checksDue({ github, store, log, amend: execute.amend }, job)) ? run(job, signal) : undefined;
      if (isUpkeep(trigger)) return upkeep(job);
      if (job.urgent && trigger.kind === "label") return weighLabel({ github, settings, queue, log }, job);
      return job.urgent ? runCommand(commands, job) : run(job, signal);
    },
    giveUp: async (job, error) => {
      if (job.trigger.kind === "push") await giveUpCheck(rechecks, job, error);
      if (!job.urgent && !isUpkeep(job.trigger) && (await wasOpened(store, job))) await execute.giveUp(job, error);
    },
  };
};
