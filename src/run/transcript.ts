/** The transcript of a run from its beginning: what it goes on from stands before its own events. */
import type { RunEvent } from "../domain/event.ts";

/** @param eventsOf a run's own, by its id */
export const transcriptOf = async (
  eventsOf: (runId: string) => Promise<readonly RunEvent[]>,
  runId: string,
): Promise<readonly RunEvent[]> => {
  const own = await eventsOf(runId);
  return [...(await beforeOf(eventsOf, own)), ...own];
};

/** @param own events of a run @returns those of the runs that it goes on from */
export const beforeOf = async (
  eventsOf: (runId: string) => Promise<readonly RunEvent[]>,
  own: readonly RunEvent[],
): Promise<readonly RunEvent[]> => {
  const goesOn = own.findLast((event) => event.type === "continues");
  return goesOn?.type === "continues" ? transcriptOf(eventsOf, goesOn.run) : [];
};
