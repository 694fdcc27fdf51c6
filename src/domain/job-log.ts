/** What matters of the log of a failed job: the step that failed, and in it what went wrong. Knows text only, and believes none of it. */
import { withoutInvisible } from "./visible-text.ts";

/** Of one line. */
const maxLine = 600;
/** Lines that stay around what looks like an error, before and after. */
const [before, after] = [3, 12];
/** Lines that stay at both ends of a step: its command, and what it said last. */
const [first, last] = [4, 40];

const stamp = /^\uFEFF?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?/;

const cleanLine = (line: string): string => {
  const text = withoutInvisible(line.replace(stamp, ""));
  return text.length <= maxLine ? text : `${text.slice(0, maxLine)} …`;
};

/** A progress bar writes its line anew again and again: the last state counts. */
const linesOf = (log: string): string[] =>
  log.split(/\r?\n/).map((line) => cleanLine(line.slice(line.lastIndexOf("\r", line.length - 2) + 1)));

/** A step of a workflow begins with this line. */
const begins = (line: string): boolean => line.startsWith("##[group]Run ");
const isError = (line: string): boolean => line.startsWith("##[error]");

/** From its command to its last error. Steps that clean up stand behind the one that failed. */
const failedStep = (lines: readonly string[]): readonly string[] => {
  const exit = lines.findIndex((line) => /^##\[error\]Process completed with exit code [1-9]/.test(line));
  const end = exit >= 0 ? exit : lines.findLastIndex(isError);
  if (end < 0) return lines;
  const start = lines.findLastIndex((line, index) => index <= end && begins(line));
  return lines.slice(Math.max(0, start), end + 1);
};

const telling =
  /^(?:E {3}|FAILED|ERROR\b|Traceback)|##\[error\]|(?:error|exception)\b|\b(?:failures?|failed|fatal|would reformat|not found)\b/i;

/**
 * At most `maxBytes` of UTF-8: the whole step where it fits; else its ends, and the lines around errors, the last ones
 * first.
 */
export const excerptOf = (log: string, maxBytes: number): string => {
  const lines = failedStep(linesOf(log)).filter((line) => line !== "##[endgroup]");
  const kept = new Set<number>();
  let room = maxBytes - 200;
  const keep = (index: number): void => {
    const line = lines[index];
    if (line === undefined || kept.has(index)) return;
    room -= Buffer.byteLength(line) + 1;
    if (room >= 0) kept.add(index);
  };
  const keepRange = (from: number, to: number): void => {
    for (let index = to - 1; index >= from; index -= 1) keep(index);
  };
  keepRange(0, first);
  keepRange(Math.max(0, lines.length - last), lines.length);
  for (let index = lines.length - 1; index >= 0 && room > 0; index -= 1)
    if (telling.test(lines[index] ?? "")) keepRange(Math.max(0, index - before), index + after);
  keepRange(0, lines.length);
  return joined(lines, kept);
};

const joined = (lines: readonly string[], kept: ReadonlySet<number>): string => {
  const out: string[] = [];
  let gap = 0;
  const close = (): void => {
    if (gap > 0) out.push(`[… ${gap} ${gap === 1 ? "line" : "lines"} left out …]`);
    gap = 0;
  };
  for (const [index, line] of lines.entries()) {
    if (!kept.has(index)) {
      gap += 1;
      continue;
    }
    close();
    out.push(line.replace(/^##\[group\]/, "").replace(/^##\[error\]/, "Error: "));
  }
  close();
  return out.join("\n").trim();
};

/** What the runner itself says went wrong, as it says it. */
export const runnerErrors = (log: string): readonly string[] =>
  linesOf(log)
    .filter(isError)
    .map((line) => line.slice("##[error]".length))
    .slice(-20);
