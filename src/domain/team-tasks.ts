/** What a team adds to the task list: who may claim what, and whom a change concerns. Pure, beside the reducer. */
import { findTask, openBlockers, type Task, type TaskList, type TaskUpdate } from "./task.ts";
import { contractMailbox, leadName } from "./team.ts";

type Considered = { readonly ok: true; readonly update: TaskUpdate } | { readonly ok: false; readonly reason: string };

const refuse = (reason: string): Considered => ({ ok: false, reason });

/** The update as a member of a team means it: starting on a task claims it. @param members nobody where there is no team */
export const considerUpdate = (
  tasks: TaskList,
  update: TaskUpdate,
  self: string,
  members: readonly string[],
): Considered => {
  const task = findTask(tasks, update.taskId);
  if (!task || members.length === 0) return { ok: true, update };
  const { owner, status } = update;
  if (owner === contractMailbox) return refuse(`${owner} is a mailbox and does no tasks: write to it instead.`);
  if (owner && !members.includes(owner))
    return refuse(`There is no member ${owner}. There are: ${members.join(", ")}.`);
  const anothers = task.owner !== undefined && task.owner !== self;
  if (anothers && self !== leadName && (owner !== undefined || status !== undefined))
    return refuse(
      `Task ${task.id} belongs to ${task.owner}: ask ${task.owner} to release it, or ${leadName} to move it.`,
    );
  if (anothers && status === "in_progress" && owner === undefined)
    return refuse(`Task ${task.id} belongs to ${task.owner}: take it over with owner before you start on it.`);
  const open = openBlockers(tasks, task);
  if (owner === self && open.length > 0)
    return refuse(`Task ${task.id} waits for task ${open.join(" and task ")}, so it cannot be claimed yet.`);
  const claims = status === "in_progress" && owner === undefined && task.owner === undefined;
  return { ok: true, update: claims ? { ...update, owner: self } : update };
};

const isReady = (tasks: TaskList, task: Task): boolean =>
  (task.status === "pending" || task.status === "in_progress") && openBlockers(tasks, task).length === 0;

/** Tasks that another member can work on now and could not before: given to it, or waited for until now. */
export const newlyReady = (before: TaskList, after: TaskList, self: string): readonly Task[] =>
  after.filter((task) => {
    if (task.owner === undefined || task.owner === self || !isReady(after, task)) return false;
    const earlier = findTask(before, task.id);
    return !(earlier && earlier.owner === task.owner && isReady(before, earlier));
  });

/** Not done, and a teammate's. */
export const openTasksOf = (tasks: TaskList, owner: string): readonly Task[] =>
  tasks.filter((task) => task.owner === owner && (task.status === "pending" || task.status === "in_progress"));

/** What a member that has ended leaves undone goes back to nobody. */
export const releaseTasks = (tasks: TaskList, owner: string): TaskList =>
  tasks.map((task) => {
    if (task.owner !== owner || (task.status !== "pending" && task.status !== "in_progress")) return task;
    const { owner: _, ...rest } = task;
    return { ...rest, status: "pending" };
  });
