/** The agents' own task list: a pure reducer over the calls of TaskCreate and TaskUpdate. Refusals are sentences for the model. */

type TaskStatus = "pending" | "in_progress" | "completed" | "deleted";

export type Task = {
  /** Numeric string, never used twice. */
  readonly id: string;
  readonly subject: string;
  readonly description: string;
  /** Present continuous, shown while the task is in progress. */
  readonly activeForm?: string;
  readonly status: TaskStatus;
  readonly owner?: string;
  readonly blocks: readonly string[];
  readonly blockedBy: readonly string[];
  readonly metadata?: Readonly<Record<string, unknown>>;
};

/** Deleted tasks stay in it, so that no id comes twice; `liveTasks` are what an agent sees. */
export type TaskList = readonly Task[];

export type NewTask = {
  readonly subject: string;
  readonly description: string;
  readonly activeForm?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
};

export type TaskUpdate = {
  readonly taskId: string;
  readonly subject?: string | undefined;
  readonly description?: string | undefined;
  readonly activeForm?: string | undefined;
  readonly status?: TaskStatus | undefined;
  /** An empty string releases the task. */
  readonly owner?: string | undefined;
  readonly addBlocks?: readonly string[] | undefined;
  readonly addBlockedBy?: readonly string[] | undefined;
  /** Merged; null takes a key away. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
};

type Refused = { readonly ok: false; readonly reason: string };
export type TaskCreated = { readonly ok: true; readonly tasks: TaskList; readonly task: Task } | Refused;
export type TaskUpdated =
  | {
      readonly ok: true;
      readonly tasks: TaskList;
      readonly updatedFields: readonly string[];
      readonly statusChange?: { readonly from: TaskStatus; readonly to: TaskStatus };
    }
  | Refused;

const maxTasks = 256;

/** Completed and deleted are final. A found blocker sends a task back to pending. */
const next: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  pending: ["in_progress", "deleted"],
  in_progress: ["completed", "pending", "deleted"],
  completed: [],
  deleted: [],
};

const refuse = (reason: string): Refused => ({ ok: false, reason });

export const liveTasks = (tasks: TaskList): TaskList => tasks.filter((task) => task.status !== "deleted");

export const findTask = (tasks: TaskList, id: string): Task | undefined =>
  tasks.find((task) => task.id === id && task.status !== "deleted");

/** Ids of what the task still waits for. */
export const openBlockers = (tasks: TaskList, task: Task): readonly string[] =>
  task.blockedBy.filter((id) => tasks.some((other) => other.id === id && isOpen(other)));

const isOpen = (task: Task): boolean => task.status === "pending" || task.status === "in_progress";

export const createTask = (tasks: TaskList, input: NewTask): TaskCreated => {
  if (tasks.length >= maxTasks)
    return refuse(`There are ${maxTasks} tasks already. Complete the ones that are open instead of adding more.`);
  const task: Task = {
    id: String(tasks.reduce((highest, { id }) => Math.max(highest, Number(id)), 0) + 1),
    subject: input.subject,
    description: input.description,
    ...(input.activeForm === undefined ? {} : { activeForm: input.activeForm }),
    status: "pending",
    blocks: [],
    blockedBy: [],
    ...(input.metadata === undefined ? {} : { metadata: input.metadata }),
  };
  return { ok: true, tasks: [...tasks, task], task };
};

type Edge = { readonly blocker: string; readonly blocked: string };

/** All of an update or nothing of it. */
export const updateTask = (tasks: TaskList, update: TaskUpdate): TaskUpdated => {
  const task = findTask(tasks, update.taskId);
  if (!task) return refuse(unknownTask(tasks, update.taskId));
  const edges: readonly Edge[] = [
    ...(update.addBlocks ?? []).map((blocked) => ({ blocker: task.id, blocked })),
    ...(update.addBlockedBy ?? []).map((blocker) => ({ blocker, blocked: task.id })),
  ];
  const linked = edges.reduce<TaskList | Refused>(
    (list, edge) => ("ok" in list ? list : addEdge(list, edge)),
    tasks.map((one) => (one.id === task.id ? withFields(one, update) : one)),
  );
  if ("ok" in linked) return linked;
  const to = update.status ?? task.status;
  const problem = statusProblem(linked, task, to) ?? startedProblem(linked, edges, task.id, to);
  if (problem) return refuse(problem);
  const moved = linked.map((one) => (one.id === task.id ? { ...one, status: to } : one));
  return {
    ok: true,
    tasks: to === "deleted" ? withoutEdges(moved, task.id) : moved,
    updatedFields: Object.entries(update)
      .filter(([key, value]) => key !== "taskId" && value !== undefined)
      .map(([key]) => key),
    ...(to === task.status ? {} : { statusChange: { from: task.status, to } }),
  };
};

const unknownTask = (tasks: TaskList, id: string): string => {
  const ids = liveTasks(tasks).map((task) => task.id);
  return `There is no task ${id}. ${ids.length > 0 ? `There are: ${ids.join(", ")}.` : "Make one with TaskCreate first."}`;
};

const withFields = (task: Task, update: TaskUpdate): Task => {
  const { owner: _, metadata: __, ...rest } = task;
  const owner = update.owner ?? task.owner ?? "";
  const metadata = Object.entries({ ...task.metadata, ...update.metadata }).filter(([, value]) => value !== null);
  return {
    ...rest,
    subject: update.subject ?? task.subject,
    description: update.description ?? task.description,
    ...(update.activeForm === undefined ? {} : { activeForm: update.activeForm }),
    ...(owner === "" ? {} : { owner }),
    ...(metadata.length === 0 ? {} : { metadata: Object.fromEntries(metadata) }),
  };
};

/** Both ends of it, once. */
const addEdge = (tasks: TaskList, { blocker, blocked }: Edge): TaskList | Refused => {
  if (blocker === blocked) return refuse(`Task ${blocked} cannot wait for itself.`);
  for (const id of [blocker, blocked]) if (!findTask(tasks, id)) return refuse(unknownTask(tasks, id));
  if (waitsFor(tasks, blocker, blocked))
    return refuse(
      `Task ${blocked} cannot wait for task ${blocker}: ${blocker} already waits for ${blocked}, directly or through others.`,
    );
  return tasks.map((task) => {
    if (task.id === blocker) return { ...task, blocks: [...new Set([...task.blocks, blocked])] };
    if (task.id === blocked) return { ...task, blockedBy: [...new Set([...task.blockedBy, blocker])] };
    return task;
  });
};

const waitsFor = (tasks: TaskList, from: string, target: string): boolean => {
  const seen = new Set<string>();
  const queue = [from];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    if (id === target) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    queue.push(...(tasks.find((task) => task.id === id)?.blockedBy ?? []));
  }
  return false;
};

const statusProblem = (tasks: TaskList, before: Task, to: TaskStatus): string | undefined => {
  if (to === before.status) return undefined;
  if (before.status === "completed")
    return `Task ${before.id} is completed, and that is final. Make a new task instead.`;
  if (!next[before.status].includes(to)) return `Task ${before.id} is ${before.status}: set it to in_progress first.`;
  if (to !== "in_progress" && to !== "completed") return undefined;
  const task = tasks.find((one) => one.id === before.id) ?? before;
  const open = openBlockers(tasks, task);
  return open.length > 0
    ? `Task ${before.id} waits for ${open.map((id) => `task ${id}`).join(", ")}: complete that first, or work on a task that waits for nothing.`
    : undefined;
};

/** A new edge may not make a task that is under way, or done, wait for an open one. */
const startedProblem = (
  tasks: TaskList,
  edges: readonly Edge[],
  changed: string,
  to: TaskStatus,
): string | undefined => {
  for (const id of new Set(edges.map(({ blocked }) => blocked))) {
    const task = tasks.find((one) => one.id === id);
    const status = id === changed ? to : task?.status;
    if (!task || (status !== "in_progress" && status !== "completed") || openBlockers(tasks, task).length === 0)
      continue;
    return status === "completed"
      ? `Task ${id} is completed and waits for nothing any more.`
      : `Task ${id} is in progress: set it back to pending in the same call that makes it wait.`;
  }
  return undefined;
};

const withoutEdges = (tasks: TaskList, id: string): TaskList =>
  tasks.map((task) => ({
    ...task,
    blocks: task.id === id ? [] : task.blocks.filter((other) => other !== id),
    blockedBy: task.id === id ? [] : task.blockedBy.filter((other) => other !== id),
  }));
