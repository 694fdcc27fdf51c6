/** Write: a whole file at once, new or in place of one that was read. */
import { z } from "zod";
import { type EditDeps, requireSeen, sizeOf, writeFile } from "./edit-text.ts";
import { requireFile, requireWritable } from "./paths.ts";
import { defineTool, type Tool } from "./tool.ts";

export const createWrite = (deps: EditDeps): Tool =>
  defineTool({
    name: "Write",
    description:
      "Writes a whole file: a new one, or in place of one that you have read in whole. It never appends. To change a part of a file, use Edit.",
    input: z.strictObject({
      file_path: z.string().describe("absolute path"),
      content: z.string().describe("the file's whole text"),
    }),
    readOnly: false,
    async run({ file_path, content }) {
      const path = requireFile(file_path);
      const current = await deps.walls.read(path);
      requireWritable(path, deps.walls.boundary, current !== undefined);
      if (current) requireSeen(deps.seen, path, current);
      await writeFile(deps, path, content, current?.sha);
      return `${current ? "Overwrote" : "Created"} /repo/${path} (${sizeOf(content)}).`;
    },
  });
