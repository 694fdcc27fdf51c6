/** The Workspace port on this machine: git, files, processes and bubblewrap, put together. */
import { join } from "node:path";
import { RefusedError } from "../domain/errors.ts";
import type { Clock, Workspace } from "../ports.ts";
import { readBoundaryFolders } from "./boundary-folders.ts";
import { makeFolder, removeFolder } from "./disk.ts";
import { type Layout, openLayout } from "./layout.ts";
import { createLocks } from "./lock.ts";
import { createMirrors, type Mirrors } from "./mirror.ts";
import { type Builder, createBuilder } from "./prepare.ts";
import { objectsInside, type SandboxSettings } from "./sandbox.ts";
import { createSelfTest, findBubblewrap } from "./self-test.ts";
import type { SetupSettings } from "./setup-run.ts";
import { createSetups, type Setups } from "./setups.ts";
import { createTrees, markRunFolder, removeLeftovers, type Trees } from "./trees.ts";
import { createWorktree } from "./worktree.ts";

export type WorkspaceOptions = {
  /** Mirrors, trees and runs lie below it; another user must be able to pass through the folders above it. */
  readonly dataFolder: string;
  /** The Node 24 binary that the file process runs on. */
  readonly node: string;
  /** A Python virtual environment, at /opt/toolchain inside and first on PATH. */
  readonly python?: string;
  readonly sandbox: "bubblewrap" | "none";
  /** The one http base URL, on loopback, that git may fetch from. */
  readonly allowHttpLoopback?: string;
  /** The one folder that git may fetch from, as the path of `file://`. */
  readonly allowLocalFolder?: string;
  /** What a repository's set-up may do; no network where left out. */
  readonly setup?: SetupSettings;
  readonly clock: Clock;
  readonly log?: (line: string) => void;
};

const setupCacheBytes = 10 * 1024 ** 3;

const noSetup =
  "The repository's configuration has `setup`, whose commands run in the sandbox alone, and this App runs without one (ARCHITECT_SANDBOX=none).";

type Rooms = {
  readonly layout: Layout;
  readonly mirrors: Mirrors;
  readonly trees: Trees;
  /** Undefined: no sandbox. */
  readonly setups: Setups | undefined;
  readonly builder: Builder;
  readonly sandbox: SandboxSettings | undefined;
};

/** Touches nothing until it is first asked for something. */
export const createWorkspace = (options: WorkspaceOptions): Workspace & { close(): Promise<void> } => {
  const { python, log = () => undefined } = options;
  const open = new Map<string, () => Promise<void>>();
  const selfTest = createSelfTest(options.clock);
  let rooms: Promise<Rooms> | undefined;
  const enter = (): Promise<Rooms> => {
    rooms ??= openRooms(options).catch((error: unknown) => {
      rooms = undefined;
      throw new Error(`the data folder ${options.dataFolder} cannot be used`, { cause: error });
    });
    return rooms;
  };

  return {
    async checkSandbox() {
      const { sandbox } = await enter();
      return sandbox ? selfTest(sandbox) : { ok: true };
    },
    fetch: async (repository, branches, credentials) =>
      (await enter()).mirrors.fetch(repository, branches, credentials),
    fetchPull: async (repository, pull, credentials) =>
      (await enter()).mirrors.fetchPull(repository, pull, credentials),
    readFile: async (repository, commit, path) => (await enter()).mirrors.readFile(repository, commit, path),
    readFiles: async (repository, commit, paths) =>
      (await enter()).mirrors.readerOf(repository).readFiles(commit, paths),
    listSources: async (repository, commit, isWanted) =>
      (await enter()).mirrors.readerOf(repository).listSources(commit, isWanted),
    readNamed: async (repository, commit, where) =>
      (await enter()).mirrors.readerOf(repository).readNamed(commit, where),
    merge: async (repository, ours, theirs, since) => (await enter()).mirrors.merge(repository, ours, theirs, since),
    patchOf: async (repository, ours, maxBytes) => (await enter()).mirrors.patchOf(repository, ours, maxBytes),
    mergeBase: async (repository, a, b) => (await enter()).mirrors.readerOf(repository).mergeBase(a, b),
    async openWorktree(repository, { runId, commit, base, baseBranch, boundaries, env = {}, setup }) {
      const { layout, mirrors, trees, setups, sandbox } = await enter();
      if (open.has(runId)) throw new Error(`the run ${runId} has a worktree already`);
      const runFolder = join(layout.runs, requireRunId(runId));
      open.set(runId, async () => undefined);
      const onClose = async (): Promise<void> => {
        open.delete(runId);
        await trees.release(repository);
      };
      try {
        await removeFolder(runFolder);
        await makeFolder(runFolder, 0o755);
        await markRunFolder(runFolder, []);
        const folders = await readBoundaryFolders(mirrors.gitDir(repository), commit, boundaries);
        for (const [folder, reason] of folders.closed) log(`${folder} stays read-only: ${reason}`);
        const request = { runId, commit, base, baseBranch, mountPoints: folders.missing };
        if (setup && !setups) throw new RefusedError(noSetup);
        const { built, ...ready } = await trees.open(repository, request);
        const keep = (folder: string) => markRunFolder(runFolder, [ready.tree, ready.gitDir, folder]);
        const made = setup && (await setups?.open(repository, { setup, env, base, baseBranch, keep }));
        const run = { mirror: mirrors.gitDir(repository), runFolder, commit, ready, built, folders, env, setup: made };
        const worktree = await createWorktree({ layout, sandbox, python, log, onClose }, run);
        open.set(runId, () => worktree.close());
        return worktree;
      } catch (error) {
        await removeFolder(runFolder);
        await onClose();
        throw error;
      }
    },
    async close() {
      if (!rooms) return;
      (await rooms).setups?.close();
      await Promise.all([...open.values()].map((closeWorktree) => closeWorktree()));
      const { trees, builder } = await rooms;
      await Promise.all([trees.close(), builder.close()]);
    },
  };
};

const openRooms = async (options: WorkspaceOptions): Promise<Rooms> => {
  const { dataFolder, node, python, allowHttpLoopback, allowLocalFolder, log = () => undefined } = options;
  const layout = await openLayout(dataFolder, node);
  const lock = createLocks();
  const rules = {
    trustingConfig: layout.trustingConfig,
    ...(layout.authorities === undefined ? {} : { authorities: layout.authorities }),
    ...(allowHttpLoopback === undefined ? {} : { allowHttpLoopback }),
    ...(allowLocalFolder === undefined ? {} : { allowLocalFolder }),
  };
  const mirrors = createMirrors({ folders: layout, rules, lock });
  const isWalled = options.sandbox === "bubblewrap";
  const builder = createBuilder();
  const trees = createTrees({
    layout,
    mirrors,
    lock,
    builder,
    objectsInside: isWalled ? objectsInside : undefined,
    log,
  });
  const sandbox = isWalled ? { layout, bubblewrap: findBubblewrap(), python } : undefined;
  const settings = options.setup ?? { hosts: [], cacheBytes: setupCacheBytes };
  const setups = sandbox && createSetups({ layout, mirrors, trees, lock, sandbox, settings, log });
  await removeLeftovers(layout);
  return { layout, mirrors, trees, setups, builder, sandbox };
};

/** It names a folder. */
const requireRunId = (runId: string): string => {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(runId)) return runId;
  throw new Error(`${JSON.stringify(runId)} cannot be the id of a run`);
};
