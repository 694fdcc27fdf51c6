/** Which files an agent has seen in whole, and as which bytes: nobody changes what he has not read, or what changed since. */
import type { Verdict } from "../../domain/policy.ts";

export type Range = readonly [from: number, to: number];

export type SeenFiles = {
  /** Lines of a file that were shown (counted from 1). @param sha of the whole file @param total its number of lines */
  saw(path: string, file: { readonly sha: string; readonly total: number }, range: Range): void;
  /** The agent knows all of it: it wrote it. */
  wrote(path: string, sha: string): void;
  /** @param sha of the file as it is now */
  decide(path: string, file: { readonly sha: string; readonly total: number }): Verdict;
};

type Entry = { readonly sha: string; readonly ranges: readonly Range[] };

export const createSeenFiles = (): SeenFiles => {
  const entries = new Map<string, Entry>();
  return {
    saw(path, file, range) {
      const known = entries.get(path);
      entries.set(path, { sha: file.sha, ranges: [...(known?.sha === file.sha ? known.ranges : []), range] });
    },
    wrote(path, sha) {
      entries.set(path, { sha, ranges: [[1, Number.POSITIVE_INFINITY]] });
    },
    decide(path, file) {
      const known = entries.get(path);
      if (!known) return { allowed: false, reason: `/repo/${path} was not read yet. Read it first, then change it.` };
      if (known.sha !== file.sha)
        return { allowed: false, reason: `/repo/${path} changed since it was read. Read it again, then change it.` };
      const gap = firstGap(known.ranges, file.total);
      if (gap === undefined) return { allowed: true };
      return {
        allowed: false,
        reason: `/repo/${path} was read in part only. Read it from line ${gap} on (offset=${gap}), then change it.`,
      };
    },
  };
};

/** The first line of 1…total that no range holds. */
const firstGap = (ranges: readonly Range[], total: number): number | undefined => {
  let line = 1;
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (from > line) break;
    line = Math.max(line, to + 1);
  }
  return line > total ? undefined : line;
};
