/** Files held against the standards, as the thread of the analysis does it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Breach, StandardsConfig } from "../../../src/domain/standards.ts";
import { inspectProject } from "../../../src/verify/inspect.ts";
import { createParser } from "../../../src/verify/python/parser.ts";
import { isManifest } from "../../../src/verify/standards/openapi.ts";
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
  return inspectProject({ files, manifests }, config).breaches;
};
