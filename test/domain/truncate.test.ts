import { expect, test } from "vitest";
import { lastPart, truncateMiddle } from "../../src/domain/truncate.ts";

const hint = "Run it again with head";
const lines = Array.from({ length: 5_000 }, (_, n) => `line ${n + 1}`).join("\n");

test("a text that fits comes back as it is", () => {
  expect(truncateMiddle("12345", 5, hint)).toBe("12345");
  expect(truncateMiddle("", 5, hint)).toBe("");
});

test("a longer one keeps whole lines of beginning and end, and says how to see the rest", () => {
  expect(truncateMiddle(lines, 150, hint)).toBe(
    [
      "line 1\nline 2\nline 3\nline 4\nline 5\nline 6",
      "[… 48,812 characters cut here. Run it again with head …]",
      "line 4997\nline 4998\nline 4999\nline 5000",
    ].join("\n"),
  );
});

test("what is shown, and what is said to be left out, are the whole text", () => {
  const short = truncateMiddle(lines, 1_000, hint);
  const [start = "", left = "", end = ""] = short.split(/\n\[… ([\d,]+) characters cut here\. .* …\]\n/);
  expect(lines.startsWith(start) && lines.endsWith(end)).toBe(true);
  expect(start.length + Number(left.replaceAll(",", "")) + end.length).toBe(lines.length);
});

test.each([
  ["lines", lines],
  ["one long line", "x".repeat(100_000)],
  ["emoji", "😀".repeat(50_000)],
  ["line ends", "\n".repeat(100_000)],
])("%s never come out longer than allowed, nor with half a character", (_, text) => {
  for (const max of [1, 2, 30, 70, 71, 72, 101, 5_000]) {
    const short = truncateMiddle(text, max, hint);
    expect(short.length).toBeLessThanOrEqual(max);
    expect(short.isWellFormed()).toBe(true);
  }
  expect(truncateMiddle(text, 5_000, hint).length).toBeGreaterThan(4_500);
});

test("the last part starts with a line where one begins near the cut", () => {
  expect(lastPart("one\ntwo\nthree", 14)).toBe("one\ntwo\nthree".slice(-14));
  expect(lastPart(lines, 40)).toBe("line 4997\nline 4998\nline 4999\nline 5000");
  expect(lastPart(lines, 45)).toBe("line 4997\nline 4998\nline 4999\nline 5000");
  expect(lastPart("x".repeat(100), 40)).toBe("x".repeat(40));
  expect(lastPart("😀".repeat(10), 5)).toBe("😀😀");
});
