/** Files held against the standards, as the thread of the analysis does it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Breach, StandardsConfig } from "../../../src/domain/standards.ts";
import { collectFacts } from "../../../src/verify/python/facts.ts";
import { createParser } from "../../../src/verify/python/parser.ts";
import { isManifest } from "../../../src/verify/standards/openapi.ts";
import { checkStandards } from "../../../src/verify/standards/standards.ts";
import type { Files } from "./example.ts";

const require = createRequire(import.meta.url);
const wasm = (file: string): Uint8Array => readFileSync(require.resolve(file));
const parser = createParser({
  runtime: wasm("web-tree-sitter/web-tree-sitter.wasm"),
  python: wasm("tree-sitter-python/tree-sitter-python.wasm"),
});

export const inspect = async (given: Files, config: StandardsConfig = {}): Promise<readonly Breach[]> => {
  const { parse } = await parser;
  const all = Object.entries(given);
  const files = new Map(all.filter(([path]) => path.endsWith(".py")).map(([path, text]) => [path, parse(text)]));
  const manifests = all.filter(([path]) => isManifest(path)).map(([path, text]) => ({ path, text }));
  return checkStandards({ files, manifests, facts: collectFacts(files) }, config);
};
