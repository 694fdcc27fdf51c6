import { describe, expect, test } from "vitest";
import { excerptOf, runnerErrors } from "../../src/domain/job-log.ts";

const at = "2026-11-25T10:00:00.1234567Z ";
const log = (...lines: string[]): string => lines.map((line) => `${at}${line}`).join("\n");
const many = (count: number, word: string): string[] => Array.from({ length: count }, (_, n) => `${word} ${n}`);

describe("the excerpt of a job's log", () => {
  test("is the step that failed, without times, from its command to its error", () => {
    const text = log(
      "##[group]Run actions/checkout@v4",
      "##[endgroup]",
      "fetched",
      "##[group]Run pytest -q",
      "pytest -q",
      "##[endgroup]",
      "E   assert 1 == 2",
      "##[error]Process completed with exit code 1.",
      "##[group]Run post-cleanup",
      "bye",
    );
    expect(excerptOf(text, 4_000)).toBe(
      "Run pytest -q\npytest -q\nE   assert 1 == 2\nError: Process completed with exit code 1.",
    );
  });

  test("has the errors of a long step and its end, not its first kilobytes", () => {
    const text = log(
      "##[group]Run pytest",
      ...many(3_000, "installing"),
      "tests/test_users.py:12: AssertionError",
      ...many(3_000, "warning about"),
      "1 failed, 300 passed",
      "##[error]Process completed with exit code 1.",
    );
    const excerpt = excerptOf(text, 8_000);
    expect(Buffer.byteLength(excerpt)).toBeLessThanOrEqual(8_000);
    expect(excerpt).toMatch(/^Run pytest\n/);
    expect(excerpt).toContain("tests/test_users.py:12: AssertionError");
    expect(excerpt).toContain("1 failed, 300 passed\nError: Process completed with exit code 1.");
    expect(excerpt).toMatch(/\[… \d+ lines left out …\]/);
    expect(excerpt).not.toContain("installing 1500");
  });

  test("keeps its bound whatever the text is, and the last state of a progress bar", () => {
    expect(Buffer.byteLength(excerptOf("é".repeat(500_000), 8_000))).toBeLessThanOrEqual(8_000);
    expect(Buffer.byteLength(excerptOf("error\n".repeat(100_000), 8_000))).toBeLessThanOrEqual(8_000);
    expect(excerptOf(log("10%\r50%\r100%", "done"), 4_000)).toBe("100%\ndone");
    expect(excerptOf("", 4_000)).toBe("");
  });

  test("holds no character that people would not see", () => {
    expect(excerptOf(`a\u200bb\u202ec\u001b[31md`, 4_000)).toBe("abcd");
  });
});

test("what the runner says went wrong is told as it says it", () => {
  const text = log("##[error]Process completed with exit code 137.", "E   error", "##[error]The runner was lost");
  expect(runnerErrors(text)).toEqual(["Process completed with exit code 137.", "The runner was lost"]);
});
