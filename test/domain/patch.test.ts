import { expect, test } from "vitest";
import { shownLines } from "../../src/domain/patch.ts";

test("a patch shows its lines before and after, context included, and no others", () => {
  const patch = [
    "@@ -2,4 +2,5 @@ class Orders:",
    " two",
    "-three",
    "+THREE",
    "+and a half",
    " four",
    " five",
    "@@ -20 +21,0 @@",
    "-twenty",
    "\\ No newline at end of file",
  ].join("\n");
  const { LEFT, RIGHT } = shownLines(patch);
  expect([...LEFT]).toEqual([2, 3, 4, 5, 20]);
  expect([...RIGHT]).toEqual([2, 3, 4, 5, 6]);
});

test("a file without a patch shows nothing", () => {
  expect(shownLines(undefined)).toEqual({ LEFT: new Set(), RIGHT: new Set() });
});
