/** A changeset cut along its contract, models below services below routes, so that no part needs a later one. From values alone. */
import { bytesOf, type Changeset, type FileChange } from "../domain/changeset.ts";
import type { ImportFact } from "../domain/facts.ts";
import { type Layer, layers, type StackPart } from "../domain/stack.ts";
import { changedLines } from "./changed-lines.ts";
import { isTest } from "./python/interpret.ts";

const last = layers.length - 1;

/** Names of folders and of files without their ending. */
const places: Readonly<Record<Layer, ReadonlySet<string>>> = {
  models: new Set("model models entities tables migrations alembic core config settings db database".split(" ")),
  services: new Set("service services repository repositories schema schemas domain".split(" ")),
  routes: new Set("api router routers route routes endpoints views middleware main".split(" ")),
};

/** By the name nearest to the file that says one: `app/api/models/order.py` holds models. */
const placeOf = ({ path, kind }: FileChange): number => {
  if (kind === "deleted" || isTest(path) || !path.endsWith(".py")) return last;
  const names = path.replace(/\.py$/, "").split("/").reverse();
  const name = names.find((one) => layers.some((layer) => places[layer].has(one)));
  const found = layers.findIndex((layer) => name !== undefined && places[layer].has(name));
  return found < 0 ? layers.indexOf("services") : found;
};

const moduleOf = (path: string): string => path.replace(/(\/__init__)?\.py$/, "").replaceAll("/", ".");

/** Rather once too often: a file that is held to need another one only comes later. */
const needs = (path: string, imports: readonly ImportFact[]): boolean => {
  const module = `.${moduleOf(path)}`;
  return imports.some(({ module: from, names }) => {
    const tail = from.replace(/^\.+/, "");
    const wanted = [tail, ...names.map((name) => (tail === "" ? name : `${tail}.${name}`))];
    return wanted.some((one) => one !== "" && module.endsWith(`.${one}`));
  });
};

/** What a file needs lies in its own layer or below; what goes away goes last, after everything that used it. */
const layersOf = (changeset: Changeset, imports: readonly ImportFact[]): ReadonlyMap<string, number> => {
  const found = new Map(changeset.map((change) => [change.path, placeOf(change)]));
  const byFile = Map.groupBy(imports, ({ file }) => file);
  const written = changeset.filter(({ kind }) => kind !== "deleted");
  const edges = written.flatMap(({ path }) =>
    written
      .filter((other) => other.path !== path && needs(other.path, byFile.get(path) ?? []))
      .map((other) => ({ path, needed: other.path })),
  );
  for (let moved = true; moved; ) {
    moved = false;
    for (const { path, needed } of edges) {
      const below = found.get(needed) ?? 0;
      if ((found.get(path) ?? 0) >= below) continue;
      found.set(path, below);
      moved = true;
    }
  }
  return found;
};

/** As GitHub counts them; those of tests are free. */
const linesOf = (change: FileChange, before: string | undefined): number => {
  if (isTest(change.path)) return 0;
  const count = (text: string) => (text === "" ? 0 : text.replace(/\n$/, "").split("\n").length);
  if (change.kind === "deleted") return count(before ?? "");
  const now = bytesOf(change).toString("utf8");
  if (before === undefined) return count(now);
  const { added } = changedLines(before, now);
  return added.size + Math.max(0, count(before) - (count(now) - added.size));
};

/**
 * One part where the change keeps within the limit, or cannot be cut.
 *
 * @param before text of a file at the commit that the change starts from @param imports of the code as the change leaves it
 */
export const cutBySize = (
  changeset: Changeset,
  known: {
    readonly before: (path: string) => string | undefined;
    readonly imports: readonly ImportFact[];
    readonly limit: number;
  },
): readonly StackPart[] => {
  const { before, imports, limit } = known;
  const sizes = new Map(changeset.map((change) => [change.path, linesOf(change, before(change.path))]));
  const partOf = (held: readonly Layer[], paths: readonly string[]): StackPart => ({
    ...{ layers: held, paths },
    lines: paths.reduce((total, path) => total + (sizes.get(path) ?? 0), 0),
  });
  const all = changeset.map(({ path }) => path);
  const whole = partOf(layers, all);
  if (whole.lines <= limit) return [whole];
  const found = layersOf(changeset, imports);
  const parts: StackPart[] = [];
  for (const [index, layer] of layers.entries()) {
    const part = partOf(
      [layer],
      all.filter((path) => found.get(path) === index),
    );
    const below = parts.at(-1);
    if (part.paths.length === 0) continue;
    if (below && (part.lines === 0 || below.lines + part.lines <= limit))
      parts[parts.length - 1] = partOf([...below.layers, layer], [...below.paths, ...part.paths]);
    else parts.push(part);
  }
  return parts;
};
