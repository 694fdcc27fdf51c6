/** The inline structure of Markdown as CommonMark finds it: code, raw HTML and escapes of one paragraph, in linear time. */

/** A stretch of a paragraph that is no plain text. `html` is a tag, comment or declaration. */
export type InlineSpan = { readonly kind: "code" | "html" | "escape"; readonly start: number; readonly end: number };

/** Code spans, raw HTML and backslash escapes of a paragraph, in order, as CommonMark finds them. */
export const inlineSpans = (paragraph: string): InlineSpan[] => {
  const spans: InlineSpan[] = [];
  const closing = backtickRuns(paragraph);
  const find = forwardFinder(paragraph);
  const fuel = { left: 8 * paragraph.length + 1_000 };
  const special = /\\|`+|</g;
  for (let found = special.exec(paragraph); found; found = special.exec(paragraph)) {
    const start = found.index;
    const behind = special.lastIndex;
    let span: InlineSpan | undefined;
    if (found[0] === "\\") {
      if (/[!-/:-@[-`{-~]/.test(paragraph[behind] ?? "")) span = { kind: "escape", start, end: behind + 1 };
    } else if (found[0] === "<") {
      const end = htmlSpanEnd(paragraph, start, find, fuel);
      if (end !== undefined) span = { kind: "html", start, end };
    } else {
      const close = closing(found[0].length, behind);
      if (close !== undefined) span = { kind: "code", start, end: close + found[0].length };
    }
    if (span) spans.push(span);
    special.lastIndex = span?.end ?? behind;
  }
  return spans;
};

/** Where the next run of exactly `length` backticks at or behind `from` starts. Asked with growing `from` only. */
const backtickRuns = (text: string): ((length: number, from: number) => number | undefined) => {
  const runs = new Map<number, { starts: number[]; next: number }>();
  for (const run of text.matchAll(/`+/g)) {
    const known = runs.get(run[0].length);
    if (known) known.starts.push(run.index);
    else runs.set(run[0].length, { starts: [run.index], next: 0 });
  }
  return (length, from) => {
    const known = runs.get(length);
    if (!known) return undefined;
    while ((known.starts[known.next] ?? Number.POSITIVE_INFINITY) < from) known.next += 1;
    return known.starts[known.next];
  };
};

export type Finder = (token: string, from: number) => number;

/** indexOf for positions that only grow: each token's text is walked once. */
export const forwardFinder = (text: string): Finder => {
  const last = new Map<string, number>();
  return (token, from) => {
    const known = last.get(token);
    if (known !== undefined && (known === -1 || known >= from)) return known;
    const found = text.indexOf(token, from);
    last.set(token, found);
    return found;
  };
};

const htmlSpanEnd = (text: string, start: number, find: Finder, fuel: { left: number }): number | undefined => {
  const until = (token: string, from: number): number | undefined => {
    const found = find(token, from);
    return found === -1 ? undefined : found + token.length;
  };
  if (text.startsWith("<!--", start)) {
    if (text[start + 4] === ">") return start + 5;
    if (text.startsWith("->", start + 4)) return start + 6;
    return until("-->", start + 4);
  }
  if (text.startsWith("<?", start)) return until("?>", start + 2);
  if (text.startsWith("<![CDATA[", start)) return until("]]>", start + 9);
  if (/[a-zA-Z]/.test(text[start + 2] ?? "") && text[start + 1] === "!") return until(">", start + 2);
  if (find(">", start) === -1) return undefined;
  // Out of fuel only on text made to be slow: then anything up to the next ">" counts as a tag.
  return fuel.left <= 0 ? until(">", start) : tagEnd(text, start, fuel);
};

const attribute = /\s+[a-zA-Z_:][a-zA-Z0-9:._-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?/y;

/** The end of an open or closing tag of CommonMark's grammar, which is narrower than a browser's. */
export const tagEnd = (text: string, start: number, fuel: { left: number }): number | undefined => {
  const name = /<\/?[a-zA-Z][a-zA-Z0-9-]*/y;
  name.lastIndex = start;
  const opening = name.exec(text)?.[0];
  if (!opening) return undefined;
  let position = start + opening.length;
  while (opening[1] !== "/" && fuel.left > 0) {
    attribute.lastIndex = position;
    const found = attribute.exec(text);
    // A failed attempt may have looked for a quote's end as far as the text goes.
    fuel.left -= found ? found[0].length : 16;
    if (!found) break;
    position += found[0].length;
  }
  const close = /\s*\/?>/y;
  close.lastIndex = position;
  return close.test(text) ? close.lastIndex : undefined;
};
