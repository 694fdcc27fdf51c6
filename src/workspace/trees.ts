/**
 * The ready trees and git folders that runs start from: one tree per commit, never changed once it is there, shared by
 * its runs. Who uses one is written in the run's folder, so a crash leaves nothing that has to be counted again.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RepositoryRef } from "../domain/repository.ts";
import { makeFolder, putFile, removeFolder } from "./disk.ts";
import type { Layout } from "./layout.ts";
import type { Locks } from "./lock.ts";
import type { Mirrors } from "./mirror.ts";
import { isLeftover, isRunning, type Process, temporaryName, thisProcess } from "./owner.ts";
import type { Builder, PrepareRequest } from "./prepare.ts";

export type TreeRequest = {
  readonly runId: string;
  readonly commit: string;
  readonly base: string;
  readonly baseBranch: string;
  /** Folders that the commit does not have and that must exist, empty. */
  readonly mountPoints: readonly string[];
};

export type ReadyTree = {
  readonly tree: string;
  readonly gitDir: string;
  /** The objects of the base branch, as the host finds them. */
  readonly objects: string;
};

export type TreeDeps = {
  readonly layout: Layout;
  readonly mirrors: Mirrors;
  readonly lock: Locks;
  readonly builder: Builder;
  /** What a git folder says about where its objects are; undefined = where the host finds them. */
  readonly objectsInside: string | undefined;
  readonly log: (line: string) => void;
};

type Use = Process & { readonly paths: readonly string[] };

/** Beside those in use, for the next runs: on the default branch, and on open pull requests. */
const kept = 3;
const usesFile = "uses.json";

const digest = (...parts: readonly string[]): string =>
  createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 12);

const treeName = ({ commit, mountPoints }: TreeRequest): string =>
  mountPoints.length === 0 ? commit : `${commit}-${digest(...mountPoints)}`;

export const createTrees = ({ layout, mirrors, lock, builder, objectsInside, log }: TreeDeps) => {
  const removals = new Set<Promise<void>>();

  /** @param onChecked told where it will lie, before it does */
  const openLocked = async (
    repository: RepositoryRef,
    request: TreeRequest,
    onChecked: (ready: ReadyTree) => void,
  ): Promise<void> => {
    const trees = join(layout.trees, String(repository.id));
    const gitDirs = join(layout.gitDirs, String(repository.id));
    await makeFolder(trees, 0o755);
    await makeFolder(gitDirs, 0o755);
    const { objects, gitDir: store } = await mirrors.history(repository).open(request.baseBranch, request.base);
    const shallow = await readFile(join(store, "shallow"), "utf8").catch(() => undefined);
    const shown = objectsInside ?? objects;
    const tree = join(trees, treeName(request));
    const gitDir = join(gitDirs, `${request.base}-${digest(request.commit, request.baseBranch, shown)}`);
    await markRunFolder(join(layout.runs, request.runId), [tree, gitDir]);
    const boot = await bootId();
    const [hasTree, hasGitDir] = await Promise.all([isWhole(tree, boot), isWhole(gitDir, boot)]);
    const previous = hasTree ? undefined : await newestOther(trees, boot);
    const { commit, base, baseBranch, mountPoints } = request;
    const git = { base, baseBranch, objects: shown, ...(shallow ? { shallow } : {}) };
    const missing = {
      ...(hasTree ? {} : { tree: { target: tree, mountPoints, ...(previous ? { previous } : {}) } }),
      ...(hasGitDir ? {} : { git: { target: gitDir, ...git } }),
    };
    const tell = (): void => onChecked({ tree, gitDir, objects });
    await buildAside({ gitDir: mirrors.gitDir(repository), commit, ...missing }, tell);
    await Promise.all([markUsed(tree, boot), markUsed(gitDir, boot)]);
    await sweep(repository);
  };

  /** Under other names, which are changed when all is whole: a tree is there as it should be or not at all. */
  const buildAside = async (request: PrepareRequest, onChecked: () => void): Promise<void> => {
    const wanted = [request.tree, request.git].flatMap((one) => (one ? [one.target] : []));
    if (wanted.length === 0) return onChecked();
    const aside = new Map(wanted.map((path) => [path, temporaryName(path)]));
    const moved = <T extends { readonly target: string }>(one: T): T => ({
      ...one,
      target: aside.get(one.target) ?? "",
    });
    try {
      const { tree, git } = request;
      const elsewhere = { ...request, ...(tree ? { tree: moved(tree) } : {}), ...(git ? { git: moved(git) } : {}) };
      await builder.prepare(elsewhere, onChecked);
      for (const [path, unfinished] of aside) {
        await removeFolder(path);
        await rename(unfinished, path);
      }
    } catch (error) {
      await Promise.all([...aside.values()].map(removeFolder));
      throw error;
    }
  };

  const sweep = async (repository: RepositoryRef): Promise<void> => {
    const used = await pathsInUse(layout.runs);
    for (const folder of [layout.trees, layout.gitDirs].map((path) => join(path, String(repository.id)))) {
      const all = await byLastUse(folder);
      for (const path of all.slice(kept)) if (!used.has(path)) await discard(path);
    }
  };

  /** Out of sight at once; thousands of files are then removed beside whatever goes on. */
  const discard = async (path: string): Promise<void> => {
    await rm(markOf(path), { force: true });
    const trash = temporaryName(path);
    await rename(path, trash);
    const removal = removeFolder(trash)
      .catch((error: unknown) => log(`an old tree stays on the disk: ${String(error)}`))
      .finally(() => removals.delete(removal));
    removals.add(removal);
  };

  return {
    /**
     * Resolves as soon as nothing stands in the way, `built` when the tree is there: thousands of links take their time.
     * @throws RefusedError where the commit cannot be put on a disk as it is
     */
    open: async (repository: RepositoryRef, request: TreeRequest): Promise<ReadyTree & { built: Promise<void> }> => {
      const checked = Promise.withResolvers<ReadyTree>();
      const built = lock(`trees ${repository.id}`, () => openLocked(repository, request, checked.resolve));
      built.catch(checked.reject);
      return { ...(await checked.promise), built };
    },
    /** After a run's folder is gone. */
    release: (repository: RepositoryRef): Promise<void> => lock(`trees ${repository.id}`, () => sweep(repository)),
    close: async (): Promise<void> => {
      await Promise.all(removals);
    },
  };
};

export type Trees = ReturnType<typeof createTrees>;

// -------------------------------------------------------------------------------------------------------------- marks

/**
 * Beside each tree stands a file with the id of the boot that it was built in, its time that of the last use. Files are
 * not flushed one by one: after a power failure some may be empty, so a tree counts only until the machine starts anew.
 */
const markOf = (path: string): string => `${path}.boot`;

const bootId = async (): Promise<string> =>
  (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "unknown")).trim();

const isWhole = async (path: string, boot: string): Promise<boolean> => {
  const mark = await readFile(markOf(path), "utf8").catch(() => undefined);
  return mark === boot && ((await stat(path).catch(() => undefined))?.isDirectory() ?? false);
};

const markUsed = async (path: string, boot: string): Promise<void> => {
  const now = new Date();
  await writeFile(markOf(path), boot);
  await utimes(markOf(path), now, now);
};

/** Latest first. */
const byLastUse = async (folder: string): Promise<string[]> => {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".boot"));
  const times = await Promise.all(
    names.map(async (name) => ({
      path: join(folder, name.slice(0, -".boot".length)),
      time: (await stat(join(folder, name))).mtimeMs,
    })),
  );
  return times.sort((a, b) => b.time - a.time).map(({ path }) => path);
};

const newestOther = async (trees: string, boot: string): Promise<{ folder: string; commit: string } | undefined> => {
  for (const folder of await byLastUse(trees))
    if (await isWhole(folder, boot)) return { folder, commit: folder.slice(trees.length + 1).slice(0, 40) };
  return undefined;
};

// --------------------------------------------------------------------------------------------------------------- uses

/** @param paths of trees and git folders that stay while the run does */
export const markRunFolder = (runFolder: string, paths: readonly string[]): Promise<void> =>
  putFile(join(runFolder, usesFile), JSON.stringify({ ...thisProcess(), paths } satisfies Use), 0o600);

const readUse = async (runFolder: string): Promise<Use | undefined> => {
  const text = await readFile(join(runFolder, usesFile), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Use);
};

/** Of all runs that are still there. */
export const pathsInUse = async (runs: string): Promise<ReadonlySet<string>> => {
  const uses = await Promise.all((await readdir(runs)).map((name) => readUse(join(runs, name))));
  return new Set(uses.flatMap((use) => (use && isRunning(use) ? use.paths : [])));
};

/** What processes left that ended without closing: folders of runs, half-built trees, half-removed ones. */
export const removeLeftovers = async ({ merges, runs, trees, gitDirs, setups }: Layout): Promise<void> => {
  for (const name of await readdir(runs)) {
    const use = await readUse(join(runs, name));
    if (!use || !isRunning(use)) await removeFolder(join(runs, name));
  }
  for (const name of await readdir(merges)) if (isLeftover(name)) await removeFolder(join(merges, name));
  for (const folder of [trees, gitDirs, setups])
    for (const name of await readdir(folder))
      for (const inner of await readdir(join(folder, name)))
        if (isLeftover(inner)) await removeFolder(join(folder, name, inner));
};
