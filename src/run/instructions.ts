/** What a repository says to agents: AGENTS.md or CLAUDE.md, the nearest first to be obeyed. Knows no git. */
import type { Brief } from "../domain/brief.ts";
import type { Boundary } from "../domain/policy.ts";
import { visibleText } from "../domain/visible-text.ts";
import type { FilesRead } from "../ports.ts";

const maxInstructionBytes = 8 * 1024;
const maxInstructionFiles = 12;
const names = ["AGENTS.md", "CLAUDE.md"];

/** AGENTS.md, or else CLAUDE.md, of each folder from the root down to those of the boundary. @param read of the base branch */
export const readInstructions = async (
  boundary: Boundary,
  read: (paths: readonly string[]) => Promise<FilesRead>,
): Promise<NonNullable<Brief["instructions"]>> => {
  const above = boundary.allowed.flatMap((folder) => {
    const parts = folder.split("/");
    return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  });
  const folders = ["", ...new Set(above)].sort();
  const pathsIn = (folder: string) => names.map((name) => (folder === "" ? name : `${folder}/${name}`));
  const { texts } = await read(folders.flatMap(pathsIn));
  return folders
    .flatMap((folder) => {
      const path = pathsIn(folder).find((one) => texts.has(one));
      return path === undefined ? [] : [{ path, text: visibleText(texts.get(path) ?? "", maxInstructionBytes) }];
    })
    .slice(0, maxInstructionFiles);
};
