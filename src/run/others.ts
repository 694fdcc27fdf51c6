/** The other agents of a run on its worktree, as the run sees them: subagents and teammates together. */
import type { Definition } from "../domain/definition.ts";
import type { Review } from "../domain/review.ts";
import type { TaskList } from "../domain/task.ts";
import type { Mail } from "../domain/team.ts";
import type { LoopDeps } from "./context.ts";
import { createSubagents, type SubagentDeps, type SubagentLog } from "./subagent.ts";
import { createTeam } from "./team.ts";

export type Others = SubagentLog & {
  /** What the run's own agent has of them. */
  readonly reach: Pick<LoopDeps, "subagents" | "team" | "mates">;
  /** What the team has left open, each a sentence. */
  open(tasks: TaskList): readonly string[];
  review(): Review | undefined;
  /** What the contract's mailbox was sent. */
  contract(): readonly Mail[];
};

export const createOthers = (
  deps: Omit<SubagentDeps, "agents">,
  agents: { readonly subagents: readonly Definition[]; readonly teammates: readonly Definition[] },
): Others => {
  const subagents = createSubagents({ ...deps, agents: agents.subagents });
  if (agents.teammates.length === 0)
    return { ...subagents, reach: { subagents }, open: () => [], review: () => undefined, contract: () => [] };
  const team = createTeam({ ...deps, agents: agents.teammates });
  return {
    reach: { subagents, team: team.desk, mates: team },
    boundaries: () => [...subagents.boundaries(), ...team.boundaries()],
    handedBack: () => [...subagents.handedBack(), ...team.handedBack()],
    open: (tasks) => team.open(tasks),
    review: () => team.review(),
    contract: () => team.contract(),
  };
};
