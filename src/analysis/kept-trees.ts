/**
 * Syntax trees of before, in a folder of packs. Packs are never changed, appear whole by a rename and are removed the
 * least recently used first, so that processes side by side need no lock. Whatever can't be read or written here is
 * parsed again: it is never an error. Knows no parser.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tree } from "../verify/python/node.ts";
import { openPack, type Pack, packOf } from "./pack.ts";

export type KeptTrees = {
  find(sha: string, text: string): Tree | undefined;
  /** Writes those that are not kept yet. @param trees of all files of a question, by blob id */
  keep(trees: ReadonlyMap<string, Tree>): void;
};

export type KeptTreesOptions = {
  /** Its owner's alone: what lies in it is believed. */
  readonly folder: string;
  /** Of everything that a tree depends on beside its text: trees of another version are none. */
  readonly version: string;
  /** Of the folder, with those of other versions. */
  readonly mostBytes?: number;
};

const suffix = ".trees";
const unfinishedSuffix = ".part";
const mostPacks = 64;
/** A project whose trees lie in so many packs gets one that holds them all; those before it age. */
const mostPacksOfProject = 8;

export const createKeptTrees = ({ folder, version, mostBytes = 256 << 20 }: KeptTreesOptions): KeptTrees => {
  const packs = attempt(() => packsIn(folder, version)) ?? [];
  const origins = new WeakMap<Tree, Pack>();
  const used = new Set<Pack>();
  let isWritable = true;

  const find: KeptTrees["find"] = (sha, text) => {
    for (const pack of packs) {
      const tree = pack.has(sha) ? attempt(() => pack.read(sha, text)) : undefined;
      if (!tree) continue;
      origins.set(tree, pack);
      if (!used.has(pack)) attempt(() => use(pack.file));
      used.add(pack);
      return tree;
    }
    return undefined;
  };
  const keep: KeptTrees["keep"] = (trees) => {
    const fresh = new Map([...trees].filter(([, tree]) => !origins.has(tree)));
    if (fresh.size === 0 || !isWritable) return;
    const spread = new Set([...trees.values()].map((tree) => origins.get(tree))).size > mostPacksOfProject;
    const written = spread ? trees : fresh;
    const pack = attempt(() => {
      const made = writePack(folder, version, written);
      removeOldest(folder, mostBytes);
      return made;
    });
    isWritable = pack !== undefined;
    if (!pack) return;
    packs.unshift(pack);
    used.add(pack);
    // A service that is up for long writes many: it looks into no more of them than the folder holds.
    for (const old of packs.splice(mostPacks)) {
      used.delete(old);
      attempt(() => old.close());
    }
    for (const tree of written.values()) origins.set(tree, pack);
  };
  return { find, keep };
};

/** A pack that is damaged, gone or foreign is none, and a folder that takes none stays as it is. */
const attempt = <T>(what: () => T): T | undefined => {
  try {
    return what();
  } catch {
    return undefined;
  }
};

/** Those used last come first, of those used together the larger one. */
const packsIn = (folder: string, version: string): Pack[] =>
  listed(folder)
    .filter(({ name }) => name.startsWith(`${version}-`) && name.endsWith(suffix))
    .flatMap(({ file }) => attempt(() => openPack(file)) ?? []);

type Listed = { readonly name: string; readonly file: string; readonly bytes: number; readonly usedAt: number };

const listed = (folder: string): readonly Listed[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(suffix) || name.endsWith(unfinishedSuffix))
    .flatMap((name): Listed[] => {
      const file = join(folder, name);
      const stats = statSync(file, { throwIfNoEntry: false });
      return stats?.isFile() ? [{ name, file, bytes: stats.size, usedAt: stats.mtimeMs }] : [];
    })
    .sort((one, other) => other.usedAt - one.usedAt || other.bytes - one.bytes);

const writePack = (folder: string, version: string, trees: ReadonlyMap<string, Tree>): Pack => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unfinished = join(folder, `${randomUUID()}${unfinishedSuffix}`);
  const file = join(folder, `${version}-${randomUUID()}${suffix}`);
  writeFileSync(unfinished, packOf(trees), { mode: 0o600, flag: "wx" });
  renameSync(unfinished, file);
  use(file);
  return openPack(file);
};

/** By our clock throughout: the file system's own lags behind it by some milliseconds. */
const use = (file: string): void => utimesSync(file, new Date(), new Date());

const removeOldest = (folder: string, mostBytes: number): void => {
  let bytes = 0;
  for (const [at, one] of listed(folder).entries()) {
    bytes += one.bytes;
    if (at >= mostPacks || bytes > mostBytes) rmSync(one.file, { force: true });
  }
};
