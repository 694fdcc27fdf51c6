/** What agents decided, finished and left open, as it stands in `state.json`: every shape in the wild read into one. */
import { z } from "zod";
import { canonicalJson, isObject, parseJson } from "./json.ts";

export const statePath = ".claude/context/session/state.json";

/** One entry of any list of the file: unknown keys stay. */
const agentDecision = z.preprocess(
  (raw) => (typeof raw === "string" ? { decision: raw } : raw),
  z.looseObject({ id: z.string().optional(), decision: z.string().optional() }),
);

const completed = z.preprocess(
  (raw) => (typeof raw === "string" ? { task: raw } : raw),
  z.looseObject({ run: z.string().optional(), issue: z.number().optional() }),
);

const pending = z.preprocess(
  (raw) => (typeof raw === "string" ? { task: raw } : raw),
  z.looseObject({
    task: z.string().default(""),
    priority: z.string().default("medium"),
    blocking: z.boolean().default(false),
    blockers: z.preprocess((raw) => (typeof raw === "string" ? [raw] : raw), z.array(z.unknown())).default([]),
    run: z.string().optional(),
    issue: z.number().optional(),
  }),
);

/** An agent's decisions: a list, or the one object that older programs keep. */
const ofAgent = z.preprocess((raw) => (Array.isArray(raw) ? raw : [raw]), z.array(agentDecision));

const stateSchema = z.looseObject({
  schema_version: z.string().default("2.0.0"),
  agent_decisions: z.record(z.string(), ofAgent).default({}),
  tasks_completed: z.array(completed).default([]),
  tasks_pending: z.array(pending).default([]),
});

export type State = z.infer<typeof stateSchema>;

export type StateFile = {
  readonly state: State;
  /** What is wrong with the file. `state` then holds what could be read, and the file must be set aside. */
  readonly broken?: string;
};

const emptyState: State = {
  schema_version: "2.0.0",
  agent_decisions: {},
  tasks_completed: [],
  tasks_pending: [],
};

/** Reads `state.json` in any of its shapes; never throws. */
export const parseState = (text: string | undefined): StateFile => {
  const { value, problem } = parseJson(text);
  if (problem !== undefined) return { state: emptyState, broken: problem };
  if (value === undefined) return { state: emptyState };
  if (!isObject(value)) return { state: emptyState, broken: "it holds no JSON object" };
  const whole = Object.fromEntries(
    Object.entries(value).filter(([key, inner]) => inner !== null || !(key in emptyState)),
  );
  const parsed = stateSchema.safeParse(whole);
  if (parsed.success) return { state: parsed.data };
  const bad = new Set(parsed.error.issues.map((issue) => String(issue.path[0])));
  const rest = stateSchema.safeParse(Object.fromEntries(Object.entries(whole).filter(([key]) => !bad.has(key))));
  return {
    state: rest.success ? rest.data : emptyState,
    broken: `\`${[...bad].join("`, `")}\` does not have the form that was expected`,
  };
};

/** Of finished tasks, and of what one agent decided: older decisions stand in `active.json` all the same. */
export const maxListed = 50;

export const renderState = (state: State): string =>
  canonicalJson({ ...state, tasks_completed: state.tasks_completed.slice(-maxListed) });
