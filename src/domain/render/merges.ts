/** What people read of a merge that the App made, or could not make. Knows no git and no GitHub. */
import type { Finding } from "../finding.ts";
import { decisionsPath, statePath } from "../memory.ts";
import { neutralisePlain } from "../neutralise.ts";
import { code } from "./safe.ts";

/** Names of git, in a commit's message and on a page. */
const plain = (branch: string): string => neutralisePlain(branch, 120);
const maxFiles = 40;

/** @param byMeaning the memory files were in the way of git's own merge */
export const mergeMessage = (base: string, branch: string, byMeaning: boolean): string =>
  [
    `Merge ${plain(base)} into ${plain(branch)}`,
    ...(byMeaning
      ? ["The files of the project's memory are merged by what\ntheir entries mean; all else is as git merges it."]
      : []),
  ].join("\n\n");

const fileList = (files: readonly string[]): string =>
  [
    ...files.slice(0, maxFiles).map((path) => `- ${code(path, 255)}`),
    ...(files.length > maxFiles ? [`- … and ${files.length - maxFiles} more`] : []),
  ].join("\n");

const memoryPaths = [decisionsPath, statePath];

/** By this hidden line the comment is found again. */
export const conflictMarker = "<!-- architect:conflict -->";

type Moved = {
  /** The branch that the pull request goes to, and where it was looked at. */
  readonly base: string;
  readonly sha: string;
  readonly branch: string;
};

/** @param files none where the two branches share no history */
export const renderConflict = ({ base, sha, branch }: Moved, files: readonly string[]): string =>
  [
    conflictMarker,
    `**This branch conflicts with ${code(base, 255)}**, as of ${sha.slice(0, 12)}. Nothing was merged.`,
    ...(files.length === 0
      ? [`${code(base, 255)} and ${code(branch, 255)} have no history in common, so there is nothing to merge by.`]
      : [`Both changed:\n\n${fileList(files)}`]),
    ...(files.some((path) => memoryPaths.includes(path))
      ? ["Of the memory's files keep the entries of both sides."]
      : []),
    `Merge ${code(base, 255)} into ${code(branch, 255)} by hand, or with “Resolve conflicts” below; reviews and commands go on from what you push.`,
  ].join("\n\n");

export const renderResolved = ({ base, sha }: Moved): string =>
  [conflictMarker, `This branch conflicted with ${code(base, 255)}; as of ${sha.slice(0, 12)} it does no longer.`].join(
    "\n\n",
  );

type Ahead = { readonly branch: string; readonly files: readonly string[] };

/** @param ran what became of what had run before @returns what a report says of a base that was merged when it was pushed */
export const baseMerged = ({ branch, files }: Ahead, ran: "run" | "not-run" | "untouched"): Finding => {
  const what = files.length === 1 ? "one file of it is" : `${files.length} files of it are`;
  const merged = `${code(branch, 255)} has moved on, and ${files.length === 0 ? "it is" : what} merged in`;
  if (ran === "run")
    return { rule, severity: "note", message: `${merged}; what the report claims was run again with it` };
  if (ran === "untouched") return { rule, severity: "note", message: `${merged}, which nothing that ran depends on` };
  return { rule: "evidence-stale", severity: "concern", message: `${merged}; what ran before ran without it` };
};

const rule = "base-moved";

/** @param conflicts none where there is no history in common */
export const baseConflict = ({ branch }: Pick<Ahead, "branch">, conflicts: readonly string[]): Finding => {
  const some = conflicts.slice(0, 5).map((path) => code(path, 255));
  const more = conflicts.length > some.length ? ` and ${conflicts.length - some.length} more` : "";
  const where = some.length === 0 ? "and they share no history" : `in ${some.join(", ")}${more}`;
  return {
    ...{ rule: "base-conflict", severity: "concern" },
    message: `${code(branch, 255)} has moved on and conflicts with this branch ${where}; merge it by hand`,
  };
};

/** One sentence, and what can be done. */
export const baseGone = (branch: string, pull: number | undefined): string =>
  pull === undefined
    ? `the branch ${code(branch, 255)} that the pull request was to go to is gone. Push it again where it is still wanted.`
    : `the branch ${code(branch, 255)} that pull request #${pull} goes to is gone. Choose another base with “Edit” at its title.`;
