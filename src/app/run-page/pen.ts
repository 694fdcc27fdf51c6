/** Foreign text on a run's page: how much of it, and how it is set. Knows no run. */
import { clip } from "../../domain/render/safe.ts";
import { printableLine } from "../terminal.ts";
import { createTemplate, type Html, type Template } from "./html.ts";

export type Pen = {
  readonly html: Template;
  /** What it begins with. */
  start(text: string, max: number): string;
  /** The same on one line. */
  line(text: string, max: number): string;
  /** Its end, from the start of a line where something is left out. */
  end(text: string, max: number): string;
  /** What stands between backticks is set as code. */
  words(text: string, max: number): Html;
  code(text: string, max: number): Html;
};

/** @param redact takes secrets out, before a cut could leave a part of one */
export const createPen = (redact: (text: string) => string): Pen => {
  const html = createTemplate(redact);
  const start = (text: string, max: number): string => clip(redact(text.slice(0, 4 * max + 4_096)), max);
  const line = (text: string, max: number): string => start(printableLine(text.slice(0, 16 * max + 4_096)), max);
  return {
    ...{ html, start, line },
    end: (text, max) => {
      const whole = redact(text.slice(-4 * max - 4_096)).trimEnd();
      if (whole.length <= max && text.length <= 4 * max + 4_096) return whole;
      const last = whole.slice(-max);
      const at = last.indexOf("\n");
      return `…\n${at < 0 || at > max / 2 ? last : last.slice(at + 1)}`;
    },
    words: (text, max) => {
      const parts = start(text, max).split(/`([^`\n]+)`/);
      return html`${parts.map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))}`;
    },
    code: (text, max) => html`<code>${line(text, max)}</code>`,
  };
};

/**
 * The last of them that fit into so many bytes, in their order, and how many were left out; the very last one always fits.
 */
export const lastThatFit = <T>(
  all: readonly T[],
  bytes: number,
  render: (one: T, index: number) => Html,
): { readonly shown: readonly Html[]; readonly left: number } => {
  const shown: Html[] = [];
  let room = bytes;
  for (let index = all.length - 1; index >= 0; index--) {
    const one = render(all[index] as T, index);
    room -= Buffer.byteLength(one.html);
    if (room < 0 && shown.length > 0) break;
    shown.unshift(one);
  }
  return { shown, left: all.length - shown.length };
};
