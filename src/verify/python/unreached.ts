/** What no import executes: routes in functions that nothing calls are said. */
import type { Machine } from "./machine.ts";
import { nodesOf, type Tree, textOf } from "./node.ts";

/** `@router.get("/…")`, which is a route wherever it is executed. */
const routeDecorator =
  /^@\s*(?=[\w.]+\.(?:get|post|put|patch|delete|head|options|api_route|websocket)\(\s*[rf]?["'](?:\/|["']))/;

/** Decorators of routes that were never applied: they stand in functions that nothing here calls. */
export const noteUnreached = (machine: Machine): void => {
  const applied = new Map<Tree, Set<number>>();
  for (const { tree, start } of machine.applied) applied.set(tree, (applied.get(tree) ?? new Set()).add(start));
  for (const { root, path } of machine.modules.values()) {
    if (!root || !/\bfastapi\b/.test(root.tree.text)) continue;
    for (const decorator of nodesOf(root.tree, ["decorator"])) {
      const said = textOf(decorator);
      const [at] = routeDecorator.exec(said) ?? [];
      if (at === undefined || applied.get(root.tree)?.has(decorator.start + at.length)) continue;
      machine.notes.push({
        file: path,
        line: decorator.line,
        about: `a route in code that nothing here calls: ${said.replace(/\s+/g, " ").slice(0, 80)}`,
      });
    }
  }
};
