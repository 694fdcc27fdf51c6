/** Foreign text put into our Markdown so that it can neither act nor break out of its place. Knows no report. */
import { neutralise } from "../neutralise.ts";
import { withoutInvisible } from "../visible-text.ts";

/** Every hidden marker of ours starts so; foreign text never does. */
const markerStart = /<!--(?=\s*architect:)/gi;

export const clip = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, Math.max(0, max - 1)).trimEnd()}…`;

/** A paragraph, list or fence of foreign Markdown. */
export const prose = (text: string, max: number): string => neutralise(clip(text, max)).replace(markerStart, "<! --");

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** Foreign text on one line, for a table's cell or the middle of a sentence. */
export const inline = (text: string, max: number): string => prose(oneLine(text), max).replaceAll("|", "&#124;");

/** A code span; text that cannot stand in one is shown without. */
export const code = (text: string, max: number): string => {
  const line = clip(oneLine(withoutInvisible(text)), max);
  return line === "" || /[`|]/.test(line) || /<!--\s*architect:/i.test(line) ? inline(text, max) : `\`${line}\``;
};

/** A list item; further lines stand below the first. @param lead our own text: the list mark and what stands before */
export const item = (text: string, max: number, lead = "-"): string => {
  const [mark = lead] = lead.split(" ");
  return `${lead} ${prose(text, max).replace(/\n(?!\n)/g, `\n${" ".repeat(mark.length + 1)}`)}`;
};

/** Fenced code whose fence is longer than any run of backticks in it. A line's first "/" is moved by one space. */
export const fenced = (text: string, info: string): string => {
  const body = withoutInvisible(text.replace(/\r\n?/g, "\n")).replace(markerStart, "<! --").replace(/^\//gm, " /");
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([run]) => run.length));
  const mark = "`".repeat(longest + 1);
  return `${mark}${info}\n${body.replace(/\n+$/, "")}\n${mark}`;
};

/** @param summary our own text or the result of a function above */
export const details = (summary: string, content: string): string =>
  `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
};

export const count = (number: number): string => number.toLocaleString("en-US");

/** Cents where they can be seen; less than a cent is not called nothing. */
export const money = (usd: number): string => {
  if (usd === 0) return "$0";
  return usd < 0.01 ? "less than $0.01" : `$${usd.toFixed(2)}`;
};
