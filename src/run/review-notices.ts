/** What whoever reads a review must know of the pull request besides: what could not be read, and what had no say. Knows text only. */
import { shortSha } from "../domain/render/pull-review.ts";
import { code } from "../domain/render/safe.ts";
import { isSource } from "./inspector.ts";
import type { ReviewTarget } from "./review-target.ts";

/** What agents obey, wherever it comes from: a change of it has no say in the review of the change. */
const isGuidance = (path: string): boolean => /(^|\/)(AGENTS|CLAUDE)\.md$|^\.(github|claude)\//.test(path);

/** GitHub tells no more of them. */
const mostFiles = 3_000;

type Seen = Pick<ReviewTarget, "pull" | "head" | "files" | "ours" | "sandboxed"> & {
  /** The head by now. */
  readonly newest: string;
  /** That somebody let be run. */
  readonly allowed: string | undefined;
  /** Why the code could not be read. */
  readonly unread: string | undefined;
};

export const reviewNotices = (seen: Seen): readonly string[] => [
  ...ofItself(seen),
  ...(seen.unread === undefined ? [] : [`**The code could not be read, so nothing was checked.** ${seen.unread}`]),
  ...ofAllowance(seen),
  ...ofFiles(seen),
];

const ofItself = ({ pull, head, newest, ours }: Seen): readonly string[] => [
  ...(ours ? ["This is the App's own pull request: a second look at it, and no independent one."] : []),
  ...(pull.draft ? ["It is a draft: what is not done yet is told all the same."] : []),
  ...(pull.headGone ? ["The fork that it comes from is gone: this is its last commit, which GitHub keeps."] : []),
  ...(head === newest ? [] : [`The pull request has moved on to ${code(shortSha(newest), 40)} since.`]),
];

const ofAllowance = ({ allowed, head, sandboxed }: Seen): readonly string[] => {
  if (allowed === undefined) return [];
  if (allowed !== head)
    return [
      `Nothing of it was run: a maintainer allowed ${code(shortSha(allowed), 40)}, and something was pushed since.`,
    ];
  return sandboxed ? [] : ["Nothing of it was run: a maintainer allowed it, but the App has no sandbox here."];
};

/** Of what is not known, it is not said that there is none. */
export const changesCode = (files: Seen["files"]): boolean =>
  files.length === 0 || files.some(({ path, before = path }) => isSource(path) || isSource(before));

const ofFiles = ({ pull, files }: Seen): readonly string[] => {
  const guidance = files.map(({ path }) => path).filter(isGuidance);
  const unread = files.filter(({ path, patch, kind }) => isSource(path) && patch === undefined && kind !== "renamed");
  return [
    ...(changesCode(files)
      ? []
      : ["It changes no Python, which is all that is read here by code: no facts and no standards apply to it."]),
    ...(guidance.length === 0
      ? []
      : [
          `It changes ${listed(guidance)}: settings and instructions are read from ${code(pull.base, 200)}, so the change had no say in this review.`,
        ]),
    ...(files.length >= mostFiles
      ? [
          `GitHub tells the first ${mostFiles.toLocaleString("en-US")} files of a pull request: what was found in further ones is told here.`,
        ]
      : []),
    ...(unread.length === 0
      ? []
      : [`GitHub shows no lines of ${listed(unread.map(({ path }) => path))}; what was found there is told here.`]),
  ];
};

const listed = (paths: readonly string[]): string =>
  `${paths
    .slice(0, 5)
    .map((path) => code(path, 200))
    .join(", ")}${paths.length > 5 ? " …" : ""}`;
