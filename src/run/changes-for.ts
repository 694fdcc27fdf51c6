/** What a run changes of the commit that its own commits go on top of. Reads the mirror, writes nothing. */
import type { Changeset } from "../domain/changeset.ts";
import { changesOnto } from "./onto.ts";
import type { Publication } from "./publication.ts";

/** Without the memory. Where a run goes on, the branch has most of it already. */
export const changesFor = async ({ deps, run, gathered, settled }: Publication): Promise<Changeset> => {
  const { commit, parent } = gathered;
  const changes = [...settled.changeset, ...settled.generated.files];
  if (parent === commit) return changes;
  const at = (sha: string) => (path: string) => deps.workspace.readFile(run.job.trigger.repository, sha, path);
  return changesOnto(changes, settled.published, { was: at(commit), is: at(parent) });
};
