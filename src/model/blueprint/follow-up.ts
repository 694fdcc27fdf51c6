/** The plan for a review. */
import type { BlueprintBrief } from "./brief.ts";
import type { Plan } from "./conversation.ts";
import { submit } from "./design.ts";
import { blocked, emptyReport } from "./reports.ts";

export function* followUp(brief: BlueprintBrief): Plan {
  yield* submit(blocked(emptyReport(brief.report?.feature ?? "design-request"), "not yet"), "not yet");
}
