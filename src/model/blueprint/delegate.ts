/** Work for other agents: who may be started, what each is told, and what is left when they have handed back. */
import { z } from "zod";
import type { ToolSpec } from "../../domain/message.ts";
import { type Handoff, type Report, statuses } from "../../domain/report.ts";
import { iniIn, lookForAlembic } from "./alembic.ts";
import { readTagged } from "./brief.ts";
import { pathsOf } from "./calls.ts";
import type { Call, Plan, Result } from "./conversation.ts";

export type AgentName = "database-engineer" | "test-generator";

const agentSchema = z.object({ properties: z.object({ subagent_type: z.object({ enum: z.array(z.string()) }) }) });

/** The agents that the tools at hand can start; none where there is no Agent tool. */
export const agentsIn = (tools: readonly ToolSpec[]): ReadonlySet<string> =>
  new Set(
    agentSchema.safeParse(tools.find(({ name }) => name === "Agent")?.input_schema).data?.properties.subagent_type
      .enum ?? [],
  );

/** A part of the work for one agent; what it is told is also what a person is told where it stays open. */
export type Assignment = { readonly to: AgentName; readonly description: string; readonly prompt: string };

const resultSchema = z.object({
  status: z.enum(statuses),
  reason: z.string().nullish(),
  report: z
    .object({
      blockers: z.array(z.string()),
      concerns: z.array(z.string()),
      questions: z.array(z.object({ question: z.string() })),
    })
    .nullish(),
  findings: z.array(z.object({ severity: z.string(), message: z.string() })).default([]),
});

export type HandedBack = {
  readonly to: AgentName;
  readonly done: boolean;
  /** Why its part is open; empty where it is done. */
  readonly reason: string;
};

/** The JSON between `<subagent-json>` and `</subagent-json>`, as the tool answers. */
const readBack = (to: AgentName, result: Result | undefined): HandedBack => {
  const open = (reason: string): HandedBack => ({ to, done: false, reason: reason.slice(0, 1_500) });
  if (!result || result.failed) return open(result?.text ?? "it was not started");
  const tagged = readTagged(result.text, "subagent-json");
  const parsed = tagged.ok ? resultSchema.safeParse(tagged.value).data : undefined;
  if (!parsed) return open(result.text);
  const { status, report, reason, findings } = parsed;
  if (status === "DONE") return { to, done: true, reason: "" };
  const said = [
    ...(report?.blockers ?? []),
    ...(report?.questions ?? []).map(({ question }) => question),
    ...(report?.concerns ?? []),
    ...findings.filter(({ severity }) => severity !== "note").map(({ message }) => message),
    ...(reason ? [reason] : []),
  ];
  return open(`${status}: ${said[0] ?? "it did not say why"}`);
};

const callOf = ({ to, description, prompt }: Assignment): Call => ({
  name: "Agent",
  input: { description, prompt, subagent_type: to },
});

/** Parts of a report's hand-offs that an agent at hand can do, in the order in which they build on one another. */
export const assignmentsOf = (
  handoffs: readonly Handoff[],
  feature: string,
  agents: ReadonlySet<string>,
): Assignment[] =>
  (["database-engineer", "test-generator"] as const).flatMap((to) =>
    handoffs
      .filter((handoff) => handoff.to === to && !handoff.patch && agents.has(to))
      .map(({ task }) => ({
        to,
        description: to === "database-engineer" ? `Migration for ${feature}` : `Tests of ${feature}`,
        prompt: task,
      })),
  );

/** Does the repository keep migrations? Asked only where someone could write one. */
export function* findMigrations(handoffs: readonly Handoff[], agents: ReadonlySet<string>): Plan<readonly string[]> {
  if (assignmentsOf(handoffs, "", agents).every(({ to }) => to !== "database-engineer")) return [];
  const [found] = yield { text: "Does this repository keep migrations?", calls: [lookForAlembic] };
  return iniIn(pathsOf(found)) === undefined ? [] : pathsOf(found);
}

/** Starts them one after another; each sees what was written before it. */
export function* delegate(
  assignments: readonly Assignment[],
  moves: (at: number) => readonly Call[],
): Plan<HandedBack[]> {
  const back: HandedBack[] = [];
  for (const [at, assignment] of assignments.entries()) {
    const before = moves(at);
    const results = yield {
      text:
        assignment.to === "database-engineer"
          ? "The migration is the database engineer's work."
          : "The tests are the test generator's work.",
      calls: [...before, callOf(assignment)],
    };
    back.push(readBack(assignment.to, results[before.length]));
  }
  return back;
}

/** What is left for people: the parts of others, and those that an agent could not finish, each with its reason. */
export const openAfter = (
  handoffs: readonly Handoff[],
  back: readonly HandedBack[],
  migrations: "none" | "kept" | "unknown",
): Report["handoffs"] =>
  handoffs.flatMap((handoff): Handoff[] => {
    const result = back.find(({ to }) => to === handoff.to);
    if (result?.done) return [];
    if (result) return [{ ...handoff, task: `${result.reason} The task: ${handoff.task}`.slice(0, 4_000) }];
    if (handoff.to === "database-engineer" && migrations === "none")
      return [
        {
          ...handoff,
          task: `The repository keeps no Alembic migrations (I found no alembic.ini). Where tables are made in some other way at the start, nothing is to do; otherwise: ${handoff.task}`.slice(
            0,
            4_000,
          ),
        },
      ];
    return [handoff];
  });
