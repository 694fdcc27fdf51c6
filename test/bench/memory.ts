/** What processes take, from /proc: proportional set size (shared pages count once), and processor time. */
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

/** Of Linux on every machine that Node runs on. */
const ticksPerSecond = 100;

/** Milliseconds of processor time. @property ended of all that it started and that has ended */
export const cpuOf = (pid: number | "self"): { readonly own: number; readonly ended: number } => {
  // Behind the name in brackets, which may hold anything; fields 14 to 17 of proc(5).
  const fields =
    /^\d+ \(.*\) (.*)$/s
      .exec(read(`/proc/${pid}/stat`))?.[1]
      ?.split(" ")
      .map(Number) ?? [];
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
  const toMs = 1_000 / ticksPerSecond;
  return { own: (user + system) * toMs, ended: (endedUser + endedSystem) * toMs };
};
