/** A Postman collection (format 2.1) brought up to what an application serves. What people wrote in it stays as it is. */
import type { EndpointFact, Facts } from "../facts.ts";
import { isObject, type JsonObject, maxFileBytes, parseJson } from "../memory/json.ts";
import { authOf, exampleOf } from "./examples.ts";
import { type Address, addressing, addressOf, keyOf, leafNodes, type Node } from "./requests.ts";

export const isCollectionPath = (path: string): boolean =>
  path.endsWith(".postman_collection.json") && !/(^|\/)\./.test(path);

export type Update =
  | {
      readonly ok: true;
      readonly text: string;
      /** `POST /api/v1/orders`, each. */
      readonly added: readonly string[];
      /** With what their bodies lack. */
      readonly extended: readonly string[];
      readonly removed: readonly string[];
    }
  /** The end of a sentence about the file. */
  | { readonly ok: false; readonly reason: string };

export type Operations = {
  /** What the application serves now. */
  readonly head: Pick<Facts, "endpoints" | "schemas">;
  /** Of those, what is new or changed: what else lacks in the collection was left out by its authors. */
  readonly touched: readonly string[];
  /** What it served before and does not now. */
  readonly removed: readonly string[];
};

/** Requests that are there already. */
export const countKnown = (text: string, { endpoints }: Pick<Facts, "endpoints">): number => {
  const read = readCollection(text);
  if (!read.ok) return 0;
  const address = addressing(read.value, endpoints);
  const served = new Set(endpoints.map(keyOf));
  return leafNodes(read.value).filter(({ node }) => {
    const key = address.keyOf(node);
    return key !== undefined && served.has(key);
  }).length;
};

export const updateCollection = (text: string, { head, touched, removed }: Operations): Update => {
  const read = readCollection(text);
  if (!read.ok) return read;
  const collection = structuredClone(read.value) as Node;
  const address = addressing(collection, head.endpoints);
  const known = new Map<string, Node>();
  for (const { node } of leafNodes(collection)) {
    const key = address.keyOf(node);
    if (key !== undefined && !known.has(key)) known.set(key, node);
  }
  const wanted = head.endpoints.filter(
    (one) => one.in_schema && one.resolved && one.method !== "WEBSOCKET" && touched.includes(named(one)),
  );
  const extended = wanted.filter((one) => extend(known.get(keyOf(one)), one, head));
  const added = wanted.filter((one) => !known.has(keyOf(one)));
  for (const one of added) insert(collection, address, one, itemOf(one, head, address, collection));
  const gone = removed.filter((operation) => known.has(keyOf(parseNamed(operation))));
  if (gone.length > 0) drop(collection, new Set(gone.map((operation) => known.get(keyOf(parseNamed(operation))))));
  if (added.length > 0) declareBase(collection, address);
  const now = spelt(collection, text);
  if (Buffer.byteLength(now) > maxFileBytes) return { ok: false, reason: "would grow beyond 1 MiB" };
  const changed = added.length + extended.length + gone.length > 0;
  return {
    ok: true,
    text: changed ? now : text,
    added: added.map(named),
    extended: extended.map(named),
    removed: gone,
  };
};

const named = ({ method, path }: { readonly method: string; readonly path: string }): string => `${method} ${path}`;

const parseNamed = (operation: string): { readonly method: string; readonly path: string } => {
  const [method = "", path = ""] = operation.split(" ");
  return { method, path };
};

const readCollection = (
  text: string,
): { readonly ok: true; readonly value: JsonObject } | { readonly ok: false; readonly reason: string } => {
  const { value, problem } = parseJson(text);
  if (problem !== undefined) return { ok: false, reason: `can't be read: ${problem}` };
  const schema = isObject(value) && isObject(value["info"]) ? String(value["info"]["schema"] ?? "") : "";
  if (!isObject(value) || !Array.isArray(value["item"]) || !/\/v2\.[01]\.0\//.test(schema))
    return { ok: false, reason: "is no Postman collection of format 2.0 or 2.1" };
  return { ok: true, value };
};

/** With the indentation and the last line as the file has them. */
const spelt = (collection: JsonObject, before: string): string => {
  const indent = /^\{\r?\n([ \t]+)"/.exec(before)?.[1] ?? (before.includes("\n") ? "  " : "");
  const text = JSON.stringify(collection, null, indent);
  return `${before.includes("\r\n") ? text.replace(/\n/g, "\r\n") : text}${/\r?\n$/.exec(before)?.[0] ?? ""}`;
};

const takesBody = (method: string): boolean => ["POST", "PUT", "PATCH"].includes(method);

const itemOf = (
  endpoint: EndpointFact,
  { schemas }: Operations["head"],
  address: Address,
  collection: JsonObject,
): Node => {
  const auth = authOf(endpoint, collection["auth"]);
  const body = takesBody(endpoint.method) ? exampleOf(endpoint.body, schemas) : undefined;
  return {
    name: endpoint.handler.replace(/_+/g, " ").trim() || named(endpoint),
    request: {
      method: endpoint.method,
      header: body === undefined ? [] : [{ key: "Content-Type", value: "application/json" }],
      ...(auth === undefined ? {} : { auth }),
      ...(body === undefined
        ? {}
        : { body: { mode: "raw", raw: JSON.stringify(body, null, 2), options: { raw: { language: "json" } } } }),
      url: addressOf(endpoint.path, address),
    },
    response: [],
  };
};

/** @returns whether its body got fields that it lacked; what stands in it stays */
const extend = (item: Node | undefined, endpoint: EndpointFact, { schemas }: Operations["head"]): boolean => {
  const request = item?.["request"];
  const body = isObject(request) ? request["body"] : undefined;
  const raw = isObject(body) && body["mode"] === "raw" ? body["raw"] : undefined;
  if (typeof raw !== "string") return false;
  const [has, wants] = [parseJson(raw).value, exampleOf(endpoint.body, schemas)];
  if (!isObject(has) || !isObject(wants)) return false;
  const lacks = Object.entries(wants).filter(([name]) => !(name in has));
  if (lacks.length === 0) return false;
  (body as Node)["raw"] = JSON.stringify({ ...has, ...Object.fromEntries(lacks) }, null, 2);
  return true;
};

/** Beside the request whose path is nearest, else in a folder of the resource's name where the collection has folders. */
const insert = (collection: Node, address: Address, endpoint: EndpointFact, item: Node): void => {
  const parts = (path: string): readonly string[] => path.split("/").filter((part) => part !== "" && !/^\{/.test(part));
  const shared = (path: string): number => {
    const [mine, other] = [parts(endpoint.path), parts(path)];
    const at = mine.findIndex((part, index) => part !== other[index]);
    return at < 0 ? mine.length : at;
  };
  const resource = parts(endpoint.path).find((part) => !/^(api|v\d+)$/.test(part));
  const depth = resource === undefined ? 0 : parts(endpoint.path).indexOf(resource) + 1;
  const near = leafNodes(collection)
    .map(({ node, list }) => ({ list, score: shared(address.pathOf(node) ?? "") }))
    .filter(({ score }) => depth > 0 && score >= depth)
    .sort((a, b) => b.score - a.score)[0];
  const top = collection["item"] as Node[];
  const hasFolders = top.some((one) => Array.isArray(one["item"]));
  if (near) near.list.push(item);
  else if (!hasFolders && top.length > 0) top.push(item);
  else top.push({ name: resource ?? "api", item: [item] });
};

const drop = (collection: Node, gone: ReadonlySet<Node | undefined>): void => {
  const list = collection["item"];
  if (!Array.isArray(list)) return;
  const kept = (list as Node[]).filter((one) => !gone.has(one));
  for (const one of kept) drop(one, gone);
  collection["item"] = kept.filter((one) => !(Array.isArray(one["item"]) && one["item"].length === 0));
};

/** A variable that only our requests use must be there. */
const declareBase = (collection: Node, { base, isOurs }: Address): void => {
  if (!isOurs) return;
  const variables = Array.isArray(collection["variable"]) ? (collection["variable"] as unknown[]) : [];
  const key = base.replace(/^\{\{|\}\}$/g, "");
  if (variables.some((one) => isObject(one) && one["key"] === key)) return;
  collection["variable"] = [...variables, { key, value: "http://localhost:8000" }];
};
