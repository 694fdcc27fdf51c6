/**
 * What repositories' set-ups made, each kept by what it depends on and shared by the runs that need the same. A result is
 * there whole or not at all; the least recently used ones go when all together take too much of the disk.
 */
import { readdir, readFile, rename, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RepositoryRef } from "../domain/repository.ts";
import type { SetupRequest } from "../ports.ts";
import { copyFolders } from "./copies.ts";
import { flushFolder, makeFolder, removeFolder } from "./disk.ts";
import type { Layout } from "./layout.ts";
import { listCommit } from "./listing.ts";
import type { Locks } from "./lock.ts";
import type { Mirrors } from "./mirror.ts";
import { temporaryName } from "./owner.ts";
import { sizeOf } from "./quota.ts";
import type { SandboxSettings } from "./sandbox.ts";
import { interpreterVersion, setupFiles, setupKey } from "./setup-key.ts";
import { runSetup, type SetupSettings } from "./setup-run.ts";
import { pathsInUse, type Trees } from "./trees.ts";

export type SetupDeps = {
  readonly layout: Layout;
  readonly mirrors: Mirrors;
  readonly trees: Trees;
  readonly lock: Locks;
  readonly sandbox: SandboxSettings;
  readonly settings: SetupSettings;
  readonly log: (line: string) => void;
};

export type OpenSetup = {
  readonly setup: SetupRequest;
  readonly env: Readonly<Record<string, string>>;
  readonly base: string;
  readonly baseBranch: string;
  /** Told of the folder before anybody else could remove it: it stays while the run says that it uses it. */
  readonly keep: (folder: string) => Promise<void>;
};

/** In the folder of each: what commands see at /setup, and beside it how large that is; its time is that of the last use. */
const resultOf = (folder: string): string => join(folder, "result");
const markOf = (folder: string): string => join(folder, "bytes");

export const createSetups = ({ layout, mirrors, trees, lock, sandbox, settings, log }: SetupDeps) => {
  const closing = new AbortController();
  /** Whoever takes, adds or removes results does it alone. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => lock("setups", work);

  const take = async (folder: string, keep: OpenSetup["keep"]): Promise<boolean> => {
    const mark = await stat(markOf(folder)).catch(() => undefined);
    if (!mark) return false;
    await keep(folder);
    const now = new Date();
    await utimes(markOf(folder), now, now);
    return true;
  };

  /** Beside its place, which it is given when all is whole and on the disk. */
  const make = async (repository: RepositoryRef, folder: string, request: OpenSetup): Promise<void> => {
    const unfinished = temporaryName(folder);
    const folders = {
      result: resultOf(unfinished),
      tree: join(unfinished, "tree"),
      scratch: join(unfinished, "scratch"),
      egress: join(unfinished, "egress"),
    };
    const runId = `setup-${repository.id}-${folder.slice(-12)}-${process.pid}`;
    try {
      await makeFolder(unfinished, 0o755);
      for (const path of Object.values(folders)) await makeFolder(path, 0o700, layout.user);
      await makeFolder(join(layout.runs, runId), 0o755);
      const { base, baseBranch, env, setup } = request;
      const wanted = { runId, commit: base, base, baseBranch, mountPoints: [] };
      const { built, ...view } = await trees.open(repository, wanted);
      await built;
      await copyFolders(view.tree, folders.tree, [""], layout.user);
      const signal = AbortSignal.any([setup.signal, closing.signal]);
      await runSetup(sandbox, settings, { view, folders, env, commands: setup.commands, signal });
      for (const path of [folders.tree, folders.scratch, folders.egress]) await removeFolder(path);
      await writeFile(markOf(unfinished), String((await sizeOf(folders.result)).bytes));
      await flushFolder(unfinished);
      await alone(async () => {
        // Another process may have been faster.
        if (await take(folder, request.keep)) return;
        await removeFolder(folder);
        await rename(unfinished, folder);
        await request.keep(folder);
        await sweep();
      });
    } finally {
      await removeFolder(unfinished);
      await removeFolder(join(layout.runs, runId));
      await trees.release(repository);
    }
  };

  const sweep = async (): Promise<void> => {
    const all = await resultsIn(layout.setups);
    const used = await pathsInUse(layout.runs);
    let bytes = all.reduce((sum, one) => sum + one.bytes, 0);
    for (const one of all) {
      if (bytes <= settings.cacheBytes) return;
      if (used.has(one.folder)) continue;
      const trash = temporaryName(one.folder);
      await rename(one.folder, trash);
      await removeFolder(trash);
      bytes -= one.bytes;
    }
  };

  return {
    /** @returns the folder that is to be mounted @throws RefusedError with the log, where a command fails */
    async open(repository: RepositoryRef, request: OpenSetup): Promise<string> {
      const { setup, env, base, keep } = request;
      const entries = await listCommit(mirrors.gitDir(repository), base);
      const python = await interpreterVersion(sandbox.python);
      const { hosts, index } = settings;
      const key = setupKey(setup, setupFiles(entries, setup), { env, python, hosts, index });
      const folder = join(layout.setups, String(repository.id), key);
      await makeFolder(join(layout.setups, String(repository.id)), 0o755);
      await whenItsTurn(lock, `setup ${folder}`, setup.signal, async () => {
        if (await alone(() => take(folder, keep))) return;
        log(`set-up of ${repository.owner}/${repository.name} runs: no result of these files and commands is kept`);
        await make(repository, folder, request);
      });
      return resultOf(folder);
    },
    close: (): void => closing.abort(new Error("the App is closing")),
  };
};

/** Who no longer wants it does not wait for others to end; who has begun cleans up after itself. */
const whenItsTurn = (locks: Locks, key: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> =>
  new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    const turn = locks(key, async () => {
      signal.throwIfAborted();
      signal.removeEventListener("abort", leave);
      await work();
    });
    turn.then(resolve, reject);
  });

export type Setups = ReturnType<typeof createSetups>;

type Result = { readonly folder: string; readonly bytes: number; readonly used: number };

/** Least recently used first. */
const resultsIn = async (setups: string): Promise<readonly Result[]> => {
  const found: Result[] = [];
  for (const repository of await readdir(setups))
    for (const name of await readdir(join(setups, repository))) {
      const folder = join(setups, repository, name);
      const mark = name.endsWith(".tmp") ? undefined : await stat(markOf(folder)).catch(() => undefined);
      if (mark) found.push({ folder, bytes: Number(await readFile(markOf(folder), "utf8")), used: mark.mtimeMs });
    }
  return found.sort((a, b) => a.used - b.used);
};
