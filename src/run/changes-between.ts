/** What one commit has otherwise than another, as a changeset to be checked; nothing is ever committed from it. */
import type { Changeset } from "../domain/changeset.ts";
import type { CommitReader } from "../ports.ts";

/** Texts of at most 1 MiB alone: of others there is nothing to check. */
export const changesBetween = async (
  reader: CommitReader,
  base: string,
  head: string,
  isWanted: (path: string) => boolean = () => true,
): Promise<Changeset> => {
  const before = new Map((await reader.listSources(base, isWanted)).map((one) => [one.path, one.sha]));
  const now = await reader.listSources(head, isWanted);
  const there = new Set(now.map(({ path }) => path));
  const changed = now.filter(({ path, sha }) => before.get(path) !== sha).map(({ path }) => path);
  const { texts } = await reader.readFiles(head, changed);
  return [
    ...[...texts].map(([path, text]) => ({
      path,
      kind: before.has(path) ? ("modified" as const) : ("added" as const),
      mode: "100644" as const,
      content: Buffer.from(text, "utf8").toString("base64"),
    })),
    ...[...before.keys()].flatMap((path) => (there.has(path) ? [] : [{ path, kind: "deleted" as const }])),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
};
