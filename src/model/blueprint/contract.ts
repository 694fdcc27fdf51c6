/** The API of a wish as clients will see it, one row an operation. Pure. */
import type { PlanContent } from "../../domain/plan.ts";
import type { Report } from "../../domain/report.ts";
import { asksDatabase } from "./assemble-endpoint.ts";
import type { Field } from "./fields.ts";
import { namesOf } from "./names.ts";
import type { Wish } from "./request.ts";

type Endpoint = Report["endpoints_created"][number];
type Bodies = Pick<PlanContent["contract"][number], "request" | "response">;

export const contractOf = (wish: Wish, endpoints: readonly Endpoint[]): PlanContent["contract"] =>
  endpoints.map((endpoint) => {
    const { method, path, auth, rate_limit } = endpoint;
    const { request, response } = bodiesOf(wish, endpoint);
    return {
      ...{ operation: `${method} ${path}`, change: "new" as const, auth, rate_limit },
      ...{ request: request === null ? null : clip(request), response: clip(response) },
    };
  });

const clip = (text: string): string => (text.length > 300 ? `${text.slice(0, 299)}…` : text);

const bodiesOf = (wish: Wish, endpoint: Endpoint): Bodies => {
  if (wish.kind === "crud") return resourceBodies(wish, endpoint);
  if (wish.kind === "auth") return tokenBodies[endpoint.path.split("/").at(-1) ?? ""] ?? tokenBodies["register"];
  return {
    request: null,
    response: `200, {${wish.returns.map(fieldText).join(", ")}}${asksDatabase(wish) ? "; 503" : ""}`,
  };
};

const tokenBodies: { readonly [last: string]: Bodies; readonly register: Bodies } = {
  register: {
    request: "email, password",
    response: "201, the user without the password; 409 where the address is taken; 422",
  },
  login: { request: "email, password", response: "200, an access token and a refresh token; 401; 422" },
  refresh: { request: "a refresh token", response: "200, new tokens; 401; 422" },
};

const resourceBodies = ({ resource, fields }: Extract<Wish, { kind: "crud" }>, { method, path }: Endpoint): Bodies => {
  const { label, labels } = namesOf(resource);
  const taken = fields.some(({ unique, type }) => unique || type.kind === "ref") ? "; 409" : "";
  if (method === "POST")
    return { request: fields.map(fieldText).join(", "), response: `201, the ${label}${taken}; 422` };
  if (method === "PATCH") return { request: "any of the fields", response: `200, the ${label}; 404${taken}; 422` };
  if (method === "DELETE") return { request: null, response: "204; 404" };
  return path.endsWith("}")
    ? { request: null, response: `200, the ${label}; 404` }
    : { request: "limit and offset in the query", response: `200, a page of ${labels} and how many there are` };
};

/** As requests write it. */
const fieldText = ({ name, type, optional, unique }: Field): string => {
  const kind =
    type.kind === "enum"
      ? type.values.join("|")
      : type.kind === "ref"
        ? `ref ${type.table}`
        : type.kind === "decimal"
          ? "Decimal"
          : type.kind;
  return `${name}: ${kind}${optional ? "?" : ""}${unique ? " unique" : ""}`;
};
