import { describe, expect, test } from "vitest";
import type { FileChange } from "../../src/domain/changeset.ts";
import type { Breach } from "../../src/domain/standards.ts";
import { changedLines, onChangedLines } from "../../src/verify/changed-lines.ts";

const lines = (before: string, after: string) => {
  const { added, gaps } = changedLines(before, after);
  return { added: [...added], gaps: [...gaps] };
};

describe("changedLines", () => {
  test.each([
    ["the same text has none", "a\nb\n", "a\nb\n", [], []],
    ["a new line is added", "a\nc\n", "a\nb\nc\n", [2], []],
    ["a changed line is added where an old one went", "a\nb\nc", "a\nB\nc", [2], [2]],
    ["a removed line leaves a gap after the one before", "a\nb\nc", "a\nc", [], [1]],
    ["the first line leaves a gap before everything", "a\nb", "b", [], [0]],
    ["a line that moved is new where it went", "a\nb\nc\nd", "b\nc\nd\na", [4], [0]],
    ["line ends of Windows are no change", "a\r\nb\r\n", "a\nb\n", [], []],
    ["an empty file becomes its lines", "", "a\nb", [1, 2], [2]],
  ])("%s", (_name, before, after, added, gaps) => {
    expect(lines(before, after)).toEqual({ added, gaps });
  });

  test("beyond what can be compared all between the first and the last change is new", () => {
    const many = (word: string) => Array.from({ length: 2_100 }, (_, index) => `${word}${index}`);
    const { added } = changedLines(
      ["x", ...many("a"), "same", "y"].join("\n"),
      ["x", ...many("b"), "same", "y"].join("\n"),
    );
    expect(added.size).toBe(2_100);
    expect(added.has(1)).toBe(false);
  });
});

const file = (path: string, text: string, kind: "added" | "modified" = "modified"): FileChange => ({
  path,
  kind,
  mode: "100644",
  content: Buffer.from(text).toString("base64"),
});
const breach = (spans: readonly (readonly [number, number])[], path = "a.py"): Breach => ({
  rule: "plain-email",
  severity: "concern",
  message: "m",
  path,
  line: spans[0]![0],
  spans: spans.map(([from, to]) => ({ file: path, from, to })),
});
const base = "1\n2\n3\n4\n5\n6\n";
const counted = (change: FileChange | undefined, ...found: Breach[]) =>
  onChangedLines(found, change ? [change] : [], (path) => (path === "a.py" ? base : undefined)).map(({ line }) => line);

describe("onChangedLines", () => {
  test("only what lies on a changed line counts", () => {
    expect(counted(file("a.py", "1\n2\nX\n4\n5\n6\n"), breach([[3, 3]]), breach([[2, 2]]), breach([[4, 6]]))).toEqual([
      3,
    ]);
  });

  test("it is shown at the first part of it that changed", () => {
    expect(
      counted(
        file("a.py", "1\n2\n3\n4\nX\n6\n"),
        breach([
          [1, 1],
          [4, 6],
        ]),
      ),
    ).toEqual([4]);
  });

  test("a line taken out of the middle of something counts, one taken out beside it does not", () => {
    expect(counted(file("a.py", "1\n2\n4\n5\n6\n"), breach([[2, 3]]), breach([[1, 2]]), breach([[3, 4]]))).toEqual([2]);
  });

  test("a file that was not changed and one that was deleted count for nothing", () => {
    expect(counted(undefined, breach([[1, 6]]))).toEqual([]);
    expect(counted({ path: "a.py", kind: "deleted" }, breach([[1, 6]]))).toEqual([]);
  });

  test("an added file counts whole", () => {
    expect(counted(file("b.py", "1\n2\n", "added"), breach([[2, 2]], "b.py"))).toEqual([2]);
  });
});
