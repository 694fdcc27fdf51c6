/** Edits and patches are held against what they are for: the edits are applied, the patches given to git. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { editsBetween, unifiedDiff } from "../../../src/model/blueprint/diff.ts";

const text = (...lines: string[]): string => `${lines.join("\n")}\n`;

const pairs: readonly (readonly [string, string, string])[] = [
  ["a line in the middle", text("a", "b", "c"), text("a", "x", "b", "c")],
  ["a line at the start", text("a", "b"), text("x", "a", "b")],
  ["a line at the end", text("a", "b"), text("a", "b", "x")],
  ["a line gone", text("a", "b", "c"), text("a", "c")],
  ["a line changed among equal ones", text("x", "", "x", "", "x", ""), text("x", "", "y", "", "x", "")],
  ["two changes far apart", text(..."abcdefghijklmnopqrst"), text(..."aBcdefghijklmnopqrSt")],
  ["two changes near each other", text(..."abcdefgh"), text(..."aBcdEfgh")],
  ["repeated blocks", text("r(a)", "r(a)", "r(a)"), text("r(a)", "r(a)", "r(b)", "r(a)")],
  ["dollar signs", text("a", "b"), text("a", "$& $1 $$", "b")],
];

describe("edits between two texts", () => {
  it.each(pairs)("turn one into the other: %s", (_, before, after) => {
    let now = before;
    for (const edit of editsBetween(before, after)) {
      expect(now.split(edit.old_string)).toHaveLength(2);
      expect(edit.new_string).not.toBe(edit.old_string);
      now = now.replace(edit.old_string, () => edit.new_string);
    }
    expect(now).toBe(after);
  });

  it("are none between equal texts", () => {
    expect(editsBetween("a\n", "a\n")).toEqual([]);
  });
});

describe("a unified diff", () => {
  it.each(pairs)("is applied by git: %s", (_, before, after) => {
    const folder = mkdtempSync(join(tmpdir(), "diff-"));
    writeFileSync(join(folder, "file.txt"), before);
    execFileSync("git", ["apply", "-"], { cwd: folder, input: unifiedDiff("file.txt", before, after) });
    expect(readFileSync(join(folder, "file.txt"), "utf8")).toBe(after);
    rmSync(folder, { recursive: true });
  });
});
