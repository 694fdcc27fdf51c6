/** The images that a text of GitHub shows: what a reader sees, so none in code and none in hidden comments. Fetches nothing. */
import { type MarkdownLine, readMarkdown } from "./markdown.ts";
import { inlineSpans } from "./markdown-inline.ts";

export type ImageLink = {
  readonly url: string;
  /** What stands for it where it can't be shown. */
  readonly alt: string;
};

/** In their order, each once. Linear in the length of the text. */
export const imagesIn = (markdown: string): readonly ImageLink[] => {
  const lines = readMarkdown(markdown);
  const links: ImageLink[] = [];
  for (let from = 0; from < lines.length; ) {
    let to = from + 1;
    while (lines[to]?.kind === lines[from]?.kind && lines[to]?.continues) to += 1;
    links.push(...imagesOf(lines.slice(from, to)));
    from = to;
  }
  const seen = new Set<string>();
  return links.filter(({ url }) => !seen.has(url) && seen.add(url));
};

const imagesOf = (block: readonly MarkdownLine[]): ImageLink[] => {
  const text = block.map(({ content }) => content).join("\n");
  if (block[0]?.kind === "html") return tagsIn(text.replace(/<!--(?:[^-]|-(?!->))*(?:-->|$)/g, ""));
  return block[0]?.kind === "text" ? paragraphImages(text) : [];
};

const paragraphImages = (text: string): ImageLink[] => {
  const spans = inlineSpans(text);
  const inSpan = (at: number) => spans.some(({ start, end }) => start <= at && at < end);
  const found = [...text.matchAll(/!\[([^\]\n]{0,300})\]\(\s*<?(https?:\/\/[^\s()<>]{1,500})/g)]
    .filter(({ index }) => !inSpan(index) && !inSpan(index + 1))
    .map(([, alt = "", url = ""]) => ({ url, alt }));
  const tags = spans.filter(({ kind }) => kind === "html").flatMap(({ start, end }) => tagsIn(text.slice(start, end)));
  return [...found, ...tags];
};

const tagsIn = (html: string): ImageLink[] =>
  [...html.matchAll(/<img(?=\s)(?:[^<>"']|"[^"]{0,1000}"|'[^']{0,1000}'){1,2000}>/gi)].flatMap(([tag]) => {
    const url = attributeOf(tag, "src");
    return url === undefined || !/^https?:\/\//.test(url) ? [] : [{ url, alt: attributeOf(tag, "alt") ?? "" }];
  });

const attributeOf = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]{0,500})"|'([^']{0,500})'|([^\\s"'<>]{1,500}))`, "i").exec(tag);
  return (found?.[1] ?? found?.[2] ?? found?.[3])?.replaceAll("&amp;", "&").replaceAll("&quot;", '"');
};
