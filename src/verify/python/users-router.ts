/** fastapi-users: the routers that it makes, as its documentation lists them, and the schemes of its transports. */
import type { AuthFact } from "../../domain/facts.ts";
import { descends } from "./classes.ts";
import type { Frame, Machine } from "./machine.ts";
import type { Node } from "./node.ts";
import { callRouter, createRouter } from "./routers.ts";
import { type ClassValue, type RouterValue, text, type Value } from "./values.ts";

type Route = {
  readonly method: string;
  readonly path: string;
  readonly status?: number;
  /** It demands a user. */
  readonly guarded?: true;
};

/** https://fastapi-users.github.io/fastapi-users/latest/usage/routes/ */
const routesOf: Readonly<Record<string, readonly Route[]>> = {
  register: [{ method: "POST", path: "/register", status: 201 }],
  auth: [
    { method: "POST", path: "/login" },
    { method: "POST", path: "/logout", guarded: true },
  ],
  reset_password: [
    { method: "POST", path: "/forgot-password", status: 202 },
    { method: "POST", path: "/reset-password" },
  ],
  verify: [
    { method: "POST", path: "/request-verify-token", status: 202 },
    { method: "POST", path: "/verify" },
  ],
  users: [
    { method: "GET", path: "/me", guarded: true },
    { method: "PATCH", path: "/me", guarded: true },
    { method: "GET", path: "/{id}", guarded: true },
    { method: "PATCH", path: "/{id}", guarded: true },
    { method: "DELETE", path: "/{id}", status: 204, guarded: true },
  ],
  oauth: [
    { method: "GET", path: "/authorize" },
    { method: "GET", path: "/callback" },
  ],
  oauth_associate: [
    { method: "GET", path: "/authorize", guarded: true },
    { method: "GET", path: "/callback", guarded: true },
  ],
};

/** A class of the repository that adds to what the package's own has. */
export const isUsers = (of: ClassValue): boolean => descends(of, /(^|\.)fastapi_users(\.\w+)*\.FastAPIUsers$/);

const made = /(^|\.)FastAPIUsers\(\)\.get_(\w+)_router$/;
const user = /(^|\.)FastAPIUsers\(\)\.(authenticator\.)?current_user(_token)?$/;

/** Whether a handler is a router's of the package: what it says and answers is not the repository's doing. */
export const isUsersHandler = (handler: string): boolean =>
  Object.keys(routesOf).some((kind) => handler === `get_${kind}_router`);

/** Undefined for what makes no such router. */
export const createUsersRouter = (
  machine: Machine,
  name: string,
  node: Node,
  frame: Frame,
): RouterValue | undefined => {
  const routes = routesOf[made.exec(name)?.[2] ?? ""];
  if (!routes) return undefined;
  const none = { positional: [], keywords: new Map<string, Value>() };
  const router = createRouter(machine, "router", none, node, frame);
  const call = { kind: "external-call", module: frame.module, node } as const;
  const current: Value = { ...call, name: "fastapi_users.FastAPIUsers().current_user", args: none };
  const demanded: Value = {
    ...call,
    name: "fastapi.Depends",
    args: { positional: [current], keywords: new Map() },
  };
  for (const { method, path, status, guarded } of routes) {
    const endpoint: Value = { kind: "external", name };
    const keywords = new Map<string, Value>([["methods", { kind: "list", items: [text(method)] }]]);
    if (status !== undefined) keywords.set("status_code", { kind: "number", value: status });
    if (guarded) keywords.set("dependencies", { kind: "list", items: [demanded] });
    callRouter(machine, router, "add_api_route", { positional: [text(path), endpoint], keywords }, node, frame);
  }
  return router;
};

export const isTransport = (name: string): boolean =>
  /(^|\.)fastapi_users(\.\w+)*\.(BearerTransport|CookieTransport)$/.test(name);

/** What its `current_user` wires in: the schemes of all transports that there are. */
export const schemesOfUsers = ({ calls }: Machine, name: string): readonly AuthFact[] => {
  if (!user.test(name)) return [];
  return calls
    .filter((one) => isTransport(one.name))
    .map((one): AuthFact => (one.name.endsWith("BearerTransport") ? "bearer" : "api-key"));
};
