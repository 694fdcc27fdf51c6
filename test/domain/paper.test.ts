import { describe, expect, test } from "vitest";
import { asksForPaper } from "../../src/domain/paper.ts";

describe("a design without code", () => {
  test.each([
    "Design service boundaries between orders and payments",
    "Define the inter-service contracts of checkout",
    "Write an ADR on how sessions are stored",
    "Draft an architecture decision record for multi-tenancy",
    "Orders and payments: design only",
    "How should refunds work?\nNo code please.",
    "Split the monolith. No code, just the decision.",
    "Orders need a status. Do not write any code yet.",
    "Payments in a service of their own, without implementing it",
    "Decide on the bounded contexts of the shop",
  ])("is what is asked for by: %s", (request) => {
    expect(asksForPaper(request)).toBe(true);
  });

  test.each([
    "Design a user registration endpoint",
    "Users that enter no code get 422",
    "A voucher without code is refused with 409",
    "Redeem a coupon: no code means no discount",
    "Do not implement pagination; the list stays short",
    "Implement the service boundaries that ADR-0004 draws",
    "Build the orders service and write an ADR on its boundaries",
    "Add an endpoint that lists the decisions of a board",
    "Return the status code 204, and create an ADR resource with title and text",
    "Contracts need an end date",
    "There is no implementation of refunds today, so add one",
  ])("is not what is asked for by: %s", (request) => {
    expect(asksForPaper(request)).toBe(false);
  });
});
