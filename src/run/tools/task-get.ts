/** TaskGet: one task in full. */
import { z } from "zod";
import { findTask } from "../../domain/task.ts";
import type { TaskBox } from "./task-create.ts";
import { defineTool, type Tool } from "./tool.ts";

export const createTaskGet = (box: Pick<TaskBox, "current">): Tool =>
  defineTool({
    name: "TaskGet",
    description: "Shows one task in full: description, status, what it blocks and what blocks it.",
    input: z.strictObject({ taskId: z.string() }),
    readOnly: true,
    async run({ taskId }) {
      return JSON.stringify({ task: findTask(box.current(), taskId) ?? null });
    },
  });
