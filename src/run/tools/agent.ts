/** Agent: another agent does a part of the work, inside walls of its own, and hands back a report. How it runs is not known here. */
import { z } from "zod";
import type { Definition } from "../../domain/definition.ts";
import { ToolError } from "../../domain/errors.ts";
import { defineTool, type Tool } from "./tool.ts";

const maxPromptChars = 20_000;

/** A call of this tool, checked. */
export type AgentCall = {
  /** Of the tool_use block: with the agent's name it tells one subagent of a run from another. */
  readonly id: string;
  readonly agent: string;
  readonly description: string;
  readonly prompt: string;
};

/** Keys of the tool's original that change nothing here: each subagent has walls of its own and lives for one call. */
const harmless = ["name", "mode", "isolation"];

const withoutHarmless = (input: unknown): unknown => {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([key]) => !harmless.includes(key)));
};

export const createAgent = (deps: {
  /** Those that may be started; at least one. */
  readonly agents: readonly Pick<Definition, "name" | "description">[];
  /** @returns what the subagent handed back, as text */
  readonly run: (call: AgentCall, signal: AbortSignal) => Promise<string>;
}): Tool =>
  defineTool({
    name: "Agent",
    description: `Starts a subagent on a part of the work and waits for its report. It works on the same files, may write in folders of its own, and has a budget of calls of its own; the call takes one of yours. It sees nothing of this conversation: write into the prompt which files, names and conventions it needs, and what is to be tested or migrated. Subagents run one after another, in your order, and see what was written before. The result is its report as JSON, with the files that it changed. There are:\n${deps.agents.map(({ name, description }) => `- ${name}: ${description}`).join("\n")}`,
    input: z.strictObject({
      description: z.string().trim().min(1).max(200).describe("the work in three to five words"),
      prompt: z.string().trim().min(1).max(maxPromptChars).describe("the whole task: it knows nothing else"),
      subagent_type: z.enum(deps.agents.map(({ name }) => name)),
      run_in_background: z.boolean().optional().describe("not possible here: leave it out"),
      model: z.string().optional().describe("not possible here: every agent of a run has the same; leave it out"),
      team_name: z.string().optional().describe("not possible here: leave it out"),
    }),
    normalise: withoutHarmless,
    readOnly: false,
    async run({ description, prompt, subagent_type, run_in_background, model, team_name }, { signal, callId }) {
      if (run_in_background)
        throw new ToolError(
          "Subagents do not run in the background here. Leave run_in_background out: the call returns when the subagent is done.",
        );
      if (model !== undefined && model !== "inherit")
        throw new ToolError("All agents of a run have the same model here. Leave model out.");
      if (team_name !== undefined)
        throw new ToolError("A subagent belongs to no team: it works alone and reports to you. Leave team_name out.");
      return deps.run({ id: callId, agent: subagent_type, description, prompt }, signal);
    },
  });
