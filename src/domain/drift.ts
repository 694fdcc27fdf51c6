/** How work differs from the plan that it was to carry out: values only. */
import type { ContractChange } from "./contract.ts";
import type { PlanContent } from "./plan.ts";

export type Drift = {
  /** Paths that were changed, and that the plan does not name. */
  readonly unplanned: readonly string[];
  /** Paths that the plan names, and that are as they were; what is left to others is not among them. */
  readonly untouched: readonly string[];
  /** Operations of the plan in which the code shows no difference. */
  readonly missing: readonly Pick<PlanContent["contract"][number], "operation" | "change">[];
  /** Differences that the code shows, and that the plan does not name. */
  readonly surplus: readonly Pick<ContractChange, "operation" | "kind">[];
  /** Nothing is known of the operations. */
  readonly unknown?: true;
};
