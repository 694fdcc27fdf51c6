/** Work and memory become commits, and a branch points at them. Each step finds what an earlier attempt made. */
import type { Changeset } from "../domain/changeset.ts";
import { branchOf } from "../domain/job.ts";
import { commitMessage } from "../domain/render/titles.ts";
import { memoryFor } from "./memory-for.ts";
import { changesOnto } from "./onto.ts";
import type { Publication } from "./publication.ts";
import { trailersOf } from "./signatures.ts";

export type Pushed = {
  readonly branch: string;
  readonly head: string;
  /** The commit that holds the changes; the memory's comes after it. */
  readonly work: string;
  readonly notes: readonly string[];
};

/** Work and memory as two commits, then the branch moves once. */
export const push = async (publication: Publication): Promise<Pushed> => {
  const { deps, session, run, gathered, settled } = publication;
  const trailers = await trailersOf(deps, gathered.askers);
  const purpose = gathered.checks ? "checks" : gathered.brief.review ? "follow-up" : "work";
  const message = commitMessage(settled.report, run.issue, purpose, trailers);
  const { parent } = gathered;
  const changes = await changesFor(publication);
  const work =
    changes.length === 0
      ? parent
      : await commitOnce(publication, "work", () => session.commit({ parent, message, changes }));
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
  const branch = await branchFor(publication, head);
  const expected = gathered.pull ? parent : undefined;
  if ((await session.fetchBranch(branch)) !== head) await session.pointBranch(branch, head, expected);
  const seen = await session.fetchBranch(branch);
  if (seen !== head) throw new Error(`GitHub shows ${branch} at ${seen ?? "nothing"} after it was moved to ${head}`);
  return { branch, head, work, notes: [...settled.generated.notes, ...memory.notes] };
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
  purpose: "work" | "memory",
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

/** The pull request's branch, or the issue's own; with a suffix where somebody else has taken the name. */
const branchFor = async ({ session, run, gathered, made }: Publication, head: string): Promise<string> => {
  if (gathered.pull) return gathered.pull.branch;
  const name = branchOf(run.issue, run.job.trigger.title);
  for (let suffix = 1; suffix <= maxSuffix; suffix++) {
    const candidate = suffix === 1 ? name : `${name}-${suffix}`;
    const sha = await session.fetchBranch(candidate);
    if (sha === undefined || sha === head || [...made.values()].includes(sha)) return candidate;
  }
  throw new Error(`the branches ${name} to ${name}-${maxSuffix} are all taken; delete those that are not needed`);
};
