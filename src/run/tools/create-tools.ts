/** The tools that an agent holds: those of its definition that exist here, and the ones nobody can do without. */
import { anyServerTool, type Definition, type Library, type Skill } from "../../domain/definition.ts";
import type { ToolSpec } from "../../domain/message.ts";
import { endsRun } from "../../domain/submission.ts";
import type { Walls } from "../../ports.ts";
import { createAgent } from "./agent.ts";
import { createBash } from "./bash.ts";
import { createEdit } from "./edit.ts";
import { createExitWorktree, type Exit } from "./exit-worktree.ts";
import { createGlob } from "./glob.ts";
import { createGrep } from "./grep.ts";
import { createMultiEdit } from "./multi-edit.ts";
import { createRead } from "./read.ts";
import { createRecall, createRemember, type MemoryBox } from "./remember.ts";
import type { SeenFiles } from "./seen-files.ts";
import { createSendMessage, type Letter } from "./send-message.ts";
import { createServerTool, isServerTool, type ServerToolDeps } from "./server-tool.ts";
import { createSkill } from "./skill.ts";
import { createTaskCreate, type RaiseWork, type TaskBox } from "./task-create.ts";
import { createTaskGet } from "./task-get.ts";
import { createTaskList } from "./task-list.ts";
import { createTaskUpdate, type TeamTasks } from "./task-update.ts";
import { createTeamCreate, type WantedTeam } from "./team-create.ts";
import type { Tool } from "./tool.ts";
import { createWrite } from "./write.ts";

export type ToolDeps = {
  readonly walls: Walls;
  readonly definition: Definition;
  readonly library: Library;
  readonly seen: SeenFiles;
  readonly tasks: TaskBox;
  /** Of an agent that may correct what kind of work the run is; none where left out. */
  readonly raise?: RaiseWork | undefined;
  readonly bash: Omit<Parameters<typeof createBash>[0], "walls">;
  /** The memory of the repository; none where left out. */
  readonly memory?: MemoryBox | undefined;
  /** The agents that this one may start; none where left out. */
  readonly agent?: Parameters<typeof createAgent>[0] | undefined;
  /** Its place in a team; none where left out. */
  readonly team?: TeamTools | undefined;
  /** Of an agent that may give the work up; none where left out. */
  readonly exit?: Exit | undefined;
  /** Tools of servers that the operator named, as the model knows them; none where left out. */
  readonly servers?: (ServerToolDeps & { readonly specs: readonly ToolSpec[] }) | undefined;
  /** What ends the run: SubmitReport in the form that the agent's report has, or its like. */
  readonly submit: Tool;
};

type TeamTools = TeamTasks & {
  /** Of an agent that may make the team. */
  readonly create?: ((wanted: WantedTeam, callId: string) => Promise<string>) | undefined;
  readonly send: (letter: Letter, callId: string) => Promise<string>;
  readonly document: (path: string) => string | undefined;
};

/** Whoever lists tasks may also look one up; without the report no run could end; Agent is here only for whom it may start. */
const always = ["TaskGet", "Agent"];

/** Whether a tool of that name can be an agent's. */
export const isOffered = (
  { tools, disallowedTools = [] }: Pick<Definition, "tools" | "disallowedTools">,
  name: string,
): boolean => {
  if (isServerTool(name)) return tools.includes(anyServerTool);
  return !disallowedTools.includes(name) && (endsRun(name) || always.includes(name) || tools.includes(name));
};

/** Sorted by name, so that the same agent always shows a model the same bytes. */
export const createTools = (deps: ToolDeps): readonly Tool[] => {
  const { walls, seen, tasks, memory, servers } = deps;
  const skills = skillsOf(deps.library, deps.definition);
  const all = [
    createRead({ walls, seen, document: documentsOf(deps) }),
    createEdit({ walls, seen }),
    createMultiEdit({ walls, seen }),
    createWrite({ walls, seen }),
    createBash({ walls, ...deps.bash }),
    createGrep({ walls }),
    createGlob({ walls }),
    createTaskCreate(tasks, deps.raise),
    createTaskUpdate(tasks),
    createTaskList(tasks),
    createTaskGet(tasks),
    deps.submit,
    ...(skills.length > 0 ? [createSkill(skills, deps.library.repositorySkills)] : []),
    ...(deps.team?.create ? [createTeamCreate(deps.team.create)] : []),
    ...(deps.team ? [createSendMessage(deps.team.send)] : []),
    ...(deps.exit ? [createExitWorktree(deps.exit)] : []),
    ...(memory ? [createRemember(memory), createRecall(memory)] : []),
    ...(servers ? servers.specs.map((spec) => createServerTool(spec, servers)) : []),
    ...(deps.agent && deps.agent.agents.length > 0 ? [createAgent(deps.agent)] : []),
  ];
  return all
    .filter(({ spec }) => isOffered(deps.definition, spec.name))
    .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
};

/** Texts that an agent may Read although they lie outside the repository: the status protocol, its skills and its team's files. */
const documentsOf = ({ library, definition, team }: ToolDeps): ((path: string) => string | undefined) => {
  const texts = new Map([
    [`\${CLAUDE_PLUGIN_ROOT}/agents/shared/status-protocol.md`, library.statusProtocol],
    ...skillsOf(library, definition).map(
      ({ name, body }) => [`\${CLAUDE_PLUGIN_ROOT}/agents/skills/${name}/SKILL.md`, body] as const,
    ),
  ]);
  return (path) => texts.get(path) ?? team?.document(path);
};

const skillsOf = (library: Library, definition: Definition): readonly Skill[] =>
  definition.skills.map((name) => library.skills.get(name)).filter((skill) => skill !== undefined);
