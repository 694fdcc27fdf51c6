/** Each class of work keeps to its range of tool calls: over what the blueprint really calls, its subagents in slices of their own. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadLibrary } from "../../../src/app/library.ts";
import { classifyWork } from "../../../src/domain/budget.ts";
import type { WorkKind } from "../../../src/domain/definition.ts";
import { counted, drive, openWorkbench } from "../../support/blueprint-driver.ts";
import { pythonOrSkip } from "../../support/python.ts";

const python = pythonOrSkip();
const library = await loadLibrary(join(import.meta.dirname, "../../../agents"));
const budgetsOf = (agent: string) => library.definitions.get(agent)?.budgets;

/** The specification's: from, to. */
const ranges: Readonly<Record<WorkKind, readonly [number, number]>> = {
  "single-endpoint": [10, 15],
  crud: [25, 40],
  authentication: [40, 60],
  microservice: [50, 80],
};
const both = {
  "database-engineer": { allowed: ["backend/alembic"], forbidden: [] },
  "test-generator": { allowed: ["backend/tests"], forbidden: [] },
};

test("the architect's budgets are the upper ends of the specification's ranges", () => {
  expect(budgetsOf("backend-system-architect")).toEqual(
    Object.fromEntries(Object.entries(ranges).map(([kind, [, most]]) => [kind, most])),
  );
});

test.skipIf(!python).each<[WorkKind, string]>([
  ["single-endpoint", "GET /api/v1/health/ready returns {status: str}"],
  ["crud", "CRUD for invoices with number: str, amount: decimal, due_date: date"],
  ["authentication", "Create user registration endpoint"],
  ["authentication", "Create user registration, login and refresh endpoints"],
])("%s: “%s” stays within its class, and so does each subagent", async (kind, request) => {
  using bench = await openWorkbench("shop");
  const driven = await drive(bench, request, "", { python, agents: both });
  expect(classifyWork(request)).toBe(kind);
  expect(driven.report.status).toMatch(/^DONE/);
  expect(counted(driven)).toBeLessThanOrEqual(ranges[kind][1]);
  expect(driven.children.length).toBeGreaterThan(0);
  const whole = counted(driven) + driven.children.reduce((sum, child) => sum + counted(child), 0);
  expect(whole).toBeGreaterThanOrEqual(ranges[kind][0]);
  for (const child of driven.children)
    expect(counted(child), child.agent).toBeLessThanOrEqual(budgetsOf(child.agent)?.[kind] ?? 0);
});

test("microservice: what the blueprint cannot build it asks about, without a call", async () => {
  using bench = await openWorkbench("shop");
  const request = "Design an order-processing microservice with an event-driven saga";
  const driven = await drive(bench, request, "", { python });
  expect(classifyWork(request)).toBe("microservice");
  expect(driven.report.status).toBe("NEEDS_CONTEXT");
  expect(counted(driven)).toBe(0);
});
