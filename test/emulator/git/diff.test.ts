import { describe, expect, test } from "vitest";
import { followLine, hunkUpTo, parsePatch } from "./diff.ts";

const PATCH =
  "@@ -1,4 +1,5 @@\n one\n-two\n+zwei\n+drei\n three\n four\n@@ -10,2 +11,2 @@ def f():\n ten\n-eleven\n+elf";

describe("lines of a diff", () => {
  test("carry the numbers they have before and after", () => {
    expect(parsePatch(PATCH).map(({ kind, left, right }) => [kind, left, right])).toEqual([
      ["hunk", undefined, undefined],
      ["context", 1, 1],
      ["removed", 2, undefined],
      ["added", undefined, 2],
      ["added", undefined, 3],
      ["context", 3, 4],
      ["context", 4, 5],
      ["hunk", undefined, undefined],
      ["context", 10, 11],
      ["removed", 11, undefined],
      ["added", undefined, 12],
    ]);
  });

  test("give the hunk up to a commented line, on either side", () => {
    expect(hunkUpTo(PATCH, 3, "RIGHT")).toBe("@@ -1,4 +1,5 @@\n one\n-two\n+zwei\n+drei");
    expect(hunkUpTo(PATCH, 11, "LEFT")).toBe("@@ -10,2 +11,2 @@ def f():\n ten\n-eleven");
  });

  test("outside the diff have no hunk", () => {
    expect(hunkUpTo(PATCH, 7, "RIGHT")).toBeUndefined();
    expect(hunkUpTo(PATCH, 12, "LEFT")).toBeUndefined();
  });
});

describe("a line that is followed through a later change", () => {
  test.each([
    ["stays before it", "@@ -5 +5 @@", 3, 3],
    ["moves down behind an insertion", "@@ -2,0 +3,4 @@", 3, 7],
    ["stays where the insertion comes right after it", "@@ -2,0 +3,4 @@", 2, 2],
    ["moves up behind a deletion", "@@ -1,2 +0,0 @@", 5, 3],
    ["is gone where it was changed", "@@ -5,2 +5,3 @@", 6, undefined],
    ["stays where nothing changed", "", 9, 9],
  ])("%s", (_, patch, line, now) => {
    expect(followLine(patch, line)).toBe(now);
  });
});
