/** Strawberry's `GraphQLRouter`: a router with one path, which a package registers its routes on. */
import type { Frame, Machine } from "./machine.ts";
import type { Node } from "./node.ts";
import { callRouter, createRouter } from "./routers.ts";
import { type Arguments, type RouterValue, text, type Value } from "./values.ts";

/** The name under which its endpoints have their handler. */
export const graphqlHandler = "GraphQLRouter";

export const isGraphqlRouter = (name: string): boolean => /^strawberry\.fastapi(\.\w+)*\.GraphQLRouter$/.test(name);

export const createGraphqlRouter = (machine: Machine, args: Arguments, node: Node, frame: Frame): RouterValue => {
  const router = createRouter(machine, "router", args, node, frame);
  const path = args.keywords.get("path") ?? args.positional[1] ?? text("");
  const context = args.keywords.get("context_getter");
  const endpoint: Value = { kind: "external", name: `strawberry.fastapi.${graphqlHandler}` };
  const dependencies: Value = {
    kind: "list",
    items: context
      ? [
          {
            kind: "external-call",
            name: "fastapi.Depends",
            args: { positional: [context], keywords: new Map() },
            module: frame.module,
            node,
          },
        ]
      : [],
  };
  const add = (method: string, methods: readonly string[]): void => {
    const keywords = new Map<string, Value>([
      ["methods", { kind: "list", items: methods.map((one) => text(one)) }],
      ["dependencies", dependencies],
    ]);
    callRouter(machine, router, method, { positional: [path, endpoint], keywords }, node, frame);
  };
  add("add_api_route", ["GET", "POST"]);
  add("add_api_websocket_route", []);
  return router;
};
