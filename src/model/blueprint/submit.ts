/** How a conversation ends: the report is handed in, and mended in two ways where it is refused. */
import type { Status } from "../../domain/report.ts";
import type { Plan } from "./conversation.ts";

/** What every agent's report has. */
type Submittable = {
  readonly status: Status;
  readonly concerns: string[];
  readonly blockers: string[];
};

export const blocked = <R extends Submittable>(report: R, blocker: string): R => ({
  ...report,
  status: "BLOCKED",
  blockers: [...report.blockers, blocker.slice(0, 4_000)],
});

/** Submits, and once more in each of two ways of mending where it is refused: the status lowered, then BLOCKED. */
export function* submit<R extends Submittable>(report: R, text: string, tool = "SubmitReport"): Plan {
  const [first] = yield { text, calls: [{ name: tool, input: report }] };
  if (!first?.failed) return;
  const lower: R = {
    ...report,
    status: report.status === "DONE" ? "DONE_WITH_CONCERNS" : report.status,
    concerns: [...report.concerns, `The report was refused once: ${first.text.slice(0, 1_500)}`].slice(-50),
  };
  const [second] = yield {
    text: "The report was refused; I add the findings to it.",
    calls: [{ name: tool, input: lower }],
  };
  if (!second?.failed) return;
  yield {
    text: "It was refused again: I say what stands in the way.",
    calls: [
      {
        name: tool,
        input: blocked(report, `The report does not hold and I cannot mend it: ${second.text.slice(0, 3_000)}`),
      },
    ],
  };
}
