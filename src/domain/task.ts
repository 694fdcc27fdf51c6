/** The agents' own task list: a pure reducer over the calls of TaskCreate and TaskUpdate. */

export type TaskStatus = "pending" | "in_progress" | "completed" | "deleted";

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

export type TaskList = readonly Task[];
