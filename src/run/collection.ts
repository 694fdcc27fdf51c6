/** The Postman collection that a repository keeps, brought up to what the work serves: a file of the App's own, which no agent writes. */
import type { FileChange } from "../domain/changeset.ts";
import type { ContractChange } from "../domain/contract.ts";
import type { Facts } from "../domain/facts.ts";
import { countKnown, isCollectionPath, type Update, updateCollection } from "../domain/postman/collection.ts";
import { code } from "../domain/render/safe.ts";
import type { CommitReader } from "../ports.ts";

/** @property notes for the pull request, in lines of ours */
export type Generated = { readonly files: readonly FileChange[]; readonly notes: readonly string[] };

export const nothingGenerated: Generated = { files: [], notes: [] };

/** Of several, the one that most of what is served stands in. @param at the commit that the work started from */
export const collectionFor = async (
  reader: CommitReader,
  at: string,
  head: Facts,
  changes: readonly ContractChange[],
): Promise<Generated> => {
  const rest = changes.filter(({ operation }) => /^[A-Z]+ \//.test(operation));
  if (rest.length === 0) return nothingGenerated;
  const listed = await reader.listSources(at, isCollectionPath);
  const { texts } = await reader.readFiles(
    at,
    listed.map(({ path }) => path),
  );
  const known = [...texts].map(([path, text]) => ({ path, text, count: countKnown(text, head) }));
  const [best, second] = known.sort((a, b) => b.count - a.count || a.path.length - b.path.length);
  if (!best) return nothingGenerated;
  if (second && best.count === 0)
    return {
      files: [],
      notes: [
        `There are ${known.length} Postman collections, and none holds a request of this application: none was changed.`,
      ],
    };
  const operations = (...kinds: readonly ContractChange["kind"][]): readonly string[] =>
    rest.filter(({ kind }) => kinds.includes(kind)).map(({ operation }) => operation);
  const update = updateCollection(best.text, {
    head,
    touched: operations("added", "changed"),
    removed: operations("removed"),
  });
  return generated(best, update);
};

const generated = ({ path, text }: { readonly path: string; readonly text: string }, update: Update): Generated => {
  if (!update.ok)
    return {
      files: [],
      notes: [`The Postman collection ${code(path, 255)} ${update.reason}, so it was left as it is.`],
    };
  if (update.text === text) return nothingGenerated;
  const { added, extended, removed } = update;
  const parts = [
    ...(added.length > 0 ? [`${added.length} added`] : []),
    ...(extended.length > 0 ? [`${extended.length} with fields that they lacked`] : []),
    ...(removed.length > 0 ? [`${removed.length} taken out`] : []),
  ];
  const content = Buffer.from(update.text).toString("base64");
  return {
    files: [{ path, kind: "modified", mode: "100644", content }],
    notes: [`The App brought the Postman collection ${code(path, 255)} up to the code: requests: ${parts.join(", ")}.`],
  };
};
