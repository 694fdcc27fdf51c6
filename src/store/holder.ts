/** Which process of this machine has a file open: so that whoever is refused learns by whom. Linux's /proc; elsewhere nobody is named. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** Such as `process 1234, "node src/main.ts start"`; undefined where it is not to be seen, as with another user's. */
export const findHolder = (file: string): string | undefined => {
  const path = orUndefined(() => realpathSync(file));
  if (path === undefined) return undefined;
  const pids = (orUndefined(() => readdirSync("/proc")) ?? []).filter((name) => /^\d+$/.test(name));
  const holder = pids.find((pid) => pid !== String(process.pid) && hasOpen(join("/proc", pid, "fd"), path));
  if (holder === undefined) return undefined;
  const words = (orUndefined(() => readFileSync(join("/proc", holder, "cmdline"), "utf8")) ?? "").split("\0");
  const command = words.filter((word) => word !== "").join(" ");
  return `process ${holder}${command === "" ? "" : `, "${command.length > 100 ? `${command.slice(0, 99)}…` : command}"`}`;
};

const hasOpen = (descriptors: string, path: string): boolean =>
  (orUndefined(() => readdirSync(descriptors)) ?? []).some(
    (name) => orUndefined(() => readlinkSync(join(descriptors, name))) === path,
  );

/** Processes end while we look, and others' are closed to us. */
const orUndefined = <T>(look: () => T): T | undefined => {
  try {
    return look();
  } catch {
    return undefined;
  }
};
