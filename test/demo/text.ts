/** What the App writes in Markdown, as the demo shows it between its own lines. */
import { createPaint } from "../../src/app/terminal.ts";
import { terminalText as render } from "../../src/app/terminal-markdown.ts";

export const terminalText = (markdown: string): string => render(markdown, { columns: 90, paint: createPaint(false) });
