/** What people read where the work of a run could not be pushed: why, and the work itself as a patch. Knows no git and no GitHub. */
import type { Changeset } from "../changeset.ts";
import { code, details, fenced } from "./safe.ts";

/** By this hidden line the comment is found again. */
export const keptMarker = (run: string): string => `<!-- architect:kept:${run} -->`;

/** Why a run did not push. */
export type Obstacle =
  | { readonly kind: "pushed"; readonly branch: string; readonly by: string | undefined }
  | { readonly kind: "deleted"; readonly branch: string }
  | { readonly kind: "closed" | "merged"; readonly issue: number };

/** One sentence. */
export const whyNotPushed = (obstacle: Obstacle): string => {
  if (obstacle.kind === "pushed") {
    const who = obstacle.by === undefined ? "Somebody" : `@${obstacle.by}`;
    return `${who} pushed to ${code(obstacle.branch, 255)} while this run was at work, so it did not push.`;
  }
  if (obstacle.kind === "deleted")
    return `The branch ${code(obstacle.branch, 255)} was deleted while this run was at work, so nothing was pushed.`;
  return `The pull request was ${obstacle.kind} while this run was at work, so nothing was pushed.`;
};

/** What people can do about it. */
export const howToGoOn = (obstacle: Obstacle): string => {
  if (obstacle.kind === "pushed")
    return "`/architect continue` puts the work on what is there now, where both do not change the same files, and goes on from there.";
  if (obstacle.kind === "deleted")
    return "Restore it and open the pull request again (both have a button at its end), then comment `/architect continue`.";
  if (obstacle.kind === "closed")
    return "To have it here, open the pull request again, then comment `/architect continue`.";
  return `To have it in a new pull request, comment \`/architect continue\` on issue #${obstacle.issue}.`;
};

/** A comment holds 65,536 characters. */
export const maxPatchBytes = 50_000;
const maxFiles = 60;

/** @param patch undefined where it is too long for a comment */
export const renderKept = (
  run: string,
  obstacle: Obstacle,
  work: { readonly changeset: Changeset; readonly patch: string | undefined; readonly commit: string },
): string => {
  const { changeset, commit } = work;
  // A hidden line of ours in it would make this comment another one.
  const patch = work.patch?.includes("<!-- architect:") ? undefined : work.patch;
  const files = `${changeset.length} ${changeset.length === 1 ? "file" : "files"}`;
  const list = [
    ...changeset.slice(0, maxFiles).map(({ path, kind }) => `- ${code(path, 255)} (${kind})`),
    ...(changeset.length > maxFiles ? [`- … and ${changeset.length - maxFiles} more`] : []),
  ].join("\n");
  return [
    keptMarker(run),
    `**Not pushed.** ${whyNotPushed(obstacle)} What is there stays as it is.`,
    howToGoOn(obstacle),
    patch === undefined
      ? `The work is kept. As a patch it does not fit into a comment; it changes ${files}:\n\n${list}`
      : details(
          `The work as a patch to ${commit.slice(0, 12)} (${files}): save it, and \`git apply --3way\` takes it`,
          fenced(patch, "diff"),
        ),
  ].join("\n\n");
};
