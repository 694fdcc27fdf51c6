/** Text on a terminal. */
import { describe, expect, test } from "vitest";
import {
  clipTo,
  clockTime,
  createPaint,
  displayWidth,
  openScreen,
  printable,
  shellWord,
  wrap,
} from "../../src/app/terminal.ts";

test.each([
  ["abc", 3],
  ["", 0],
  ["é", 1],
  ["e\u0301", 1],
  ["日本", 4],
  ["🚀", 2],
  ["👩‍💻", 2],
  ["\u001b[1mabc\u001b[22m", 3],
])("%j takes %i columns", (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

test("foreign text brings no escape sequence, control character or turned direction to a terminal", () => {
  expect(printable("a\u001b[2Jb\u001b]0;title\u0007c\r\nd\u202ee\u009b1mf\u0008")).toBe("ab]0;titlec\ndef");
});

test.each([
  ["short", 10, "short"],
  ["exactly ten", 10, "exactly t…"],
  ["日本語の文字", 6, "日本…"],
  ["anything", 0, ""],
])("%j on %i columns is %j", (text, columns, clipped) => {
  expect(clipTo(text, columns)).toBe(clipped);
  expect(displayWidth(clipped)).toBeLessThanOrEqual(columns);
});

describe("wrapping", () => {
  test("breaks between words and hangs what follows", () => {
    expect(wrap("• one two three four", 10, "  ")).toBe("• one two\n  three\n  four");
  });

  test("breaks a word that is longer than the line, and no line is too long", () => {
    const lines = wrap(`see /a/very/long/path/${"x".repeat(60)} there`, 20).split("\n");
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(20);
    expect(lines.join("").replaceAll(" ", "")).toBe(`see/a/very/long/path/${"x".repeat(60)}there`);
  });

  test("leaves text on a pipe as it is", () => {
    expect(wrap("word ".repeat(100), Number.POSITIVE_INFINITY)).toBe("word ".repeat(100));
  });
});

test("only a terminal that is more than a printer is drawn on and coloured", () => {
  const stream = { write: () => true, isTTY: true, columns: 40, rows: 10, hasColors: () => true };
  const { write: _, ...pipe } = openScreen({ write: () => true }, false);
  expect(openScreen(stream, false)).toMatchObject({ moves: true, colours: true });
  expect(openScreen({ ...stream, hasColors: () => false }, false)).toMatchObject({ moves: true, colours: false });
  expect(openScreen(stream, true)).toMatchObject({ moves: false, colours: false });
  expect(pipe).toMatchObject({ moves: false, colours: false });
  expect([pipe.columns(), openScreen(stream, false).columns()]).toEqual([Number.POSITIVE_INFINITY, 40]);
});

test("paint is nothing where there are no colours", () => {
  expect([createPaint(false)("bold", "x"), createPaint(true)("bold", "x")]).toEqual(["x", "\u001b[1mx\u001b[22m"]);
});

test.each([
  [0, "0:00"],
  [65_900, "1:05"],
  [3_723_000, "1:02:03"],
])("%i ms are %s", (ms, text) => {
  expect(clockTime(ms)).toBe(text);
});

test.each([
  ["/srv/my-backend", "/srv/my-backend"],
  ["my backend", "'my backend'"],
  ["it's", "'it'\\''s'"],
])("%s in a shell is %s", (text, word) => {
  expect(shellWord(text)).toBe(word);
});
