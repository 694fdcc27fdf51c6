/** The work of a run turns out to be of a larger kind than its words spoke for: once, upwards, with a reason. */
import { type Limits, type WorkFound, whyNotRaised } from "../domain/budget.ts";
import type { WorkKind } from "../domain/definition.ts";
import { ToolError } from "../domain/errors.ts";
import type { RaiseWork } from "./tools/task-create.ts";

/** What a conversation keeps of it. */
export type Measure = { limits: Limits; found: WorkFound | undefined };

export const createRaise =
  (deps: {
    readonly limitsOf: (kind: WorkKind) => Limits;
    readonly redact: (text: string) => string;
    /** As it stands, to be changed in place. */
    readonly measure: () => Measure;
    readonly onRaised: () => void;
  }): RaiseWork =>
  (found) => {
    const measure = deps.measure();
    const raised = deps.limitsOf(found.kind);
    const why = whyNotRaised(measure.limits, raised, measure.found);
    if (why !== undefined) throw new ToolError(`The task was not created: ${why}. Leave \`work\` out.`);
    measure.found = { ...found, reason: deps.redact(found.reason) };
    measure.limits = raised;
    deps.onRaised();
    return `The budget is ${raised.toolCalls} tool calls now.`;
  };
