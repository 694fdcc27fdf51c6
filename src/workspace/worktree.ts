/** One run's worktree: the shared tree, its own copies of what may change, and the walls of each agent in it. */
import { lchownSync } from "node:fs";
import { join } from "node:path";
import { ToolError } from "../domain/errors.ts";
import type { Boundary } from "../domain/policy.ts";
import type { Worktree } from "../ports.ts";
import { startBare } from "./bare.ts";
import { type BoundaryFolders, findLeftOut, type MountPlan, planMounts } from "./boundary-folders.ts";
import { collect, type HashMemory, readBaseline } from "./collect.ts";
import { applyChanges, copyFolders, restoreCopies } from "./copies.ts";
import { makeFolder, removeFolder } from "./disk.ts";
import { createFileClient, type FileClient } from "./file-client.ts";
import { type OpenFolder, openBelow, openRoot } from "./folder-walk.ts";
import type { Layout } from "./layout.ts";
import { createQuota } from "./quota.ts";
import {
  fileProcessInside,
  type Mount,
  nodeInside,
  type SandboxSettings,
  type Start,
  startInSandbox,
} from "./sandbox.ts";
import type { ReadyTree } from "./trees.ts";
import { openTrial } from "./trial.ts";
import { createWalls } from "./walls.ts";

export type WorktreeDeps = {
  readonly layout: Layout;
  /** Undefined: no sandbox. */
  readonly sandbox: SandboxSettings | undefined;
  readonly python: string | undefined;
  readonly log: (line: string) => void;
  /** After the run's folder is gone. */
  readonly onClose: () => Promise<void>;
};

export type OpenedRun = {
  /** The mirror's git folder. */
  readonly mirror: string;
  readonly runFolder: string;
  readonly commit: string;
  readonly ready: ReadyTree;
  /** When the tree is whole. */
  readonly built: Promise<void>;
  readonly folders: BoundaryFolders;
  /** Of commands alone: the file process is ours. */
  readonly env: Readonly<Record<string, string>>;
  /** What its set-up made. */
  readonly setup: string | undefined;
};

/** Runs' copies of a repository's folders lie here, at their paths in the repository. */
const filesOf = (runFolder: string): string => join(runFolder, "files");

export const createWorktree = async (deps: WorktreeDeps, run: OpenedRun): Promise<Worktree> => {
  const { layout, sandbox } = deps;
  const { ready, folders, commit } = run;
  const files = filesOf(run.runFolder);
  const copied = sandbox ? folders.roots : [""];
  await makeFolder(files, 0o755);
  // Whoever needs the copies first waits for them, and is told what went wrong: until then the model thinks already.
  const copies = run.built.then(() => copyFolders(ready.tree, files, copied, layout.user));
  void copies.catch(() => undefined);
  const baseline = readBaseline(folders.entries);
  const memory: HashMemory = new Map();
  const quota = createQuota(files);
  const closing = new AbortController();
  const clients = new Set<FileClient>();
  const commands = new Set<Promise<unknown>>();
  let isTouched = false;
  let trials = 0;

  const startFor =
    (boundary: Boundary): Start =>
    (command, options) => {
      closing.signal.throwIfAborted();
      isTouched = true;
      if (!sandbox) return startBare({ ...deps, folder: files, gitDir: ready.gitDir }, command, options);
      const mounts = openMounts(files, planMounts(folders.roots, boundary), layout);
      try {
        return startInSandbox(sandbox, { ...ready, mounts, setup: run.setup }, command, options);
      } finally {
        for (const { folder } of mounts) folder.close();
      }
    };

  const track = (command: Promise<unknown>): void => {
    commands.add(command);
    void command.finally(() => commands.delete(command)).catch(() => undefined);
  };

  const endFileProcesses = async (): Promise<void> => {
    await Promise.all([...clients].map((client) => client.end()));
  };

  return {
    commit,
    async enter(boundary) {
      const start = startFor(boundary);
      const command = sandbox ? [nodeInside, fileProcessInside, "/repo"] : [layout.node, layout.fileProcess, files];
      const client = createFileClient(() => start(command, { stdin: "pipe", stdout: "socket" }), deps.log);
      clients.add(client);
      return createWalls({
        boundary,
        folders,
        start: (line, options) => start(line, { ...options, env: run.env }),
        client,
        ready: copies,
        findLeftOut: (path) => findLeftOut(run.mirror, commit, folders, path),
        closing: closing.signal,
        isOverQuota: sandbox ? quota : async () => false,
        track,
      });
    },
    async collect() {
      await copies;
      return collect({ files, roots: folders.roots, baseline, memory });
    },
    async restore(changeset) {
      await copies;
      await endFileProcesses();
      if (isTouched) await restoreCopies(ready.tree, files, folders.roots, changeset, layout.user);
      else await applyChanges(files, folders.roots, changeset, layout.user);
      isTouched = true;
    },
    async openTrial(changeset) {
      await run.built;
      trials += 1;
      const folder = join(run.runFolder, `trial-${trials}`);
      return openTrial({ ...deps, ...run, folder, closing: closing.signal, track }, changeset);
    },
    async close() {
      closing.abort();
      await endFileProcesses();
      await Promise.allSettled([...commands, copies]);
      await removeFolder(run.runFolder);
      await deps.onClose();
    },
  };
};

/**
 * Opened step by step, and handed on as descriptors: a link that a command put where a folder was is not followed. What
 * the agent may write is made where it is missing; what it only sees is left out then.
 */
const openMounts = (files: string, plans: readonly MountPlan[], layout: Layout): Mount[] => {
  const root = openRoot(files);
  const mounts: Mount[] = [];
  try {
    for (const { at, writable } of plans) {
      const folder = openMount(root, at, writable, layout);
      if (folder) mounts.push({ at, writable, folder });
    }
    return mounts;
  } catch (error) {
    for (const { folder } of mounts) folder.close();
    throw error;
  } finally {
    root.close();
  }
};

const openMount = (root: OpenFolder, at: string, writable: boolean, { user }: Layout): OpenFolder | undefined => {
  const give = (created: string): void => {
    if (user) lchownSync(created, user.uid, user.gid);
  };
  try {
    return openBelow(root, at, writable ? give : undefined);
  } catch (error) {
    if (!writable) return undefined;
    throw new ToolError(
      `/repo/${at} is no folder any more: something else stands in its place, and nothing can run until it is one again.`,
      { cause: error },
    );
  }
};
