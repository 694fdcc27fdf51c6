/** Where the thread's syntax trees come from: those of an earlier process, else the parser, which is loaded with the first text that needs it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { endianness } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Tree } from "../verify/python/node.ts";
import type { PythonParser } from "../verify/python/parser.ts";
import { createKeptTrees } from "./kept-trees.ts";

export type Trees = {
  read(sha: string, text: string): Promise<Tree>;
  /** For the next process. @param trees of all files of a question, by blob id */
  keep(trees: ReadonlyMap<string, Tree>): void;
};

/** @param folder in which trees are kept; none where left out */
export const createTrees = (folder: string | undefined): Trees => {
  const kept = folder === undefined ? undefined : createKeptTrees({ folder, version: treesVersion() });
  let loading: Promise<PythonParser> | undefined;
  return {
    read: async (sha, text) => {
      const found = kept?.find(sha, text);
      if (found) return found;
      loading ??= loadParser();
      return (await loading).parse(text);
    },
    keep: (trees) => kept?.keep(trees),
  };
};

const require = createRequire(import.meta.url);

const wasm = () => ({
  runtime: readFileSync(require.resolve("web-tree-sitter/web-tree-sitter.wasm")),
  python: readFileSync(require.resolve("tree-sitter-python/tree-sitter-python.wasm")),
});

const loadParser = async (): Promise<PythonParser> => {
  const { createParser } = await import("../verify/python/parser.ts");
  return createParser(wasm());
};

/** Our own code that makes a tree and writes it, whose names end as this one's does. */
export const treeMakers = ["../verify/python/parser", "../verify/python/node", "./pack"];

/** A hash of everything that a tree depends on beside its text: nobody has to count versions. */
const treesVersion = (): string => {
  const hash = createHash("sha256").update(endianness());
  for (const name of treeMakers)
    hash.update(readFileSync(fileURLToPath(new URL(`${name}${extname(import.meta.url)}`, import.meta.url))));
  hash.update(readFileSync(require.resolve("web-tree-sitter")));
  const { runtime, python } = wasm();
  return hash.update(runtime).update(python).digest("hex").slice(0, 16);
};
