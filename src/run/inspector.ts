/** Facts of a run's code: of the branch that it is proposed to, and of the work as it stands. Each state is analysed once. */
import { blobSha, bytesOf, type Changeset, treeHash } from "../domain/changeset.ts";
import type { RepositoryRef } from "../domain/repository.ts";
import type { StandardsConfig } from "../domain/standards.ts";
import type { Analysis, CommitReader, Inspection, SourceFile, Workspace } from "../ports.ts";
import { isManifest } from "../verify/standards/openapi.ts";

export type Inspector = {
  base(): Promise<Inspection>;
  /** @param changeset against the commit that the run works on */
  head(changeset: Changeset): Promise<Inspection>;
  /** Python files of the work that the branch does not have. */
  added(changeset: Changeset): Promise<readonly string[]>;
};

/** What facts and breaches are read from. */
export const isSource = (path: string): boolean => path.endsWith(".py") || isManifest(path);

export const readerOf = (
  workspace: Pick<Workspace, "listSources" | "readFiles">,
  repository: RepositoryRef,
): CommitReader => ({
  listSources: (commit, isWanted) => workspace.listSources(repository, commit, isWanted),
  readFiles: (commit, paths) => workspace.readFiles(repository, commit, paths),
});

/** @param commits the branch's, and the one that the work starts from */
export const createInspector = (
  { reader, analysis }: { readonly reader: CommitReader; readonly analysis: Analysis },
  { base, commit }: { readonly base: string; readonly commit: string },
  standards: StandardsConfig,
): Inspector => {
  const listings = new Map<string, Promise<readonly SourceFile[]>>();
  const listingOf = (at: string): Promise<readonly SourceFile[]> => {
    const known = listings.get(at) ?? reader.listSources(at, isSource);
    listings.set(at, known);
    return known;
  };
  const readAt = async (at: string, files: readonly SourceFile[]): Promise<ReadonlyMap<string, string>> => {
    const { texts } = await reader.readFiles(
      at,
      files.map(({ path }) => path),
    );
    return new Map(files.map(({ path, sha }) => [sha, texts.get(path) ?? ""]));
  };
  const known = new Map<string, Promise<Inspection>>();
  const once = (key: string, inspect: () => Promise<Inspection>): Promise<Inspection> => {
    const inspection = known.get(key) ?? inspect();
    known.set(key, inspection);
    return inspection;
  };
  return {
    base: () =>
      once("base", async () => analysis.inspect(await listingOf(base), (files) => readAt(base, files), standards)),
    added: async (changeset) => {
      const before = new Set((await listingOf(base)).map(({ path }) => path));
      const gone = new Set(changeset.flatMap(({ path, kind }) => (kind === "deleted" ? [path] : [])));
      const now = [...(await listingOf(commit)), ...changeset.filter(({ path }) => isSource(path))];
      return [...new Set(now.map(({ path }) => path))].filter((path) => !before.has(path) && !gone.has(path));
    },
    head: (changeset) =>
      once(treeHash(changeset), async () => {
        const changed = new Map(changeset.filter(({ path }) => isSource(path)).map((one) => [one.path, one]));
        const untouched = (await listingOf(commit)).filter(({ path }) => !changed.has(path));
        const written = [...changed.values()].filter(({ kind }) => kind !== "deleted");
        const texts = new Map(written.map((one) => [blobSha(bytesOf(one)), bytesOf(one).toString("utf8")]));
        const sources = [...untouched, ...written.map((one) => ({ path: one.path, sha: blobSha(bytesOf(one)) }))];
        const read = async (files: readonly SourceFile[]): Promise<ReadonlyMap<string, string>> => {
          const elsewhere = files.filter(({ sha }) => !texts.has(sha));
          return new Map([...texts, ...(await readAt(commit, elsewhere))]);
        };
        return analysis.inspect(sources, read, standards);
      }),
  };
};
