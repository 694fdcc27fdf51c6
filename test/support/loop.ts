/** A run of the loop over memory walls and a scripted model, with every event it stored. */
import { type Limits, limitsFor } from "../../src/domain/budget.ts";
import type { Definition, Library } from "../../src/domain/definition.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import type { Spend } from "../../src/domain/outcome.ts";
import type { Report } from "../../src/domain/report.ts";
import type { Walls } from "../../src/ports.ts";
import type { LoopDeps, LoopEnd } from "../../src/run/context.ts";
import { runLoop } from "../../src/run/loop.ts";
import type { ResumeState } from "../../src/run/resume.ts";
import { architectForm, createSubmitReport, type Judge } from "../../src/run/tools/submit-report.ts";
import type { MemoryWalls } from "./memory-walls.ts";
import type { ScriptedCast, ScriptedModel } from "./scripted-model.ts";

export const testDefinition: Definition = {
  name: "test-architect",
  description: "Designs for tests.",
  model: "inherit",
  effort: "medium",
  maxTurns: 20,
  tools: ["Read", "Edit", "MultiEdit", "Write", "Bash", "Grep", "Glob", "TaskCreate", "TaskUpdate", "TaskList"],
  skills: ["api-design"],
  boundary: { allowed: ["app/api", "app/models"], forbidden: ["frontend"] },
  budgets: { "single-endpoint": 15, crud: 40, microservice: 80, authentication: 60 },
  directive: "Design and implement.",
};

export const testLibrary: Library = {
  definitions: new Map([[testDefinition.name, testDefinition]]),
  skills: new Map([["api-design", { name: "api-design", description: "APIs", body: "Use nouns." }]]),
  statusProtocol: "Four words.",
};

export type TestRun = {
  readonly end: LoopEnd;
  readonly events: readonly RunEvent[];
  /** One entry an append: the types that were stored together. */
  readonly appends: readonly string[];
  readonly spends: readonly Spend[];
};

type Options = Partial<Omit<LoopDeps, "limits" | "resume">> & {
  /** What the door makes of a report; where left out it accepts it. */
  readonly judge?: Judge<Report>;
  readonly limits?: Partial<Limits>;
  readonly resume?: ResumeState | undefined;
};

/** What the loop needs, with everything that a test does not care about filled in. */
export const loopDeps = (
  model: ScriptedModel | ScriptedCast,
  walls: Walls & Partial<Pick<MemoryWalls, "collect">>,
  { judge = async (report) => ({ accepted: true, report, findings: [] }), ...options }: Options = {},
): LoopDeps & { readonly stored: { events: RunEvent[]; appends: string[]; spends: Spend[] } } => {
  const stored = { events: [] as RunEvent[], appends: [] as string[], spends: [] as Spend[] };
  return {
    model,
    walls,
    definition: testDefinition,
    library: testLibrary,
    commit: "c".repeat(40),
    base: "b".repeat(40),
    system: "You are a test.",
    firstMessage: { role: "user", content: [{ type: "text", text: "Do it." }] },
    clock: () => new Date("2026-11-25T12:00:00Z"),
    record: async (events, spend) => {
      stored.events.push(...structuredClone(events));
      stored.appends.push(events.map((event) => event.type).join(" "));
      stored.spends.push(spend);
    },
    checkpoint: async () => walls.collect?.() ?? { changeset: [], refused: [] },
    submit: (door) => createSubmitReport({ door, form: architectForm, judge }),
    redact: (text) => text,
    signal: new AbortController().signal,
    ...options,
    limits: { ...limitsFor(testDefinition, "single-endpoint", { tokens: 1e9, usd: 100 }), ...options.limits },
    stored,
  };
};

export const runTest = async (...args: Parameters<typeof loopDeps>): Promise<TestRun> => {
  const deps = loopDeps(...args);
  const end = await runLoop(deps);
  return { end, ...deps.stored };
};
