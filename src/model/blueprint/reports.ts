/** Reports as values: what was asked, what was built, what was tried. Nothing is claimed here that no call has shown. */
import type { Paper } from "../../domain/paper.ts";
import type { Report } from "../../domain/report.ts";
import type { Unclear } from "./fields.ts";
import type { Work } from "./work.ts";

export type Trial = {
  readonly state: "passed" | "failed" | "not-tried";
  readonly commands: readonly string[];
  readonly output: string;
};

export const emptyReport = (feature: string): Report => ({
  status: "BLOCKED",
  feature,
  summary: "Nothing was built.",
  endpoints_created: [],
  graphql_created: [],
  models_created: [],
  middleware_added: [],
  security_measures: [],
  test_commands: [],
  documentation: { openapi_updated: false, postman_collection: null },
  decisions: [],
  concerns: [],
  blockers: [],
  questions: [],
  handoffs: [],
  threads: [],
});

export const emptyPaper: Omit<Paper, "kind"> = {
  status: "BLOCKED",
  feature: "design-request",
  summary: "Nothing was designed.",
  services: [],
  contracts: [],
  decisions: [],
  concerns: [],
  blockers: [],
  questions: [],
  handoffs: [],
  threads: [],
};

export const asking = (feature: string, unclear: readonly Unclear[]): Report => ({
  ...emptyReport(feature),
  status: "NEEDS_CONTEXT",
  summary: "Nothing was built: the request leaves questions open, and the blueprint model does not guess.",
  questions: unclear.slice(0, 20).map(({ question, options }) => ({
    question: question.slice(0, 4_000),
    options: options.slice(0, 8).map((option) => option.slice(0, 300)),
  })),
});

const quote = (line: string): string => `"${line.length > 160 ? `${line.slice(0, 157)}…` : line}"`;

export const end = (output: string): string => (output.length > 2_500 ? `…${output.slice(-2_500)}` : output);

/** The report of work that was written, after it was tried. */
export const describeTrial = (work: Work, trial: Trial, unread: readonly string[]): Report => {
  const concerns = [
    ...work.concerns,
    ...(unread.length > 0
      ? [
          `These sentences of the request are in no form that I read, and nothing was built for them: ${unread.map(quote).join("; ")}.`,
        ]
      : []),
    ...(trial.state === "not-tried" ? [`The new code is written, but was not run: ${end(trial.output)}`] : []),
    ...(trial.state === "failed" ? [`Trying it failed:\n${end(trial.output)}`] : []),
  ];
  const failed = trial.state === "failed";
  return {
    ...emptyReport(work.feature),
    status: failed ? "BLOCKED" : concerns.length + work.handoffs.length > 0 ? "DONE_WITH_CONCERNS" : "DONE",
    summary: work.summary,
    endpoints_created: [...work.endpoints],
    models_created: [...work.models],
    security_measures: [...work.security],
    test_commands: [...trial.commands, ...work.commands],
    documentation: { openapi_updated: work.endpoints.length > 0, postman_collection: null },
    decisions: [...work.decisions],
    concerns,
    blockers: failed
      ? [
          "What was written does not answer as it should; the output stands under concerns. It needs a person or a language model.",
        ]
      : [],
    handoffs: [...work.handoffs],
  };
};
