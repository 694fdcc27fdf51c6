/** The base branch as it stands when work is to be published: where it moved on, both are merged in the mirror, and the work is held against it once more. */
import type { Changeset, FileChange } from "../domain/changeset.ts";
import { blobSha, bytesOf, treeHash } from "../domain/changeset.ts";
import { RefusedError } from "../domain/errors.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Finding } from "../domain/finding.ts";
import { isWithin } from "../domain/policy.ts";
import { baseConflict, baseGone, baseMerged } from "../domain/render/merges.ts";
import type { TreeEntry } from "../ports.ts";
import { settleStatus } from "../verify/check-report.ts";
import { changesFor } from "./changes-for.ts";
import { fetchHeads } from "./fetch-heads.ts";
import { isMemory, planMerge } from "./merge-plan.ts";
import type { BaseMoved, Publication, Settled } from "./publication.ts";

/** With what came of it. @throws RefusedError where there is no such branch any more */
export const withBase = async (publication: Publication, events: readonly RunEvent[]): Promise<Publication> => {
  const moved = await lookAtBase(publication, events);
  return moved ? { ...publication, moved, settled: await heldOn(publication, moved) } : publication;
};

/** Where it stood is stored first: after a crash the same is merged. A stack stays where it is, part on part. */
const lookAtBase = async (publication: Publication, events: readonly RunEvent[]): Promise<BaseMoved | undefined> => {
  const { deps, run, gathered, settled, parts } = publication;
  if (parts.length > 1 || settled.changeset.length === 0) return undefined;
  const { repository } = run.job.trigger;
  const branch = gathered.pull?.base ?? gathered.baseBranch;
  const known = events.findLast((event) => event.type === "base-moved");
  const there = (await fetchHeads(deps, repository, [branch])).get(branch);
  const tip = known?.type === "base-moved" ? known.tip : there;
  if (tip === undefined) throw new RefusedError(baseGone(branch, gathered.pull?.number));
  if ((await deps.workspace.mergeBase(repository, tip, gathered.parent)) === tip) return undefined;
  const changes = await changesFor(publication);
  const plan = await planMerge(deps.workspace, repository, {
    ours: { commit: gathered.parent, changes },
    theirs: tip,
  });
  if (plan.kind === "contained") return undefined;
  if (!known) await deps.record([{ type: "base-moved", at: deps.clock().toISOString(), branch, tip }]);
  const files = plan.merge.theirs.filter((path) => !isMemory(path));
  if (plan.kind === "conflict") return { branch, tip, files, conflicts: plan.files };
  return { branch, tip, files, changes: await changesOf(publication, tip, { entries: plan.entries, changes }) };
};

/** The merged files of the agents told against the base's tip; undefined where another one, or one that cannot be read, belongs to them. */
const changesOf = async (
  { deps, run, gathered, settled }: Publication,
  tip: string,
  { entries, changes }: { readonly entries: readonly TreeEntry[]; readonly changes: Changeset },
): Promise<Changeset | undefined> => {
  const text = (commit: string, path: string) => deps.workspace.readFile(run.job.trigger.repository, commit, path);
  const contentOf = async ({ path, sha, content }: Extract<TreeEntry, { kind: "file" }>) => {
    if (content !== undefined) return content;
    const own = changes.find((change) => change.path === path);
    const bytes = own ? bytesOf(own) : Buffer.from((await text(gathered.parent, path)) ?? "");
    return blobSha(bytes) === sha ? bytes.toString("base64") : undefined;
  };
  const merged: FileChange[] = [];
  for (const entry of entries) {
    const { path } = entry;
    if (isMemory(path) || settled.generated.files.some((file) => file.path === path)) continue;
    if (!settled.boundaries.some(({ allowed }) => isWithin(path, allowed))) return undefined;
    if (entry.kind === "deleted") merged.push({ path, kind: "deleted" });
    else {
      const content = await contentOf(entry);
      if (content === undefined || (entry.mode !== "100644" && entry.mode !== "100755")) return undefined;
      const kind = (await text(tip, path)) === undefined ? "added" : "modified";
      merged.push({ path, kind, mode: entry.mode, content });
    }
  }
  return merged.sort((a, b) => (a.path < b.path ? -1 : 1));
};

/** Prose that no command reads. */
const isProse = (path: string): boolean => /\.(?:md|rst|txt)$/i.test(path) && !/requirements[^/]*\.txt$/i.test(path);

/** What ran without the base's new files says nothing of the merged ones: it is run again, or shown as stale. */
const heldOn = async (publication: Publication, moved: BaseMoved): Promise<Settled> => {
  const { deps, settled } = publication;
  const add = (more: Partial<Settled>, ...findings: readonly Finding[]): Settled => {
    const all = [...settled.findings, ...findings];
    return {
      ...settled,
      ...more,
      findings: all,
      status: settleStatus({ ...settled.report, status: settled.status }, all),
    };
  };
  if (moved.conflicts) return add({}, baseConflict(moved, moved.conflicts));
  if (settled.evidence.length === 0 || moved.files.every(isProse)) return add({}, baseMerged(moved, "untouched"));
  const tree = moved.changes ? treeHash(moved.changes) : moved.tip.slice(0, 16);
  const again = moved.changes && (await deps.holdOn?.(settled, { ...moved, changes: moved.changes }));
  if (!again) return add({ tree }, baseMerged(moved, "not-run"));
  return add({ tree, evidence: [...settled.evidence, ...again.evidence] }, baseMerged(moved, "run"), ...again.findings);
};
