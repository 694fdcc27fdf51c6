/** What people and the App wrote, as GitHub shows it: GFM, hidden comments hidden, raw HTML down to a few harmless tags. */
import { Marked, type Tokens } from "marked";
import { escapeHtml, type Html, trusted } from "./html.ts";

const ALLOWED_TAGS = new Set(["details", "summary", "sub", "sup", "br", "kbd", "code"]);

/** Tags that are allowed lose their attributes (but `open`); all other markup is shown as the text it is. */
function sanitise(raw: string): string {
  return raw
    .replace(/<!--.*?(?:-->|$)/gs, "")
    .split(/(<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>)/i)
    .map(sanitiseTag)
    .join("");
}

/** In raw HTML a character reference is that character, and no markup. */
const entity = /&amp;(#\d{1,7}|amp|lt|gt|quot);/g;

function sanitiseTag(text: string): string {
  const tag = /^<(\/?)([a-z][a-z0-9]*)(\s[^<>]*)?\/?>$/i.exec(text);
  const name = tag?.[2]?.toLowerCase();
  if (tag === null || name === undefined || !ALLOWED_TAGS.has(name)) return escapeHtml(text).replace(entity, "&$1;");
  const open = name === "details" && tag[1] === "" && /\sopen\b/i.test(tag[3] ?? "");
  return `<${tag[1]}${name}${open ? " open" : ""}>`;
}

const SAFE_URL = /^(?:https?:\/\/|mailto:|#|\/(?!\/)|\.{0,2}\/|[\w-]+(?:[/.#?]|$))/i;
const isSafe = (url: string): boolean => SAFE_URL.test(url) && !/^\s*(?:javascript|data|vbscript):/i.test(url);

function createMarked(breaks: boolean): Marked {
  return new Marked({
    gfm: true,
    breaks,
    async: false,
    renderer: {
      html({ text }: Tokens.HTML | Tokens.Tag) {
        return sanitise(text);
      },
      link({ href, tokens }: Tokens.Link) {
        const text = this.parser.parseInline(tokens);
        return isSafe(href) ? `<a href="${escapeHtml(href)}" rel="nofollow noreferrer">${text}</a>` : text;
      },
      // Never fetched: the pages load nothing from elsewhere.
      image({ href, text }: Tokens.Image) {
        const label = `[image: ${escapeHtml(text)}]`;
        return isSafe(href) ? `<a href="${escapeHtml(href)}" rel="nofollow noreferrer">${label}</a>` : label;
      },
    },
  });
}

/** @param breaks a single line break shows as one: in comments yes, in files no */
export function createMarkdown(): (text: string, options?: { readonly breaks: boolean }) => Html {
  const comments = createMarked(true);
  const files = createMarked(false);
  return (text, { breaks } = { breaks: true }) => trusted((breaks ? comments : files).parse(text) as string);
}

export type Markdown = ReturnType<typeof createMarkdown>;
