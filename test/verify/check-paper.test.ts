/** A design without code, held against itself and against the code. */
import { describe, expect, test } from "vitest";
import type { Paper } from "../../src/domain/paper.ts";
import { checkPaper, paperClaims } from "../../src/verify/check-paper.ts";
import { factsOf } from "../support/facts.ts";
import { soundPaper } from "../support/paper.ts";

const shop = {
  "main.py": `
from fastapi import FastAPI
app = FastAPI()
@app.get("/api/v1/orders/{order_id}")
async def order(order_id: int): ...
`,
};
const facts = await factsOf(shop);
const paper: Paper = { kind: "paper", ...soundPaper };
const [orders, payments] = paper.services as [Paper["services"][number], Paper["services"][number]];
const [read, paid] = paper.contracts as [Paper["contracts"][number], Paper["contracts"][number]];
const told = (over: Partial<Paper>) =>
  checkPaper({ ...paper, ...over }, facts).map(({ rule, message }) => `${rule}: ${message}`);

describe("a design", () => {
  test("that holds is left alone, and what it says of endpoints is confirmed with file and line", () => {
    expect(told({})).toEqual([]);
    expect(paperClaims(paper, facts)).toEqual([
      {
        ...{ kind: "endpoint", claim: "GET /api/v1/orders/{id} is there", verdict: "confirmed", reason: "" },
        where: { file: "main.py", line: 4 },
      },
    ]);
  });

  test.each<[string, Partial<Paper>, string]>([
    ["without a decision", { decisions: [] }, "no-decision: a design without code is its decisions"],
    [
      "with a service twice",
      { services: [orders, orders, payments] },
      "service-twice: the service orders stands twice",
    ],
    [
      "where two services own one table",
      { services: [orders, { ...payments, owns: ["Orders"] }] },
      "two-owners: orders is owned by orders and payments",
    ],
    [
      "with an HTTP contract that is no operation",
      { contracts: [{ ...read, name: "read order" }, paid] },
      'contract-name: the http contract "read order" must be named as METHOD /path',
    ],
    [
      "with an event that has no name of its own",
      { contracts: [{ ...paid, name: "Paid!" }] },
      'contract-name: the event contract "Paid!" must be named as a dotted name, such as order.placed',
    ],
    [
      "with a contract of nobody",
      { contracts: [{ ...paid, consumers: ["billing"] }] },
      "unknown-service: payment.settled is between services, and billing is none of those that are listed",
    ],
    [
      "with a service that calls itself",
      { contracts: [{ ...read, consumers: ["orders"] }] },
      "own-consumer: GET /api/v1/orders/{id}: orders consumes what it provides",
    ],
    [
      "that calls an endpoint new which is served",
      { contracts: [{ ...read, exists: false }] },
      "claim-contradicted: GET /api/v1/orders/{id} is new: the application serves it already",
    ],
    [
      "that calls an endpoint there which is not",
      { contracts: [{ ...read, name: "GET /api/v1/invoices" }] },
      "claim-contradicted: GET /api/v1/invoices is there: the application serves no such route",
    ],
    ["that is blocked by nothing", { status: "BLOCKED" }, "blockers-missing: status is BLOCKED"],
    ["that asks nothing", { status: "NEEDS_CONTEXT" }, "questions-missing: status is NEEDS_CONTEXT"],
  ])("%s comes back", (_, over, expected) => {
    expect(told(over)).toEqual([expect.stringContaining(expected)]);
  });

  test("that is blocked needs no decision", () => {
    expect(told({ status: "BLOCKED", blockers: ["Who owns refunds is not decided."], decisions: [] })).toEqual([]);
  });

  test("cannot be caught where routes are made at run time: such a claim is unprovable", async () => {
    const hidden = await factsOf({
      "main.py":
        "from fastapi import FastAPI\nfrom x import routers\napp = FastAPI()\nfor r in routers():\n    app.include_router(r)\n",
    });
    expect(paperClaims(paper, hidden)).toEqual([expect.objectContaining({ verdict: "unprovable" })]);
  });
});
