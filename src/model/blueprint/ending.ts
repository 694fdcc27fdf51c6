/** How each kind of conversation ends where the blueprint has nothing to hand in but a reason. Pure. */
import { questionsFirst } from "./make-plan.ts";
import { emptyDatabaseReport } from "./migration.ts";
import { emptyPaper, emptyReport } from "./reports.ts";
import { blocked } from "./submit.ts";
import { emptyTestReport } from "./tests.ts";

export type Ending = { readonly tool: string; readonly input: Readonly<Record<string, unknown>> };

/** In the form that the agent's own report has. @param kind of the brief; undefined where that could not be read */
export const endingFor = (kind: string | undefined, reason: string): Ending => {
  switch (kind) {
    case "migration":
      return { tool: "SubmitReport", input: blocked(emptyDatabaseReport, reason) };
    case "tests":
      return { tool: "SubmitReport", input: blocked(emptyTestReport, reason) };
    case "paper":
      return { tool: "SubmitPaper", input: blocked(emptyPaper, reason) };
    case "answer":
      return { tool: "SubmitAnswer", input: { answer: reason, references: [] } };
    case "plan":
      return { tool: "SubmitPlan", input: questionsFirst([{ question: reason, options: [] }]) };
    default:
      return { tool: "SubmitReport", input: blocked(emptyReport("design-request"), reason) };
  }
};
