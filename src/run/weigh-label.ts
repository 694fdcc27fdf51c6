/** A label that is not the operator's: where the repository chose it, what it was put on becomes a run's job. */

import type { Job } from "../domain/job.ts";
import { toJob } from "../domain/job.ts";
import { isLabelOf } from "../domain/repository-config.ts";
import type { GitHub, Queue } from "../ports.ts";
import { mayWrite } from "./rights.ts";
import type { Settings } from "./settings.ts";

export type WeighLabelDeps = {
  readonly github: GitHub;
  readonly settings: Pick<Settings, "of">;
  readonly queue: Pick<Queue, "accept">;
  readonly log: (line: string) => void;
};

/** May be repeated: the same delivery makes the same job. */
export const weighLabel = async (deps: WeighLabelDeps, { id, trigger, acceptedAt }: Job): Promise<void> => {
  if (trigger.kind !== "label" || !trigger.label) throw new Error(`job ${id} is no label`);
  if (!isLabelOf(await deps.settings.of(trigger.repository), trigger.label)) return;
  const session = await deps.github.open(trigger.repository, "acknowledge");
  try {
    if (!mayWrite(await session.permissionOf(trigger.sender))) {
      deps.log(`label ${id} ignored: @${trigger.sender.login} has no write access`);
      return;
    }
    const { number } = trigger.thread;
    const chosen = { ...trigger, label: { ...trigger.label, chosen: true } };
    const job = toJob(chosen, { id: `${id}.run`, acceptedAt, issue: number });
    await deps.queue.accept(job, { event: "label", digest: job.id });
    await session.react({ on: "issue", number }, "eyes");
  } finally {
    await session.close();
  }
};
