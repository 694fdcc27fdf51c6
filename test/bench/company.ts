/** A run with company: the architect starts both subagents, makes a team and hears it; who speaks is told by the brief. */

import type { RequestBody } from "../support/messages-api/request.ts";
import type { Script, Step } from "../support/messages-api.ts";
import { scriptAt, turnOf, turns } from "./scenario.ts";

type Call = NonNullable<Step["tools"]>[number];

const call = (name: string, input: unknown): Call => ({ name, input });
const paths = turns.flatMap(({ kind, operations }) =>
  kind.includes("read") ? operations.flatMap((one) => ("path" in one ? [one.path] : [])) : [],
);
/** So many turns of one call each, from a place of one's own. */
const looking = (count: number, from: number): readonly (readonly Call[])[] =>
  Array.from({ length: count }, (_, turn) => {
    if (turn % 4 === 3) return [call("Grep", { pattern: "needle", path: "/repo/backend/app/api" })];
    return [call("Read", { file_path: `/repo/${paths[(from + turn) % paths.length]}` })];
  });

const nothing = { concerns: [], blockers: [], questions: [] };
const why = { status: "BLOCKED", summary: "It was a measurement.", blockers: ["Nothing was asked for."] };
const task = { description: "Measure", prompt: "Look at the files that you are given, and report." };

/** What the architect does between turns of the scenario, by the turn that it comes before. */
const between: Readonly<Record<number, readonly Call[]>> = {
  6: [call("Agent", { ...task, subagent_type: "database-engineer" })],
  12: [call("Agent", { ...task, subagent_type: "test-generator" })],
  17: [call("TeamCreate", { team_name: "measure" }), call("TaskCreate", { subject: "Look", description: "Look." })],
  18: [call("SendMessage", { to: "test-engineer", message: "Look at the services.", summary: "Look" })],
  24: [call("SendMessage", { to: "code-reviewer", message: "Look at the models.", summary: "Look" })],
};

/** What the others do, turn by turn. */
const parts: Readonly<Record<string, readonly (readonly Call[])[]>> = {
  migration: [
    ...looking(20, 2),
    [
      call("SubmitReport", {
        ...{ ...nothing, ...why, migrations_created: [], indexes_added: [], constraints_added: [] },
        recommendations: [],
      }),
    ],
  ],
  tests: [
    ...looking(20, 6),
    [call("SubmitReport", { ...nothing, ...why, tests_created: [], fixtures_created: [], edge_cases_covered: [] })],
  ],
  "test-engineer": looking(20, 10),
  "code-reviewer": looking(20, 14),
};

/** By number what is a turn of the scenario, the last number being its end. */
const leadTurns: readonly (readonly Call[] | number)[] = [
  ...turns.flatMap((_, turn) => [...(between[turn] ? [between[turn]] : []), turn]),
  turns.length,
];

/** @property role "lead", a subagent's kind, or a teammate's name */
export const briefOf = ({ messages }: RequestBody): { readonly role: string; readonly issue: number } => {
  const text = messages[0]?.content.map((block) => String(block["text"] ?? "")).join("\n") ?? "";
  const json = /^<brief-json>\n(.*)\n<\/brief-json>$/m.exec(text)?.[1] ?? "{}";
  const { kind = "", you, issue = 0 } = JSON.parse(json) as { kind?: string; you?: string; issue?: number };
  return { role: kind === "design" ? "lead" : (you ?? kind), issue };
};

const leadStep = scriptAt("/repo");

export const companyScript: Script = (body): Step => {
  const { role } = briefOf(body);
  if (role === "lead") {
    const turn = leadTurns[turnOf(body)] ?? turns.length;
    return typeof turn === "number" ? leadStep(body, turn) : { text: "Next.", tools: turn };
  }
  const tools = parts[role]?.[turnOf(body)];
  return tools ? { text: "Next.", tools } : { text: "That is all." };
};
