/** Texts of GitHub's full length that make careless parsers of Markdown slow. */

const fill = (piece: string): string => piece.repeat(Math.ceil(65_536 / piece.length)).slice(0, 65_536);

export const hostileTexts: Readonly<Record<string, string>> = {
  "image starts": fill("!["),
  "link starts": fill("[a]("),
  "emphasis and links": fill("_["),
  "pointed targets": fill("[a](<"),
  "a target and spaces": `[a](x${fill(" ")}`,
  "titles that never end": fill("[a](x '[a](y \""),
  "nested brackets": "[".repeat(32_768) + "]".repeat(32_768),
  "nested quotes": fill("> "),
  "nested lists": fill("- "),
  "lists again and again": fill(`${"- ".repeat(40)}a\n\n`),
  "thematic breaks that are none": `${fill("* ")}x`,
  "backticks of every length": Array.from({ length: 350 }, (_, n) => "`".repeat(n)).join(" "),
  "comments that never end": fill("<!--"),
  "tags that never end": fill("<a "),
  "attributes that never end": fill('<a b="'),
  "attributes without end": `<a${fill(" b")}`,
  "HTML blocks": fill("<div "),
  definitions: fill('[a]: b "\n'),
  footnotes: fill("[^a]: x\n"),
  fences: fill("```\n"),
  formulas: fill("$a"),
  "empty lines": fill("\n"),
  escapes: fill("\\"),
  mentions: fill("@a"),
  addresses: fill("a@b."),
  references: fill("a/b#"),
  addresses_of_pages: fill("http://"),
  commands: fill("/architect design x\n"),
  tabs: fill("\t"),
};

/** Far above what any of them takes here, far below what quadratic time would take. */
export const patienceMs = 2_000;
