/** Answers a selection from plain objects: a field is a value, an object, a list, or a function of its arguments. */
import type { Field, Value } from "./parse.ts";

export type Args = Readonly<Record<string, Value>>;
export type Node = { readonly [field: string]: unknown };

export class GraphqlError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export async function execute(
  node: Node,
  typeName: string,
  selection: readonly Field[],
): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const field of selection) {
    if (!(field.name in node)) {
      throw new GraphqlError("undefinedField", `Field '${field.name}' doesn't exist on type '${typeName}'`);
    }
    const value = node[field.name];
    const resolved: unknown =
      typeof value === "function" ? await (value as (args: Args) => unknown)(field.args) : value;
    result[field.alias] = await complete(resolved, field);
  }
  return result;
}

async function complete(value: unknown, { name, selection }: Field): Promise<unknown> {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value))
    return Promise.all(value.map((entry) => complete(entry, { name, alias: name, args: {}, selection })));
  if (typeof value !== "object") return value;
  if (selection === undefined) throw new GraphqlError("selectionMismatch", `Field '${name}' must have selections`);
  return execute(value as Node, name, selection);
}

/** As GitHub's connections: a page must be asked for, and at most 100. */
export function connection<T>(
  items: readonly T[],
  render: (item: T) => Node | Promise<Node>,
): (args: Args) => Promise<Node> {
  return async ({ first, last, after }) => {
    const size = Number(first ?? last);
    if (!Number.isInteger(size)) {
      throw new GraphqlError(
        "MISSING_PAGINATION_BOUNDARIES",
        "You must provide a `first` or `last` value to properly paginate.",
      );
    }
    if (size > 100)
      throw new GraphqlError("EXCESSIVE_PAGINATION", "Requesting more than 100 records exceeds the limit.");
    const start = last === undefined || last === null ? Number(after ?? 0) : Math.max(items.length - size, 0);
    const end = Math.min(start + size, items.length);
    return {
      totalCount: items.length,
      nodes: await Promise.all(items.slice(start, end).map(render)),
      pageInfo: {
        hasNextPage: end < items.length,
        hasPreviousPage: start > 0,
        startCursor: String(start),
        endCursor: String(end),
      },
    };
  };
}
