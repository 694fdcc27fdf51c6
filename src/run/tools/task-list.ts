/** TaskList: all tasks, each with what it still waits for. */
import { z } from "zod";
import { liveTasks, openBlockers } from "../../domain/task.ts";
import type { TaskBox } from "./task-create.ts";
import { defineTool, type Tool } from "./tool.ts";

export const createTaskList = (box: Pick<TaskBox, "current">): Tool =>
  defineTool({
    name: "TaskList",
    description:
      "Lists all tasks with status, owner and the open tasks that each waits for. Prefer the lowest id that waits for nothing.",
    input: z.strictObject({}),
    readOnly: true,
    async run() {
      const tasks = box.current();
      return JSON.stringify({
        tasks: liveTasks(tasks).map((task) => ({
          id: task.id,
          subject: task.subject,
          status: task.status,
          ...(task.owner === undefined ? {} : { owner: task.owner }),
          blockedBy: openBlockers(tasks, task),
        })),
      });
    },
  });
