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

const named = (part: string): Layer | undefined => {
  const found = layers.find(([folder]) => folder.test(part));
  return found && { depth: found[1], name: found[2] };
};

/** A folder of one subject, with a file for each layer: `orders/router.py`, `orders/service.py`, `orders/models.py`. */
const isSlice = (folder: string, code: Code): boolean =>
  folder !== "" &&
  code.sources.filter(({ path }) => path.startsWith(`${folder}/`) && named(path.slice(folder.length + 1, -3))).length >
    1;

/** By the innermost folder or file that names one; `api/services/user.py` is a service. */
const layerOf = (path: string, code: Code): Layer | undefined => {
  const parts = path.replace(/\.py$/, "").split("/");
  const file = parts.pop() ?? "";
  if (isSlice(parts.join("/"), code)) return named(file);
  return [...parts.reverse(), file.replace(/^.*_(?=(services?|repository|routes|router)$)/, "")]
    .map(named)
    .find((layer) => layer !== undefined);
};

/** A package of others may be called as a file of the project is: `import mail` is that one only where it is on the way up. */
const isReached = (module: string, path: string, from: string): boolean =>
  module.includes(".") || from.startsWith(path.slice(0, path.lastIndexOf(module)));

const isForTypes = (node: Node): boolean => {
  const condition = enclosing(node, /^if_statement$/);
  const test = condition && field(condition, "condition");
  return test !== undefined && /\bTYPE_CHECKING\b/.test(textOf(test));
};

export const layeringStandards: Standards<"upward-import"> = {
  "upward-import": {
    severity: "concern",
    check(file: CodeFile, code: Code) {
      const own = layerOf(file.path, code);
      if (!own) return [];
      return file.imports.flatMap(({ node, module, names }) => {
        const paths = [module, ...names.map((name) => `${module}.${name}`)].flatMap((one) => {
          const path = code.fileOf(one);
          return path !== undefined && isReached(module, path, file.path) ? [path] : [];
        });
        const above = paths
          .map((path) => layerOf(path, code))
          .find((layer) => layer !== undefined && layer.depth < own.depth);
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
