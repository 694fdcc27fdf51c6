/** Whether one more run may begin, by how many did: counted once for each run, whatever crashes, and a bound that is reached is told once. */
import { lowerBounds, type RunBounds, reachedBound, whyNoMoreRuns } from "../domain/run-bounds.ts";
import type { RunRecord, Store } from "../ports.ts";
import type { Gathered } from "./gather.ts";

export type AdmitDeps = {
  readonly store: Pick<Store, "begin">;
  /** The operator's; none where left out. */
  readonly runBounds?: RunBounds | undefined;
};

/** Why it may not begin; `silent` where people of this thread were told already. */
export type NotAdmitted = { readonly reason: string; readonly silent: boolean };

export const admit = async (
  { store, runBounds = {} }: AdmitDeps,
  { id, issue, job }: RunRecord,
  { askers, config }: Pick<Gathered, "askers" | "config">,
): Promise<NotAdmitted | undefined> => {
  const { repository, sender } = job.trigger;
  const bot = askers.every(({ type }) => type === "Bot");
  const bounds = lowerBounds(runBounds, config.runs);
  const { id: person, login } = askers[0] ?? sender;
  const { bound, told } = await store.begin({ id, repository, issue, person, bot }, (begun) =>
    reachedBound(begun, bounds, bot),
  );
  return bound === undefined ? undefined : { reason: whyNoMoreRuns(bound, bounds, login), silent: told === true };
};
