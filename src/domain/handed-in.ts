/** What was handed in at the end of a conversation, as its event stores it, whatever kind of conversation it was. */
import type { SubmittedReport } from "./child-report.ts";
import type { RunEvent } from "./event.ts";
import type { Finding } from "./finding.ts";

/** @returns undefined for events of another kind */
export const handedInBy = (
  event: RunEvent,
): { readonly report: SubmittedReport; readonly findings: readonly Finding[] } | undefined => {
  if (event.type === "submission") return { report: event.submission, findings: event.findings };
  if (event.type !== "report" && event.type !== "child-report") return undefined;
  return { report: event.report, findings: event.findings };
};
