/** An agent's definition and a skill: the frontmatter and the text of the files under `agents/`. Touches no disk. */
import { z } from "zod";
import { parseFrontmatter } from "./frontmatter.ts";
import { type Boundary, canonPath } from "./policy.ts";

/** Upper bounds of tool calls by kind of work (the specification's Resource Scaling). */
type Budgets = {
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
  /** Never its own, whatever else would give them to it. */
  readonly disallowedTools?: readonly string[] | undefined;
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
  /** Those of the repository that a run is about: they stand over ours of the same name. None where left out. */
  readonly repositorySkills?: ReadonlyMap<string, Skill> | undefined;
};

/** Every tool that a definition may name; which of them a run offers is the run's matter. */
const toolNames: ReadonlySet<string> = new Set([
  ...["Read", "Edit", "MultiEdit", "Write", "Bash", "Grep", "Glob"],
  ...["TaskCreate", "TaskUpdate", "TaskList", "TaskGet", "SubmitReport"],
  ...["TeamCreate", "SendMessage", "ExitWorktree", "Skill", "Remember", "Recall"],
]);

/** Among an agent's tools: those of all servers that the operator names. */
export const anyServerTool = "mcp__*";

const name = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be kebab-case, at most 64 characters, such as backend-system-architect");

const description = z.string().trim().min(1, "must say what it is and when it is used").max(1_024);

const agentTool = /^Agent\(([a-z0-9-]+(?:, ?[a-z0-9-]+)*)\)$/;

const tool = z.string().refine((text) => toolNames.has(text) || text === anyServerTool || agentTool.test(text), {
  error: ({ input }) =>
    `names no tool: "${input}". There are: ${[...toolNames].join(", ")}, Agent(<agent>), ${anyServerTool}`,
});

const agentsOf = (entry: string): readonly string[] => agentTool.exec(entry)?.[1]?.split(/, ?/) ?? [];

/** The agents that an agent may start: of `Agent(a)` and `Agent(a, b)` among its tools. */
export const subagentsOf = ({ tools }: Pick<Definition, "tools">): readonly string[] => [
  ...new Set(tools.flatMap(agentsOf)),
];

const folder = z.string().superRefine((text, context) => {
  const canon = canonPath(text);
  if (canon.ok && canon.path === text) return;
  const right = canonPath(text.replace(/^\.?\/+/, "").replace(/\/+(\*\*)?$/, ""));
  const hint = right.ok ? `: write ${right.path}` : "";
  context.addIssue({ code: "custom", message: `must be a folder of the repository in its canonical spelling${hint}` });
});

const unique = <T extends z.ZodType<string>>(entry: T) =>
  z.array(entry).superRefine((list, context) => {
    const twice = list.findIndex((one, index) => list.indexOf(one) !== index);
    if (twice >= 0) context.addIssue({ code: "custom", path: [twice], message: `stands twice: "${list[twice]}"` });
  });

const calls = z.number().int().min(1).max(1_000);

const definitionSchema = z.strictObject({
  name,
  description,
  model: z.string().regex(/^[\w.:/@-]{1,200}$/, "must be a model id, or inherit"),
  effort: z.enum(["low", "medium", "high", "xhigh", "max"]),
  maxTurns: z.number().int().min(1).max(500),
  tools: unique(tool).min(1),
  disallowedTools: unique(tool).optional(),
  skills: unique(name),
  boundary: z.strictObject({ allowed: unique(folder), forbidden: unique(folder) }),
  budgets: z.strictObject({ "single-endpoint": calls, crud: calls, microservice: calls, authentication: calls }),
});

const baseName = (file: string): string => file.split("/").at(-1)?.replace(/\.md$/, "") ?? "";

/**
 * @param file as people find it; its name is the agent's @param skills that there are, where they are known
 * @param startable agents that there are and that another may start, where they are known
 * @throws DefinitionError with the file, the line and what is wrong
 */
export const parseDefinition = (
  file: string,
  text: string,
  skills?: ReadonlySet<string>,
  startable?: ReadonlySet<string>,
): Definition => {
  const { data, body, bodyLine, errorAt } = parseFrontmatter(file, text, definitionSchema);
  if (data.name !== baseName(file)) throw errorAt(["name"], `must be the file's name, "${baseName(file)}"`);
  const missing = skills ? data.skills.findIndex((skill) => !skills.has(skill)) : -1;
  if (missing >= 0) throw errorAt(["skills", missing], `names no skill: there is no ${data.skills[missing]}/SKILL.md`);
  const odd = startable ? data.tools.findIndex((entry) => agentsOf(entry).some((agent) => !startable.has(agent))) : -1;
  if (odd >= 0)
    throw errorAt(
      ["tools", odd],
      `names an agent that cannot be started: "${data.tools[odd]}". Those that can are: ${[...(startable ?? [])].join(", ") || "none"}`,
    );
  const both = (data.disallowedTools ?? []).findIndex((entry) => data.tools.includes(entry));
  if (both >= 0) throw errorAt(["disallowedTools", both], `stands among its tools: "${data.disallowedTools?.[both]}"`);
  if (body.trim() === "") throw errorAt([], `has no directive below the frontmatter (line ${bodyLine})`);
  return { ...data, directive: body.trim() };
};

/** Of a skill, whoever wrote it. */
export const skillKeys = { name, description };

/** The Agent Skills format (https://agentskills.io/specification), read strictly. */
const skillSchema = z.strictObject({
  name,
  description,
  license: z.string().optional(),
  compatibility: z.string().max(500).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  "allowed-tools": z.string().optional(),
});

export const maxSkillLines = 500;
/** About 5,000 tokens. */
export const maxSkillCharacters = 20_000;

/**
 * @param file `…/<name>/SKILL.md`; the folder's name is the skill's
 * @throws DefinitionError with the file, the line and what is wrong
 */
export const parseSkill = (file: string, text: string): Skill => {
  const { data, body, errorAt } = parseFrontmatter(file, text, skillSchema);
  const folderName = file.split("/").at(-2) ?? "";
  if (data.name !== folderName) throw errorAt(["name"], `must be the folder's name, "${folderName}"`);
  const lines = body.trim().split("\n").length;
  if (body.trim() === "") throw errorAt([], "has no text below the frontmatter");
  if (lines > maxSkillLines || body.length > maxSkillCharacters)
    throw errorAt(
      [],
      `is too long for a skill: ${lines} lines and ${body.length} characters of at most ${maxSkillLines} and ${maxSkillCharacters}`,
    );
  return { name: data.name, description: data.description, body: body.trim() };
};
