/** `approve`: the newest plan of a thread becomes what an implementing run is asked for, where the approval counts. */
import { type PlanRun, whyNotAsShown, whyStale, whyVoid } from "../domain/approval.ts";
import { blobSha } from "../domain/changeset.ts";
import type { RunEvent } from "../domain/event.ts";
import type { PlannedFor, StoredPlan } from "../domain/plan.ts";
import { withoutBlockOf } from "../domain/render/block.ts";
import { withoutBlock } from "../domain/render-report.ts";
import type { CommandTrigger, Trigger } from "../domain/trigger.ts";
import type { FilesRead, RunRecord } from "../ports.ts";
import type { GatherDeps, Gathered } from "./gather.ts";

export type Approved = {
  readonly plan: StoredPlan;
  /** Not stored yet: then what the plan rests on is still to be looked at. */
  readonly fresh: boolean;
};

type ReadFiles = (paths: readonly string[]) => Promise<FilesRead>;

/** The text that a plan is made for. What the App itself wrote into a pull request's description is no part of it. */
export const plannedFor = (trigger: Trigger): PlannedFor => ({
  request: trigger.kind === "command" && "request" in trigger.command ? trigger.command.request : "",
  title: trigger.title,
  body: "body" in trigger ? ["threads", "stack"].reduce(withoutBlockOf, withoutBlock(trigger.body)) : "",
});

/** @param earlier runs of the issue, newest first @returns the plan, or why the approval is void */
export const planApprovedBy = (
  { job }: RunRecord,
  earlier: readonly RunRecord[],
): { readonly plan: StoredPlan } | { readonly refusal: string } => {
  const { trigger } = job;
  const { title, body } = plannedFor(trigger);
  const hash = trigger.kind === "command" && trigger.command.verb === "approve" ? trigger.command.hash : undefined;
  const thread = trigger.thread.number;
  const plans = earlier.flatMap(({ outcome, startedAt, endedAt, job: { trigger: of } }): PlanRun[] => {
    const plan = outcome?.plan;
    if (!plan) return [];
    const done = earlier.find((one) => one.outcome?.carriedOut === plan.hash && one.outcome?.kind === "published");
    return [{ plan, shownAt: endedAt ?? startedAt, carriedOut: done?.outcome?.pull?.number, thread: of.thread.number }];
  });
  const refusal = whyVoid({ hash, thread, title, body, at: job.acceptedAt }, plans);
  const plan = plans.find((one) => one.thread === thread)?.plan;
  return refusal === undefined && plan ? { plan } : { refusal: refusal ?? "" };
};

/** The plan that a run carries out, as it was stored when that began. */
export const planIn = (events: readonly RunEvent[]): StoredPlan | undefined => {
  const event = events.findLast(({ type }) => type === "approved");
  return event?.type === "approved" ? event.plan : undefined;
};

/** What an implementing run is asked for by it. */
export const asRequest = (trigger: CommandTrigger, { for: { request }, base }: StoredPlan): CommandTrigger => ({
  ...trigger,
  command: { verb: "design", request, ...(base === undefined ? {} : { options: { base } }) },
});

/** Blob ids by path, null where there is no such file; those that are too large to be read are left out. */
export const blobsOf = async (readFiles: ReadFiles, paths: readonly string[]): Promise<StoredPlan["files"]> => {
  const { texts, tooLarge } = await readFiles(paths);
  const readable = paths.filter((path) => !tooLarge.includes(path));
  return Object.fromEntries(
    readable.map((path) => {
      const text = texts.get(path);
      return [path, text === undefined ? null : blobSha(Buffer.from(text))];
    }),
  );
};

/** Paths of the plan that are not as they were. */
const stalePaths = async ({ files }: StoredPlan, readFiles: ReadFiles): Promise<readonly string[]> => {
  const now = await blobsOf(readFiles, Object.keys(files));
  return Object.entries(files).flatMap(([path, sha]) => (now[path] === sha ? [] : [path]));
};

/** Looked at before the run begins: from then on it works on what it found. @returns why the approval is void */
export const whyOverdue = async (
  { github, workspace }: Pick<GatherDeps, "github" | "workspace">,
  { job: { trigger } }: RunRecord,
  approved: Approved,
  { commit, pull, baseBranch }: Pick<Gathered, "commit" | "pull" | "baseBranch">,
): Promise<string | undefined> => {
  if (!approved.fresh) return undefined;
  const { plan } = approved;
  const session = await github.open(trigger.repository, "read");
  try {
    const edited = whyNotAsShown(plan, await session.fetchComment(plan.shown.comment));
    if (edited !== undefined) return edited;
  } finally {
    await session.close();
  }
  const readFiles: ReadFiles = (paths) => workspace.readFiles(trigger.repository, commit, paths);
  return whyStale(plan, await stalePaths(plan, readFiles), pull?.branch ?? baseBranch);
};
