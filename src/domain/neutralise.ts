/** Text that a model wrote, made harmless for GitHub. Knows GitHub's Markdown and nothing of who wrote what. */
import { type MarkdownLine, readMarkdown } from "./markdown.ts";
import { inlineSpans } from "./markdown-inline.ts";
import { withoutInvisible } from "./visible-text.ts";

/**
 * Markdown that reads as before and does nothing: nobody is mentioned, no issue or commit is linked or closed, there is
 * no link, image, HTML, heading, checkbox or footnote, no line that another bot takes for a command, no trailer and no
 * mark that skips CI. Code spans and fenced code keep their text; a fence that is left open is closed. For the middle
 * of one of our texts: what surrounds it is the template's, its length the caller's. Linear.
 */
export const neutralise = (modelText: string): string => {
  // Footnotes are escaped, so what stands in one stands in plain text.
  const lines = readMarkdown(withoutSkipMarks(withoutInvisible(modelText)), { footnotes: false });
  const out = lines.flatMap((line) => (isTrailer(line) ? [] : [neutraliseLine(line)]));
  const open = openFence(lines);
  return (open ? [...out, open] : out).join("\n").replace(/^\n+/, "").trimEnd();
};

/** Model or issue text as one plain line for a title or a commit's subject, where Markdown is not read. */
export const neutralisePlain = (text: string, maxLength: number): string => {
  const line = withoutSkipMarks(withoutInvisible(text))
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^\/+/, "")
    .replace(/(?<![\w`])@(?=[a-z0-9])/gi, "")
    .replace(
      /(?<=^|[^\w&])((?:[\w.-]{1,100}\/[\w.-]{1,100})?)#(?=\d)/g,
      (_, repository: string) => `${repository} no. `,
    )
    .replace(/\bGH-(?=\d)/gi, "no. ")
    .replace(/\bhttps?:\/\//gi, "")
    .replace(/ {2,}/g, " ")
    .trim();
  const characters = [...line];
  return characters.length <= maxLength
    ? line
    : `${characters
        .slice(0, maxLength - 1)
        .join("")
        .trimEnd()}…`;
};

const skipMarks = /\[(skip ci|ci skip|no ci|skip actions|actions skip)\]/gi;

const withoutSkipMarks = (text: string): string =>
  text
    .replace(skipMarks, (_, mark: string) => `(${mark})`)
    .replace(/\*\*\*NO_CI\*\*\*/gi, "NO_CI")
    .replace(/^([ \t]*)skip-checks:/gim, "$1skip checks:");

/** `Co-authored-by: …` and its kin, which git and GitHub act on. */
const isTrailer = (line: MarkdownLine): boolean =>
  line.kind !== "code" && /^\s*(?:[a-z]+(?:-[a-z]+)*-by|change-id|cc):/i.test(line.content);

const neutraliseLine = (line: MarkdownLine): string => {
  if (line.kind === "blank") {
    const quotes = line.prefix.replace(/[^> ]/g, " ").trimEnd();
    // Right below a paragraph an empty list item would be its underline, or part of it.
    return line.prefix.trim().replace(/[> ]/g, "") === "" ? quotes : `${quotes}\n${line.prefix.trimEnd()}`;
  }
  if (line.kind === "fence") return line.prefix + fence(line);
  // One space keeps other bots from reading a command, which they do inside code, too.
  if (line.kind === "code") return line.prefix + line.content.replace(/^\//, " /");
  const indent = /^ */.exec(line.content)?.[0].slice(0, 3) ?? "";
  return line.prefix + indent + neutraliseContent(line.content.trim());
};

const fence = (line: MarkdownLine): string => {
  const mark = /^ *(?:`+|~+)/.exec(line.content)?.[0] ?? "```";
  return line.content.trim() === mark.trim() ? mark : mark + (/^[\w+#.-]{1,24}/.exec(line.info)?.[0] ?? "");
};

const openFence = (lines: readonly MarkdownLine[]): string | undefined => {
  const last = lines.at(-1);
  if (!last || (last.kind !== "code" && last.kind !== "fence")) return undefined;
  const start = lines.findLast((line) => line.kind === "fence" && !line.continues);
  if (!start || (last.kind === "fence" && last.continues)) return undefined;
  return start.prefix.replace(/[^> ]/g, " ") + (/^ *(?:`+|~+)/.exec(start.content)?.[0] ?? "```");
};

const neutraliseContent = (content: string): string => {
  const heading = /^#{1,6}[ \t]+(.*?)[ \t]*#*$/.exec(content);
  if (!heading) return neutraliseStart(neutraliseInline(content));
  const words = (heading[1] ?? "").replaceAll("*", "").trim();
  return words === "" ? "" : `**${neutraliseInline(words)}**`;
};

/** What has a meaning at the start of a line only. */
const neutraliseStart = (text: string): string => {
  if (/^(?:#{1,6}|=+|-+|[-_* \t]{3,}|~{3,}.*)$/.test(text)) return `\\${text}`;
  // A mark that opened no quote and no list where it stood must open none where it goes.
  if (/^(?:[/>]|[-*+](?=\s|$))/.test(text)) return `\\${text}`;
  return text.replace(/^(\d{1,9})(?=[.)](?:\s|$))/, "$1\\");
};

/** Code spans stay; everything else loses what GitHub would act on. */
const neutraliseInline = (text: string): string => {
  const parts: string[] = [];
  let position = 0;
  for (const span of inlineSpans(text)) {
    if (span.kind !== "code" || span.start < position) continue;
    const code = text.slice(span.start, span.end);
    // A table would cut the span at its `|` and free what stands behind it.
    if (code.includes("|")) continue;
    parts.push(neutraliseText(text.slice(position, span.start)), code);
    position = span.end;
  }
  parts.push(neutraliseText(text.slice(position)));
  return joinParts(parts);
};

/** Two code spans side by side would become one run of backticks and end elsewhere. */
const joinParts = (parts: readonly string[]): string => {
  const filled = parts.filter((part) => part !== "");
  return filled
    .map((part, index) => (part[0] === "`" && filled[index - 1]?.endsWith("`") ? ` ${part}` : part))
    .join("");
};

/** URLs, addresses, mentions and references to issues: shown as code, GitHub leaves them alone. */
const active =
  /(?:(?:https?|ftp|mailto|xmpp):|www\.)[^\s<>`|()[\]]+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+|@[a-z0-9][\w.-]*(?:\/[\w.-]+)?|(?:(?<![\w/.-])[\w.-]{1,100}\/[\w.-]{1,100})?#\d+|\bGH-\d+|\b[\w.-]{1,100}(?:\/[\w.-]{1,100})?@[0-9a-f]{7,40}\b|\b[0-9a-f]{40}\b/gi;

const neutraliseText = (text: string): string => {
  const parts: string[] = [];
  let position = 0;
  for (const found of text.matchAll(active)) {
    parts.push(escapeText(text.slice(position, found.index)), asCode(found[0]));
    position = found.index + found[0].length;
  }
  parts.push(escapeText(text.slice(position)));
  return joinParts(parts);
};

const asCode = (text: string): string => {
  const end = /[.,;:!?'"*_~]*$/.exec(text)?.index ?? text.length;
  return `\`${text.slice(0, end).replaceAll("\\", "/")}\`${escapeText(text.slice(end))}`;
};

const escapeText = (text: string): string =>
  text
    .replace(/\\(?=[!-/:-@[-`{-~]|$)/g, "\\\\")
    .replace(/&(?=#?\w{1,40};)/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[`[\]]/g, "\\$&");
