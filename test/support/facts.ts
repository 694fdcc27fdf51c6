/** Facts of Python that stands in a test, by the real parser. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Facts } from "../../src/domain/facts.ts";
import { collectFacts } from "../../src/verify/python/facts.ts";
import { createParser } from "../../src/verify/python/parser.ts";

const wasm = (file: string): Uint8Array => readFileSync(createRequire(import.meta.url).resolve(file));

export const parser = createParser({
  runtime: wasm("web-tree-sitter/web-tree-sitter.wasm"),
  python: wasm("tree-sitter-python/tree-sitter-python.wasm"),
});

/** @param files Python by repository path */
export const factsOf = async (files: Readonly<Record<string, string>>): Promise<Facts> => {
  const { parse } = await parser;
  const trees = new Map(Object.entries(files).map(([path, text]) => [path, parse(text)]));
  return collectFacts(trees);
};
