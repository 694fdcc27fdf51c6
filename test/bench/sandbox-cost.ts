/** What the sandbox itself costs the scenario: its commands in bubblewrap and without, and the start of one file process. Nothing of the loop's is in it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder, removeFolder } from "../../src/workspace/disk.ts";
import { openLayout } from "../../src/workspace/layout.ts";
import { fileProcessInside, nodeInside, type StartOptions, startInSandbox } from "../../src/workspace/sandbox.ts";
import { findBubblewrap } from "../../src/workspace/self-test.ts";
import { commandsOfRun } from "./scenario.ts";
import { median } from "./stats.ts";

export type SandboxCost = {
  /** Milliseconds that a command takes longer than without. */
  readonly commandMs: number;
  /** Until the file process has answered its first call. */
  readonly fileProcessMs: number;
  /** Of a run of the scenario. */
  readonly perRunMs: number;
};

const timed = async (start: () => ChildProcess): Promise<number> => {
  const begun = performance.now();
  const child = start();
  child.stdout?.resume();
  await once(child, "close");
  return performance.now() - begun;
};

export const benchSandbox = async (): Promise<SandboxCost> => {
  const folder = mkdtempSync(join(tmpdir(), "bench-sandbox-"));
  chmodSync(folder, 0o711);
  try {
    const layout = await openLayout(join(folder, "data"), process.execPath);
    const view = { tree: join(layout.runs, "tree"), gitDir: layout.gitDirs, objects: layout.history, mounts: [] };
    await makeFolder(view.tree, 0o755);
    const settings = { layout, bubblewrap: findBubblewrap(), python: undefined };
    const inside = (command: readonly string[], options: StartOptions) =>
      startInSandbox(settings, view, command, options);
    const [walled, bare, started]: [number[], number[], number[]] = [[], [], []];
    for (const command of commandsOfRun) {
      const line = ["/bin/bash", "-c", command];
      walled.push(await timed(() => inside(line, { stdin: "ignore", stdout: "pipe" })));
      bare.push(
        await timed(() => spawn("/bin/bash", ["-c", command], { cwd: "/", stdio: ["ignore", "pipe", "pipe"] })),
      );
    }
    started.push(
      await firstAnswer(() => inside([nodeInside, fileProcessInside, "/repo"], { stdin: "pipe", stdout: "socket" })),
    );
    const commandMs = median(walled) - median(bare);
    const fileProcessMs = median(started);
    return { commandMs, fileProcessMs, perRunMs: commandsOfRun.length * commandMs + fileProcessMs };
  } finally {
    await removeFolder(folder);
  }
};

const firstAnswer = async (start: () => ChildProcess): Promise<number> => {
  const begun = performance.now();
  const child = start();
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error("the file process was started without pipes");
  stdin.write(`${JSON.stringify({ id: 1, name: "read", input: { path: "none.txt" } })}\n`);
  await once(stdout, "data");
  const ms = performance.now() - begun;
  child.kill("SIGKILL");
  await once(child, "close");
  return ms;
};
