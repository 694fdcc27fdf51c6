/** Edit: one exact replacement in one file. */
import { z } from "zod";
import { type EditDeps, editFile, editInput } from "./edit-text.ts";
import { defineTool, type Tool } from "./tool.ts";

export const createEdit = (deps: EditDeps): Tool =>
  defineTool({
    name: "Edit",
    description:
      "Replaces an exact piece of text in a file that you have read in whole. old_string must occur exactly once unless replace_all is set, and must differ from new_string. An empty old_string makes a new file.",
    input: z.strictObject({ file_path: z.string().describe("absolute path"), ...editInput.shape }),
    readOnly: false,
    run: ({ file_path, ...edit }) => editFile(deps, file_path, [edit]),
  });
