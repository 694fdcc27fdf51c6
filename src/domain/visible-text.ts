/** What a person sees of Markdown on GitHub, as text for a prompt. Knows no GitHub and no model. */
import { type MarkdownLine, readMarkdown } from "./markdown.ts";
import { type Finder, forwardFinder, type InlineSpan, inlineSpans } from "./markdown-inline.ts";

/**
 * The text that a reader of the rendered page sees; code is kept as it is. Taken out: characters that have no glyph or
 * turn the direction of text, HTML tags and comments, link targets and titles, what stands behind an image, link and
 * unused footnote definitions, words behind a code fence's language, comments of diagrams, formulas that can hide text.
 * Runs of empty lines become one. Linear in the length of the text; at most `maxBytes` of UTF-8, with a note where it
 * was cut.
 *
 * What it is not: a wall. It follows GitHub's rules without GitHub's renderer, so some trick will get through (surplus
 * cells of a table do), and an instruction in plain sight passes by design. Whoever puts this text into a prompt still
 * says whose it is and gives nothing to whoever follows it.
 */
export const visibleText = (markdown: string, maxBytes: number): string => {
  const lines = readMarkdown(withoutInvisible(markdown.slice(0, 4 * maxBytes + 65_536)));
  const defined = definedLabels(lines);
  const out: string[] = [];
  for (let from = 0; from < lines.length; ) {
    const to = endOfBlock(lines, from);
    const rendered = renderBlock(lines.slice(from, to), defined);
    if (rendered.text !== "" || out.at(-1) !== "") out.push(rendered.text);
    // An HTML tag that never ends swallows the rest of the page.
    if (rendered.swallows) break;
    from = to;
  }
  return cut(out.join("\n").trim(), maxBytes);
};

/** Without control, format, private-use, surrogate and default-ignorable characters; line ends become `\n`. */
export const withoutInvisible = (text: string): string =>
  text
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, "\n")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of terminals are what is taken out
    .replace(/\u001b\[[0-9;?]{0,32}[ -/]?[@-~]|\u009b[0-9;?]{0,32}[@-~]/g, "")
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Cs}\p{Cc}]/gu, (character) =>
      character === "\n" || character === "\t" ? character : "",
    );

const cut = (text: string, maxBytes: number): string => {
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= maxBytes) return text;
  const note = `\n[cut: the text is longer than ${maxBytes} bytes]`;
  // In stream mode a character that was cut in two is left out.
  const kept = new TextDecoder().decode(bytes.subarray(0, Math.max(0, maxBytes - note.length)), { stream: true });
  return kept + note;
};

const endOfBlock = (lines: readonly MarkdownLine[], from: number): number => {
  const first = lines[from];
  let to = from + 1;
  if (first?.kind === "text" || first?.kind === "html")
    while (lines[to]?.kind === first.kind && lines[to]?.continues) to += 1;
  return to;
};

type Defined = { readonly links: ReadonlySet<string>; readonly notes: ReadonlySet<string> };

const definition = /^ {0,3}\[(?!\^)((?:[^[\]\\]|\\.){1,999})\]:/;

const normalLabel = (label: string): string => label.trim().replace(/\s+/g, " ").toLowerCase();

/** Labels of link definitions, and of footnotes that the text refers to (a footnote does not speak for another). */
const definedLabels = (lines: readonly MarkdownLine[]): Defined => {
  const links = new Set<string>();
  const notes = new Set<string>();
  for (const line of lines) {
    if (line.kind !== "text") continue;
    const found = definition.exec(line.content);
    if (found) links.add(normalLabel(found[1] ?? ""));
    if (line.notes.length > 0) continue;
    const spans = line.content.includes("[^") ? inlineSpans(line.content) : [];
    for (const note of line.content.matchAll(/\[\^([^\]\s[]{1,200})\]/g))
      if (!spans.some(({ start, end }) => start <= note.index && note.index < end))
        notes.add(normalLabel(note[1] ?? ""));
  }
  return { links, notes };
};

type Rendered = { readonly text: string; readonly swallows: boolean };

const renderBlock = (block: readonly MarkdownLine[], defined: Defined): Rendered => {
  const [first] = block;
  const whole = (text: string): Rendered => ({ text, swallows: false });
  if (!first || first.kind === "blank") return whole("");
  // A footnote that nothing refers to is not shown.
  if (first.notes.some((label) => !defined.notes.has(normalLabel(label)))) return whole("");
  if (first.kind === "fence") return whole(first.prefix + fenceLine(first));
  if (first.kind === "code") {
    if (/^mermaid\b/i.test(first.info) && /^\s*%%/.test(first.content)) return whole("");
    if (/^math\b/i.test(first.info) && hidesText.test(first.content)) return whole(formula);
    return whole(first.prefix + first.content);
  }
  if (first.kind === "indented") return whole(first.prefix + first.content);
  const contents = block.map((line) => line.content).join("\n");
  if (first.kind === "html") {
    const stripped = stripHtml(contents);
    return { text: withPrefixes(stripped.text.trim(), block), swallows: stripped.open };
  }
  return whole(withPrefixes(paragraphText(withoutDefinitions(contents), defined), block));
};

const withPrefixes = (text: string, block: readonly MarkdownLine[]): string =>
  text === ""
    ? ""
    : text
        .split("\n")
        .map((line, index) => (block[Math.min(index, block.length - 1)]?.prefix ?? "") + line)
        .join("\n");

/** The language's name stays; what else stands behind a fence is not shown. */
const fenceLine = (line: MarkdownLine): string => {
  const mark = /^ *(?:`+|~+)/.exec(line.content)?.[0] ?? "";
  const closes = line.content.trim() === mark.trim();
  return mark + (closes ? "" : (/^[\w+#.-]{1,24}/.exec(line.info)?.[0] ?? ""));
};

const definitionRest =
  /[ \t]*\n?[ \t]*(?:<[^<>\n]*>|[^\s<]\S*)(?:(?:[ \t]*\n[ \t]*|[ \t]+)(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?[ \t]*(?:\n|$)/y;

/** Link definitions stand at the start of a paragraph; target and title may be on the next lines. */
const withoutDefinitions = (paragraph: string): string => {
  let rest = paragraph;
  for (let found = definition.exec(rest); found; found = definition.exec(rest)) {
    definitionRest.lastIndex = found[0].length;
    if (!definitionRest.test(rest)) break;
    rest = rest.slice(definitionRest.lastIndex);
  }
  return rest;
};

const formula = "[formula]";
const hidesText =
  /\\(?:[hv]?phantom|color|textcolor|colorbox|fcolorbox|tiny|scriptsize|[hmv]?space|[hm]?kern|[rlc]lap|smash|raise|lower|href|class|style|cssId|require|def|newcommand)\b/;

type Edit = { readonly start: number; readonly end: number; readonly text: string };

const paragraphText = (paragraph: string, defined: Defined): string => {
  const spans = inlineSpans(paragraph);
  const edits: Edit[] = spans
    .filter((span) => span.kind === "html")
    .map(({ start, end }) => ({ start, end, text: /^<br\b/i.test(paragraph.slice(start, end)) ? "\n" : "" }));
  edits.push(...linkEdits(paragraph, spans, defined));
  return applyEdits(paragraph, edits)
    .replace(/\$\$?[^$]{1,4000}\$\$?/g, (math) => (hidesText.test(math) ? formula : math))
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line, index) => line !== "" || index === 0)
    .join("\n")
    .trim();
};

const applyEdits = (text: string, edits: Edit[]): string => {
  const sorted = edits.toSorted((a, b) => a.start - b.start || b.end - a.end);
  const parts: string[] = [];
  let position = 0;
  for (const edit of sorted) {
    if (edit.start < position) continue;
    parts.push(text.slice(position, edit.start), edit.text);
    position = edit.end;
  }
  parts.push(text.slice(position));
  return parts.join("");
};

/** Images become a placeholder; of links the text stays. */
const linkEdits = (text: string, spans: readonly InlineSpan[], defined: Defined): Edit[] => {
  const edits: Edit[] = [];
  const open: number[] = [];
  const fuel = { left: 8 * text.length + 1_000 };
  const find = forwardFinder(text);
  let span = 0;
  const bracket = /[[\]]/g;
  for (let found = bracket.exec(text); found; found = bracket.exec(text)) {
    const at = found.index;
    while ((spans[span]?.end ?? Number.POSITIVE_INFINITY) <= at) span += 1;
    if ((spans[span]?.start ?? Number.POSITIVE_INFINITY) <= at) continue;
    if (found[0] === "[") {
      open.push(at);
      continue;
    }
    const start = open.pop();
    if (start === undefined) continue;
    const label = text.slice(start + 1, Math.min(at, start + 1_000));
    const end = targetEnd(text, at + 1, find, fuel) ?? referenceEnd(text, at + 1, label, defined);
    if (end === undefined) continue;
    if (text[start - 1] === "!") edits.push({ start: start - 1, end, text: "[image]" });
    else if (end > at + 1) edits.push({ start, end: start + 1, text: "" }, { start: at, end, text: "" });
  }
  return edits;
};

/** The end of `(target "title")` behind a link's text. */
const targetEnd = (text: string, from: number, find: Finder, fuel: { left: number }): number | undefined => {
  if (text[from] !== "(") return undefined;
  if (fuel.left <= 0) {
    // Only on text made to be slow: what could be a target is taken for one.
    const close = find(")", from);
    return close === -1 ? text.length : close + 1;
  }
  const target = /\(\s*(?:<(?:[^<>\n\\]|\\.)*>|[^\s()<\\]?(?:[^\s()\\]|\\.)*)/y;
  target.lastIndex = from;
  if (!target.test(text)) return undefined;
  let position = target.lastIndex;
  for (let depth = 0; depth <= 32 && (text[position] === "(" || (depth > 0 && text[position] === ")")); ) {
    depth += text[position] === "(" ? 1 : -1;
    const more = /[()](?:[^\s()\\]|\\.)*/y;
    more.lastIndex = position;
    more.test(text);
    position = more.lastIndex;
  }
  const rest = /(?:\s+(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?\s*\)/y;
  rest.lastIndex = position;
  const closed = rest.test(text);
  fuel.left -= (closed ? rest.lastIndex : position) - from + 16;
  return closed ? rest.lastIndex : undefined;
};

/** The end of `[label]` behind a link's text, or of nothing where the text itself is a defined label. */
const referenceEnd = (text: string, from: number, label: string, defined: Defined): number | undefined => {
  const reference = /\[([^[\]]{0,999})\]/y;
  reference.lastIndex = from;
  const found = reference.exec(text);
  if (found) return defined.links.has(normalLabel(found[1] || label)) ? reference.lastIndex : undefined;
  return defined.links.has(normalLabel(label)) ? from : undefined;
};

/**
 * Text without tags and comments as a browser reads them. `open` where a comment or a quoted value never ends: it goes
 * on through whatever follows. Other markup without an end is ended by the next tag.
 */
const stripHtml = (html: string): { text: string; open: boolean } => {
  const parts: string[] = [];
  let position = 0;
  for (;;) {
    const start = html.indexOf("<", position);
    if (start === -1) return { text: parts.join("") + html.slice(position), open: false };
    parts.push(html.slice(position, start));
    const end = markupEnd(html, start);
    if (typeof end === "string") return { text: parts.join(""), open: end === "never" };
    if (end === start + 1) parts.push("<");
    else if (/^<br\b/i.test(html.slice(start, start + 4))) parts.push("\n");
    position = end;
  }
};

type MarkupEnd = number | "never" | "next tag";

/** One behind `start` where the `<` is plain text. */
const markupEnd = (html: string, start: number): MarkupEnd => {
  const behind = (close: string, from: number): number | undefined => {
    const at = html.indexOf(close, from);
    return at === -1 ? undefined : at + close.length;
  };
  if (/^<!---?>/.test(html.slice(start, start + 6))) return behind(">", start) ?? "never";
  if (html.startsWith("<!--", start)) return behind("-->", start + 4) ?? "never";
  if (/^<(?:[!?]|\/[^a-zA-Z])/.test(html.slice(start, start + 3))) return behind(">", start + 1) ?? "next tag";
  if (!/^<\/?[a-zA-Z]/.test(html.slice(start, start + 3))) return start + 1;
  return tagEnd(html, start);
};

const tagEnd = (html: string, start: number): MarkupEnd => {
  let value = false;
  for (let position = start + 1; position < html.length; position += 1) {
    const character = html[position] ?? "";
    if (character === ">") return position + 1;
    if (value && (character === '"' || character === "'")) {
      const close = html.indexOf(character, position + 1);
      if (close === -1) return "never";
      position = close;
    }
    value = character === "=" || (value && /\s/.test(character));
  }
  return "next tag";
};
