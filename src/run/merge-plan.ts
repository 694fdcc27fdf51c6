/** What merging a moved branch comes to: the memory files by what they mean, everything else as git does it, and never a part of it. Reads the mirror, writes nothing. */
import { blobSha, bytesOf, type Changeset } from "../domain/changeset.ts";
import {
  decisionsPath,
  type MemoryTexts,
  mergeMemory,
  parseDecisions,
  parseState,
  statePath,
} from "../domain/memory.ts";
import type { RepositoryRef } from "../domain/repository.ts";
import type { Merge, TreeEntry, Workspace } from "../ports.ts";

type Reader = Pick<Workspace, "merge" | "readFiles">;

type Sides = {
  readonly ours: { readonly commit: string; readonly changes?: Changeset };
  readonly theirs: string;
  /** Of ours: what `theirs` holds already under another name, as after a squash. */
  readonly since?: string | undefined;
};

type Whole = { readonly merge: Merge; readonly entries: readonly TreeEntry[] };

export type MergePlan =
  /** Theirs is part of ours already. */
  | { readonly kind: "contained" }
  /** Git merges it by itself. */
  | ({ readonly kind: "clean" } & Whole)
  /** It has to be made by us: the memory files are in the way, of which `notes` tell people, or what a squash has left. */
  | ({ readonly kind: "ours"; readonly notes?: readonly string[] } & Whole)
  | { readonly kind: "conflict"; readonly merge: Merge; readonly files: readonly string[] };

const memoryPaths = [decisionsPath, statePath];

export const isMemory = (path: string): boolean => memoryPaths.includes(path);

export const planMerge = async (workspace: Reader, repository: RepositoryRef, sides: Sides): Promise<MergePlan> => {
  const { ours, theirs, since } = sides;
  const merge = await workspace.merge(repository, ours, theirs, since);
  if (merge.contained) return { kind: "contained" };
  if (merge.base === undefined) return { kind: "conflict", merge, files: [] };
  const files = merge.conflicts.filter((path) => !memoryPaths.includes(path));
  if (files.length > 0) return { kind: "conflict", merge, files: merge.conflicts };
  const both = memoryPaths.filter((path) => merge.ours.includes(path) && merge.theirs.includes(path));
  if (both.length === 0) return { kind: "clean", merge, entries: merge.entries };
  const memory = await mergedMemory(workspace, repository, { ...sides, base: merge.base });
  if (!memory) return { kind: "conflict", merge, files: both };
  const entries = [...merge.entries.filter(({ path }) => !memoryPaths.includes(path)), ...memory.entries];
  const needed = merge.conflicts.length > 0 || merge.entries.some(isSpoilt);
  return needed ? { kind: "ours", merge, entries, notes: memory.notes } : { kind: "clean", merge, entries };
};

/** Lines that git put together well enough may be no JSON, or hold one id twice. */
const isSpoilt = (entry: TreeEntry): boolean => {
  if (entry.kind === "deleted" || entry.content === undefined) return false;
  const text = Buffer.from(entry.content, "base64").toString("utf8");
  if (entry.path === statePath) return parseState(text).broken !== undefined;
  if (entry.path !== decisionsPath) return false;
  const { broken, decisions } = parseDecisions(text);
  return broken !== undefined || new Set(decisions.map(({ id }) => id)).size < decisions.length;
};

/** @returns undefined where a version cannot be read whole: what is in it would be lost */
const mergedMemory = async (workspace: Reader, repository: RepositoryRef, sides: Sides & { readonly base: string }) => {
  const read = async (commit: string, changes: Changeset = []): Promise<MemoryTexts | undefined> => {
    const { texts, tooLarge } = await workspace.readFiles(repository, commit, memoryPaths);
    if (tooLarge.length > 0) return undefined;
    const text = (path: string): string | undefined => {
      const change = changes.find((one) => one.path === path);
      if (change) return change.kind === "deleted" ? undefined : bytesOf(change).toString("utf8");
      return texts.get(path);
    };
    const found = { decisions: text(decisionsPath), state: text(statePath) };
    const broken = parseDecisions(found.decisions).broken ?? parseState(found.state).broken;
    return broken === undefined ? found : undefined;
  };
  const [base, ours, theirs] = await Promise.all([
    read(sides.base),
    read(sides.ours.commit, sides.ours.changes),
    read(sides.theirs),
  ]);
  if (!base || !ours || !theirs) return undefined;
  const { decisions, state, notes } = mergeMemory(base, ours, theirs);
  return {
    notes,
    entries: [
      ...entryOf(decisionsPath, decisions, ours.decisions, theirs.decisions),
      ...entryOf(statePath, state, ours.state, theirs.state),
    ],
  };
};

const entryOf = (path: string, text: string, ours: string | undefined, theirs: string | undefined): TreeEntry[] => {
  if (text === theirs || (ours === undefined && theirs === undefined)) return [];
  const bytes = Buffer.from(text);
  return [{ path, kind: "file", mode: "100644", sha: blobSha(bytes), content: bytes.toString("base64") }];
};
