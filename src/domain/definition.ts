/** An agent's definition: the frontmatter and the directive of `agents/<name>.md`. */
import type { Boundary } from "./policy.ts";

/** Upper bounds of tool calls by kind of work (the specification's Resource Scaling). */
export type Budgets = {
  readonly "single-endpoint": number;
  readonly crud: number;
  readonly microservice: number;
  readonly authentication: number;
};

export type WorkKind = keyof Budgets;

export type Definition = {
  readonly name: string;
  readonly description: string;
  /** A model id, or `inherit`. */
  readonly model: string;
  readonly effort: "low" | "medium" | "high" | "xhigh" | "max";
  readonly maxTurns: number;
  readonly tools: readonly string[];
  readonly skills: readonly string[];
  readonly boundary: Boundary;
  readonly budgets: Budgets;
  /** The directive: Markdown after the frontmatter, the system prompt of the agent. */
  readonly directive: string;
};

export type Skill = { readonly name: string; readonly description: string; readonly body: string };

/** What stands under `agents/`, read and checked at start. */
export type Library = {
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly skills: ReadonlyMap<string, Skill>;
  /** Text of `agents/shared/status-protocol.md`. */
  readonly statusProtocol: string;
};
