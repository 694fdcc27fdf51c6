/** Whom a comment in a review thread speaks to, and whether it wants anything. Knows text only. */
import { readMarkdown } from "./markdown.ts";
import { inlineSpans } from "./markdown-inline.ts";
import type { Person } from "./repository.ts";

/** An App's login without its `[bot]`, as people mention it. */
export const slugOf = ({ login }: Pick<Person, "login">): string => login.replace(/\[bot\]$/, "");

const mention = /(?<![\w/.@-])@([a-z\d][a-z\d-]{0,80})(?![\w/-])/gi;

/** Whom a comment speaks to: us where it names us anywhere, others where it begins with a name. */
export const addresseeOf = (body: string, slug: string): "us" | "others" | "nobody" => {
  const said = spoken(body);
  const names = [...said.matchAll(mention)];
  if (names.some(([, name]) => name?.toLowerCase() === slug.toLowerCase())) return "us";
  return names[0] !== undefined && said.slice(0, names[0].index).trim() === "" ? "others" : "nobody";
};

/** Thanks, praise, an emoji: nothing is asked, so nothing is answered. */
export const isCourtesy = (body: string): boolean => {
  if (body.length > 300 || /[?`~]/.test(body)) return false;
  const words = spoken(body)
    .toLowerCase()
    .replace(mention, " ")
    .replace(/:[a-z\d_+-]{1,40}:/g, " ")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  return words.every((word) => courtesies.has(word));
};

const courtesies = new Set(
  (
    "ok okay thanks thank you thx ty cheers great nice nicely good perfect cool awesome excellent lgtm looks to me well " +
    "done got it makes sense fair enough sounds agreed very so much a lot work job catch one point that this is now love"
  ).split(" "),
);

/** Quotes and code name people without speaking to them. */
const spoken = (body: string): string => {
  const text = readMarkdown(body)
    .filter(({ kind, quoted }) => (kind === "text" || kind === "blank") && !quoted)
    .map(({ content }) => content)
    .join("\n");
  const code = inlineSpans(text).filter(({ kind }) => kind === "code" || kind === "html");
  return code.reduceRight(
    (rest, { start, end }) => rest.slice(0, start) + " ".repeat(end - start) + rest.slice(end),
    text,
  );
};
