/** Which lines a patch shows, and with it where a comment can stand. Knows GitHub's form of a patch, from the first `@@`. */

/** Numbers of lines, from 1: before (LEFT) and after (RIGHT), context included. */
export type ShownLines = { readonly LEFT: ReadonlySet<number>; readonly RIGHT: ReadonlySet<number> };

const nothing: ShownLines = { LEFT: new Set(), RIGHT: new Set() };

export const shownLines = (patch: string | undefined): ShownLines => {
  if (patch === undefined) return nothing;
  const [before, after] = [new Set<number>(), new Set<number>()];
  let [old, now] = [0, 0];
  for (const line of patch.split("\n")) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (hunk) [old, now] = [Number(hunk[1]), Number(hunk[2])];
    // "\ No newline at end of file"
    else if (line.startsWith("\\")) continue;
    else {
      if (!line.startsWith("+")) before.add(old++);
      if (!line.startsWith("-")) after.add(now++);
    }
  }
  return { LEFT: before, RIGHT: after };
};
