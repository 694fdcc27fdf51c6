/** Proportional set size of a process and all that it started, from /proc: shared pages count once. */
import { readdirSync, readFileSync } from "node:fs";

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process ended between two looks.
    return "";
  }
};

const childrenOf = (pid: number): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => Number(/^\d+ \(.*\) \S (\d+)/s.exec(read(`/proc/${one}/stat`))?.[1]) === pid);

const treeOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(treeOf)];

const pssKiB = (pid: number): number => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);

/** MiB. */
export const pssOf = (pid: number): number => pssKiB(pid) / 1024;

export type Weight = { readonly mib: number; readonly processes: number };

/** MiB. */
export const pssOfTree = (pid: number): Weight => {
  const pids = treeOf(pid);
  return { mib: pids.map(pssOf).reduce((a, b) => a + b, 0), processes: pids.length };
};
