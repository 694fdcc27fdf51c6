/** Endpoints as facts: where they are, what they demand, how often they may be asked. */
import { describe, expect, it } from "vitest";
import type { EndpointFact } from "../../../src/domain/facts.ts";
import { factsOf } from "../../support/facts.ts";
import { endpointCases } from "./endpoint-cases.ts";
import { flowCases } from "./flow-cases.ts";

const shown = ({ method, path, auth, in_schema }: EndpointFact): string =>
  [
    `${method} ${path}`,
    ...auth.filter((one) => one !== "none"),
    ...(in_schema || method === "WEBSOCKET" || path.startsWith("/sub/") ? [] : ["hidden"]),
  ].join(" ");

describe("endpoints", () => {
  it.each([...endpointCases, ...flowCases])("of $name", async ({ files, endpoints, unknown }) => {
    const facts = await factsOf(files);
    expect(facts.endpoints.map(shown).sort()).toEqual(endpoints.toSorted());
    const said = facts.unknown.map(({ about }) => about).join("\n");
    if (unknown) expect(said).toMatch(unknown);
    else expect(said).toBe("");
  });
});
