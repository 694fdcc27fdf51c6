/** A run whose branch is not as it was yields: nothing is pushed, and its work stands in one comment as a patch. */
import {
  howToGoOn,
  keptMarker,
  maxPatchBytes,
  type Obstacle,
  renderKept,
  whyNotPushed,
} from "../domain/render/kept.ts";
import type { Pull } from "../ports.ts";
import { changesFor } from "./changes-for.ts";
import type { Publication } from "./publication.ts";

export type Kept = { readonly summary: string; readonly comment?: string };

/** @returns why nothing may be pushed to a pull request of ours any more */
export const closedMeanwhile = async (
  { session, run, made }: Publication,
  { state, merged, branch, headSha }: Pull,
): Promise<Obstacle | undefined> => {
  if (state === "open" || [...made.values()].includes(headSha)) return undefined;
  // Without its branch, GitHub closes it.
  if (!merged && (await session.fetchBranch(branch)) === undefined) return { kind: "deleted", branch };
  return { kind: merged ? "merged" : "closed", issue: run.issue };
};

/** After a push was refused because the branch is another one. */
export const movedMeanwhile = async ({ session }: Publication, { branch }: Pull): Promise<Obstacle> => {
  const head = await session.fetchBranch(branch);
  if (head === undefined) return { kind: "deleted", branch };
  return { kind: "pushed", branch, by: (await session.fetchAuthor(head))?.login };
};

/** May be repeated: the comment is the same one. */
export const keepWork = async (publication: Publication, pull: Pull, obstacle: Obstacle): Promise<Kept> => {
  const { deps, session, run, gathered } = publication;
  const { repository } = run.job.trigger;
  const changeset = await changesFor(publication);
  const ours = { commit: gathered.parent, changes: changeset };
  const patch = await deps.workspace.patchOf(repository, ours, maxPatchBytes);
  const text = renderKept(run.id, obstacle, { changeset, patch, commit: gathered.parent });
  const id = await session.upsertComment(pull.number, keptMarker(run.id), text, undefined);
  const summary = `${whyNotPushed(obstacle)} ${howToGoOn(obstacle)}`;
  if (id === undefined)
    return { summary: `${summary} Its work is kept; #${pull.number} takes no comment that could show it.` };
  return { summary: `${summary} Its work is kept as a patch.`, comment: `${pull.url}#issuecomment-${id}` };
};
