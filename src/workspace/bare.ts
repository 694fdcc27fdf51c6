/**
 * No sandbox: a process in a plain copy of the tree, for the offline model on systems without bubblewrap. What is given up:
 * commands have the App's user, network and disk, nothing but their own goodwill keeps them in their folder, limits on
 * memory, processes and disk are not set, and what they start in a session of its own goes on. What stays: no variable of the App's
 * environment, time and output limits, the path policy of the file tools, and that only the boundary's folders are collected.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { systemPath } from "./git.ts";
import type { Layout } from "./layout.ts";
import { gitEnvironment, type StartOptions } from "./sandbox.ts";

export type BareSettings = {
  readonly layout: Layout;
  readonly python: string | undefined;
  /** The copy of the tree. */
  readonly folder: string;
  readonly gitDir: string;
};

export const startBare = (
  { layout, python, folder, gitDir }: BareSettings,
  command: readonly string[],
  { stdin, env }: StartOptions,
): ChildProcess => {
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    cwd: folder,
    detached: true,
    env: {
      ...env,
      PATH: `${python === undefined ? "" : `${python}/bin:`}${systemPath}`,
      HOME: "/nonexistent",
      LANG: "C.UTF-8",
      PYTHONDONTWRITEBYTECODE: "1",
      ...gitEnvironment(folder, gitDir),
    },
    stdio: [stdin, "pipe", "pipe"],
    ...(layout.user ?? {}),
  });
  // What stays in its process group would keep its output open, and the command unfinished.
  child.once("exit", () => endGroup(child.pid));
  return child;
};

const endGroup = (leader: number | undefined): void => {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
};
