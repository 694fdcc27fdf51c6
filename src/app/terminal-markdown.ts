/** Our Markdown (pull requests, outcomes) as text on a terminal: headings, lists and tables laid out, folded parts left out. */
import { type MarkdownLine, readMarkdown } from "../domain/markdown.ts";
import { displayWidth, type Paint, padTo, printable, wrap } from "./terminal.ts";

type Layout = {
  readonly columns: number;
  readonly paint: Paint;
  /** Headings whose sections are left out, as they are written. */
  readonly without?: readonly string[];
};

const maxColumns = 100;

/** Foreign text in it stays text: nothing of it reaches the terminal as a control sequence. */
export const terminalText = (markdown: string, layout: Layout): string => {
  // A pipe's reader breaks lines himself.
  const columns = Number.isFinite(layout.columns) ? Math.min(layout.columns, maxColumns) : layout.columns;
  const lines = withoutSections(withoutFolded(readMarkdown(printable(markdown))), layout.without ?? []);
  const out: string[] = [];
  for (let from = 0; from < lines.length; ) {
    const to = endOfBlock(lines, from);
    out.push(...renderBlock(lines.slice(from, to), { ...layout, columns }));
    from = to;
  }
  return out
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
};

const isCode = ({ kind }: MarkdownLine): boolean => kind === "code" || kind === "fence";

/** A `</details>` in the output of a command ends nothing. */
const withoutFolded = (lines: readonly MarkdownLine[]): MarkdownLine[] => {
  let depth = 0;
  return lines.filter((line) => {
    if (isCode(line)) return depth === 0;
    const opens = line.raw.startsWith("<details>");
    if (opens) depth += 1;
    const keep = depth === 0;
    if (depth > 0 && line.raw.includes("</details>")) depth -= 1;
    return keep;
  });
};

const headingOf = (line: MarkdownLine): string | undefined =>
  line.kind === "text" && line.prefix === "" ? /^#{1,6} +(.+)$/.exec(line.raw)?.[1] : undefined;

const withoutSections = (lines: readonly MarkdownLine[], headings: readonly string[]): MarkdownLine[] => {
  let skipping = false;
  return lines.filter((line) => {
    if (headingOf(line) !== undefined) skipping = headings.includes(line.raw.trim());
    return !skipping;
  });
};

const isRow = (line: MarkdownLine): boolean => line.kind === "text" && line.prefix === "" && line.raw.startsWith("| ");

/** Rows of a table belong together; every other line is its own. */
const endOfBlock = (lines: readonly MarkdownLine[], from: number): number => {
  let to = from + 1;
  if (lines[from] && isRow(lines[from])) while (lines[to] && isRow(lines[to] as MarkdownLine)) to += 1;
  return to;
};

const renderBlock = (lines: readonly MarkdownLine[], layout: Layout): string[] => {
  const [line] = lines;
  if (!line) return [];
  if (isRow(line)) return renderTable(lines, layout);
  if (line.kind === "fence") return [];
  if (line.kind === "code") return [`    ${line.content}`];
  if (line.kind === "blank") return [""];
  if (line.kind === "html" && /^\s*<!--/.test(line.raw)) return [];
  const heading = headingOf(line);
  if (heading !== undefined)
    return wrap(layout.paint("bold", inlineText(heading, layout.paint)), layout.columns).split("\n");
  const text = line.raw.replace(/^(\s*)[-*] /, "$1• ");
  const hang = " ".repeat(/^\s*(?:• |\d+\\?[.)] |\([a-z]\) )?/.exec(text)?.[0].length ?? 0);
  return wrap(inlineText(text, layout.paint), layout.columns, hang).split("\n");
};

/** Code spans, bold, escapes and entities. */
const inlineText = (text: string, paint: Paint): string =>
  text
    .split(/(`+[^`]+`+)/)
    .map((part, index) =>
      index % 2 === 1 ? paint("cyan", part.replace(/^`+|`+$/g, "").trim()) : proseText(part, paint),
    )
    .join("");

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

const proseText = (text: string, paint: Paint): string =>
  text
    .replace(/<br\/?>/g, "; ")
    .replace(/<!--[\s\S]*?-->|<\/?(?:sub|sup|kbd|code|summary)\/?>/g, "")
    .replace(/\*\*(.+?)\*\*/g, (_, words: string) => paint("bold", words))
    .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, (_, words: string, to: string) => `${words} (${to})`)
    .replace(/\\([!-/:-@[-`{-~])/g, "$1")
    .replace(/&(?:#(\d{1,7})|(amp|lt|gt|quot));/g, (whole, number?: string, name?: string) =>
      name ? (entities[name] ?? whole) : printable(String.fromCodePoint(Math.min(Number(number), 0x10ffff))),
    );

/** With less room than this beside the columns' names, what stands in them goes below. */
const narrow = 20;

const cellsOf = ({ raw }: MarkdownLine): string[] => raw.replace(/^\| ?| ?\|\s*$/g, "").split(" | ");

/** Columns side by side where they fit, otherwise one row under the other with its column's name. */
const renderTable = (lines: readonly MarkdownLine[], { columns, paint }: Layout): string[] => {
  const [head = [], , ...rows] = lines.map((line) => cellsOf(line).map((cell) => inlineText(cell, paint)));
  const widths = head.map((cell, column) =>
    Math.max(...[head, ...rows].map((row) => displayWidth(row[column] ?? cell))),
  );
  const total = widths.reduce((sum, width) => sum + width + 2, 0);
  if (total <= columns || !Number.isFinite(columns)) {
    const row = (cells: readonly string[]) =>
      `  ${cells.map((cell, column) => padTo(cell, widths[column] ?? 0)).join("  ")}`.trimEnd();
    return [paint("dim", row(head)), ...rows.map(row)];
  }
  const widest = Math.max(...head.map(displayWidth));
  return rows.flatMap((row) =>
    row.flatMap((cell, column) => {
      const name = head[column] ?? "";
      if (columns - widest < narrow)
        return wrap(`${column === 0 ? "•" : " "} ${name}: ${cell}`, columns, "    ").split("\n");
      const [first, ...rest] = wrap(cell, columns - widest - 4).split("\n");
      const lead = column === 0 ? "• " : "  ";
      return [
        `${lead}${paint("dim", padTo(name, widest))}  ${first}`,
        ...rest.map((line) => " ".repeat(widest + 4) + line),
      ];
    }),
  );
};
