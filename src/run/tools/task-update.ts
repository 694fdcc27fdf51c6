/** TaskUpdate: changes a task, moves it on, or says what it waits for. */
import { z } from "zod";
import { ToolError } from "../../domain/errors.ts";
import { updateTask } from "../../domain/task.ts";
import type { TaskBox } from "./task-create.ts";
import { defineTool, type Tool } from "./tool.ts";

const ids = z.array(z.string()).max(50).optional();

export const createTaskUpdate = (box: TaskBox): Tool =>
  defineTool({
    name: "TaskUpdate",
    description:
      "Changes a task. Set it to in_progress when you start on it and to completed only when it is done and checked; set it back to pending when something turns up that it must wait for. It cannot start while a task it waits for is open.",
    input: z.strictObject({
      taskId: z.string(),
      subject: z.string().trim().min(1).max(200).optional(),
      description: z.string().trim().min(1).max(4_000).optional(),
      activeForm: z.string().trim().min(1).max(200).optional(),
      status: z.enum(["pending", "in_progress", "completed", "deleted"]).optional(),
      addBlocks: ids.describe("tasks that wait for this one"),
      addBlockedBy: ids.describe("tasks that this one waits for"),
      owner: z.string().max(100).optional().describe("who works on it; empty releases it"),
      metadata: z.record(z.string(), z.unknown()).optional().describe("merged; null takes a key away"),
    }),
    readOnly: false,
    async run(input) {
      const updated = updateTask(box.current(), input);
      if (!updated.ok) throw new ToolError(updated.reason);
      box.replace(updated.tasks);
      const { updatedFields, statusChange } = updated;
      const moved = statusChange ? `: ${statusChange.from} → ${statusChange.to}` : "";
      return `Task #${input.taskId} updated (${updatedFields.join(", ") || "nothing to change"})${moved}`;
    },
  });
