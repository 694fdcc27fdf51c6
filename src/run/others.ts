/** The other agents of a run on its worktree, as the run sees them: subagents and teammates together. */
import type { Definition } from "../domain/definition.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Review } from "../domain/review.ts";
import type { HandedBack } from "../domain/subagent.ts";
import type { TaskList } from "../domain/task.ts";
import type { Mail } from "../domain/team.ts";
import type { LoopDeps } from "./context.ts";
import {
  createSubagents,
  type Migrations,
  migrationFoldersOf,
  type SubagentDeps,
  type SubagentLog,
} from "./subagent.ts";
import { createTeam } from "./team.ts";

export type Others = SubagentLog &
  Migrations & {
    /** What the run's own agent has of them. */
    readonly reach: Pick<LoopDeps, "subagents" | "team" | "mates">;
    /** What the team has left open, each a sentence. */
    open(tasks: TaskList): readonly string[];
    review(): Review | undefined;
    /** What the contract's mailbox was sent. */
    contract(): readonly Mail[];
  };

/** @param deps.before events of the runs that this one goes on from: their subagents and teammates are gone, their work is here */
export const createOthers = (
  deps: Omit<SubagentDeps, "agents"> & { readonly before?: readonly RunEvent[] | undefined },
  agents: { readonly subagents: readonly Definition[]; readonly teammates: readonly Definition[] },
): Others => {
  const { before = [] } = deps;
  const subagents = createSubagents({ ...deps, agents: agents.subagents });
  const team = agents.teammates.length === 0 ? undefined : createTeam({ ...deps, agents: agents.teammates });
  const left = workLeftBy(before);
  const worked = [...agents.subagents, ...agents.teammates].filter(({ name }) => agentsIn(before).has(name));
  return {
    reach: team ? { subagents, team: team.desk, mates: team } : { subagents },
    boundaries: () => [
      ...worked.map(({ boundary }) => boundary),
      ...subagents.boundaries(),
      ...(team?.boundaries() ?? []),
    ],
    migrationFolders: () => [...worked.flatMap(migrationFoldersOf), ...subagents.migrationFolders()],
    handedBack: () => [...left, ...subagents.handedBack(), ...(team?.handedBack() ?? [])],
    open: (tasks) => team?.open(tasks) ?? [],
    review: () => team?.review(),
    contract: () => team?.contract() ?? [],
  };
};

const agentsIn = (events: readonly RunEvent[]): ReadonlySet<string> =>
  new Set(events.flatMap((event) => (event.type === "started" && event.child !== undefined ? [event.agent] : [])));

/** The latest of each that came to a good end: what did not is the work of whoever goes on. */
const workLeftBy = (events: readonly RunEvent[]): readonly HandedBack[] => {
  const latest = new Map<string | undefined, HandedBack>();
  for (const event of events) {
    const result = event.type === "handed-back" || event.type === "rested" ? event.result : undefined;
    if (result) latest.set(event.child, result);
  }
  return [...latest.values()].filter(({ status }) => status === "DONE" || status === "DONE_WITH_CONCERNS");
};
