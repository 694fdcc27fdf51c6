/** TaskCreate: a new entry of the agents' task list. */
import { z } from "zod";
import { ToolError } from "../../domain/errors.ts";
import { createTask, type TaskList } from "../../domain/task.ts";
import { defineTool, type Tool } from "./tool.ts";

/** Where the list of a run stands between calls. */
export type TaskBox = { readonly current: () => TaskList; readonly replace: (tasks: TaskList) => void };

export const createTaskCreate = (box: TaskBox): Tool =>
  defineTool({
    name: "TaskCreate",
    description:
      "Adds a task to the list that people see while you work. Use it for work of three or more distinct steps, one task a step. It starts pending.",
    input: z.strictObject({
      subject: z.string().trim().min(1).max(200).describe("what to do, as an imperative: Write the schemas"),
      description: z.string().trim().min(1).max(4_000).describe("what belongs to it and when it is done"),
      activeForm: z
        .string()
        .trim()
        .min(1)
        .max(200)
        .optional()
        .describe("shown while it is under way: Writing the schemas"),
      metadata: z.record(z.string(), z.unknown()).optional(),
    }),
    readOnly: false,
    async run(input) {
      const created = createTask(box.current(), input);
      if (!created.ok) throw new ToolError(created.reason);
      box.replace(created.tasks);
      return `Task #${created.task.id} created: ${created.task.subject}`;
    },
  });
