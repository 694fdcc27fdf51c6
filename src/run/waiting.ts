/** What of the queue waits, in the words of the status comment. Knows values only. */
import { askedFor } from "../domain/asked-for.ts";
import type { Job } from "../domain/job.ts";
import type { Waiting } from "../domain/render/line.ts";
import { isUpkeep } from "../domain/trigger.ts";
import type { InLine } from "../ports.ts";

export type InQueue = Waiting & { readonly job: Job };

/** @param line all of it, in its order */
export const waitingIn = (line: readonly InLine[]): readonly InQueue[] => {
  const active = new Map(line.flatMap(({ job, state }) => (state === "active" ? [[job.key, job] as const] : [])));
  let place = 0;
  return line
    .filter(({ state, job }) => state !== "active" && isAskedFor(job))
    .map((one) => {
      const { job, failures, notBefore } = one;
      const held = failures === 0 && notBefore !== undefined;
      if (!held) place += 1;
      const ahead = active.get(job.key)?.trigger.thread.number;
      return {
        ...{ job, ...askedFor(job.trigger), place: held ? place + 1 : place },
        ...(ahead !== undefined && ahead !== job.trigger.thread.number ? { behind: ahead } : {}),
        ...(held ? { held } : {}),
        ...(failures > 0 && notBefore !== undefined ? { again: notBefore } : {}),
      };
    });
};

/** Of what a moved base or a check asks for, people see what comes of it. */
const isAskedFor = ({ trigger }: Job): boolean => !isUpkeep(trigger) && trigger.kind !== "checks";
