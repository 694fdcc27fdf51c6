/** Clean architecture as far as imports show it: routes know services, services know models, never the other way round. */
import { field, type Node, textOf } from "../python/node.ts";
import type { Code, CodeFile } from "./code.ts";
import { enclosing } from "./place.ts";
import { hitAt, type Standards } from "./standard.ts";

/** From the outside in; a layer may import those with a higher number, and its own. */
const layers: readonly (readonly [RegExp, number, string])[] = [
  [/^(routes|routers?|endpoints|controllers|views)$/, 0, "the routes"],
  [/^services?$/, 1, "services"],
  [/^(repositories|repository|cruds?|daos?)$/, 2, "the repository layer"],
  [/^(models|entities|schemas|domain)$/, 3, "models and schemas"],
];

type Layer = { readonly depth: number; readonly name: string };

/** By the innermost folder or file that names one; `api/services/user.py` is a service. */
const layerOf = (path: string): Layer | undefined => {
  const parts = path.replace(/\.py$/, "").split("/");
  const file = parts.pop() ?? "";
  for (const part of [...parts.reverse(), file.replace(/^.*_(?=(services?|repository|routes|router)$)/, "")]) {
    const found = layers.find(([folder]) => folder.test(part));
    if (found) return { depth: found[1], name: found[2] };
  }
  return undefined;
};

const isForTypes = (node: Node): boolean => {
  const condition = enclosing(node, /^if_statement$/);
  const test = condition && field(condition, "condition");
  return test !== undefined && /\bTYPE_CHECKING\b/.test(textOf(test));
};

export const layeringStandards: Standards<"upward-import"> = {
  "upward-import": {
    severity: "concern",
    check(file: CodeFile, code: Code) {
      const own = layerOf(file.path);
      if (!own) return [];
      return file.imports.flatMap(({ node, module, names }) => {
        const paths = [module, ...names.map((name) => `${module}.${name}`)].flatMap((one) => code.fileOf(one) ?? []);
        const above = paths.map(layerOf).find((layer) => layer !== undefined && layer.depth < own.depth);
        if (!above || isForTypes(node)) return [];
        return [
          hitAt(
            file,
            node,
            `${own.name} know nothing of ${above.name}: ${module} is a layer further out; hand in what is needed, or move it inwards`,
          ),
        ];
      });
    },
  },
};
