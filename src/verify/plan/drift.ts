/** Where the work came out otherwise than the plan that people approved: files and operations, from the changeset and from facts. */
import type { ContractChange } from "../../domain/contract.ts";
import type { Drift } from "../../domain/drift.ts";
import { isFolder, type PlanContent, plannedPath } from "../../domain/plan.ts";
import { operationKey } from "./operations.ts";

export type Done = {
  /** That were changed. */
  readonly paths: readonly string[];
  /** Beside the base branch; undefined where nothing is known of it. */
  readonly apiChanges: readonly ContractChange[] | undefined;
  /** The branch had work of before: what it adds to the API is not this plan's alone. */
  readonly onTop: boolean;
  /** That the run could start: what is handed to them is work of the same run. */
  readonly agents: readonly string[];
};

export const driftFrom = (plan: PlanContent, { paths, apiChanges, onTop, agents }: Done): Drift => {
  const planned = new Set(plan.files.map(({ file }) => plannedPath(file)));
  const folders = [...planned].filter(isFolder);
  const own = plan.files
    .filter(({ handoff }) => handoff === null || agents.includes(handoff))
    .map(({ file }) => plannedPath(file));
  const changed = new Set(paths);
  return {
    unplanned: [...changed]
      .filter((path) => !planned.has(path) && !folders.some((folder) => path.startsWith(folder)))
      .sort(),
    untouched: own.filter(
      (path) => !(isFolder(path) ? [...changed].some((one) => one.startsWith(path)) : changed.has(path)),
    ),
    ...(apiChanges ? operationsBeside(plan, apiChanges, onTop) : { unknown: true, missing: [], surplus: [] }),
  };
};

const operationsBeside = (
  { contract }: PlanContent,
  changes: readonly ContractChange[],
  onTop: boolean,
): Pick<Drift, "missing" | "surplus"> => {
  const made = new Set(changes.map(({ operation }) => operationKey(operation)));
  const wanted = new Set(contract.map(({ operation }) => operationKey(operation)));
  return {
    missing: contract
      .filter(({ operation }) => !made.has(operationKey(operation)))
      .map(({ operation, change }) => ({ operation, change })),
    surplus: onTop
      ? []
      : changes
          .filter(({ operation }) => !wanted.has(operationKey(operation)))
          .map(({ operation, kind }) => ({ operation, kind })),
  };
};
