/** Glob: files by name pattern, newest first. */
import { z } from "zod";
import type { Walls } from "../../ports.ts";
import { requireFolder, requirePattern } from "./paths.ts";
import { defineTool, type Tool } from "./tool.ts";

const limit = 100;

export const createGlob = (deps: { readonly walls: Pick<Walls, "glob"> }): Tool =>
  defineTool({
    name: "Glob",
    description: `Finds files by a pattern such as backend/**/*.py and lists their absolute paths, the last changed first, at most ${limit}.`,
    input: z.strictObject({
      pattern: z.string().min(1).describe("** stands for any folders, * for any part of a name"),
      path: z.string().optional().describe("folder to search in; the whole repository when left out"),
    }),
    readOnly: true,
    async run({ pattern, path }) {
      const { paths, total } = await deps.walls.glob(requirePattern(pattern), requireFolder(path), limit);
      if (paths.length === 0) return "No file matches.";
      const listed = paths.map((found) => `/repo/${found}`).join("\n");
      return total > paths.length
        ? `${listed}\n\n${paths.length} of ${total} files are listed, the last changed first. Use a narrower pattern or a path to see others.`
        : listed;
    },
  });
