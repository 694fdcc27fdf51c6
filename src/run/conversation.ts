/** A conversation is begun anew, or rebuilt from its transcript. */
import { type Limits, noSpend, storedLimits, type WorkFound } from "../domain/budget.ts";
import type { RunEvent } from "../domain/event.ts";
import type { ToolSpec } from "../domain/message.ts";
import type { LoopDeps } from "./context.ts";
import { countMessages, noCounters } from "./counters.ts";
import { registryOf } from "./registry.ts";
import type { ResumeState } from "./resume.ts";
import { type Conversation, checkpointOf, nothingFresh } from "./talk.ts";
import { linesOf } from "./tools/read.ts";
import { createSeenFiles, type SeenFiles } from "./tools/seen-files.ts";

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
      limits: storedLimits(talk.limits),
      ...(takesUp ? { takesUp: { why: takesUp.why, spent: takesUp.spent } } : {}),
    },
    ...(changeset ? [{ type: "checkpoint" as const, at, changeset, refused: [] }] : []),
    ...(talk.found ? [workEvent(talk, talk.found, at)] : []),
    ...(tasks.length > 0 ? [{ type: "tasks" as const, at, tasks }] : []),
    ...remembered.map((decision) => ({ type: "remembered" as const, at, decision })),
    ...(takesUp?.evidence ?? []).map((evidence) => ({ type: "evidence" as const, at, evidence })),
    ...(takesUp?.remarks ?? []).map((remark) => ({ type: "remark" as const, at, remark })),
    { type: "user", at, message: firstMessage },
  ];
};

export const workEvent = ({ limits }: Conversation, found: WorkFound, at: string): RunEvent => ({
  ...{ type: "work-kind", at, found, toolCalls: limits.toolCalls },
});

/** Those of what the work was found to be, where that was corrected. */
const limitsWith = ({ limits, limitsOf }: LoopDeps, found: WorkFound | undefined): Limits =>
  (found && limitsOf?.(found.kind)) ?? limits;

const begun = (deps: LoopDeps, seen: SeenFiles): Conversation => {
  const registry = registryOf(deps, seen, () => talk);
  const checkpoint = checkpointOf(deps.found ?? [], []);
  const { spent = noSpend, tasks = deps.tasks ?? [], remembered = [], found } = deps.takesUp ?? {};
  const talk: Conversation = {
    system: deps.system,
    tools: registry.map((tool) => tool.spec),
    effort: deps.definition.effort,
    thinking: deps.model.thinking,
    registry,
    messages: [deps.firstMessage],
    unanswered: undefined,
    counters: { ...noCounters, toolCalls: spent.toolCalls },
    limits: limitsWith(deps, found),
    found,
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
  const raisedAt = resume.found && resume.foundAt - resume.counted;
  const registry = registryOf(deps, seen, () => talk);
  const counters = countMessages(
    resume.messages.slice(resume.counted),
    registry,
    (index) => (raisedAt !== undefined && index > raisedAt ? limitsWith(deps, resume.found) : deps.limits),
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
    limits: limitsWith(deps, resume.found),
    found: resume.found,
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

/** Read again, so that the ledger names the bytes that lie there now; a file that is gone was not seen. */
const restoreSeen = async (deps: LoopDeps, resume: ResumeState, seen: SeenFiles): Promise<void> => {
  for (const { path, ranges } of resume.seen) {
    const file = await deps.walls.read(path);
    if (!file) continue;
    const total = linesOf(file.text).length;
    for (const range of ranges) seen.saw(path, { sha: file.sha, total }, range);
  }
};
