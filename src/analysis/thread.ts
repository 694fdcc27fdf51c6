/** The thread behind `analysis.ts`: keeps syntax trees by blob id, within a bound, and answers each question once. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
import type { Inspection, SourceFile } from "../ports.ts";
import { inspectProject } from "../verify/inspect.ts";
import type { Tree } from "../verify/python/node.ts";
import { createParser } from "../verify/python/parser.ts";
import type { Answer, Question } from "./protocol.ts";

const require = createRequire(import.meta.url);
const wasm = (file: string): Uint8Array => readFileSync(require.resolve(file));
const parser = createParser({
  runtime: wasm("web-tree-sitter/web-tree-sitter.wasm"),
  python: wasm("tree-sitter-python/tree-sitter-python.wasm"),
});

const mostBytes = 192 * 1024 * 1024;

/** The least recently used goes first. */
const trees = new Map<string, Tree>();
let bytes = 0;

const sizeOf = ({ cells, text }: Tree): number => cells.byteLength + text.length * 2;

/** @param inUse blob ids of the question at hand, which stay */
const forget = (inUse: ReadonlySet<string>): void => {
  for (const [sha, tree] of trees) {
    if (bytes <= mostBytes) return;
    if (inUse.has(sha)) continue;
    trees.delete(sha);
    bytes -= sizeOf(tree);
  }
};

const inspect = async (sources: readonly SourceFile[], texts: ReadonlyMap<string, string>): Promise<Inspection> => {
  const { parse } = await parser;
  const files = new Map<string, Tree>();
  for (const { path, sha } of sources) {
    const known = trees.get(sha);
    const text = texts.get(sha);
    const tree = known ?? (text === undefined ? undefined : parse(text));
    if (!tree) throw new Error(`the text of ${path} was not sent`);
    if (!known) bytes += sizeOf(tree);
    trees.delete(sha);
    trees.set(sha, tree);
    files.set(path, tree);
  }
  const inspected = inspectProject(files);
  forget(new Set(sources.map(({ sha }) => sha)));
  return { ok: true, ...inspected };
};

const answer = async (question: Question): Promise<Answer> => {
  const { id, sources } = question;
  if (question.kind === "missing")
    return { kind: "missing", id, shas: sources.map(({ sha }) => sha).filter((sha) => !trees.has(sha)) };
  return { kind: "inspected", id, inspection: await inspect(sources, question.texts) };
};

parentPort?.on("message", (question: Question) => {
  answer(question).then(
    (one) => parentPort?.postMessage(one),
    (error: unknown) => {
      // Ends the thread: whoever asked is told by its end.
      throw error;
    },
  );
});
