/** The issue whose runs a trigger belongs to: its own, or the one whose pull request it stands on. */
import { issueOfBranch } from "../domain/job.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { Store } from "../ports.ts";

export const issueOf = async (store: Pick<Store, "issueOfPull">, trigger: Trigger): Promise<number> => {
  if (trigger.kind === "review" || trigger.kind === "checks")
    return issueOfBranch(trigger.branch) ?? trigger.thread.number;
  if (trigger.thread.kind === "issue") return trigger.thread.number;
  return (await store.issueOfPull(trigger.repository, trigger.thread.number)) ?? trigger.thread.number;
};
