/** What changed between two texts, as exact edits for a tool and as a unified diff that `git apply` takes. Knows no disk. */

type Hunk = { readonly from: number; readonly to: number; readonly lines: readonly string[] };

/** Longest common subsequence over the lines that differ; each hunk replaces `before[from..to)` by `lines`. */
const hunksOf = (before: readonly string[], after: readonly string[]): Hunk[] => {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++;
  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  const width = b.length + 1;
  const length = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i * width + j] =
        a[i] === b[j]
          ? (length[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(length[(i + 1) * width + j] ?? 0, length[i * width + j + 1] ?? 0);
  const hunks: Hunk[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
      continue;
    }
    const from = i;
    const start = j;
    while (i < a.length || j < b.length) {
      if (i < a.length && j < b.length && a[i] === b[j]) break;
      if (j >= b.length || (i < a.length && (length[(i + 1) * width + j] ?? 0) >= (length[i * width + j + 1] ?? 0)))
        i++;
      else j++;
    }
    hunks.push({ from: head + from, to: head + i, lines: b.slice(start, j) });
  }
  return hunks;
};

export type TextEdit = { readonly old_string: string; readonly new_string: string };

/** Overlapping ones count each. */
const isUnique = (text: string, part: string): boolean =>
  text.includes(part) && text.indexOf(part) === text.lastIndexOf(part);

/**
 * The edits that turn `before` into `after` when they are applied in order, each with as many lines around it as make
 * it unique in the text of its moment.
 */
export const editsBetween = (before: string, after: string): TextEdit[] => {
  const source = before.split("\n");
  const edits: TextEdit[] = [];
  let done = "";
  let rest = 0;
  let text = before;
  for (const hunk of hunksOf(source, after.split("\n"))) {
    done += source
      .slice(rest, hunk.from)
      .map((line) => `${line}\n`)
      .join("");
    let up = 0;
    let down = 0;
    for (;;) {
      const above = done.split("\n").slice(0, -1);
      const lead = above.slice(above.length - up);
      const trail = source.slice(hunk.to, hunk.to + down);
      const removed = [...lead, ...source.slice(hunk.from, hunk.to), ...trail];
      const added = [...lead, ...hunk.lines, ...trail];
      const old_string = removed.join("\n");
      const whole = up >= above.length && hunk.to + down >= source.length;
      if (whole || (removed.length > 0 && added.length > 0 && old_string.trim() !== "" && isUnique(text, old_string))) {
        const new_string = added.join("\n");
        edits.push({ old_string, new_string });
        text = text.replace(old_string, () => new_string);
        break;
      }
      if (up < above.length) up++;
      if (hunk.to + down < source.length) down++;
    }
    done += hunk.lines.map((line) => `${line}\n`).join("");
    rest = hunk.to;
  }
  return edits;
};

/** Three lines of context, `a/` and `b/` prefixes. Both texts end with a newline. */
export const unifiedDiff = (path: string, before: string, after: string): string => {
  const source = before.replace(/\n$/, "").split("\n");
  const hunks = hunksOf(source, after.replace(/\n$/, "").split("\n"));
  const groups: Hunk[][] = [];
  for (const hunk of hunks) {
    const last = groups.at(-1)?.at(-1);
    if (last && hunk.from - last.to <= 6) groups.at(-1)?.push(hunk);
    else groups.push([hunk]);
  }
  const out = [`--- a/${path}`, `+++ b/${path}`];
  let shift = 0;
  for (const group of groups) {
    const start = Math.max(0, (group[0]?.from ?? 0) - 3);
    const end = Math.min(source.length, (group.at(-1)?.to ?? 0) + 3);
    const body: string[] = [];
    let at = start;
    for (const hunk of group) {
      body.push(...source.slice(at, hunk.from).map((line) => ` ${line}`));
      body.push(...source.slice(hunk.from, hunk.to).map((line) => `-${line}`), ...hunk.lines.map((line) => `+${line}`));
      at = hunk.to;
    }
    body.push(...source.slice(at, end).map((line) => ` ${line}`));
    const grown = group.reduce((sum, hunk) => sum + hunk.lines.length - (hunk.to - hunk.from), 0);
    out.push(`@@ -${start + 1},${end - start} +${start + 1 + shift},${end - start + grown} @@`, ...body);
    shift += grown;
  }
  return `${out.join("\n")}\n`;
};
