/** A throw-away copy of a tree in which everything may be written, and a server in it with the requests that it is asked. */
import type { Changeset } from "../domain/changeset.ts";
import type { HttpSession, HttpSessionResult } from "../domain/http.ts";
import type { CommandResult, Trial } from "../ports.ts";
import { startBare } from "./bare.ts";
import type { BoundaryFolders } from "./boundary-folders.ts";
import { runCommand } from "./command.ts";
import { applyChanges, copyFolders } from "./copies.ts";
import { removeFolder } from "./disk.ts";
import { openRoot } from "./folder-walk.ts";
import type { Layout } from "./layout.ts";
import { createQuota, sizeOf } from "./quota.ts";
import { nodeInside, requestProcessInside, type SandboxSettings, type Start, startInSandbox } from "./sandbox.ts";
import type { ReadyTree } from "./trees.ts";
import { runBash } from "./walls.ts";

export type TrialDeps = {
  readonly layout: Layout;
  /** Undefined: no sandbox. */
  readonly sandbox: SandboxSettings | undefined;
  readonly python: string | undefined;
  readonly ready: ReadyTree;
  readonly folders: BoundaryFolders;
  readonly env: Readonly<Record<string, string>>;
  /** What the repository's set-up made. */
  readonly setup: string | undefined;
  /** Not there yet. */
  readonly folder: string;
  readonly closing: AbortSignal;
  readonly track: (command: Promise<unknown>) => void;
};

/** Of values that our own code hashed: what a run's copies hold beside them is not followed, read or copied. */
export const openTrial = async (deps: TrialDeps, changeset: Changeset): Promise<Trial> => {
  const { layout, sandbox, ready, folder } = deps;
  await copyFolders(ready.tree, folder, [""], layout.user);
  await applyChanges(folder, deps.folders.roots, changeset, layout.user);
  const quota = createQuota(folder, await sizeOf(folder));
  const isOverQuota = sandbox ? quota : async () => false;
  const start = startIn(deps);
  const tracked = <T>(command: Promise<T>): Promise<T> => {
    deps.track(command);
    return command;
  };
  return {
    bash: (command, options) =>
      tracked(runBash({ start, ready: Promise.resolve(), closing: deps.closing, isOverQuota }, command, options)),
    serve: (session, signal) =>
      sandbox
        ? tracked(serve({ start, isOverQuota, signal: AbortSignal.any([signal, deps.closing]) }, session))
        : Promise.resolve(undefined),
    close: () => removeFolder(folder),
  };
};

const startIn =
  (deps: TrialDeps): Start =>
  (command, options) => {
    const { sandbox, ready, env, setup } = deps;
    if (!sandbox) return startBare({ ...deps, gitDir: ready.gitDir }, command, { ...options, env });
    const folder = openRoot(deps.folder);
    try {
      const view = { ...ready, setup, mounts: [{ at: "", folder, writable: true }] };
      return startInSandbox(sandbox, view, command, { ...options, env });
    } finally {
      folder.close();
    }
  };

const graceMs = 5_000;

const serve = async (
  {
    start,
    isOverQuota,
    signal,
  }: { readonly start: Start; readonly isOverQuota: () => Promise<boolean>; readonly signal: AbortSignal },
  session: HttpSession,
): Promise<HttpSessionResult> => {
  const child = start([nodeInside, requestProcessInside], {
    stdin: "pipe",
    stdout: "socket",
    cpuSeconds: Math.ceil(session.totalMs / 1_000),
  });
  // It may be gone before it has read everything.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(JSON.stringify(session));
  const result = await runCommand(child, { timeoutMs: session.totalMs + graceMs, signal, isOverQuota });
  return parseResult(result);
};

const parseResult = ({ output, ended, exitCode }: CommandResult): HttpSessionResult => {
  try {
    return JSON.parse(output) as HttpSessionResult;
  } catch {
    const why = ended === undefined ? `what asked it was ended with exit code ${exitCode}` : `it was ended: ${ended}`;
    return { log: why, answers: [] };
  }
};
