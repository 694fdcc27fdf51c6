/** A design without code that holds: two services, one endpoint that is served, one event that is new, one decision. */
import type { Paper } from "../../src/domain/paper.ts";

export const soundPaper: Omit<Paper, "kind"> = {
  status: "DONE",
  feature: "orders-and-payments",
  summary: "Orders and payments get one owner each; payments tell orders what was settled.",
  services: [
    { name: "orders", exists: true, responsibility: "Takes orders and knows their state.", owns: ["orders"] },
    { name: "payments", exists: false, responsibility: "Takes money.", owns: ["payments", "refunds"] },
  ],
  contracts: [
    {
      ...{ kind: "http", name: "GET /api/v1/orders/{id}", exists: true, provider: "orders", consumers: ["payments"] },
      request: [],
      response: [{ name: "total", type: "Decimal", required: true }],
      errors: [{ code: "404", when: "there is no such order" }],
      guarantees: "Safe to repeat; answers within 500 ms or the caller gives up.",
    },
    {
      ...{ kind: "event", name: "payment.settled", exists: false, provider: "payments", consumers: ["orders"] },
      request: [{ name: "order_id", type: "int", required: true }],
      ...{ response: [], errors: [] },
      guarantees: "At least once, ordered by order; orders drops what it has seen by `event_id`.",
    },
  ],
  decisions: [
    {
      ...{ title: "Payments tell orders by an event", category: "architecture", impact: "high" },
      context: "Both change the state of an order today.",
      decision: "Payments emits `payment.settled`; orders alone writes its table.",
      consequences: "Either can be down. The state of an order lags by seconds.",
      alternatives: [
        { option: "A shared table", rejected_because: "two writers" },
        { option: "A call from payments", rejected_because: "both must be up" },
      ],
    },
  ],
  ...{ concerns: [], blockers: [], questions: [], handoffs: [], threads: [] },
};
