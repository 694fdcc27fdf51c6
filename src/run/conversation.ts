/** Where a run stands between two turns: begun anew, or rebuilt from its transcript. */
import { addSubagent, exhausted, noSpend } from "../domain/budget.ts";
import { type Changeset, type Refusal, treeHash } from "../domain/changeset.ts";
import type { Definition } from "../domain/definition.ts";
import { ToolError } from "../domain/errors.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Evidence } from "../domain/finding.ts";
import type { AssistantMessage, Message, Thinking, ToolSpec } from "../domain/message.ts";
import type { Spend } from "../domain/outcome.ts";
import type { ReportDecision } from "../domain/report.ts";
import { renderHandedBack } from "../domain/subagent.ts";
import type { TaskList } from "../domain/task.ts";
import type { LoopDeps, Subagents, TeamDesk } from "./context.ts";
import { type Counters, countMessages, noCounters } from "./counters.ts";
import type { ResumeState } from "./resume.ts";
import { createTools, type ToolDeps } from "./tools/create-tools.ts";
import { linesOf } from "./tools/read.ts";
import { createSeenFiles, type SeenFiles } from "./tools/seen-files.ts";
import { isServerTool } from "./tools/server-tool.ts";
import { isUnheard, type Judged, teamOpenRule } from "./tools/submit-report.ts";
import type { Tool } from "./tools/tool.ts";

type Checkpoint = {
  readonly changeset: Changeset;
  readonly refused: readonly Refusal[];
  readonly tree: string;
  /** Tells two checkpoints apart. */
  readonly key: string;
};

type Fresh = {
  readonly evidence: Evidence[];
  /** Evidence of subagents, which is stored already. */
  readonly handedBack: Evidence[];
  readonly remembered: ReportDecision[];
  tasks: boolean;
  refusals: number;
};

export type Unanswered = {
  readonly message: AssistantMessage;
  readonly stopReason: string;
  /** What was spent before it. */
  readonly before: Spend;
};

/** The loop's only state; the loop alone changes it. */
export type Conversation = {
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly effort: Definition["effort"];
  readonly thinking: Thinking | undefined;
  readonly registry: readonly Tool[];
  /** Append-only. */
  readonly messages: Message[];
  /** The last message, while it is the model's. */
  unanswered: Unanswered | undefined;
  counters: Counters;
  spend: Spend;
  tasks: TaskList;
  readonly evidence: Evidence[];
  readonly remembered: ReportDecision[];
  /** Of the turn under way, stored with its results. */
  fresh: Fresh;
  /** The report that ended the run; `judging` is the last one of the turn under way. */
  judged: Judged | undefined;
  judging: Judged | undefined;
  checkpoint: Checkpoint;
  storedKey: string;
  /** Files may have changed since `checkpoint`. */
  dirty: boolean;
  /** The work was given up. */
  removed: boolean;
};

const checkpointOf = (changeset: Changeset, refused: readonly Refusal[]): Checkpoint => {
  const tree = treeHash(changeset);
  return { changeset, refused, tree, key: JSON.stringify([tree, refused]) };
};

export const nothingFresh = (): Fresh => ({ evidence: [], handedBack: [], remembered: [], tasks: false, refusals: 0 });

export const collectCheckpoint = async (deps: LoopDeps, talk: Conversation): Promise<void> => {
  const { changeset, refused } = await deps.checkpoint();
  talk.checkpoint = checkpointOf(changeset, refused);
  talk.dirty = false;
};

export const openConversation = async (deps: LoopDeps): Promise<Conversation> => {
  const seen = createSeenFiles();
  const talk = deps.resume ? continued(deps, deps.resume, seen) : begun(deps, seen);
  if (deps.resume) await restoreSeen(deps, deps.resume, seen);
  else await deps.record(headOf(deps, talk), talk.spend);
  return talk;
};

/** What a conversation begins with; what it takes up stands in it again, so that it can go on from itself alone. */
const headOf = (deps: LoopDeps, talk: Conversation): readonly RunEvent[] => {
  const at = deps.clock().toISOString();
  const { system, tools, effort, thinking, tasks, remembered } = talk;
  const { commit, base, firstMessage, found: changeset, takesUp } = deps;
  return [
    {
      ...{
        type: "started",
        at,
        agent: deps.definition.name,
        model: deps.model.name,
        commit,
        base,
        system,
        tools,
        effort,
      },
      ...(thinking ? { thinking } : {}),
      ...(takesUp ? { takesUp: { why: takesUp.why, spent: takesUp.spent } } : {}),
    },
    ...(changeset ? [{ type: "checkpoint" as const, at, changeset, refused: [] }] : []),
    ...(tasks.length > 0 ? [{ type: "tasks" as const, at, tasks }] : []),
    ...remembered.map((decision) => ({ type: "remembered" as const, at, decision })),
    ...(takesUp?.evidence ?? []).map((evidence) => ({ type: "evidence" as const, at, evidence })),
    ...(takesUp?.remarks ?? []).map((remark) => ({ type: "remark" as const, at, remark })),
    { type: "user", at, message: firstMessage },
  ];
};

const begun = (deps: LoopDeps, seen: SeenFiles): Conversation => {
  const registry = registryOf(deps, seen, () => talk);
  const checkpoint = checkpointOf(deps.found ?? [], []);
  const { spent = noSpend, tasks = deps.tasks ?? [], remembered = [] } = deps.takesUp ?? {};
  const talk: Conversation = {
    system: deps.system,
    tools: registry.map((tool) => tool.spec),
    effort: deps.definition.effort,
    thinking: deps.model.thinking,
    registry,
    messages: [deps.firstMessage],
    unanswered: undefined,
    counters: { ...noCounters, toolCalls: spent.toolCalls },
    spend: spent,
    tasks,
    evidence: [...(deps.takesUp?.evidence ?? [])],
    remembered: [...remembered],
    fresh: nothingFresh(),
    judged: undefined,
    judging: undefined,
    checkpoint,
    storedKey: checkpoint.key,
    dirty: false,
    removed: false,
  };
  return talk;
};

const continued = (deps: LoopDeps, resume: ResumeState, seen: SeenFiles): Conversation => {
  const registry = registryOf(deps, seen, () => talk);
  const counters = countMessages(
    resume.messages.slice(resume.counted),
    registry,
    deps.limits,
    resume.takesUp?.spent.toolCalls,
  );
  const checkpoint = checkpointOf(resume.changeset, resume.refused);
  const { unanswered } = resume;
  const { toolCalls } = counters;
  const talk: Conversation = {
    system: resume.system,
    tools: resume.tools,
    effort: resume.effort ?? deps.definition.effort,
    thinking: resume.thinking,
    registry,
    messages: [...resume.messages],
    unanswered: unanswered && { ...unanswered, before: { ...unanswered.before, toolCalls } },
    counters,
    spend: { ...resume.spend, toolCalls },
    tasks: resume.tasks,
    evidence: [...resume.evidence],
    remembered: [...resume.remembered],
    fresh: nothingFresh(),
    judged: resume.judged,
    judging: undefined,
    checkpoint,
    storedKey: checkpoint.key,
    dirty: false,
    removed: resume.removed,
  };
  return talk;
};

/** The tools as they would be offered today; those of servers stay as the conversation has them. */
export const toolsToday = (deps: LoopDeps): readonly ToolSpec[] => {
  const none = (): never => {
    throw new Error("a tool was asked for its schema and looked into a conversation");
  };
  return registryOf(deps, createSeenFiles(), none).map(({ spec }) => spec);
};

const registryOf = (deps: LoopDeps, seen: SeenFiles, talk: () => Conversation): readonly Tool[] => {
  const { walls, definition, library } = deps;
  return createTools({
    walls,
    definition,
    library,
    seen,
    tasks: {
      current: () => talk().tasks,
      replace: (tasks) => {
        talk().tasks = tasks;
        talk().fresh.tasks = true;
      },
      ...(deps.team ? { team: deskOf(deps.team, talk) } : {}),
    },
    team: deps.team && deskOf(deps.team, talk),
    bash: {
      tree: async () => {
        if (talk().dirty) await collectCheckpoint(deps, talk());
        return talk().checkpoint.tree;
      },
      onEvidence: (evidence) => {
        const { command, output } = evidence;
        talk().fresh.evidence.push({ ...evidence, command: deps.redact(command), output: deps.redact(output) });
      },
    },
    memory: deps.decisions && {
      known: deps.decisions,
      earlier: () => [...talk().remembered, ...talk().fresh.remembered],
      add: (decision) => talk().fresh.remembered.push(decision),
    },
    servers: serversOf(deps, talk),
    agent: deps.subagents && agentDeps(deps, deps.subagents, talk),
    exit: deps.discard && exitOf(deps, deps.discard, talk),
    submit: deps.submit({
      evidence: () => [...talk().evidence, ...talk().fresh.handedBack, ...talk().fresh.evidence],
      spend: () => talk().spend,
      refusals: () => talk().counters.refusals + talk().fresh.refusals,
      tasks: () => talk().tasks,
      reminded: () =>
        talk().counters.reminders > 0 || talk().judging?.findings.some(({ rule }) => rule === teamOpenRule) === true,
      removed: () => talk().removed,
      last: () => exhausted(talk().spend, deps.limits) !== undefined,
      onJudged: (judged) => {
        talk().judging = judged;
        if (!judged.accepted && !isUnheard(judged.findings)) talk().fresh.refusals += 1;
      },
    }),
  });
};

/** Those that its transcript has, where it goes on: of a server that is gone a call is answered with that. */
const serversOf = (deps: LoopDeps, talk: () => Conversation): ToolDeps["servers"] => {
  const { servers, resume, redact } = deps;
  const frozen = resume?.tools.filter(({ name }) => isServerTool(name));
  const call = servers ? servers.call : noServer;
  return { specs: frozen ?? servers?.specs ?? [], call, messages: () => talk().messages, redact };
};

const noServer = async (tool: string): Promise<never> => {
  throw new ToolError(`${tool} can't be called any more: its server is not set up here now. Go on without it.`);
};

const deskOf = (team: TeamDesk, talk: () => Conversation): NonNullable<ToolDeps["team"]> => {
  const { create } = team;
  const call = (callId: string) => ({ callId, spend: talk().spend });
  return {
    self: team.self,
    members: () => team.members(),
    create: create && ((wanted, callId) => create(wanted, call(callId))),
    send: (letter, callId) => team.send(letter, call(callId)),
    assign: (task, callId) => team.assign(task, call(callId)),
    document: (path) => team.document(path, talk().tasks),
  };
};

const exitOf = (deps: LoopDeps, discard: () => Promise<void>, talk: () => Conversation): ToolDeps["exit"] => ({
  changeset: async () => {
    await collectCheckpoint(deps, talk());
    return talk().checkpoint.changeset;
  },
  discard: async () => {
    await discard();
    talk().removed = true;
    talk().dirty = true;
  },
});

const agentDeps = (deps: LoopDeps, subagents: Subagents, talk: () => Conversation): ToolDeps["agent"] => ({
  agents: subagents.agents,
  run: async (call, signal) => {
    const { result, evidence } = await subagents.run(call, { spend: talk().spend, limits: deps.limits }, signal);
    talk().spend = addSubagent(talk().spend, result.spend);
    talk().fresh.handedBack.push(...evidence);
    return renderHandedBack(result);
  },
});

/** Read again, so that the ledger names the bytes that lie there now; a file that is gone was not seen. */
const restoreSeen = async (deps: LoopDeps, resume: ResumeState, seen: SeenFiles): Promise<void> => {
  for (const { path, ranges } of resume.seen) {
    const file = await deps.walls.read(path);
    if (!file) continue;
    const total = linesOf(file.text).length;
    for (const range of ranges) seen.saw(path, { sha: file.sha, total }, range);
  }
};
