/** TaskUpdate: changes a task, moves it on, or says what it waits for. */
import { z } from "zod";
import { ToolError } from "../../domain/errors.ts";
import { type Task, updateTask } from "../../domain/task.ts";
import { considerUpdate, newlyReady } from "../../domain/team-tasks.ts";
import type { TaskBox } from "./task-create.ts";
import { defineTool, type Tool } from "./tool.ts";

const ids = z.array(z.string()).max(50).optional();

/** Where the list is a team's. */
export type TeamTasks = {
  readonly self: string;
  /** Nobody where there is no team. */
  readonly members: () => readonly string[];
  /** Tells a member of a task that it can work on now. */
  readonly assign: (task: Task, callId: string) => Promise<void>;
};

export const createTaskUpdate = (box: TaskBox & { readonly team?: TeamTasks | undefined }): Tool =>
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
    async run(input, { callId }) {
      const before = box.current();
      const considered = considerUpdate(before, input, box.team?.self ?? "", box.team?.members() ?? []);
      if (!considered.ok) throw new ToolError(considered.reason);
      const updated = updateTask(before, considered.update);
      if (!updated.ok) throw new ToolError(updated.reason);
      box.replace(updated.tasks);
      if (box.team && box.team.members().length > 0)
        for (const task of newlyReady(before, updated.tasks, box.team.self)) await box.team.assign(task, callId);
      const { updatedFields, statusChange } = updated;
      const moved = statusChange ? `: ${statusChange.from} → ${statusChange.to}` : "";
      return `Task #${input.taskId} updated (${updatedFields.join(", ") || "nothing to change"})${moved}`;
    },
  });
