/** Before a run on one of our pull requests: a base that moved on is merged into its branch, so that the agent works with what is there now. */
import { conflictMarker, renderConflict } from "../domain/render/merges.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { Pull } from "../ports.ts";
import type { CheckPushDeps } from "./check-push.ts";
import { fetchHeads } from "./fetch-heads.ts";
import { checkAsMerged, mergeIn } from "./merge-in.ts";
import { isMemory, type MergePlan, planMerge } from "./merge-plan.ts";

/** @returns the branch's head afterwards */
export type CatchUp = (pull: Pull, at: { readonly head: string; readonly tip: string }) => Promise<string>;

/** May be repeated: what is merged is contained. A conflict is said where people mend it, and the run goes on without. */
export const createCatchUp =
  (deps: CheckPushDeps, { kind, repository }: Trigger): CatchUp =>
  async (pull, { head, tip }) => {
    const plan = await planMerge(deps.workspace, repository, { ours: { commit: head }, theirs: tip });
    if (plan.kind !== "contained" && plan.kind !== "conflict" && wouldShift(kind, plan)) return head;
    const session = await deps.github.open(repository, "publish");
    try {
      if (plan.kind === "contained") {
        await checkAsMerged(deps, session, repository, { number: pull.number, headSha: head });
        return head;
      }
      if (plan.kind === "conflict") {
        const text = renderConflict({ base: pull.base, sha: tip, branch: pull.branch }, plan.files);
        await session.upsertComment(pull.number, conflictMarker, text, undefined);
        return head;
      }
      const merged = await mergeIn(deps, session, repository, { pull, head, base: tip, plan });
      return (merged && (await fetchHeads(deps, repository, [pull.branch])).get(pull.branch)) ?? head;
    } finally {
      await session.close();
    }
  };

/** Lines that a review stands on; and a commit whose checks failed is looked at as it is. Both are merged when it pushes. */
const wouldShift = (kind: Trigger["kind"], { merge }: Exclude<MergePlan, { kind: "contained" }>): boolean =>
  kind === "checks" || (kind === "review" && merge.ours.some((path) => !isMemory(path) && merge.theirs.includes(path)));
