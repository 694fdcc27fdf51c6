/** The grammar of `/architect …`: what people may write at the start of a line. */
import { type MarkdownLine, readMarkdown } from "./markdown.ts";
import { inlineSpans } from "./markdown-inline.ts";

export type Command =
  | { readonly verb: "design"; readonly request: string }
  | { readonly verb: "unknown"; readonly word: string };

/**
 * The first command of a comment, or undefined. It stands at the start of a line that people see as text: not in code,
 * a quote, a list mark or a comment. What follows it, to the next command or the end, is its request, as written.
 * Linear in the length of `body`.
 *
 * @param name without the slash; upper and lower case are the same
 */
export const parseCommand = (body: string, name: string): Command | undefined => {
  const lines = readMarkdown(body);
  const starts = commandLines(lines, name);
  const first = starts[0];
  if (first === undefined) return undefined;
  const end = starts[1] ?? lines.length;
  const rest = (lines[first]?.content ?? "").trim().slice(name.length + 1);
  const [, word = "", sameLine = ""] = /^\s*([\p{L}\p{N}_-]*)(.*)$/su.exec(rest) ?? [];
  const verb = word.toLowerCase();
  if (verb !== "design") return { verb: "unknown", word: verb.slice(0, 40) };
  const below = lines.slice(first + 1, end).map((line) => line.raw);
  return { verb, request: [sameLine.replace(/^:/, ""), ...below].join("\n").trim() };
};

/** Indices of the lines that are commands. */
const commandLines = (lines: readonly MarkdownLine[], name: string): number[] => {
  const starts: number[] = [];
  for (let from = 0; from < lines.length; ) {
    let to = from + 1;
    while (lines[to]?.kind === "text" && lines[to]?.continues) to += 1;
    starts.push(...commandsOf(lines.slice(from, to), name).map((index) => from + index));
    from = to;
  }
  return starts;
};

const commandsOf = (paragraph: readonly MarkdownLine[], name: string): number[] => {
  const candidates = paragraph.flatMap((line, index) => (startsCommand(line, name) ? [index] : []));
  if (candidates.length === 0) return [];
  const hidden = inlineSpans(paragraph.map((line) => line.content).join("\n"));
  const visible: number[] = [];
  let offset = 0;
  let span = 0;
  for (const [index, line] of paragraph.entries()) {
    const at = offset + line.content.search(/\S|$/);
    while ((hidden[span]?.end ?? Number.POSITIVE_INFINITY) <= at) span += 1;
    if (candidates.includes(index) && (hidden[span]?.start ?? Number.POSITIVE_INFINITY) > at) visible.push(index);
    offset += line.content.length + 1;
  }
  return visible;
};

const startsCommand = (line: MarkdownLine, name: string): boolean => {
  if (line.kind !== "text" || line.quoted || line.notes.length > 0 || line.prefix.trim() !== "") return false;
  const text = line.raw.trim();
  if (text.slice(0, name.length + 1).toLowerCase() !== `/${name.toLowerCase()}`) return false;
  return text.length === name.length + 1 || /\s/.test(text[name.length + 1] ?? "");
};
