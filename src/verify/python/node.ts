/**
 * Python syntax as plain values: a `Tree` per file, and its `Node`s, made on demand. Knows no parser and no disk.
 *
 * ```ts
 * const tree = parser.parse(text);            // parser.ts
 * const root = rootOf(tree);
 * walk(root, (node) => node.type === "call" ? visit(field(node, "function")) : undefined); // return false: not into it
 * children(node)      // named children without comments, and operators that the grammar gives a field
 * field(node, "name") // the first child in that field; `fields` all of them
 * textOf(node)        // its source text
 * node.line           // from 1
 * node.parent         // undefined at the root
 * ```
 *
 * Node types and fields are those of tree-sitter-python's grammar. The same node is always the same object, so it may be
 * the key of a Map. Traps: `Annotated[…]` is a `generic_type` inside an annotation and a `subscript` elsewhere; `X | Y` is a
 * `union_type` or a `binary_operator`; an annotation stands inside a `type` node (`unwrapType`); a comparison has no fields
 * but `operators`.
 */

/** Nodes in preorder, five numbers each: kind and field, start, end, line, index after its last descendant. */
export type Tree = {
  readonly text: string;
  readonly cells: Int32Array;
  /** Names of node types by the number in a cell. */
  readonly types: readonly string[];
  readonly fieldNames: readonly string[];
  /** Lines with a syntax error, each once, ascending. */
  readonly errors: readonly number[];
  /** Set by `keepNodes`, and read through `rootOf` alone. */
  root?: Node;
};

export type Node = {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly parent: Node | undefined;
  readonly tree: Tree;
  /** Its place in the tree's preorder. */
  readonly index: number;
  /** Filled by `children`, and read through it alone. */
  kids: readonly Node[] | undefined;
};

export const cellSize = 5;
/** The bits of a cell's first number that hold the type; above them stands the field. */
export const typeBits = 12;

const nodeAt = (tree: Tree, index: number, parent: Node | undefined): Node => {
  const { cells } = tree;
  const at = index * cellSize;
  return {
    type: tree.types[cells[at]! & ((1 << typeBits) - 1)]!,
    start: cells[at + 1]!,
    end: cells[at + 2]!,
    line: cells[at + 3]!,
    parent,
    tree,
    index,
    kids: undefined,
  };
};

/** A new one each time, but where nodes are kept: hold it, since nodes are the same objects only below the same root. */
export const rootOf = (tree: Tree): Node => tree.root ?? nodeAt(tree, 0, undefined);

/** Nodes that are made once stay for the next reading of the tree: faster, at `nodeBytes` for each of its cells' bytes. */
export const keepNodes = (tree: Tree): void => {
  tree.root ??= nodeAt(tree, 0, undefined);
};

/** Measured: what the nodes of a tree weigh, beside its cells. */
export const nodeBytes = 6;

const none: readonly Node[] = [];

export const children = (node: Node): readonly Node[] => {
  if (node.kids) return node.kids;
  const { cells } = node.tree;
  const end = cells[node.index * cellSize + 4]!;
  if (end === node.index + 1) {
    node.kids = none;
    return none;
  }
  const kids: Node[] = [];
  for (let index = node.index + 1; index < end; index = cells[index * cellSize + 4]!)
    kids.push(nodeAt(node.tree, index, node));
  node.kids = kids;
  return kids;
};

/** The name of the field in which it stands in its parent. */
export const fieldNameOf = (node: Node): string =>
  node.tree.fieldNames[node.tree.cells[node.index * cellSize]! >> typeBits] ?? "";

export const field = (node: Node, name: string): Node | undefined =>
  children(node).find((child) => fieldNameOf(child) === name);

export const fields = (node: Node, name: string): readonly Node[] =>
  children(node).filter((child) => fieldNameOf(child) === name);

export const textOf = (node: Node): string => node.tree.text.slice(node.start, node.end);

/** Preorder. @param visit returns false where it does not want to see what is inside */
export const walk = (node: Node, visit: (node: Node) => unknown): void => {
  const open: Node[] = [node];
  for (let next = open.pop(); next; next = open.pop()) {
    if (visit(next) === false) continue;
    const kids = children(next);
    for (let index = kids.length - 1; index >= 0; index -= 1) open.push(kids[index]!);
  }
};

/** The nodes of some types, in order, as roots: nothing else of the tree is made into nodes. */
export const nodesOf = (tree: Tree, wanted: readonly string[]): readonly Node[] => {
  const { cells, types } = tree;
  const isWanted = types.map((type) => wanted.includes(type));
  const found: Node[] = [];
  for (let index = 0; index * cellSize < cells.length; index += 1)
    if (isWanted[cells[index * cellSize]! & ((1 << typeBits) - 1)]) found.push(nodeAt(tree, index, undefined));
  return found;
};

/** What an annotation says: the node inside `type` and brackets. */
export const unwrapType = (node: Node): Node => {
  let inner = node;
  while (inner.type === "type" || inner.type === "parenthesized_expression") {
    const [only] = children(inner);
    if (!only) return inner;
    inner = only;
  }
  return inner;
};
