/** Text on a terminal: how wide it is, where it breaks, what may be sent to it, and when it is coloured. Knows no run. */
import { stripVTControlCharacters, styleText } from "node:util";
import { withoutInvisible } from "../domain/visible-text.ts";

/** Where texts for people go. */
export type Screen = {
  readonly write: (text: string) => void;
  /** Lines can be redrawn in place. */
  readonly moves: boolean;
  readonly colours: boolean;
  /** Infinity where nobody's window is as wide as anything: a pipe, a file. */
  readonly columns: () => number;
  readonly rows: () => number;
};

type Stream = {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  hasColors?(): boolean;
};

/** @param dumb a terminal that can only print */
export const openScreen = (stream: Stream, dumb: boolean): Screen => {
  const terminal = stream.isTTY === true;
  return {
    write: (text) => void stream.write(text),
    moves: terminal && !dumb,
    // Node's own reading of NO_COLOR and TERM.
    colours: terminal && !dumb && stream.hasColors?.() === true,
    columns: () => (terminal ? stream.columns || 80 : Number.POSITIVE_INFINITY),
    rows: () => (terminal ? stream.rows || 24 : Number.POSITIVE_INFINITY),
  };
};

export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

export const createPaint =
  (colours: boolean): Paint =>
  (format, text) =>
    colours && text !== "" ? styleText(format, text, { validateStream: false }) : text;

/** Foreign text, without anything that moves a cursor, hides or turns text, or talks to the terminal. */
export const printable = (text: string): string => withoutInvisible(text).replaceAll("\t", "    ");

/** The same on one line. */
export const printableLine = (text: string): string => printable(text).replace(/\s+/g, " ").trim();

const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}/u;
const plain = /^[\u0020-\u007e]*$/;

const graphemes = (text: string): string[] => {
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
};

/** Columns that a text takes, whatever its colours. */
export const displayWidth = (text: string): number => {
  const bare = stripVTControlCharacters(text);
  if (plain.test(bare)) return bare.length;
  return graphemes(bare).reduce((sum, one) => sum + (wide.test(one) ? 2 : 1), 0);
};

/** Uncoloured text on at most so many columns, with an ellipsis where something is cut. */
export const clipTo = (text: string, columns: number): string => {
  if (displayWidth(text) <= columns) return text;
  let kept = "";
  let used = 1;
  for (const one of graphemes(text)) {
    used += displayWidth(one);
    if (used > columns) break;
    kept += one;
  }
  return columns < 1 ? "" : `${kept.trimEnd()}…`;
};

export const padTo = (text: string, columns: number): string =>
  text + " ".repeat(Math.max(0, columns - displayWidth(text)));

/** One paragraph on lines of at most so many columns; longer words are cut. @param hang stands before every line but the first */
export const wrap = (text: string, columns: number, hang = ""): string => {
  if (displayWidth(text) <= columns) return text;
  const room = Math.max(8, columns);
  const indent = displayWidth(hang) > room / 2 ? "  " : hang;
  const lines: string[] = [];
  const lead = /^ */.exec(text)?.[0] ?? "";
  let line = lead;
  let empty = true;
  for (const word of text.trim().split(/ +/)) {
    for (const piece of piecesOf(word, room - Math.max(displayWidth(indent), lead.length))) {
      if (!empty && displayWidth(line) + 1 + displayWidth(piece) > room) {
        lines.push(line);
        line = indent;
        empty = true;
      }
      line += empty ? piece : ` ${piece}`;
      empty = false;
    }
  }
  return [...lines, line].join("\n");
};

/** Our own, as `createPaint` writes them. */
const colour = new RegExp(`(${String.fromCharCode(27)}\\[\\d*m)`);

const piecesOf = (word: string, columns: number): string[] => {
  if (displayWidth(word) <= columns) return [word];
  const pieces: string[] = [];
  let piece = "";
  for (const one of word.split(colour).flatMap((part, index) => (index % 2 === 1 ? [part] : graphemes(part)))) {
    if (displayWidth(piece) + displayWidth(one) > columns) {
      pieces.push(piece);
      piece = "";
    }
    piece += one;
  }
  return [...pieces, piece];
};

/** `0:07`, `12:30`, `1:02:03`. */
export const clockTime = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
};

/** A word of a command line that a person can paste into a shell. */
export const shellWord = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${printable(text).replaceAll("'", "'\\''")}'`;
