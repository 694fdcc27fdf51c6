/** Read: a file of the repository with line numbers, or one of the App's own documents. */
import { z } from "zod";
import { ToolError } from "../../domain/errors.ts";
import type { Walls } from "../../ports.ts";
import { requireFile } from "./paths.ts";
import type { SeenFiles } from "./seen-files.ts";
import { defineTool, type Tool } from "./tool.ts";

const defaultLines = 2_000;
const maxLineChars = 2_000;
const maxChars = 100_000;

const input = z.strictObject({
  file_path: z.string().describe("absolute path, such as /repo/backend/app/main.py"),
  offset: z.number().int().min(1).optional().describe("the line to start from, counted from 1"),
  limit: z.number().int().min(1).optional().describe(`how many lines; ${defaultLines} when left out`),
});

export const createRead = (deps: {
  readonly walls: Pick<Walls, "read">;
  readonly seen: SeenFiles;
  /** A read-only text of the App by the path that the agent knows it under. */
  readonly document: (path: string) => string | undefined;
}): Tool =>
  defineTool({
    name: "Read",
    description: `Reads a file, as lines with their numbers (number, tab, text). At most ${defaultLines} lines at once unless limit says otherwise; a line longer than ${maxLineChars} characters is cut. Read a file in whole before you change it. Read several files in one message where they do not depend on one another. Folders are not read: use Glob.`,
    input,
    readOnly: true,
    async run({ file_path, offset = 1, limit }) {
      const document = deps.document(file_path.replace(/^\$CLAUDE_PLUGIN_ROOT\//, `\${CLAUDE_PLUGIN_ROOT}/`));
      if (document !== undefined) return page(file_path, linesOf(document), offset, limit).text;
      const path = requireFile(file_path);
      const file = await deps.walls.read(path);
      if (!file) throw new ToolError(`/repo/${path} does not exist. Find the right path with Glob.`);
      const lines = linesOf(file.text);
      const { text, range } = page(`/repo/${path}`, lines, offset, limit);
      deps.seen.saw(path, { sha: file.sha, total: lines.length }, range);
      return text;
    },
  });

/** A final newline ends the last line and begins no other. */
export const linesOf = (text: string): string[] => {
  if (text === "") return [];
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
};

type Page = { readonly text: string; readonly range: readonly [number, number] };

const page = (name: string, lines: readonly string[], offset: number, limit: number | undefined): Page => {
  const total = lines.length;
  if (total === 0) return { text: `${name} exists and is empty.`, range: [1, 1] };
  if (offset > total)
    return { text: `${name} has ${total} lines only: offset=${offset} is past its end.`, range: [offset, offset - 1] };
  const numbered = lines
    .slice(offset - 1, offset - 1 + (limit ?? defaultLines))
    .map((line, index) => `${String(offset + index).padStart(6)}\t${cutLine(line)}`);
  const fitting = countFitting(numbered);
  if (fitting < numbered.length && limit !== undefined)
    throw new ToolError(
      `These ${numbered.length} lines are more than ${maxChars} characters. Ask for fewer: offset=${offset}, limit=${fitting} fits.`,
    );
  const last = offset + fitting - 1;
  const partial = limit === undefined && last < total;
  const shown = numbered.slice(0, fitting).join("\n");
  return {
    text: partial
      ? `${shown}\n\nPARTIAL: lines ${offset} to ${last} of ${total}. Go on with offset=${last + 1}.`
      : shown,
    range: [offset, last],
  };
};

const cutLine = (line: string): string =>
  line.length > maxLineChars
    ? `${line.slice(0, maxLineChars)} [… ${line.length - maxLineChars} characters of this line cut]`
    : line;

const countFitting = (lines: readonly string[]): number => {
  let chars = 0;
  const over = lines.findIndex((line) => {
    chars += line.length + 1;
    return chars > maxChars;
  });
  return over === -1 ? lines.length : over;
};
