/** From Python source to a `Tree`, by tree-sitter's wasm. The wasm is handed in: this reads no disk. */
import { Language, Parser, type TreeCursor } from "web-tree-sitter";
import { cellSize, type Tree, typeBits } from "./node.ts";

export type PythonParser = {
  /** Never throws for what a file holds: what is no Python stands in `errors`. */
  parse(text: string): Tree;
};

/** @property runtime the bytes of web-tree-sitter.wasm @property python the bytes of tree-sitter-python.wasm */
export type ParserFiles = { readonly runtime: Uint8Array; readonly python: Uint8Array };

export const createParser = async ({ runtime, python }: ParserFiles): Promise<PythonParser> => {
  await Parser.init({ wasmBinary: runtime });
  const language = await Language.load(python);
  const parser = new Parser().setLanguage(language);
  const names = namesOf(language);
  return {
    parse(text) {
      const parsed = parser.parse(text);
      if (!parsed) throw new Error("the Python parser gave no tree");
      const cursor = parsed.walk();
      const cells = copyCells(cursor, text, names, parsed.rootNode.hasError);
      cursor.delete();
      parsed.delete();
      return { text, ...cells, types: names.types, fieldNames: names.fieldNames };
    },
  };
};

type Names = {
  readonly types: readonly string[];
  readonly fieldNames: readonly string[];
  readonly skipped: ReadonlySet<number>;
};

const namesOf = (language: Language): Names => {
  const types = Array.from({ length: language.nodeTypeCount }, (_, id) => language.nodeTypeForId(id) ?? "");
  // Syntax errors have the last number there is, which no list of types holds.
  types.push("ERROR");
  const skipped = new Set(types.flatMap((name, id) => (/^(comment|line_continuation)$/.test(name) ? [id] : [])));
  return { types, fieldNames: language.fields.map((name) => name ?? ""), skipped };
};

type Cells = { readonly cells: Int32Array; readonly errors: readonly number[] };

/** One walk over the wasm's tree, in which only numbers are kept. */
const copyCells = (cursor: TreeCursor, text: string, names: Names, faulty: boolean): Cells => {
  const error = names.types.length - 1;
  const errors = new Set<number>();
  let cells = new Int32Array(Math.max(64, text.length) * 2);
  let count = 0;
  let line = 1;
  let next = text.indexOf("\n");

  const lineAt = (start: number): number => {
    for (; next >= 0 && next < start; next = text.indexOf("\n", next + 1)) line += 1;
    return line;
  };
  const keep = (): number => {
    const at = count * cellSize;
    if (at + cellSize > cells.length) {
      const larger = new Int32Array(cells.length * 2);
      larger.set(cells);
      cells = larger;
    }
    const id = Math.min(cursor.nodeTypeId, error);
    cells[at] = id | (cursor.currentFieldId << typeBits);
    cells[at + 1] = cursor.startIndex;
    cells[at + 2] = cursor.endIndex;
    cells[at + 3] = lineAt(cells[at + 1]!);
    if (id === error || (faulty && cursor.nodeIsMissing)) errors.add(cells[at + 3]!);
    count += 1;
    return count - 1;
  };

  const isWanted = (): boolean =>
    cursor.nodeIsNamed ? !names.skipped.has(cursor.nodeTypeId) : cursor.currentFieldId !== 0;
  const open: number[] = [];
  const close = (): void => {
    cells[open.pop()! * cellSize + 4] = count;
  };

  for (let more = true; more; ) {
    if (isWanted()) {
      open.push(keep());
      if (cursor.gotoFirstChild()) continue;
      close();
    }
    for (more = cursor.gotoNextSibling(); !more && open.length > 0; more = cursor.gotoNextSibling()) {
      cursor.gotoParent();
      close();
    }
  }
  return { cells: cells.slice(0, count * cellSize), errors: [...errors].sort((one, other) => one - other) };
};
