/** Imports of every file as facts, tests and migrations included. */
import type { ImportFact } from "../../domain/facts.ts";
import { children, field, fields, type Node, nodesOf, type Tree, textOf } from "./node.ts";

const nameOf = (one: Node): string => textOf(one.type === "aliased_import" ? (field(one, "name") ?? one) : one);

export const importFacts = (trees: ReadonlyMap<string, Tree>): readonly ImportFact[] =>
  [...trees].flatMap(([file, tree]) =>
    nodesOf(tree, ["import_statement", "import_from_statement"]).flatMap((node) => factsOf(node, file)),
  );

const factsOf = (node: Node, file: string): readonly ImportFact[] => {
  const { line } = node;
  if (node.type === "import_statement")
    return fields(node, "name").map((one) => ({ module: nameOf(one), names: [], file, line }));
  const from = field(node, "module_name");
  const all = children(node).some(({ type }) => type === "wildcard_import");
  return [{ module: from ? textOf(from) : "", names: all ? ["*"] : fields(node, "name").map(nameOf), file, line }];
};
