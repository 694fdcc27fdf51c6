/** Work and memory become commits, and a branch points at them. Each step finds what an earlier attempt made. */
import type { Changeset } from "../domain/changeset.ts";
import { branchOf } from "../domain/job.ts";
import { commitMessage } from "../domain/render/titles.ts";
import type { CommitPurpose, StackPart } from "../domain/stack.ts";
import type { GitHubSession } from "../ports.ts";
import { memoryFor } from "./memory-for.ts";
import { changesOnto } from "./onto.ts";
import type { Publication } from "./publication.ts";
import { trailersOf } from "./signatures.ts";

export type Pushed = {
  readonly branch: string;
  readonly head: string;
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
  const head =
    memory.files.length === 0
      ? work
      : await commitOnce(publication, "memory", () =>
          session.commit({
            parent: work,
            message: commitMessage(settled.report, run.issue, "memory", trailers),
            changes: memory.files,
          }),
        );
  const heads = [...below.map((one) => one.head), head];
  const branches = await branchesFor(publication, heads);
  const expected = gathered.pull ? parent : undefined;
  for (const [index, sha] of heads.entries()) await point(session, branches[index] ?? "", sha, expected);
  return {
    ...{ branch: branches.at(-1) ?? "", head, work },
    below: below.map((one, index) => ({ ...one, branch: branches[index] ?? "" })),
    notes: [...settled.generated.notes, ...memory.notes],
  };
};

const point = async (
  session: GitHubSession,
  branch: string,
  head: string,
  expected: string | undefined,
): Promise<void> => {
  if ((await session.fetchBranch(branch)) !== head) await session.pointBranch(branch, head, expected);
  const seen = await session.fetchBranch(branch);
  if (seen !== head) throw new Error(`GitHub shows ${branch} at ${seen ?? "nothing"} after it was moved to ${head}`);
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

/** Where a run goes on, the branch has most of it already. */
const changesFor = async ({ deps, run, gathered, settled }: Publication): Promise<Changeset> => {
  const { commit, parent } = gathered;
  const changes = [...settled.changeset, ...settled.generated.files];
  if (parent === commit) return changes;
  const at = (sha: string) => (path: string) => deps.workspace.readFile(run.job.trigger.repository, sha, path);
  return changesOnto(changes, settled.published, { was: at(commit), is: at(parent) });
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
