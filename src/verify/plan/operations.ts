/** The operations of an API by one name each, so that a plan, the facts and a comparison of two commits can be held side by side. */
import type { Facts, Place } from "../../domain/facts.ts";
import { keyOf } from "../claims/compare.ts";
import { graphqlName } from "../graphql-contract.ts";

/** Of `POST /api/v1/orders/{id}`, or of `mutation createOrder`. */
export const operationKey = (operation: string): string => {
  const [head = "", ...rest] = operation.trim().split(/\s+/);
  const name = rest.join(" ");
  return name.startsWith("/") ? keyOf({ method: head, path: name }) : `${head.toLowerCase()} ${name}`;
};

export const operationsIn = (facts: Facts): ReadonlyMap<string, Place> =>
  new Map<string, Place>([
    ...facts.endpoints.map((one) => [keyOf(one), { file: one.file, line: one.line }] as const),
    ...facts.graphql.map((one) => [graphqlName(one), { file: one.file, line: one.line }] as const),
  ]);
