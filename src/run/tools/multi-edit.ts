/** MultiEdit: several exact replacements in one file, all or none. */
import { z } from "zod";
import { type EditDeps, editFile, editInput } from "./edit-text.ts";
import { defineTool, type Tool } from "./tool.ts";

export const createMultiEdit = (deps: EditDeps): Tool =>
  defineTool({
    name: "MultiEdit",
    description:
      "Makes several replacements in one file that you have read in whole. Each follows the rules of Edit and works on the result of the one before; if one cannot be made, none is. An empty old_string in the first edit makes a new file.",
    input: z.strictObject({
      file_path: z.string().describe("absolute path"),
      edits: z.array(editInput).min(1).max(100),
    }),
    readOnly: false,
    run: ({ file_path, edits }) => editFile(deps, file_path, edits),
  });
