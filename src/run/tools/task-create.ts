/** TaskCreate: a new entry of the agents' task list. */
import { z } from "zod";
import type { WorkFound } from "../../domain/budget.ts";
import type { WorkKind } from "../../domain/definition.ts";
import { ToolError } from "../../domain/errors.ts";
import { createTask, type TaskList } from "../../domain/task.ts";
import { defineTool, type Tool } from "./tool.ts";

/** Where the list of a run stands between calls. */
export type TaskBox = { readonly current: () => TaskList; readonly replace: (tasks: TaskList) => void };

/** Gives the run the budget of a larger kind of work. @throws ToolError where it stays as it is */
export type RaiseWork = (found: WorkFound) => string;

const input = z.strictObject({
  subject: z.string().trim().min(1).max(200).describe("what to do, as an imperative: Write the schemas"),
  description: z.string().trim().min(1).max(4_000).describe("what belongs to it and when it is done"),
  activeForm: z.string().trim().min(1).max(200).optional().describe("shown while it is under way: Writing the schemas"),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

/** Of an agent whose budget depends on what it finds the work to be. One text, since every request carries the schema. */
const withWork = input.extend({
  work: z
    .string()
    .optional()
    .describe("once, if this is more work than it sounds: crud, authentication or microservice, a colon, why"),
});

/** The smallest kind is larger than none. */
const finding = /^\s*(crud|authentication|microservice)\s*[:,-]\s*(\S.{9,500}?)\s*$/is;

const readWork = (text: string): WorkFound => {
  const [, kind = "", reason = ""] = finding.exec(text) ?? [];
  const found = { kind: kind.toLowerCase() as WorkKind, reason };
  if (reason !== "") return found;
  throw new ToolError(
    "The task was not created: `work` must be crud, authentication or microservice, a colon and the reason in a sentence. Leave it out where the budget is enough.",
  );
};

export const createTaskCreate = (box: TaskBox, raise?: RaiseWork): Tool =>
  defineTool({
    name: "TaskCreate",
    description: "Adds a task, pending at first, to the list that people see while you work: one task a step.",
    input: raise ? withWork : input,
    readOnly: false,
    async run({ work, ...task }: z.infer<typeof withWork>) {
      const created = createTask(box.current(), task);
      if (!created.ok) throw new ToolError(created.reason);
      const raised = work && raise ? ` ${raise(readWork(work))}` : "";
      box.replace(created.tasks);
      return `Task #${created.task.id} created: ${created.task.subject}${raised}`;
    },
  });
