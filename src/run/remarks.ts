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
/** Of one run, of those who are not heard: anybody may comment on a public repository. */
const maxData = 10;

/** @param stored the run's transcript so far: what was told before a crash is not told again @param who may steer it */
export const createRemarks = (
  deps: Deps,
  run: RunRecord,
  stored: readonly RunEvent[],
  who: Who | undefined,
): Remarks => {
  const before = stored.flatMap((event) => (event.type === "remark" ? [event.remark] : []));
  const told = new Map(before.map((remark) => [remark.commentId, remark]));
  let waiting: Said | undefined;
  return {
    hear: async () => {
      if (waiting) return waiting;
      const all = await freshOf({ ...deps, who }, run, told);
      if (all.length === 0) return undefined;
      const at = deps.clock().toISOString();
      waiting = {
        remarks: all.filter(({ asData }) => !asData),
        text: renderRemarks(all),
        events: all.map((remark) => ({ type: "remark", at, remark })),
        told: async () => {
          waiting = undefined;
          for (const remark of all) told.set(remark.commentId, remark);
          await acknowledge(deps, run, all);
        },
      };
      return waiting;
    },
  };
};

/** What those who may steer have written and the agent has not been told; of others, where the configuration lets it in, as data. */
const freshOf = async (
  deps: Deps & Ruled,
  run: RunRecord,
  told: ReadonlyMap<number, Remark>,
): Promise<readonly Remark[]> => {
  const { repository } = run.job.trigger;
  const open = await deps.store.openRemarks(repository, run.issue);
  const again = open.flatMap(({ commentId }) => told.get(commentId) ?? []);
  if (again.length > 0) await acknowledge(deps, run, again);
  const fresh = open.filter(({ commentId }) => !told.has(commentId));
  const writers = fresh.length === 0 ? undefined : await writersAmong(deps, run, fresh);
  if (!writers) return [];
  const others = fresh.filter(({ author }) => !writers.has(author.id));
  const data = deps.who?.untrusted === "as-data" ? others.slice(0, roomFor(told, maxData, true)) : [];
  const left = others.slice(data.length);
  if (left.length > 0)
    await deps.store.settleRemarks(
      repository,
      left.map(({ commentId }) => commentId),
    );
  return [
    ...fresh.filter(({ author }) => writers.has(author.id)).slice(0, Math.min(maxAtOnce, roomFor(told, maxOfRun))),
    ...data.map((remark) => ({ ...remark, asData: true as const })),
  ];
};

const roomFor = (told: ReadonlyMap<number, Remark>, most: number, asData?: true): number =>
  Math.max(0, most - [...told.values()].filter((remark) => remark.asData === asData).length);

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

/** 👀 tells people that the agent heeds it; a failure costs the sign only. */
const acknowledge = async (deps: Deps, { job: { trigger } }: RunRecord, remarks: readonly Remark[]): Promise<void> => {
  try {
    const session = await deps.github.open(trigger.repository, "acknowledge");
    try {
      for (const { commentId, asData } of remarks)
        if (!asData) await session.react({ on: "issue-comment", commentId }, "eyes");
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
