/** The thread behind `analysis.ts`: keeps what it read by blob id, within a bound, and answers each question once. */
import { flushCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { StandardsConfig } from "../domain/standards.ts";
import type { Inspection, SourceFile } from "../ports.ts";
import { collectFacts } from "../verify/python/facts.ts";
import { keepNodes, nodeBytes, type Tree } from "../verify/python/node.ts";
import type { Manifest } from "../verify/standards/code.ts";
import { isManifest } from "../verify/standards/openapi.ts";
import type { Answer, Question, ThreadData } from "./protocol.ts";
import { createTrees } from "./trees.ts";

const trees = createTrees((workerData as ThreadData).trees);

const mostBytes = 192 * 1024 * 1024;
/** Of that, for nodes that stay: a project of some thousand files is read faster again. */
const mostNodeBytes = 128 * 1024 * 1024;

/** Python as its tree, anything else as it is. The least recently used goes first. */
const known = new Map<string, Tree | string>();
let bytes = 0;
let ofNodes = 0;

const nodesSizeOf = (tree: Tree): number => (tree.root ? tree.cells.byteLength * nodeBytes : 0);

const sizeOf = (one: Tree | string): number =>
  typeof one === "string" ? one.length * 2 : one.cells.byteLength + one.text.length * 2 + nodesSizeOf(one);

const read = async (sha: string, text: string): Promise<Tree> => {
  const tree = await trees.read(sha, text);
  if (ofNodes + tree.cells.byteLength * nodeBytes > mostNodeBytes) return tree;
  keepNodes(tree);
  ofNodes += nodesSizeOf(tree);
  return tree;
};

/** @param inUse blob ids of the question at hand, which stay */
const forget = (inUse: ReadonlySet<string>): void => {
  for (const [sha, one] of known) {
    if (bytes <= mostBytes) return;
    if (inUse.has(sha)) continue;
    known.delete(sha);
    bytes -= sizeOf(one);
    if (typeof one !== "string") ofNodes -= nodesSizeOf(one);
  }
};

const keyOf = ({ path, sha }: SourceFile): string => (isManifest(path) ? `text ${sha}` : sha);

const inspect = async (
  sources: readonly SourceFile[],
  texts: ReadonlyMap<string, string>,
  standards: StandardsConfig | undefined,
): Promise<Inspection> => {
  const files = new Map<string, Tree>();
  const byBlob = new Map<string, Tree>();
  const manifests: Manifest[] = [];
  for (const source of sources) {
    const { path, sha } = source;
    const key = keyOf(source);
    const text = texts.get(sha);
    const one = known.get(key) ?? (text === undefined || isManifest(path) ? text : await read(sha, text));
    if (one === undefined) throw new Error(`the text of ${path} was not sent`);
    if (!known.has(key)) bytes += sizeOf(one);
    known.delete(key);
    known.set(key, one);
    if (typeof one === "string") manifests.push({ path, text: one });
    else {
      files.set(path, one);
      byBlob.set(sha, one);
    }
  }
  trees.keep(byBlob);
  const facts = collectFacts(files);
  // Loaded where they are wanted: facts alone are shown sooner.
  const breaches = standards
    ? (await import("../verify/standards/standards.ts")).checkStandards({ files, manifests, facts }, standards)
    : [];
  forget(new Set(sources.map(keyOf)));
  return { ok: true, facts, breaches };
};

const answer = async (question: Question): Promise<Answer> => {
  const { id, sources } = question;
  if (question.kind === "missing")
    return { kind: "missing", id, shas: sources.filter((one) => !known.has(keyOf(one))).map(({ sha }) => sha) };
  const inspection = await inspect(sources, question.texts, question.standards);
  // Whoever asked may end the thread as soon as there is an answer.
  flushCompileCache();
  return { kind: "inspected", id, inspection };
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
