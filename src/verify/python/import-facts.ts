/** Imports of every file as facts, tests and migrations included. */
import type { ImportFact } from "../../domain/facts.ts";
import { children, field, fields, type Node, rootOf, type Tree, textOf, walk } from "./node.ts";

const nameOf = (one: Node): string => textOf(one.type === "aliased_import" ? (field(one, "name") ?? one) : one);

export const importFacts = (trees: ReadonlyMap<string, Tree>): readonly ImportFact[] =>
  [...trees].flatMap(([file, tree]) => {
    const found: ImportFact[] = [];
    walk(rootOf(tree), (node) => {
      if (node.type === "import_statement")
        found.push(...fields(node, "name").map((one) => ({ module: nameOf(one), names: [], file, line: node.line })));
      if (node.type === "import_from_statement") {
        const from = field(node, "module_name");
        const all = children(node).some(({ type }) => type === "wildcard_import");
        found.push({
          module: from ? textOf(from) : "",
          names: all ? ["*"] : fields(node, "name").map(nameOf),
          file,
          line: node.line,
        });
      }
    });
    return found;
  });
