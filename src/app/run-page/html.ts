/** Text to HTML: a tagged template in which everything but what it made itself is text, without secrets and without anything invisible. */
import { withoutInvisible } from "../../domain/visible-text.ts";

export type Html = { readonly html: string };

/** A text, a number, nothing, or what the template made. */
type Part = Html | string | number | undefined | readonly Html[];

export type Template = (texts: TemplateStringsArray, ...parts: readonly Part[]) => Html;

export const nothing: Html = { html: "" };

/** Also where a quoted attribute holds it. */
const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

/** @param redact takes secrets out */
export const createTemplate = (redact: (text: string) => string): Template => {
  const render = (part: Part): string => {
    if (part === undefined) return "";
    if (typeof part === "number") return String(part);
    if (typeof part === "string") return escapeHtml(withoutInvisible(redact(part)));
    return "html" in part ? part.html : part.map(({ html }) => html).join("");
  };
  return (texts, ...parts) => ({ html: texts.reduce((all, text, at) => all + render(parts[at - 1]) + text) });
};

/** The same text as our own source: what stands in a style sheet or a script of ours. */
export const ownHtml = (text: string): Html => ({ html: text });
