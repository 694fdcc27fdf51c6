/** The tools of one conversation, each bound to where it stands. */
import { addSubagent, exhausted } from "../domain/budget.ts";
import { ToolError } from "../domain/errors.ts";
import { renderHandedBack } from "../domain/subagent.ts";
import type { LoopDeps, Subagents, TeamDesk } from "./context.ts";
import { createRaise } from "./raise-work.ts";
import { type Conversation, collectCheckpoint } from "./talk.ts";
import { createTools, type ToolDeps } from "./tools/create-tools.ts";
import type { SeenFiles } from "./tools/seen-files.ts";
import { isServerTool } from "./tools/server-tool.ts";
import { isUnheard, teamOpenRule } from "./tools/submit-report.ts";
import type { Tool } from "./tools/tool.ts";

export const registryOf = (deps: LoopDeps, seen: SeenFiles, talk: () => Conversation): readonly Tool[] => {
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
    raise:
      deps.limitsOf &&
      createRaise({
        ...{ limitsOf: deps.limitsOf, redact: deps.redact, measure: talk },
        onRaised: () => {
          talk().fresh.work = true;
        },
      }),
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
    agent: deps.subagents && agentDeps(deps.subagents, talk),
    exit: deps.discard && exitOf(deps, deps.discard, talk),
    submit: deps.submit({
      evidence: () => [...talk().evidence, ...talk().fresh.handedBack, ...talk().fresh.evidence],
      spend: () => talk().spend,
      refusals: () => talk().counters.refusals + talk().fresh.refusals,
      tasks: () => talk().tasks,
      reminded: () =>
        talk().counters.reminders > 0 || talk().judging?.findings.some(({ rule }) => rule === teamOpenRule) === true,
      removed: () => talk().removed,
      last: () => exhausted(talk().spend, talk().limits) !== undefined,
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

const agentDeps = (subagents: Subagents, talk: () => Conversation): ToolDeps["agent"] => ({
  agents: subagents.agents,
  run: async (call, signal) => {
    const { result, evidence } = await subagents.run(call, { spend: talk().spend, limits: talk().limits }, signal);
    talk().spend = addSubagent(talk().spend, result.spend);
    talk().fresh.handedBack.push(...evidence);
    return renderHandedBack(result);
  },
});
