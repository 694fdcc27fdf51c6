/** Text to HTML: a tagged template that escapes everything but what it made itself. */

export type Html = { readonly html: string };
type Part = Html | string | number | undefined | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);

/** Says that a text is HTML already: of the Markdown renderer only. */
export const trusted = (text: string): Html => ({ html: text });

export const nothing: Html = { html: "" };

export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: texts.reduce((all, text, at) => all + render(parts[at - 1]) + text) };
}

function render(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  return "html" in part ? part.html : part.map(({ html: text }) => text).join("");
}
