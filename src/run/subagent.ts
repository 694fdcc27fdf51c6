/** A subagent: the loop again, with another definition, walls of its own on the same worktree, and a part of the budget. */
import { type ChildBrief, composeChildBrief, composeSystem } from "../domain/brief.ts";
import { addSubagent, exhausted, limitsWithin } from "../domain/budget.ts";
import { type Changeset, treeHash } from "../domain/changeset.ts";
import { type ChildName, databaseReportSchema, isChildName, testReportSchema } from "../domain/child-report.ts";
import type { Definition, Library } from "../domain/definition.ts";
import { ToolError } from "../domain/errors.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Evidence, Finding } from "../domain/finding.ts";
import { type Boundary, decideWrite, isWithin } from "../domain/policy.ts";
import { type Status, worse } from "../domain/report.ts";
import { isReview } from "../domain/review.ts";
import type { StandardsConfig } from "../domain/standards.ts";
import { changesSince, childId, type HandedBack } from "../domain/subagent.ts";
import { isSubmission } from "../domain/submission.ts";
import { mateOfChild } from "../domain/team.ts";
import type { Clock, Walls, Worktree } from "../ports.ts";
import type { LoopDeps, LoopEnd, Subagents } from "./context.ts";
import { type Cast, converse, startOf } from "./converse.ts";
import { createChildJudge } from "./judge.ts";
import { stateIn } from "./resume.ts";
import type { AgentCall } from "./tools/agent.ts";
import { createSubmitReport, type Door } from "./tools/submit-report.ts";
import type { Tool } from "./tools/tool.ts";

/** A run that starts more than this is lost, not thorough. */
const maxSubagents = 8;

export type SubagentDeps = {
  /** With their boundaries in this repository. */
  readonly agents: readonly Definition[];
  readonly library: Library;
  readonly cast: (definition: Definition) => Cast;
  readonly worktree: Pick<Worktree, "enter" | "collect" | "restore">;
  readonly commit: string;
  readonly base: string;
  /** Text of a file at the commit. */
  readonly baseText: (path: string) => Promise<string | undefined>;
  /** What the repository keeps otherwise than the house. */
  readonly standards: StandardsConfig;
  readonly facts: Pick<ChildBrief, "issue" | "request" | "decisions" | "configFile" | "commands" | "skills">;
  /** What the run has stored of its conversation so far, where that goes on. */
  readonly events: readonly RunEvent[];
  /** The same with conversations that were taken up anew: what their subagents did is still there. */
  readonly history: readonly RunEvent[];
  readonly clock: Clock;
  readonly record: LoopDeps["record"];
  readonly redact: (text: string) => string;
};

/** What the run can be told of the subagents that it had. */
export type SubagentLog = {
  /** Of those that were started, whether or not they came to an end. */
  boundaries(): readonly Boundary[];
  handedBack(): readonly HandedBack[];
};

type Child = {
  readonly id: string;
  readonly name: ChildName;
  readonly definition: Definition;
  readonly call: AgentCall;
  readonly parent: Parameters<Subagents["run"]>[1];
  readonly walls: Walls;
  /** What the worktree held when it began. */
  readonly found: Changeset;
};

export type Migrations = {
  /** Where migrations may stand: nowhere before the agent for them was started. */
  migrationFolders(): readonly string[];
};

export const createSubagents = (deps: SubagentDeps): Subagents & SubagentLog & Migrations => {
  const stored = deps.events.filter((event) => event.child !== undefined);
  const walls = new Map<string, Walls>();
  const started = new Map<string, string>();
  const ended = new Map<string, HandedBack>();
  for (const event of deps.history) {
    if (event.child === undefined || mateOfChild(event.child) !== undefined) continue;
    if (event.type === "started") started.set(event.child, event.agent);
    if (event.type === "handed-back") ended.set(event.child, event.result);
  }
  const enter = async ({ name, boundary }: Definition): Promise<Walls> => {
    const entered = walls.get(name) ?? (await deps.worktree.enter(boundary));
    walls.set(name, entered);
    return entered;
  };
  const workers = () => deps.agents.filter(({ name }) => [...started.values()].includes(name));
  return {
    agents: deps.agents,
    boundaries: () => workers().map(({ boundary }) => boundary),
    migrationFolders: () => workers().flatMap(migrationFoldersOf),
    handedBack: () => [...ended.values()],
    async run(call, parent, signal) {
      const definition = deps.agents.find(({ name }) => name === call.agent);
      if (!definition || !isChildName(call.agent)) throw new ToolError(`There is no subagent ${call.agent}.`);
      const id = childId(call.id, call.agent);
      const before = stored.filter((event) => event.child === id);
      if (before.length === 0) requireRoom(started.size, parent);
      started.set(id, call.agent);
      await goBack(deps, before);
      const done = before.find((event) => event.type === "handed-back");
      if (done) return { result: done.result, evidence: evidenceIn(before) };
      const begun = before.find((event) => event.type === "checkpoint")?.changeset;
      const found = begun ?? (await deps.worktree.collect()).changeset;
      const child = { id, name: call.agent, definition, call, parent, found, walls: await enter(definition) };
      const back = await work(deps, child, signal);
      ended.set(id, back.result);
      return back;
    },
  };
};

export const migrationFoldersOf = ({ name, boundary }: Definition): readonly string[] =>
  name === "database-engineer" ? boundary.allowed : [];

const requireRoom = (running: number, parent: Child["parent"]): void => {
  if (running >= maxSubagents)
    throw new ToolError(
      `A run starts at most ${maxSubagents} subagents, and these were. Do what is left yourself, or list it under handoffs.`,
    );
  const spent = exhausted(parent.spend, parent.limits);
  if (spent !== undefined) throw new ToolError(`${spent}, so no subagent was started. Call SubmitReport now.`);
};

const evidenceIn = (events: readonly RunEvent[]): readonly Evidence[] =>
  events.flatMap((event) => (event.type === "evidence" ? [event.evidence] : []));

/** After a crash: the files as the subagent left them last, which holds what its parent had written before. */
const goBack = async ({ worktree }: SubagentDeps, before: readonly RunEvent[]): Promise<void> => {
  const last = before.findLast((event) => event.type === "checkpoint");
  if (!last) return;
  const { changeset } = await worktree.collect();
  if (treeHash(changeset) !== treeHash(last.changeset)) await worktree.restore(last.changeset);
};

const work = async (deps: SubagentDeps, child: Child, signal: AbortSignal): ReturnType<Subagents["run"]> => {
  const own = deps.events.filter((event) => event.child === child.id);
  const state = stateIn(own, child.id);
  const evidence = [...(state?.evidence ?? [])];
  const record: LoopDeps["record"] = async (events, spend) => {
    const marked = events.map((event) => ({ ...event, child: child.id }));
    await deps.record(marked, addSubagent(child.parent.spend, spend));
    own.push(...marked);
    evidence.push(...evidenceIn(events));
  };
  const cast = deps.cast(child.definition);
  const end = await converse(
    { ...loopDepsOf(deps, child), record, signal },
    startOf(cast, child.definition, state),
    cast,
    { events: async () => own, child: child.id },
  );
  if (end.kind === "aborted") throw new Error("stopped", { cause: signal.reason });
  const at = deps.clock().toISOString();
  const { changeset, cleared } = await clearAway(deps, child);
  const result = resultOf(child, end, changeset);
  await record(
    [
      ...(cleared ? [{ type: "checkpoint" as const, at, changeset, refused: [] }] : []),
      { type: "handed-back", at, call: child.call.id, result },
    ],
    end.spend,
  );
  return { result, evidence };
};

const loopDepsOf = (
  deps: SubagentDeps,
  child: Child,
): Omit<LoopDeps, "model" | "record" | "resume" | "takesUp" | "signal"> => {
  const { library, commit, base, clock, redact, worktree } = deps;
  const { name, definition, found, walls, call, parent } = child;
  return {
    ...{ library, commit, base, clock, redact, definition, walls, found },
    limits: limitsWithin(definition, parent.limits, parent.spend),
    system: composeSystem(definition, library),
    firstMessage: composeChildBrief(name, {
      ...deps.facts,
      task: call.description,
      prompt: call.prompt,
      boundary: definition.boundary,
      changed: found.map(({ path, kind }) => ({ path, kind })),
    }),
    checkpoint: () => worktree.collect(),
    submit: (door) => submitOf(deps, child, door),
  };
};

/**
 * What a subagent that was stopped left behind and what can't be committed (links, caches in dot folders): nobody after
 * it could mend that, so it goes.
 */
export const clearAway = async (
  { worktree }: Pick<SubagentDeps, "worktree">,
  { definition: { boundary }, found }: Pick<Child, "definition" | "found">,
): Promise<{ readonly changeset: Changeset; readonly cleared: boolean }> => {
  const { changeset, refused } = await worktree.collect();
  const odd = refused.some(({ path }) => isWithin(path, boundary.allowed));
  const own = new Set(changesSince(found, changeset).map(({ path }) => path));
  const kept = changeset.filter(({ path }) => !own.has(path) || decideWrite(path, boundary).allowed);
  if (!odd && kept.length === changeset.length) return { changeset, cleared: false };
  await worktree.restore(kept);
  return { changeset: kept, cleared: true };
};

const submitOf = (deps: SubagentDeps, { name, definition, found }: Child, door: Door): Tool => {
  const { boundary } = definition;
  const judge = createChildJudge({
    boundary,
    migrationFolders: migrationFoldersOf(definition),
    found,
    collect: () => deps.worktree.collect(),
    base: deps.baseText,
    standards: deps.standards,
  });
  return name === "database-engineer"
    ? createSubmitReport({ door, judge, form: { input: databaseReportSchema } })
    : createSubmitReport({ door, judge, form: { input: testReportSchema } });
};

export const resultOf = (
  { name, found }: Pick<Child, "name" | "found">,
  end: Exclude<LoopEnd, { kind: "aborted" }>,
  changeset: Changeset,
): HandedBack => {
  const known = {
    agent: name,
    files: changesSince(found, changeset).map(({ path, kind }) => ({ path, kind })),
    spend: end.spend,
  };
  if (end.kind !== "reported") {
    const reason = end.kind === "blocked" ? end.reason : "it handed in no report of what it changed";
    return { ...known, status: "BLOCKED", reason, findings: [] };
  }
  const { report, findings } = end;
  if ("feature" in report || isReview(report) || isSubmission(report))
    throw new Error(`${name} handed in the report of another agent`);
  return { ...known, status: settled(report.status, findings), report, findings };
};

/** Doubts lower it, and a report that was refused for the last time is full of them. */
const settled = (status: Status, findings: readonly Finding[]): Status =>
  findings.some(({ severity }) => severity !== "note") ? worse(status, "DONE_WITH_CONCERNS") : status;
