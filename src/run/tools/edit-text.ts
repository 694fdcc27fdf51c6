/** Exact replacement in a text, and what Edit, MultiEdit and Write share around it: read first, still the same bytes, inside the boundary. */
import { z } from "zod";
import { ToolError } from "../../domain/errors.ts";
import type { Walls } from "../../ports.ts";
import { requireFile, requireWritable } from "./paths.ts";
import { linesOf } from "./read.ts";
import type { SeenFiles } from "./seen-files.ts";

const maxBytes = 1024 * 1024;

export const editInput = z.strictObject({
  old_string: z.string().describe("the exact text to replace, without line numbers; empty only to make a new file"),
  new_string: z.string().describe("what stands there afterwards"),
  replace_all: z.boolean().default(false).describe("replace every occurrence instead of demanding exactly one"),
});

export type Edit = z.infer<typeof editInput>;

export type EditDeps = { readonly walls: Pick<Walls, "read" | "write" | "boundary">; readonly seen: SeenFiles };

type Applied = { readonly text: string; readonly count: number };

/** @param which names the edit in a refusal: "" or "Edit 2 of 3: " */
const applyEdit = (text: string, edit: Edit, path: string, which: string): Applied => {
  if (edit.old_string === edit.new_string)
    throw new ToolError(`${which}old_string and new_string are the same, so there is nothing to change.`);
  if (edit.old_string === "") {
    if (text !== "")
      throw new ToolError(`${which}/repo/${path} exists and is not empty: say in old_string what is to be replaced.`);
    return { text: edit.new_string, count: 1 };
  }
  const { old, now } = inLineEndingsOf(text, edit);
  const parts = text.split(old);
  const count = parts.length - 1;
  if (count === 0)
    throw new ToolError(
      `${which}old_string was not found in /repo/${path}. It must match exactly, with its indentation and without line numbers. Read the file again and copy the text.`,
    );
  if (count > 1 && !edit.replace_all)
    throw new ToolError(
      `${which}old_string occurs ${count} times in /repo/${path}. Take in more lines around it so that it is unique, or set replace_all.`,
    );
  return { text: parts.join(now), count };
};

/** Read shows no carriage returns, so a model cannot copy them: where a file has them, the strings get them. */
const inLineEndingsOf = (text: string, edit: Edit): { old: string; now: string } => {
  if (!text.includes("\r\n") || edit.old_string.includes("\r")) return { old: edit.old_string, now: edit.new_string };
  const crlf = (value: string) => value.replace(/\r?\n/g, "\r\n");
  return { old: crlf(edit.old_string), now: crlf(edit.new_string) };
};

/** All edits, each on the result of the one before, or none. @returns a sentence on what was done */
export const editFile = async (deps: EditDeps, filePath: string, edits: readonly Edit[]): Promise<string> => {
  const path = requireFile(filePath);
  const current = await deps.walls.read(path);
  requireWritable(path, deps.walls.boundary, current !== undefined);
  if (!current && edits[0]?.old_string !== "")
    throw new ToolError(
      `/repo/${path} does not exist. Find the right path with Glob, or make the file with Write or an empty old_string.`,
    );
  if (current && current.text !== "") requireSeen(deps.seen, path, current);
  let applied: Applied = { text: current?.text ?? "", count: 0 };
  let count = 0;
  for (const [index, edit] of edits.entries()) {
    applied = applyEdit(applied.text, edit, path, edits.length > 1 ? `Edit ${index + 1} of ${edits.length}: ` : "");
    count += applied.count;
  }
  await writeFile(deps, path, applied.text, current?.sha);
  if (!current) return `Created /repo/${path} (${sizeOf(applied.text)}).`;
  return `Changed /repo/${path}: ${count} ${count === 1 ? "replacement" : "replacements"}.`;
};

/** `34 lines`, for a sentence. */
export const sizeOf = (text: string): string => {
  const { length } = linesOf(text);
  return `${length} ${length === 1 ? "line" : "lines"}`;
};

export const requireSeen = (seen: SeenFiles, path: string, file: { text: string; sha: string }): void => {
  const verdict = seen.decide(path, { sha: file.sha, total: linesOf(file.text).length });
  if (!verdict.allowed) throw new ToolError(verdict.reason);
};

/** @param expected sha of what is overwritten; undefined = a new file */
export const writeFile = async (
  deps: EditDeps,
  path: string,
  text: string,
  expected: string | undefined,
): Promise<void> => {
  if (!text.isWellFormed()) throw new ToolError(`The new text of /repo/${path} is not well-formed Unicode.`);
  if (Buffer.byteLength(text) > maxBytes)
    throw new ToolError(`/repo/${path} would be larger than 1 MiB, which is not committed. Split it.`);
  deps.seen.wrote(path, await deps.walls.write(path, text, expected));
};
