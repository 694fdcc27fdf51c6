/** Values as JSON, for facts. */
import { nameOf } from "./routers.ts";
import type { Value } from "./values.ts";

/** What can't be known is its name in braces. */
export const plain = (value: Value, depth = 0): unknown => {
  switch (value.kind) {
    case "text":
    case "number":
    case "boolean":
      return value.value;
    case "none":
      return null;
    case "list":
      return depth > 4 ? "{?}" : value.items.slice(0, 200).map((item) => plain(item, depth + 1));
    case "dict":
      return depth > 4
        ? "{?}"
        : Object.fromEntries([...value.entries].slice(0, 200).map(([key, item]) => [key, plain(item, depth + 1)]));
    case "unknown":
      return `{?${value.why}}`;
    case "external":
      return value.name;
    default:
      return nameOf(value);
  }
};

export const plainEntries = (values: ReadonlyMap<string, Value>): Readonly<Record<string, unknown>> =>
  Object.fromEntries([...values].map(([key, value]) => [key, plain(value)]));
