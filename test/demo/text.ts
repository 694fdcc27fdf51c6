/** Markdown as a terminal shows it well enough. */

export const terminalText = (markdown: string): string =>
  markdown
    .replace(
      /<details>\s*<summary>The report as JSON<\/summary>[\s\S]*?<\/details>/g,
      "[the report as JSON is folded away here]",
    )
    .replace(/<!--[\s\S]*?-->\n?/g, "")
    .replace(/<summary>([\s\S]*?)<\/summary>/g, "▸ $1")
    .replace(/<\/?(?:details|sub|sup|br|kbd|code)\/?>/g, "")
    .replace(/^(#{1,6}) +(.*)$/gm, (_, marks: string, text: string) => (marks.length < 3 ? text.toUpperCase() : text))
    .replace(/\*\*(.+?)\*\*/g, "$1")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
