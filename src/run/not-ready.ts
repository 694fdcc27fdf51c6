/** Why there will be no run. Knows nothing of who tells whom. */
import type { Aside } from "./tell-checks.ts";

/** `silent` where people without write access are to see nothing. */
export type NotReady = {
  readonly kind: "not-ready";
  readonly reason: string;
  readonly silent: boolean;
  /** Failed checks for which no agent is needed. */
  readonly aside?: Aside;
};

export const notReady = (reason: string, silent = false): NotReady => ({ kind: "not-ready", reason, silent });
