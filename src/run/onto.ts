/** A changeset that was measured against one commit, as changes to a later one of the same branch. Reads the mirror, writes nothing. */
import { bytesOf, type Changeset, type FileChange } from "../domain/changeset.ts";

type Texts = (path: string) => Promise<string | undefined>;

/**
 * Files that are there already are left out; what earlier runs published and this one took back goes back to what it was.
 *
 * @param published by the runs before, against the same commit as `changeset`
 * @param was text at that commit @param is text at the later one
 */
export const changesOnto = async (
  changeset: Changeset,
  published: Changeset,
  { was, is }: { readonly was: Texts; readonly is: Texts },
): Promise<Changeset> => {
  const mine = new Set(changeset.map(({ path }) => path));
  const takenBack = await Promise.all(
    published.filter(({ path }) => !mine.has(path)).map(async (change) => undo(change, await was(change.path))),
  );
  const all = await Promise.all(
    [...changeset, ...takenBack].map(async (change) => against(change, await is(change.path))),
  );
  return all.flatMap((change) => (change ? [change] : [])).sort((a, b) => (a.path < b.path ? -1 : 1));
};

const undo = (change: FileChange, was: string | undefined): FileChange =>
  was === undefined
    ? { path: change.path, kind: "deleted" }
    : {
        path: change.path,
        kind: "modified",
        mode: change.kind === "deleted" ? "100644" : change.mode,
        content: Buffer.from(was).toString("base64"),
      };

const against = (change: FileChange, is: string | undefined): FileChange | undefined => {
  if (change.kind === "deleted") return is === undefined ? undefined : change;
  if (is === undefined) return { ...change, kind: "added" };
  return Buffer.from(is).equals(bytesOf(change)) ? undefined : { ...change, kind: "modified" };
};
