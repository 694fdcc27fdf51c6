/** Which lines of a file a changeset changed, and which breaches lie on them: what was there before is nobody's fault today. */
import { bytesOf, type Changeset, type FileChange } from "../domain/changeset.ts";
import type { Breach, Span } from "../domain/standards.ts";

/** Both counted from 1, in the new text. @property gaps line after which lines were taken out; 0 before the first */
export type ChangedLines = { readonly added: ReadonlySet<number>; readonly gaps: ReadonlySet<number> };

/** Beyond this many differing pairs of lines everything between the first and the last change counts as changed. */
const maxPairs = 4_000_000;

/** By the longest common subsequence of lines. */
export const changedLines = (before: string, after: string): ChangedLines => {
  const old = before.split(/\r?\n/);
  const now = after.split(/\r?\n/);
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail += 1;
  return compare(old.slice(head, old.length - tail), now.slice(head, now.length - tail), head);
};

const compare = (old: readonly string[], now: readonly string[], head: number): ChangedLines => {
  const added = new Set<number>();
  const gaps = new Set<number>();
  const width = now.length + 1;
  const whole = old.length * now.length > maxPairs;
  const common = whole ? undefined : lengths(old, now);
  const at = (i: number, j: number): number => common?.[i * width + j] ?? 0;
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    if (!whole && i < old.length && j < now.length && old[i] === now[j]) {
      i += 1;
      j += 1;
    } else if (j < now.length && (i >= old.length || at(i, j + 1) >= at(i + 1, j))) {
      j += 1;
      added.add(head + j);
    } else {
      gaps.add(head + j);
      i += 1;
    }
  }
  return { added, gaps };
};

const lengths = (old: readonly string[], now: readonly string[]): Uint32Array => {
  const width = now.length + 1;
  const table = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1)
      table[i * width + j] =
        old[i] === now[j]
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0);
  return table;
};

/** A line of it is new, or one between two of its lines is gone: a limit taken off an endpoint, say. */
const touches = ({ added, gaps }: ChangedLines, { from, to }: Span): boolean => {
  for (let line = from; line <= to; line += 1) if (added.has(line) || (line < to && gaps.has(line))) return true;
  return false;
};

/** @returns undefined for a file that is new as a whole */
const linesOf = (change: FileChange, before: string | undefined): ChangedLines | undefined =>
  change.kind === "added" || before === undefined
    ? undefined
    : changedLines(before, change.kind === "deleted" ? "" : bytesOf(change).toString("utf8"));

/**
 * The breaches that the changeset brought, each at its first changed line. An added file counts whole.
 * @param before text of a file at the commit that the run started from
 */
export const onChangedLines = (
  breaches: readonly Breach[],
  changeset: Changeset,
  before: (path: string) => string | undefined,
): readonly Breach[] => {
  const changes = new Map(
    changeset
      .filter(({ kind }) => kind !== "deleted")
      .map((change) => [change.path, linesOf(change, before(change.path))]),
  );
  return breaches.flatMap((breach) => {
    const touched = breach.spans.find((span) => {
      if (!changes.has(span.file)) return false;
      const lines = changes.get(span.file);
      return lines === undefined || touches(lines, span);
    });
    if (!touched) return [];
    return touched.file === breach.path ? [{ ...breach, line: touched.from }] : [breach];
  });
};
