/** The block structure of Markdown as GitHub reads it, line by line and in linear time; it renders nothing and knows no GitHub. */
import { tagEnd } from "./markdown-inline.ts";

export type MarkdownLine = {
  /** The line as it was written, without its end. */
  readonly raw: string;
  /** Quote marks, list marks and their indentation before the content. */
  readonly prefix: string;
  readonly content: string;
  /** `fence` = the opening or closing line of fenced code; `code` = a line inside it. */
  readonly kind: "blank" | "text" | "fence" | "code" | "indented" | "html";
  /** Of a `fence` or `code` line: what stands behind the opening fence. */
  readonly info: string;
  readonly quoted: boolean;
  /** Labels of the footnotes whose definition it stands in. */
  readonly notes: readonly string[];
  /** Belongs to the same paragraph (or HTML block, or fenced code) as the line before. */
  readonly continues: boolean;
};

type Container =
  | { readonly kind: "quote" }
  | { readonly kind: "item"; readonly indent: number }
  | { readonly kind: "note"; readonly indent: number; readonly label: string };
type Leaf =
  | { readonly kind: "none" | "paragraph" }
  | {
      readonly kind: "fence";
      readonly mark: string;
      readonly length: number;
      readonly info: string;
      readonly depth: number;
    }
  | { readonly kind: "html"; readonly end: RegExp | "blank"; readonly depth: number };
type State = {
  readonly footnotes: boolean;
  containers: Container[];
  leaf: Leaf;
  /** An item that began with nothing on the line before: an empty line ends it. */
  empty: Container | undefined;
};

/** Deeper quotes and lists than people write are read as text, so that hostile nesting costs nothing. */
const maxDepth = 50;

const blockTags = new Set(
  (
    "address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt " +
    "fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link " +
    "main menu menuitem nav noframes ol optgroup option p param search section summary table tbody td tfoot th thead " +
    "title tr track ul"
  ).split(" "),
);

const fenceStart = /^ {0,3}(?:(`{3,})([^`]*)|(~{3,})(.*))$/;
const thematicBreak = /^ {0,3}([-_*])[ \t]*(?:\1[ \t]*){2,}$/;
const setextUnderline = /^ {0,3}(?:=+|-+)[ \t]*$/;
const atxHeading = /^ {0,3}#{1,6}(?:[ \t]|$)/;
const footnoteMark = /\[\^([^\]\s]{1,999})\]:/y;
const listMark = /(?:[-+*]|(\d{1,9})[.)])(?= |$)/y;

/** @param options.footnotes false where `[^x]:` is plain text */
export const readMarkdown = (markdown: string, options: { footnotes?: boolean } = {}): MarkdownLine[] => {
  const state: State = {
    footnotes: options.footnotes ?? true,
    containers: [],
    leaf: { kind: "none" },
    empty: undefined,
  };
  return markdown.split(/\r\n|\n|\r/).map((raw) => readLine(state, raw));
};

const readLine = (state: State, raw: string): MarkdownLine => {
  const text = expandTabs(raw);
  const { matched, position } = matchContainers(state, text);
  state.empty = undefined;
  const inside = readInside(state, raw, text, matched, position);
  if (inside) return inside;
  const paragraph = state.leaf.kind === "paragraph";
  const opened = openContainers(state, text, matched, position, paragraph);
  const content = text.slice(opened.position);
  const line = (kind: MarkdownLine["kind"], continues = false, info = ""): MarkdownLine => ({
    raw,
    prefix: text.slice(0, opened.position),
    content,
    kind,
    info,
    ...surroundings(state),
    continues,
  });
  const same = paragraph && !opened.any;
  const lazy = same && matched < state.containers.length;
  if (content.trim() === "") {
    if (!opened.any) state.containers.length = matched;
    else if (state.containers.at(-1)?.kind === "item") state.empty = state.containers.at(-1);
    state.leaf = { kind: "none" };
    return line("blank");
  }
  const leaf = leafOf(content, same, lazy, state.containers.length);
  if (lazy && leaf.kind === "paragraph") return line("text", true);
  if (!opened.any) state.containers.length = matched;
  state.leaf = leaf.kind === "indented" ? { kind: "none" } : withDepth(leaf, state.containers.length);
  if (leaf.kind === "fence") return line("fence", false, leaf.info);
  if (leaf.kind === "html") {
    if (leaf.end !== "blank" && leaf.end.test(content)) state.leaf = { kind: "none" };
    return line("html");
  }
  return leaf.kind === "indented" ? line("indented") : line("text", same && leaf.kind !== "heading");
};

const surroundings = ({ containers }: State): Pick<MarkdownLine, "quoted" | "notes"> => ({
  quoted: containers.some((container) => container.kind === "quote"),
  notes: containers.flatMap((container) => (container.kind === "note" ? [container.label] : [])),
});

type Start = Leaf | { readonly kind: "indented" | "heading" };

const withDepth = (leaf: Start, depth: number): Leaf => {
  if (leaf.kind === "fence" || leaf.kind === "html") return { ...leaf, depth };
  return { kind: leaf.kind === "paragraph" ? "paragraph" : "none" };
};

/** @param lazy a line that may go on a paragraph in a quote or item without its mark: it underlines no heading there */
const leafOf = (content: string, inParagraph: boolean, lazy: boolean, depth: number): Start => {
  if (/^ {4}/.test(content)) return inParagraph ? { kind: "paragraph" } : { kind: "indented" };
  const fence = fenceStart.exec(content);
  if (fence) {
    const mark = fence[1] ?? fence[3] ?? "";
    const info = (fence[2] ?? fence[4] ?? "").trim();
    return { kind: "fence", mark: mark[0] ?? "`", length: mark.length, info, depth };
  }
  if (inParagraph && !lazy && setextUnderline.test(content)) return { kind: "none" };
  if (atxHeading.test(content) || thematicBreak.test(content)) return { kind: "heading" };
  const end = htmlEnd(content, inParagraph);
  return end ? { kind: "html", end, depth } : { kind: "paragraph" };
};

/** What ends the HTML block that this line starts (https://spec.commonmark.org/0.31.2/#html-blocks). */
const htmlEnd = (content: string, inParagraph: boolean): RegExp | "blank" | undefined => {
  const start = /^ {0,3}<(?:(!--)|(\?)|(!\[CDATA\[)|(![a-zA-Z])|(\/?)([a-zA-Z][a-zA-Z0-9-]*)(?=[\s/>]|$))/.exec(
    content,
  );
  if (!start) return undefined;
  if (start[1]) return /-->/;
  if (start[2]) return /\?>/;
  if (start[3]) return /\]\]>/;
  if (start[4]) return />/;
  const name = (start[6] ?? "").toLowerCase();
  if (!start[5] && ["script", "pre", "style", "textarea"].includes(name)) return /<\/(?:script|pre|style|textarea)>/i;
  if (blockTags.has(name)) return "blank";
  if (inParagraph) return undefined;
  const text = content.trimEnd();
  return tagEnd(text, spacesAt(text, 0), { left: 8 * text.length + 1_000 }) === text.length ? "blank" : undefined;
};

const matchContainers = (state: State, text: string): { matched: number; position: number } => {
  let position = 0;
  let matched = 0;
  for (const container of state.containers) {
    const indent = spacesAt(text, position);
    const next = text[position + indent];
    if (container.kind === "quote") {
      if (indent > 3 || next !== ">") break;
      position += indent + 1;
      if (text[position] === " ") position += 1;
    } else if (next === undefined) {
      if (container === state.empty) break;
      position += indent;
    } else if (indent >= container.indent) position += container.indent;
    else break;
    matched += 1;
  }
  return { matched, position };
};

/** A line that stands in fenced code or in an HTML block whose containers go on. */
const readInside = (
  state: State,
  raw: string,
  text: string,
  matched: number,
  position: number,
): MarkdownLine | undefined => {
  const { leaf } = state;
  if (leaf.kind !== "fence" && leaf.kind !== "html") return undefined;
  if (matched < leaf.depth) {
    state.leaf = { kind: "none" };
    return undefined;
  }
  const content = position === 0 ? raw : text.slice(position);
  const line = {
    raw,
    prefix: text.slice(0, position),
    content,
    ...surroundings(state),
    continues: true,
  };
  if (leaf.kind === "fence") {
    const close = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(content)?.[1];
    const closes = close !== undefined && close[0] === leaf.mark && close.length >= leaf.length;
    if (closes) state.leaf = { kind: "none" };
    return { ...line, kind: closes ? "fence" : "code", info: leaf.info };
  }
  if (leaf.end === "blank" && content.trim() === "") {
    state.leaf = { kind: "none" };
    return { ...line, kind: "blank", info: "", continues: false };
  }
  if (leaf.end !== "blank" && leaf.end.test(content)) state.leaf = { kind: "none" };
  return { ...line, kind: "html", info: "" };
};

/** Quotes, list items and footnotes that start on this line. */
const openContainers = (
  state: State,
  text: string,
  matched: number,
  from: number,
  inParagraph: boolean,
): { position: number; any: boolean } => {
  let position = from;
  let any = false;
  for (;;) {
    const indent = spacesAt(text, position);
    if (indent > 3 || (any ? state.containers.length : matched) >= maxDepth) break;
    const interrupts = inParagraph && !any && matched === state.containers.length;
    const start = openingAt(state, text, position, indent, interrupts);
    if (!start) break;
    if (!any) state.containers.length = matched;
    state.containers.push(start.container);
    position = start.end;
    any = true;
  }
  return { position, any };
};

const openingAt = (
  state: State,
  text: string,
  position: number,
  indent: number,
  interrupts: boolean,
): { container: Container; end: number } | undefined => {
  const start = position + indent;
  if (text[start] === ">") return { container: { kind: "quote" }, end: start + (text[start + 1] === " " ? 2 : 1) };
  footnoteMark.lastIndex = start;
  const note = state.footnotes ? footnoteMark.exec(text) : null;
  if (note) {
    const end = start + note[0].length;
    return { container: { kind: "note", indent: 4, label: note[1] ?? "" }, end: end + spacesAt(text, end) };
  }
  listMark.lastIndex = start;
  const mark = listMark.exec(text);
  if (!mark || thematicBreak.test(text.slice(position))) return undefined;
  const after = start + mark[0].length;
  const spaces = spacesAt(text, after);
  const empty = after + spaces >= text.length;
  if (interrupts && (empty || (mark[1] !== undefined && Number(mark[1]) !== 1))) return undefined;
  const gap = empty || spaces > 4 ? Math.min(spaces, 1) : spaces;
  return {
    container: { kind: "item", indent: indent + mark[0].length + Math.max(gap, 1) },
    end: after + gap,
  };
};

const spacesAt = (text: string, position: number): number => {
  let end = position;
  while (text[end] === " ") end += 1;
  return end - position;
};

/** Tabs before and between container marks count to the next multiple of four columns. */
const expandTabs = (raw: string): string => {
  const lead = /^[ \t>*+\-0-9.)]*/.exec(raw)?.[0] ?? "";
  if (!lead.includes("\t")) return raw;
  let expanded = "";
  for (const character of lead) expanded += character === "\t" ? " ".repeat(4 - (expanded.length % 4)) : character;
  return expanded + raw.slice(lead.length);
};
