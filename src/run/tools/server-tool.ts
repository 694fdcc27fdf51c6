/** A tool of a server that the operator named: what the model asks leaves only where it holds nothing of the repository. */
import { isCounted } from "../../domain/budget.ts";
import { ToolError } from "../../domain/errors.ts";
import type { Message, ToolSpec } from "../../domain/message.ts";
import { whyNotSent } from "../../domain/query-guard.ts";
import type { Tool } from "./tool.ts";

export type ServerToolDeps = {
  /** @throws ToolError */
  readonly call: (tool: string, input: Readonly<Record<string, unknown>>, signal: AbortSignal) => Promise<string>;
  /** The conversation so far: what it shows of the repository must not leave. */
  readonly messages: () => readonly Message[];
  readonly redact: (text: string) => string;
};

export const isServerTool = (name: string): boolean => name.startsWith("mcp__");

/** Its input is held against its schema by the server alone: what it says of a wrong one goes back to the model. */
export const createServerTool = (spec: ToolSpec, deps: ServerToolDeps): Tool => ({
  spec,
  readOnly: true,
  counts: isCounted(spec.name),
  prepare(input) {
    if (typeof input !== "object" || input === null || Array.isArray(input))
      return {
        ok: false,
        reason: `The input of ${spec.name} must be an object as its schema says. Mend it and call it again.`,
      };
    const given = input as Readonly<Record<string, unknown>>;
    return {
      ok: true,
      run: async ({ signal }) => {
        const refusal = whyNotSent(given, textsOf(deps.messages()), deps.redact);
        if (refusal !== undefined) throw new ToolError(`Nothing was sent. ${refusal}`);
        return deps.call(spec.name, given, signal);
      },
    };
  },
});

/** What people asked, what tools of ours showed, and what was written; not what servers answered. */
function* textsOf(messages: readonly Message[]): Iterable<string> {
  const theirs = new Set<string>();
  for (const { role, content } of messages) {
    for (const block of content) {
      if (block.type === "tool_use" && isServerTool(block.name)) theirs.add(block.id);
      else if (block.type === "tool_use") yield* stringsIn(block.input);
      if (block.type === "tool_result" && !theirs.has(block.tool_use_id)) yield block.content;
      if (block.type === "text" && role === "user") yield block.text;
    }
  }
}

function* stringsIn(value: unknown): Iterable<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const one of Object.values(value)) yield* stringsIn(one);
}
