/** The memory files as a run leaves them, with what earlier runs of its issue had nowhere to write to. */
import { type EarlierRun, type MemoryUpdate, updateMemory } from "../domain/memory.ts";
import type { Report, Status } from "../domain/report.ts";
import type { RunRecord, Store } from "../ports.ts";
import type { Gathered } from "./gather.ts";

/** @param work the commit that holds the changes */
export const memoryFor = async (
  deps: { readonly store: Pick<Store, "runsOf">; readonly definition: { readonly name: string } },
  known: {
    readonly run: RunRecord;
    readonly gathered: Pick<Gathered, "memory" | "pull">;
    readonly settled: { readonly report: Report; readonly status: Status };
  },
  work: string,
): Promise<MemoryUpdate> => {
  const { run, gathered, settled } = known;
  const earlier = (await deps.store.runsOf(run.job.trigger.repository, run.issue))
    .filter((record) => record.id !== run.id)
    .reverse();
  return updateMemory(
    gathered.memory,
    {
      runId: run.id,
      issue: run.issue,
      pull: gathered.pull?.number,
      at: run.startedAt,
      agent: deps.definition.name,
      report: settled.report,
      status: settled.status,
      commit: work,
    },
    earlier.flatMap((record) => unpublished(record, deps.definition.name)),
  );
};

/** An earlier run of the issue that asked or was blocked and opened no pull request. */
const unpublished = (record: RunRecord, agent: string): EarlierRun[] => {
  const { outcome } = record;
  if (!outcome?.status || outcome.pull) return [];
  return [
    {
      runId: record.id,
      issue: record.issue,
      at: record.startedAt,
      agent,
      status: outcome.status,
      summary: outcome.summary,
      blockers: outcome.blockers,
      questions: outcome.questions,
    },
  ];
};
