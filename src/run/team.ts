/** A team: its members work between two turns of the lead, one at a time, while there is mail for them. No second scheduler. */
import { exhausted } from "../domain/budget.ts";
import { treeHash } from "../domain/changeset.ts";
import type { Definition } from "../domain/definition.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Boundary } from "../domain/policy.ts";
import type { Review } from "../domain/review.ts";
import type { HandedBack } from "../domain/subagent.ts";
import type { TaskList } from "../domain/task.ts";
import {
  contractMailbox,
  leadName,
  type Mail,
  mailsTo,
  mateId,
  mateOfChild,
  renderMails,
  type Team,
  unreadBy,
  workingMates,
} from "../domain/team.ts";
import { teamIn } from "../domain/team-events.ts";
import { openTasksOf } from "../domain/team-tasks.ts";
import type { Heard, Mates, TeamDesk } from "./context.ts";
import type { SubagentLog } from "./subagent.ts";
import { createDesk } from "./team-desk.ts";
import {
  childEvents,
  deskDeps,
  evidenceIn,
  isBusy,
  type Lead,
  type Mate,
  record,
  reviewer,
  reviewerName,
  type State,
  standing,
  stretch,
  type TeamDeps,
} from "./teammate.ts";

export type TeamRuntime = Mates &
  SubagentLog & {
    readonly desk: TeamDesk;
    /** What is left open, each a sentence. */
    open(tasks: TaskList): readonly string[];
    /** The latest one that was accepted. */
    review(): Review | undefined;
    /** What the contract's mailbox was sent. */
    contract(): readonly Mail[];
  };

export const createTeam = (deps: TeamDeps): TeamRuntime => {
  const lastTold = deps.history.findLastIndex(
    ({ type, child }) => child === undefined && (type === "user" || type === "assistant"),
  );
  const state: State = { deps, log: [...deps.history], walls: new Map(), untold: lastTold + 1 };
  /** The latest of each teammate. */
  const of = <T>(pick: (event: RunEvent) => T | undefined): ReadonlyMap<string, T> =>
    new Map(
      state.log.flatMap((event) => {
        const mate = mateOfChild(event.child);
        const value = mate === undefined ? undefined : pick(event);
        return mate === undefined || value === undefined ? [] : [[mate, value] as const];
      }),
    );
  const review = () => of((event) => (event.type === "rested" ? event.review : undefined)).get(reviewerName);
  return {
    desk: createDesk(
      deskDeps(state, (events, spend) => record(state, events, spend)),
      leadName,
    ),
    work: (lead, signal) => work(state, lead, signal),
    boundaries: () =>
      [...of((event) => (event.type === "started" ? event.agent : undefined)).values()].flatMap((agent): Boundary[] =>
        deps.agents.filter(({ name }) => name === agent).map(({ boundary }) => boundary),
      ),
    handedBack: () => [
      ...of((event) => (event.type === "rested" ? event.result : undefined)).values(),
      ...missingReview(of((event) => (event.type === "rested" ? event : undefined)).get(reviewerName), review()),
    ],
    review,
    contract: () => mailsTo(teamIn(state.log) ?? { mails: [] }, contractMailbox),
    open: (tasks) => openIn(teamIn(state.log), tasks),
  };
};

/** A reviewer that worked and handed in nothing that holds leaves something open. */
const missingReview = (
  rested: Extract<RunEvent, { type: "rested" }> | undefined,
  review: Review | undefined,
): readonly HandedBack[] =>
  rested === undefined || review !== undefined
    ? []
    : [
        {
          ...{ agent: reviewer, mate: reviewerName, status: "BLOCKED", files: [], findings: [], spend: rested.spend },
          reason: rested.ended ?? "it handed in no review that holds",
        },
      ];

const openIn = (team: Team | undefined, tasks: TaskList): readonly string[] => {
  if (!team) return [];
  return workingMates.flatMap(({ name }) => {
    const unread = team.ended.has(name) ? 0 : unreadBy(team, name).length;
    return [
      ...(unread > 0 ? [`${name} has ${unread} unread ${unread === 1 ? "message" : "messages"}`] : []),
      ...openTasksOf(tasks, name).map(({ id, subject }) => `${name} has not finished task ${id} (${subject})`),
    ];
  });
};

const work = async (state: State, lead: Lead, signal: AbortSignal): Promise<Heard | undefined> => {
  await goBack(state);
  for (;;) {
    const now = standing(state, lead);
    const mate = exhausted(now.spend, lead.limits) === undefined ? nextMate(state) : undefined;
    if (!mate) return tell(state, now);
    if (signal.aborted || !(await stretch(state, mate, { ...lead, ...now }, signal))) return undefined;
  }
};

/** After a crash, in the middle of what the lead was not told of: the files as a teammate left them last. */
const goBack = async ({ deps, log, untold }: State): Promise<void> => {
  const last = log.slice(untold).findLast((event) => event.type === "checkpoint" && mateOfChild(event.child));
  if (last?.type !== "checkpoint") return;
  const { changeset } = await deps.worktree.collect();
  if (treeHash(changeset) !== treeHash(last.changeset)) await deps.worktree.restore(last.changeset);
};

/** Whoever was interrupted, or has mail. */
const nextMate = (state: State): Mate | undefined => {
  const team = teamIn(state.log);
  if (!team) return undefined;
  const mates = workingMates.flatMap(({ name, agentType }) => {
    const definition = state.deps.agents.find((agent) => agent.name === agentType);
    return definition && !team.ended.has(name) ? [{ name, id: mateId(name), definition: withTeam(definition) }] : [];
  });
  return (
    mates.find(({ id }) => isBusy(childEvents(state, id))) ?? mates.find(({ name }) => unreadBy(team, name).length > 0)
  );
};

/** Messages and the shared list are every teammate's. */
const withTeam = (definition: Definition): Definition => ({
  ...definition,
  tools: [...new Set([...definition.tools, "SendMessage", "TaskCreate", "TaskUpdate", "TaskList"])],
});

const tell = (state: State, { spend, tasks, worked }: ReturnType<typeof standing>): Heard => {
  const { log, untold } = state;
  const evidence = evidenceIn(log.slice(untold).filter(({ child }) => mateOfChild(child) !== undefined));
  const team = teamIn(log);
  const unread = team ? unreadBy(team, leadName) : [];
  const at = state.deps.clock().toISOString();
  const upTo = team ? mailsTo(team, leadName).length : 0;
  const events: RunEvent[] = [{ type: "mail-read", at, reader: leadName, upTo }];
  if (unread.length > 0) log.push(...events);
  state.untold = log.length;
  return {
    spend,
    tasks,
    evidence,
    worked,
    mail: unread.length > 0 ? { text: renderMails(unread), events } : undefined,
  };
};
