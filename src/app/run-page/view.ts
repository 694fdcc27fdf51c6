/** What a run's page is made of. */
import type { RunEvent } from "../../domain/event.ts";
import type { RunRecord } from "../../ports.ts";

export type RunPage = {
  readonly record: RunRecord;
  /** Its own. */
  readonly events: readonly RunEvent[];
  /** Of the runs that it goes on from, … */
  readonly before: readonly RunEvent[];
  /** … and the page of the last one of them. */
  readonly earlier?: string | undefined;
  /** Where people see GitHub. */
  readonly githubUrl: string;
  readonly now: Date;
};
