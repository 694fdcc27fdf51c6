/** Which process something on the disk belongs to, and whether that one is still there: what a crash leaves is known by it. */
import { randomUUID } from "node:crypto";

export type Process = {
  readonly pid: number;
  /** When it began, in ms: in a container, the next one often has the same number. */
  readonly since: number;
};

export const thisProcess = (): Process => ({ pid: process.pid, since: Math.round(performance.timeOrigin) });

/** A process of the same number that is not this one counts as running: better something stays than goes too early. */
export const isRunning = ({ pid, since }: Process): boolean => {
  const own = thisProcess();
  if (pid === own.pid) return since === own.since;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/** For what is not whole yet, or not wanted any more, beside the name that it is to have or had. */
export const temporaryName = (path: string): string => {
  const { pid, since } = thisProcess();
  return `${path}.${pid}-${since}-${randomUUID().slice(0, 8)}.tmp`;
};

/** A temporary name whose process ended without giving the thing its own or removing it. */
export const isLeftover = (name: string): boolean => {
  const [, pid, since] = /\.(\d+)-(\d+)-[0-9a-f]{8}\.tmp$/.exec(name) ?? [];
  return pid !== undefined && since !== undefined && !isRunning({ pid: Number(pid), since: Number(since) });
};
