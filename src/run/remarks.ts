/** What people write on the thread while a run is at work: told to its agent between two turns, once and in order. */
import type { RunEvent } from "../domain/event.ts";
import { type Remark, renderRemarks } from "../domain/remark.ts";
import { type Who, whyNotBy } from "../domain/repository-rules.ts";
import type { Clock, GitHub, RunRecord, Store } from "../ports.ts";
import type { Remarks, Said } from "./context.ts";
import { mayWrite } from "./rights.ts";

type Deps = {
  readonly github: GitHub;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: (line: string) => void;
};

type Ruled = { readonly who: Who | undefined };

/** Of one run: whoever has more to say starts another one. */
const maxOfRun = 40;
/** In one message: the rest comes with the next one. */
const maxAtOnce = 10;

/** @param stored the run's transcript so far: what was told before a crash is not told again @param who may steer it */
export const createRemarks = (
  deps: Deps,
  run: RunRecord,
  stored: readonly RunEvent[],
  who: Who | undefined,
): Remarks => {
  const told = new Set(stored.flatMap((event) => (event.type === "remark" ? [event.remark.commentId] : [])));
  let waiting: Said | undefined;
  return {
    hear: async () => {
      if (waiting) return waiting;
      const remarks = await freshOf({ ...deps, who }, run, told);
      if (remarks.length === 0) return undefined;
      const at = deps.clock().toISOString();
      waiting = {
        remarks,
        text: renderRemarks(remarks),
        events: remarks.map((remark) => ({ type: "remark", at, remark })),
        told: async () => {
          waiting = undefined;
          for (const { commentId } of remarks) told.add(commentId);
          await acknowledge(deps, run, remarks);
        },
      };
      return waiting;
    },
  };
};

/** What those who may steer have written and the agent has not been told. */
const freshOf = async (deps: Deps & Ruled, run: RunRecord, told: ReadonlySet<number>): Promise<readonly Remark[]> => {
  const { repository } = run.job.trigger;
  const open = await deps.store.openRemarks(repository, run.issue);
  const again = open.filter(({ commentId }) => told.has(commentId));
  if (again.length > 0) await acknowledge(deps, run, again);
  const fresh = open.filter(({ commentId }) => !told.has(commentId));
  const writers = fresh.length === 0 ? undefined : await writersAmong(deps, run, fresh);
  if (!writers) return [];
  const strangers = fresh.filter(({ author }) => !writers.has(author.id)).map(({ commentId }) => commentId);
  if (strangers.length > 0) await deps.store.settleRemarks(repository, strangers);
  const room = Math.max(0, Math.min(maxAtOnce, maxOfRun - told.size));
  return fresh.filter(({ author }) => writers.has(author.id)).slice(0, room);
};

/** By the rule of commands. @returns undefined while GitHub can't be asked: then they wait for the next turn */
const writersAmong = async (
  deps: Deps & Ruled,
  { job: { trigger } }: RunRecord,
  remarks: readonly Remark[],
): Promise<ReadonlySet<number> | undefined> => {
  const people = [...new Map(remarks.map(({ author }) => [author.id, author])).values()];
  try {
    const session = await deps.github.open(trigger.repository, "acknowledge");
    try {
      const writers = new Set<number>();
      for (const person of people) {
        const permission = await session.permissionOf(person);
        if (mayWrite(permission) && whyNotBy(deps.who, person, permission) === undefined) writers.add(person.id);
      }
      return writers;
    } finally {
      await session.close();
    }
  } catch (error) {
    deps.log(`comments on #${trigger.thread.number} wait: who wrote them can't be looked up now: ${String(error)}`);
    return undefined;
  }
};

/** 👀 tells people that the agent has read it; a failure costs the sign only. */
const acknowledge = async (deps: Deps, { job: { trigger } }: RunRecord, remarks: readonly Remark[]): Promise<void> => {
  try {
    const session = await deps.github.open(trigger.repository, "acknowledge");
    try {
      for (const { commentId } of remarks) await session.react({ on: "issue-comment", commentId }, "eyes");
    } finally {
      await session.close();
    }
  } catch (error) {
    deps.log(`no 👀 on a comment of #${trigger.thread.number}: ${String(error)}`);
  }
  await deps.store.settleRemarks(
    trigger.repository,
    remarks.map(({ commentId }) => commentId),
  );
};
