/** SubmitReport: the only door out of the loop. The report is judged here, while the agent can still mend its work. */
import type { z } from "zod";
import type { SubmittedReport } from "../../domain/child-report.ts";
import { ToolError } from "../../domain/errors.ts";
import type { Evidence, Finding } from "../../domain/finding.ts";
import type { Spend } from "../../domain/outcome.ts";
import { type Report, reportSchema } from "../../domain/report.ts";
import { handedIn } from "../../domain/submission.ts";
import type { TaskList } from "../../domain/task.ts";
import { defineTool, type Tool } from "./tool.ts";

export type Judged = {
  readonly accepted: boolean;
  readonly report: SubmittedReport;
  readonly findings: readonly Finding[];
};

/** Where the loop that a report ends stands when it is handed in. */
export type Door = {
  /** Of the whole conversation, this turn's included. */
  readonly evidence: () => readonly Evidence[];
  readonly spend: () => Spend;
  /** How often a report was refused before. */
  readonly refusals: () => number;
  readonly tasks: () => TaskList;
  /** The agent was told already what its team has left open. */
  readonly reminded: () => boolean;
  /** The work was given up. */
  readonly removed: () => boolean;
  /** No turn can come after this one. */
  readonly last: () => boolean;
  readonly onJudged: (judged: Judged) => void;
};

export type Judge<R extends object> = (
  report: R,
  evidence: readonly Evidence[],
  /** Of the call. */
  signal: AbortSignal,
) => Promise<Judged>;

/** As often as this a report may be refused; the last one ends the run with its findings shown. */
export const maxRefusals = 3;

/** What an agent's report must look like. */
export type ReportForm<R extends object> = {
  readonly input: z.ZodObject & z.ZodType<R>;
  /** Mends known other spellings. */
  readonly normalise?: (input: unknown) => unknown;
};

/** The rule by which an agent is reminded of its team, once. */
export const teamOpenRule = "team-open";

/** The rule by which a report comes back because people said something that the agent has not read. */
export const unheardRule = "unheard-comment";

/** Such a refusal is nobody's fault: it does not count. */
export const isUnheard = (findings: readonly Finding[]): boolean => findings.some(({ rule }) => rule === unheardRule);

export const createSubmitReport = <R extends object>(deps: {
  readonly door: Door;
  readonly form: ReportForm<R>;
  readonly judge: Judge<R>;
  /** What an accepted report ends, as a sentence. */
  readonly ending?: string;
  /** Where it is no report that is handed in. */
  readonly as?: { readonly tool: string; readonly description: string };
}): Tool => {
  const { tool, description } = deps.as ?? reportTool;
  const what = handedIn(tool);
  return defineTool({
    name: tool,
    description,
    ...deps.form,
    readOnly: false,
    async run(report, { signal }) {
      const { door } = deps;
      const judged = await deps.judge(report, door.evidence(), signal);
      const refused = door.refusals() + 1;
      door.onJudged(judged);
      if (judged.accepted) return `The ${what} is accepted. ${deps.ending ?? "The run ends here."}`;
      throw new ToolError(refusal(tool, judged.findings, refused));
    },
  });
};

const reportTool = {
  tool: "SubmitReport",
  description: `Hands in the report and ends the run. It is checked against the files and the commands that really ran; where it does not hold, the findings come back and you mend the work or the report, up to ${maxRefusals} times. Never DONE with a concern; BLOCKED needs blockers, NEEDS_CONTEXT needs questions. Call it alone, as the last thing.`,
};

const refusal = (tool: string, findings: readonly Finding[], refused: number): string => {
  const what = handedIn(tool);
  const mend = what === "report" ? "Mend the files or the report" : `Mend the ${what}`;
  return [
    isUnheard(findings)
      ? `The ${what} is not accepted yet, which does not count:`
      : `The ${what} is not accepted (${refused} of ${maxRefusals}):`,
    ...findings.filter((finding) => finding.severity === "error").map(sentence),
    refused < maxRefusals || isUnheard(findings)
      ? `${mend}, then call ${tool} again.`
      : "The run ends here, and these findings are shown with it.",
  ].join("\n");
};

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

export const architectForm: ReportForm<Report> = { input: reportSchema, normalise: normaliseReport };
