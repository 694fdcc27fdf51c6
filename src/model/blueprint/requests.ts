/** The requests that a report names: a person can send them as they stand, and the App makes them before it is accepted. */
import type { Entity } from "./entity.ts";
import type { Field } from "./fields.ts";
import { type Json, payloadOf, sampleOf } from "./rehearsal.ts";

const server = "http://localhost:8500";

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** @param status that it is to be answered with, where that is no success */
export const curl = (method: string, path: string, body?: Json, status?: number): string => {
  const url = path.includes("$") ? `"${server}${path}"` : quoted(`${server}${path}`);
  const data = body === undefined ? "" : ` -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(body))}`;
  return `curl -X ${method} ${url}${data}${status === undefined ? "" : ` # ${status}`}`;
};

const keep = (name: string, request: string, field: string): string =>
  `${name}=$(${request.replace("curl ", "curl -sS ")} | jq -r .${field})`;

/** Each of the five routes once, on a row that the first one makes. @param one path of a row, its id as a variable */
export const resourceRequests = (entity: Entity, list: string, one: string): readonly string[] => {
  const changed = entity.fields.find((field) => field.type.kind !== "ref");
  const row = one.replace(/\{[^}]*\}/, "$ID");
  return [
    keep("ID", curl("POST", list, payloadOf(entity.fields, 0)), "id"),
    curl("GET", `${list}?limit=20&offset=0`),
    curl("GET", row),
    ...(changed ? [curl("PATCH", row, { [changed.name]: sampleOf(changed, 2) })] : []),
    curl("DELETE", row),
    curl("GET", row, undefined, 404),
  ];
};

export type Account = { readonly [field: string]: Json };

/** @param fields what a client sends beside address and password */
export const accountOf = (address: string, fields: readonly Field[], least = 0): Account => ({
  ...payloadOf(fields, 0),
  [address]: "user@example.com",
  password: "securepass123".padEnd(least, "4"),
});

export const registerRequests = (path: string, account: Account): readonly string[] => [
  curl("POST", path, account),
  curl("POST", path, account, 409),
  curl("POST", path, { ...account, password: "short" }, 422),
];

/** For the account that was registered before. */
export const tokenRequests = (base: string, refresh: boolean): readonly string[] => {
  const { email = "", password = "" } = accountOf("email", []);
  const login = curl("POST", `${base}/auth/login`, { email, password });
  const renew = `curl -X POST '${server}${base}/auth/refresh' -H 'Content-Type: application/json' -d "{\\"refresh_token\\": \\"$REFRESH\\"}"`;
  return refresh ? [keep("REFRESH", login, "refresh_token"), renew] : [login];
};
