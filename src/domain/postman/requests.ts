/** Requests of a Postman collection: where they stand, and which operation of the application each one asks. */
import type { EndpointFact } from "../facts.ts";
import { isObject, type JsonObject } from "../memory/json.ts";

/** An item or a folder, to be changed. */
export type Node = { [key: string]: unknown };

type Leaf = { readonly node: Node; readonly list: Node[] };

/** Requests of all folders, in their order. */
export const leafNodes = (folder: JsonObject, depth = 0): readonly Leaf[] => {
  const list = folder["item"];
  if (!Array.isArray(list) || depth > 32) return [];
  return list
    .filter(isObject)
    .flatMap((node): readonly Leaf[] =>
      Array.isArray(node["item"]) ? leafNodes(node, depth + 1) : [{ node: node as Node, list: list as Node[] }],
    );
};

/** Names of parameters make no other operation. */
const samePath = (path: string): string => path.replace(/\{[^}]*\}/g, "{}").replace(/\/+$/, "") || "/";

export const keyOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method.toUpperCase()} ${samePath(path)}`;

/** How the requests of one collection are addressed. */
export type Address = {
  /** What stands before the path, such as `{{baseUrl}}`. */
  readonly base: string;
  /** No request of the collection has one. */
  readonly isOurs: boolean;
  /** What of the path the base has already. */
  readonly prefix: string;
  /** The full path that a request asks, with `{}` for parameters. */
  readonly pathOf: (node: JsonObject) => string | undefined;
  readonly keyOf: (node: JsonObject) => string | undefined;
};

type Parts = { readonly base: string; readonly path: string };

const partsOf = (node: JsonObject): (Parts & { readonly method: string }) | undefined => {
  const { request } = node;
  const url = isObject(request) ? request["url"] : request;
  const raw = typeof url === "string" ? url : isObject(url) ? url["raw"] : undefined;
  if (typeof raw !== "string") return undefined;
  const [, base = "", rest = ""] = /^(\{\{[^}]*\}\}|[a-z]+:\/\/[^/]*)?([^?#]*)/i.exec(raw.trim()) ?? [];
  const path = rest
    .split("/")
    .map((part) => (/^:.+|^\{.*\}$/.test(part) ? "{}" : part))
    .join("/");
  const method = isObject(request) && typeof request["method"] === "string" ? request["method"] : "GET";
  return { method, base, path: `/${path.replace(/^\/+/, "")}` };
};

const commonest = (words: readonly string[]): string | undefined => {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
};

/** The path that the value of a variable has, such as `/api/v1` of `http://localhost:8000/api/v1`. */
const pathInVariable = (collection: JsonObject, base: string): string | undefined => {
  const variables = Array.isArray(collection["variable"]) ? collection["variable"].filter(isObject) : [];
  const value = variables.find(({ key }) => `{{${String(key)}}}` === base)?.["value"];
  return typeof value === "string" ? value.replace(/^([a-z]+:\/\/)?[^/]*/i, "").replace(/\/+$/, "") : undefined;
};

/** A variable of an environment may hold a part of the path, too: then what the application serves tells which. */
export const addressing = (collection: JsonObject, endpoints: readonly EndpointFact[]): Address => {
  const all = leafNodes(collection).flatMap(({ node }) => partsOf(node) ?? []);
  const found = commonest(all.map(({ base }) => base).filter((base) => base !== ""));
  const base = found ?? "{{baseUrl}}";
  const served = endpoints.map(({ method, path }) => ({ method, path: samePath(path) }));
  const learnt = commonest(
    all.flatMap((one) => {
      if (one.base !== base) return [];
      const fits = served.filter(
        ({ method, path }) =>
          method === one.method.toUpperCase() && one.path !== "/" && path.endsWith(samePath(one.path)),
      );
      return fits.map(({ path }) => path.slice(0, path.length - samePath(one.path).length));
    }),
  );
  const prefix = pathInVariable(collection, base) ?? learnt ?? "";
  const pathOf = (node: JsonObject): string | undefined => {
    const parts = partsOf(node);
    return parts && samePath((parts.base === base ? prefix : "") + parts.path);
  };
  return {
    base,
    isOurs: found === undefined,
    prefix,
    pathOf,
    keyOf: (node) => {
      const [parts, path] = [partsOf(node), pathOf(node)];
      return parts && path && keyOf({ method: parts.method, path });
    },
  };
};

/** Parameters as Postman's path variables. */
export const addressOf = (path: string, { base, prefix }: Address): Node => {
  const below = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
  const parts = below
    .slice(1)
    .split("/")
    .map((part) => part.replace(/^\{(\w+)(?::\w+)?\}$/, ":$1"));
  const variables = parts.filter((part) => part.startsWith(":")).map((part) => ({ key: part.slice(1), value: "" }));
  return {
    raw: `${base}/${parts.join("/")}`,
    host: [base],
    path: parts,
    ...(variables.length > 0 ? { variable: variables } : {}),
  };
};
