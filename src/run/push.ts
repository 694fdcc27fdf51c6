/** Work and memory become commits, and a branch points at them. Each step finds what an earlier attempt made. */
import type { Changeset } from "../domain/changeset.ts";
import { branchOf } from "../domain/job.ts";
import { mergeMessage } from "../domain/render/merges.ts";
import { commitMessage } from "../domain/render/titles.ts";
import type { CommitPurpose, StackPart } from "../domain/stack.ts";
import { changesFor } from "./changes-for.ts";
import { fetchHeads } from "./fetch-heads.ts";
import { memoryFor } from "./memory-for.ts";
import { planMerge } from "./merge-plan.ts";
import type { Publication } from "./publication.ts";
import { trailersOf } from "./signatures.ts";

export type Pushed = {
  readonly branch: string;
  readonly head: string;
  /** Where the branch points: further on, where somebody pushed on top of it after an attempt that crashed. */
  readonly at: string;
  /** Of a stack: what it stands on, the lowest first. */
  readonly below: readonly Below[];
  /** The commit that holds the changes; the memory's comes after it. */
  readonly work: string;
  readonly notes: readonly string[];
};

/** A branch with one commit, below the one that holds the rest. */
export type Below = { readonly branch: string; readonly head: string; readonly part: StackPart };

/** Work and memory as two commits, then the branch moves once; a stack has a commit and a branch for each part below. */
export const push = async (publication: Publication): Promise<Pushed> => {
  const { deps, session, run, gathered, settled } = publication;
  const trailers = await trailersOf(deps, gathered.askers);
  const purpose = gathered.checks ? "checks" : gathered.brief.review ? "follow-up" : "work";
  const message = commitMessage(settled.report, run.issue, purpose, trailers);
  const changes = await changesFor(publication);
  const below = await commitBelow(publication, changes, trailers);
  const parent = below.at(-1)?.head ?? gathered.parent;
  const held = new Set(below.flatMap(({ part }) => part.paths));
  const rest = changes.filter(({ path }) => !held.has(path));
  const work =
    rest.length === 0
      ? parent
      : await commitOnce(publication, "work", () => session.commit({ parent, message, changes: rest }));
  const memory = await memoryFor(deps, publication, work);
  const recorded =
    memory.files.length === 0
      ? work
      : await commitOnce(publication, "memory", () =>
          session.commit({
            parent: work,
            message: commitMessage(settled.report, run.issue, "memory", trailers),
            changes: memory.files,
          }),
        );
  const merged = await mergeBase(publication, { head: recorded, changes: [...rest, ...memory.files] });
  const { head } = merged;
  const heads = [...below.map((one) => one.head), head];
  const branches = await branchesFor(publication, heads);
  const expected = gathered.pull ? parent : undefined;
  let at = head;
  for (const [index, sha] of heads.entries()) at = await point(publication, branches[index] ?? "", sha, expected);
  return {
    ...{ branch: branches.at(-1) ?? "", head, at, work },
    below: below.map((one, index) => ({ ...one, branch: branches[index] ?? "" })),
    notes: [...settled.generated.notes, ...memory.notes, ...merged.notes],
  };
};

/** @returns what the branch points at */
const point = async (
  publication: Publication,
  branch: string,
  head: string,
  expected: string | undefined,
): Promise<string> => {
  const { session } = publication;
  const before = await session.fetchBranch(branch);
  // An attempt that crashed had pushed, and somebody went on from there.
  if (before !== undefined && before !== head && before !== expected && (await holds(publication, branch, head)))
    return before;
  if (before !== head) await session.pointBranch(branch, head, expected);
  const seen = await session.fetchBranch(branch);
  if (seen !== head) throw new Error(`GitHub shows ${branch} at ${seen ?? "nothing"} after it was moved to ${head}`);
  return head;
};

const holds = async ({ deps, run }: Publication, branch: string, commit: string): Promise<boolean> => {
  const { repository } = run.job.trigger;
  const tip = (await fetchHeads(deps, repository, [branch])).get(branch);
  return tip !== undefined && (await deps.workspace.mergeBase(repository, tip, commit)) === commit;
};

/** A base that moved, as a commit of two parents on top of ours: the work's own commits stay what was looked at. */
const mergeBase = async (
  publication: Publication,
  { head, changes }: { readonly head: string; readonly changes: Changeset },
): Promise<{ readonly head: string; readonly notes: readonly string[] }> => {
  const { deps, session, run, gathered, moved } = publication;
  if (!moved || moved.conflicts) return { head, notes: [] };
  const { branch, tip } = moved;
  const ours = { commit: gathered.parent, changes };
  const plan = await planMerge(deps.workspace, run.job.trigger.repository, { ours, theirs: tip });
  if (plan.kind === "contained" || plan.kind === "conflict") return { head, notes: [] };
  const into = gathered.pull?.branch ?? branchOf(run.issue, run.job.trigger.title);
  const message = mergeMessage(branch, into, plan.kind === "ours");
  const { entries } = plan;
  const merge = () => session.commitTree({ tree: tip, parents: [head, tip], message, entries });
  return {
    head: await commitOnce(publication, "merge", merge),
    notes: plan.kind === "ours" ? (plan.notes ?? []) : [],
  };
};

/** How it is cut is stored first: after a crash the parts are what they were. */
const commitBelow = async (
  publication: Publication,
  changes: Changeset,
  trailers: readonly string[],
): Promise<readonly Omit<Below, "branch">[]> => {
  const { deps, session, run, gathered, settled, parts } = publication;
  if (parts.length < 2) return [];
  if (!publication.cut) await deps.record([{ type: "stacked", at: deps.clock().toISOString(), parts }]);
  const below: Omit<Below, "branch">[] = [];
  for (const [index, part] of parts.slice(0, -1).entries()) {
    const parent = below.at(-1)?.head ?? gathered.parent;
    const label = `${part.layers.join(" and ")} (${index + 1} of ${parts.length})`;
    const message = commitMessage(settled.report, run.issue, { part: label }, trailers);
    const own = changes.filter(({ path }) => part.paths.includes(path));
    const commit = () => session.commit({ parent, message, changes: own });
    below.push({ part, head: await commitOnce(publication, `work-${index + 1}`, commit) });
  }
  return below;
};

/** A commit is made once; its SHA is stored before a branch points at it. */
const commitOnce = async (
  { deps, made }: Publication,
  purpose: CommitPurpose,
  commit: () => Promise<string>,
): Promise<string> => {
  const known = made.get(purpose);
  if (known) return known;
  const sha = await commit();
  await deps.record([{ type: "committed", at: deps.clock().toISOString(), purpose, sha }]);
  made.set(purpose, sha);
  return sha;
};

const maxSuffix = 20;

/** The pull request's branch, or the issue's own, numbered in a stack; another name where somebody else has taken it. */
const branchesFor = async (
  { session, run, gathered, made }: Publication,
  heads: readonly string[],
): Promise<readonly string[]> => {
  if (gathered.pull) return [gathered.pull.branch];
  const name = branchOf(run.issue, run.job.trigger.title);
  const stacked = heads.length > 1;
  for (let suffix = 1; suffix <= maxSuffix; suffix++) {
    // A number behind the name would be a part of another stack.
    const other = stacked ? String.fromCharCode(96 + suffix) : String(suffix);
    const free = suffix === 1 ? name : `${name}-${other}`;
    const candidates = stacked ? heads.map((_, index) => `${free}-${index + 1}`) : [free];
    const there = await Promise.all(candidates.map((candidate) => session.fetchBranch(candidate)));
    const ours = [undefined, ...heads, ...made.values()];
    if (there.every((sha) => ours.includes(sha))) return candidates;
  }
  throw new Error(`the branches ${name} to ${name}-${maxSuffix} are all taken; delete those that are not needed`);
};
