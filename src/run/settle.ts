/** A loop's end becomes what may be published: from values alone, the status only ever lowered. */
import type { Limits } from "../domain/budget.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Boundary } from "../domain/policy.ts";
import { withRemembered } from "../domain/remember.ts";
import { blockedReport } from "../domain/report.ts";
import { openHandoffs } from "../domain/subagent.ts";
import type { Worktree } from "../ports.ts";
import { checkChangeset } from "../verify/check-changeset.ts";
import { checkSubagents } from "../verify/check-child.ts";
import { settleStatus } from "../verify/check-report.ts";
import { reviewFindings } from "../verify/check-review.ts";
import type { LoopEnd } from "./loop.ts";
import type { Others } from "./others.ts";
import type { Settled } from "./publish.ts";
import { lastConversation, rememberedIn } from "./resume.ts";

/** The files as our code hashed them, the commands as they ran. @param run its whole transcript, and what it was about */
export const settle = async (
  end: Exclude<LoopEnd, { kind: "aborted" }>,
  run: {
    readonly worktree: Worktree;
    readonly others: Others;
    readonly boundary: Boundary;
    readonly title: string;
    readonly limits: Limits;
    readonly events: readonly RunEvent[];
  },
): Promise<Settled> => {
  const { changeset, refused: odd } = await run.worktree.collect();
  const evidence = run.events.flatMap((event) => (event.type === "evidence" ? [event.evidence] : []));
  const { others } = run;
  const subagents = others.handedBack();
  const review = others.review();
  const boundaries = [run.boundary, ...others.boundaries()];
  const submitted = end.kind === "reported" && "feature" in end.report ? end.report : undefined;
  const report = submitted
    ? { ...submitted, handoffs: [...openHandoffs(submitted, subagents)] }
    : blockedReport(run.title, end.kind === "blocked" ? end.reason : "no report was handed in");
  const findings =
    end.kind === "reported"
      ? end.findings
      : [...checkChangeset([], odd, boundaries), ...checkSubagents(subagents), ...reviewFindings(review, changeset)];
  return {
    report: withRemembered(report, rememberedIn(lastConversation(run.events))),
    boundaries,
    subagents,
    review,
    contract: others.contract(),
    status: settleStatus(report, findings),
    findings,
    evidence,
    changeset,
    spend: end.spend,
    limits: run.limits,
  };
};
