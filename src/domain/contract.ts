/** How the API of a branch differs from its base, as those who call it need to know. Values only. */
import type { Place } from "./facts.ts";

export type ContractChange = {
  readonly kind: "added" | "changed" | "removed";
  /** `POST /api/v1/orders`, or `mutation createOrder`. */
  readonly operation: string;
  /** What is other than before, each in a few words. */
  readonly what: readonly string[];
  /** Of those, what a client that worked before can fail on. */
  readonly breaking: readonly string[];
  readonly where?: Place;
};
