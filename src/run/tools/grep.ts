/** Grep: what files contain, by ripgrep's regular expressions. */
import { z } from "zod";
import { ToolError } from "../../domain/errors.ts";
import type { GrepRequest, Walls } from "../../ports.ts";
import { requireFolder, requirePattern } from "./paths.ts";
import { defineTool, type Tool } from "./tool.ts";

const defaultLines = 250;
const maxChars = 30_000;

const lines = z.number().int().min(0).max(1_000).optional();

const input = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(4_096)
    .describe("a regular expression in ripgrep's syntax: literal braces need a backslash"),
  path: z.string().optional().describe("file or folder to search; the whole repository when left out"),
  glob: z.string().optional().describe("only files whose path matches, such as *.py"),
  type: z
    .string()
    .regex(/^[a-z0-9]+$/, "a file type of ripgrep, such as py")
    .optional()
    .describe("only files of this type, such as py"),
  output_mode: z
    .enum(["content", "files_with_matches", "count"])
    .default("files_with_matches")
    .describe("content: matching lines; files_with_matches: paths only; count: matches of each file and their sum"),
  "-A": lines.describe("lines to show after each match (content)"),
  "-B": lines.describe("lines to show before each match (content)"),
  "-C": lines.describe("lines to show before and after each match (content)"),
  context: lines.describe("the same as -C"),
  "-n": z.boolean().default(true).describe("line numbers (content)"),
  "-i": z.boolean().default(false).describe("upper and lower case are the same"),
  head_limit: z.number().int().min(0).default(defaultLines).describe("how many lines of the result; 0 = all"),
  offset: z.number().int().min(0).default(0).describe("how many lines of the result to skip"),
  multiline: z.boolean().default(false).describe("a match may span lines, and . matches a newline"),
});

type Input = z.infer<typeof input>;

export const createGrep = (deps: { readonly walls: Pick<Walls, "grep"> }): Tool =>
  defineTool({
    name: "Grep",
    description: `Searches file contents with ripgrep; what .gitignore names is left out. Shows paths of matching files unless output_mode says otherwise, at most ${defaultLines} lines unless head_limit says otherwise. Use this instead of grep or rg in Bash.`,
    input,
    readOnly: true,
    async run(call) {
      const found = await deps.walls.grep(requestOf(call));
      if (found.length === 0) return "No match.";
      const paged = pageOf(found, call.offset, call.head_limit);
      return call.output_mode === "count" ? `${paged}\n\n${sumOf(found)}` : paged;
    },
  });

const requestOf = (call: Input): GrepRequest => {
  const around = call["-C"] ?? call.context;
  const before = call["-B"] ?? around;
  const after = call["-A"] ?? around;
  const path = requireFolder(call.path);
  return {
    pattern: call.pattern,
    mode: call.output_mode,
    lineNumbers: call["-n"],
    ignoreCase: call["-i"],
    multiline: call.multiline,
    ...(path === undefined ? {} : { path }),
    ...(call.glob === undefined ? {} : { glob: requirePattern(call.glob) }),
    ...(call.type === undefined ? {} : { type: call.type }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
};

const pageOf = (found: readonly string[], offset: number, limit: number): string => {
  if (offset >= found.length)
    throw new ToolError(`The result has ${found.length} lines only: offset=${offset} is past its end.`);
  const wanted = found.slice(offset, limit === 0 ? undefined : offset + limit);
  let chars = 0;
  const over = wanted.findIndex((line) => {
    chars += line.length + 1;
    return chars > maxChars;
  });
  const shown = over === -1 ? wanted : wanted.slice(0, Math.max(1, over));
  const end = offset + shown.length;
  const text = shown.join("\n");
  return end < found.length
    ? `${text}\n\nLines ${offset + 1} to ${end} of ${found.length} are shown. Go on with offset=${end}, or narrow the search with path, glob or type.`
    : text;
};

const sumOf = (counts: readonly string[]): string => {
  const total = counts.reduce((sum, line) => sum + Number(/(\d+)$/.exec(line)?.[1] ?? 0), 0);
  return `${total} ${total === 1 ? "match" : "matches"} in ${counts.length} ${counts.length === 1 ? "file" : "files"}.`;
};
