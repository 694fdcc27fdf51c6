/** SubmitReport: the only door out of the loop. The report is judged here, while the agent can still mend its work. */

import { ToolError } from "../../domain/errors.ts";
import type { Finding } from "../../domain/finding.ts";
import { type Report, reportSchema } from "../../domain/report.ts";
import { defineTool, type Tool } from "./tool.ts";

export type Judged = { readonly accepted: boolean; readonly report: Report; readonly findings: readonly Finding[] };

/** As often as this a report may be refused; the last one ends the run with its findings shown. */
export const maxRefusals = 3;

export const createSubmitReport = (deps: {
  readonly judge: (report: Report) => Promise<Judged>;
  /** How often a report of this run was refused before. */
  readonly refusals: () => number;
  readonly onJudged: (judged: Judged) => void;
}): Tool =>
  defineTool({
    name: "SubmitReport",
    description: `Hands in the report and ends the run. It is checked against the files and the commands that really ran; where it does not hold, the findings come back and you mend the work or the report, up to ${maxRefusals} times. Never DONE with a concern; BLOCKED needs blockers, NEEDS_CONTEXT needs questions. Call it alone, as the last thing.`,
    input: reportSchema,
    normalise: normaliseReport,
    readOnly: false,
    async run(report) {
      const judged = await deps.judge(report);
      const refused = deps.refusals() + 1;
      deps.onJudged(judged);
      if (judged.accepted) return "The report is accepted. The run ends here.";
      throw new ToolError(refusal(judged.findings, refused));
    },
  });

const refusal = (findings: readonly Finding[], refused: number): string =>
  [
    `The report is not accepted (${refused} of ${maxRefusals}):`,
    ...findings.filter((finding) => finding.severity === "error").map(sentence),
    refused < maxRefusals
      ? "Mend the files or the report, then call SubmitReport again."
      : "The run ends here, and these findings are shown with it.",
  ].join("\n");

const sentence = (finding: Finding): string => {
  const where = finding.path === undefined ? "" : `/repo/${finding.path}${finding.line ? `:${finding.line}` : ""}: `;
  return `- ${where}${finding.message} [${finding.rule}]`;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The specification's worked example returns a small object, `{endpoint, method, rate_limit, security}`, for one
 * endpoint. It is read as the report that it abbreviates; a status it must have like any other.
 */
const normaliseReport = (input: unknown): unknown => {
  if (!isObject(input) || typeof input["endpoint"] !== "string" || "endpoints_created" in input) return input;
  const { endpoint, method, auth, rate_limit, security, ...rest } = input;
  const name = endpoint.toLowerCase().replace(/^(\/api)?(\/v\d+)?/, "");
  return {
    feature: name.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || "endpoint",
    summary: `${String(method)} ${endpoint}.`,
    endpoints_created: [{ method, path: endpoint, auth: auth ?? "none", rate_limit: rate_limit ?? null }],
    models_created: [],
    middleware_added: [],
    security_measures: security ?? [],
    test_commands: [],
    documentation: { openapi_updated: false, postman_collection: null },
    decisions: [],
    concerns: [],
    blockers: [],
    questions: [],
    handoffs: [],
    ...rest,
  };
};
