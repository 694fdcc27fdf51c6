/** Bounds a text for a model: the beginning and the end stay, and a sentence says how to see the rest. */

/** A cut moves at most this far to a line's end, so that no line is shown in part without need. */
const slackOf = (chars: number): number => Math.min(200, chars / 4);

/**
 * At most `maxChars` UTF-16 units, the sentence included; a text that fits comes back as it is.
 * @param hint what to do to see what is left out, as a sentence without its full stop
 */
export const truncateMiddle = (text: string, maxChars: number, hint: string): string => {
  if (text.length <= maxChars) return text;
  const room = maxChars - sentence(text.length, hint).length;
  if (room <= 0) return keepStart(text, maxChars);
  const start = keepStart(text, Math.ceil(room / 2));
  const end = keepEnd(text, Math.floor(room / 2));
  return `${start}${sentence(text.length - start.length - end.length, hint)}${end}`;
};

/** The last `maxChars` at most, from the beginning of a line where one is near. */
export const lastPart = (text: string, maxChars: number): string =>
  text.length <= maxChars ? text : keepEnd(text, maxChars);

const sentence = (left: number, hint: string): string =>
  `\n[… ${left.toLocaleString("en-US")} characters cut here. ${hint} …]\n`;

const keepStart = (text: string, chars: number): string => {
  const start = text.slice(0, chars);
  const line = start.lastIndexOf("\n");
  if (line > 0 && line >= chars - slackOf(chars)) return start.slice(0, line);
  return isHighSurrogate(start.charCodeAt(chars - 1)) ? start.slice(0, -1) : start;
};

const keepEnd = (text: string, chars: number): string => {
  const end = text.slice(text.length - chars);
  const line = end.indexOf("\n");
  if (line >= 0 && line < slackOf(chars)) return end.slice(line + 1);
  return isLowSurrogate(end.charCodeAt(0)) ? end.slice(1) : end;
};

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;
