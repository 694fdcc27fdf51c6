/** What no import executes: routes in functions that nothing calls are said. */
import type { Machine } from "./machine.ts";
import { nodesOf, type Tree, textOf } from "./node.ts";

/** `@router.get("/…")`, which is a route wherever it is executed. */
const routeDecorator =
  /@\s*(?=[\w.]+\.(?:get|post|put|patch|delete|head|options|api_route|websocket)\(\s*[rf]?["'](?:\/|["']))/g;

/** Decorators of routes that were never applied: they stand in functions that nothing here calls. */
export const noteUnreached = (machine: Machine): void => {
  const applied = new Map<Tree, Set<number>>();
  for (const { tree, start } of machine.applied) applied.set(tree, (applied.get(tree) ?? new Set()).add(start));
  for (const { root, path } of machine.modules.values()) {
    if (!root || !/\bfastapi\b/.test(root.tree.text)) continue;
    const { tree } = root;
    const starts = new Set<number>();
    for (const { index, 0: at } of tree.text.matchAll(routeDecorator))
      if (!applied.get(tree)?.has(index + at.length)) starts.add(index);
    if (starts.size === 0) continue;
    // The same may stand in a text.
    for (const decorator of nodesOf(tree, ["decorator"]))
      if (starts.has(decorator.start))
        machine.notes.push({
          file: path,
          line: decorator.line,
          about: `a route in code that nothing here calls: ${textOf(decorator).replace(/\s+/g, " ").slice(0, 80)}`,
        });
  }
};
