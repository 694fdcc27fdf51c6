/** Where something stands: its lines, and what is around it. */
import type { Span } from "../../domain/standards.ts";
import { type Node, textOf } from "../python/node.ts";

export const lastLine = (node: Node): number => {
  const text = textOf(node);
  let line = node.line;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
};

export const spanOf = (file: { readonly path: string }, node: Node): Span => ({
  file: file.path,
  from: node.line,
  to: lastLine(node),
});

export const enclosing = (node: Node, types: RegExp): Node | undefined => {
  for (let next = node.parent; next; next = next.parent) if (types.test(next.type)) return next;
  return undefined;
};

export const isAsync = (fn: Node): boolean => fn.type === "function_definition" && textOf(fn).startsWith("async");
