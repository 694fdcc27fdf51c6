/** Agent: another agent does a part of the work, inside walls of its own, and hands back a report. How it runs is not known here. */
import { z } from "zod";
import type { Definition } from "../../domain/definition.ts";
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
const isHarmless = (key: string, value: unknown): boolean =>
  ["name", "mode", "isolation"].includes(key) ||
  (key === "run_in_background" && value === false) ||
  (key === "model" && value === "inherit");

const withoutHarmless = (input: unknown): unknown => {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([key, value]) => !isHarmless(key, value)));
};

const sentences: Readonly<Record<string, string>> = {
  run_in_background: "subagents do not run in the background here; the call returns when the subagent is done",
  model: "all agents of a run have the same model here",
  team_name: "a subagent belongs to no team; it works alone and reports to you",
};

/** What stands in the way of a key that the tool's original has, and ours has not. */
const refusal = (keys: readonly string[]): string =>
  keys.map((key) => `leave ${key} out: ${sentences[key] ?? "there is no such key"}`).join("; ");

export const createAgent = (deps: {
  /** Those that may be started; at least one. */
  readonly agents: readonly Pick<Definition, "name" | "description">[];
  /** @returns what the subagent handed back, as text */
  readonly run: (call: AgentCall, signal: AbortSignal) => Promise<string>;
}): Tool =>
  defineTool({
    name: "Agent",
    description: `Starts a subagent on a part of the work and waits for its report. It works on the same files, writes in folders of its own, and has calls of its own; the call takes one of yours. It sees nothing of this conversation: the prompt names the files, names and conventions that it needs. Subagents run one after another, in your order. There are:\n${deps.agents.map(({ name, description }) => `- ${name}: ${description}`).join("\n")}`,
    input: z.strictObject(
      {
        description: z.string().trim().min(1).max(200).describe("the work in three to five words"),
        prompt: z.string().trim().min(1).max(maxPromptChars).describe("the whole task"),
        subagent_type: z.enum(deps.agents.map(({ name }) => name)),
      },
      { error: (issue) => (issue.code === "unrecognized_keys" ? refusal(issue.keys) : undefined) },
    ),
    normalise: withoutHarmless,
    readOnly: false,
    run: ({ description, prompt, subagent_type }, { signal, callId }) =>
      deps.run({ id: callId, agent: subagent_type, description, prompt }, signal),
  });
