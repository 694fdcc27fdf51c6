/** Git's diff as values: files with counts and patch, and the lines of a patch that a comment can stand on. */
import type { Git } from "./run-git.ts";

export type FileDiff = {
  readonly path: string;
  readonly previousPath: string | undefined;
  readonly status: "added" | "modified" | "removed" | "renamed" | "changed";
  /** Blob after the change; before it for a removed file. */
  readonly sha: string;
  readonly additions: number;
  readonly deletions: number;
  /** From the first `@@`; undefined for binary files and pure renames. */
  readonly patch: string | undefined;
};

const STATUS: Readonly<Record<string, FileDiff["status"]>> = {
  A: "added",
  M: "modified",
  D: "removed",
  R: "renamed",
  T: "changed",
};

/** From one commit (or tree) to another: no merge base is looked for here. */
export async function diffFiles(git: Git, from: string, to: string): Promise<FileDiff[]> {
  const range = ["--no-color", "--no-ext-diff", "-M", from, to];
  const [facts, text] = await Promise.all([
    git(["diff", "--raw", "--numstat", "--no-abbrev", "-z", ...range]),
    git(["diff", ...range]),
  ]);
  const patches = text
    .toString()
    .split(/^(?=diff --git )/m)
    .filter((part) => part !== "")
    .map((part) => /^@@.*/ms.exec(part)?.[0].replace(/\n$/, ""));
  return parseFacts(facts.toString()).map((file, at) => ({ ...file, patch: patches[at] }));
}

/** `--raw --numstat -z`: first all raw entries (they begin with a colon), then all counts, in the same order. */
function parseFacts(text: string): Omit<FileDiff, "patch">[] {
  const fields = text.split("\0");
  const files: { path: string; previousPath: string | undefined; status: FileDiff["status"]; sha: string }[] = [];
  const counts: [number, number][] = [];
  for (let at = 0; at < fields.length - 1; at++) {
    const field = fields[at] as string;
    if (field.startsWith(":")) {
      const [, , before, after, letter] = field.split(" ") as [string, string, string, string, string];
      const renamed = letter.startsWith("R");
      const previousPath = renamed ? fields[++at] : undefined;
      const path = fields[++at] as string;
      const status = STATUS[letter.slice(0, 1)] ?? "changed";
      files.push({ path, previousPath, status, sha: status === "removed" ? before : after });
    } else {
      const [additions, deletions, path] = field.split("\t") as [string, string, string];
      // "-" stands for a binary file; an empty path for a rename, whose two paths follow.
      counts.push([Number(additions) || 0, Number(deletions) || 0]);
      if (path === "") at += 2;
    }
  }
  return files.map((file, at) => {
    const [additions, deletions] = counts[at] ?? [0, 0];
    return { ...file, additions, deletions };
  });
}

export type DiffLine = {
  readonly kind: "hunk" | "context" | "added" | "removed" | "note";
  readonly text: string;
  /** Line numbers before and after. */
  readonly left: number | undefined;
  readonly right: number | undefined;
};

export function parsePatch(patch: string): DiffLine[] {
  let left = 0;
  let right = 0;
  return patch.split("\n").map((text): DiffLine => {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(text);
    if (hunk !== null) {
      left = Number(hunk[1]);
      right = Number(hunk[2]);
      return { kind: "hunk", text, left: undefined, right: undefined };
    }
    if (text.startsWith("+")) return { kind: "added", text, left: undefined, right: right++ };
    if (text.startsWith("-")) return { kind: "removed", text, left: left++, right: undefined };
    if (text.startsWith("\\")) return { kind: "note", text, left: undefined, right: undefined };
    return { kind: "context", text, left: left++, right: right++ };
  });
}

/** The part of a patch that GitHub shows above a comment: from the hunk's head to the line; undefined off the diff. */
export function hunkUpTo(patch: string, line: number, side: "LEFT" | "RIGHT"): string | undefined {
  const lines = parsePatch(patch);
  const at = lines.findIndex((entry) => (side === "LEFT" ? entry.left : entry.right) === line);
  if (at < 0) return undefined;
  const start = lines.findLastIndex((entry, index) => index < at && entry.kind === "hunk");
  return lines
    .slice(start, at + 1)
    .map((entry) => entry.text)
    .join("\n");
}

/**
 * Where a line of one version stands in a later one.
 * @param patch between the two, made with no context lines
 * @returns undefined when the line was changed or removed
 */
export function followLine(patch: string, line: number): number | undefined {
  let shift = 0;
  for (const [, start, count = "1", , after = "1"] of patch.matchAll(/^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/gm)) {
    // "-5,0" says: inserted after line 5.
    const first = count === "0" ? Number(start) + 1 : Number(start);
    if (line < first) break;
    if (line < first + Number(count)) return undefined;
    shift += Number(after) - Number(count);
  }
  return line + shift;
}
