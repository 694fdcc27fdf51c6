/** What subagents hand in: one report for each kind of them, as full of claims as the architect's until our own code has checked it. */
import { z } from "zod";
import { type Report, statuses } from "./report.ts";
import type { ReviewReport } from "./review.ts";
import type { Submission } from "./submission.ts";

const text = z.string().trim().min(1).max(4_000);
const short = z.string().trim().min(1).max(300);
const path = z.string().trim().min(1).max(1_024).describe("absolute path below /repo");

const head = {
  status: z.enum(statuses),
  summary: text.describe("two or three sentences: what was made and how it was tried"),
};

const tail = {
  concerns: z.array(text).max(50),
  blockers: z.array(text).max(50),
  questions: z.array(z.object({ question: text, options: z.array(short).max(8) })).max(20),
};

const index = z.object({ table: short, column: short, type: short, reason: text });
const constraint = z.object({ table: short, constraint: short, type: short, definition: text });

export const databaseReportSchema = z.strictObject({
  ...head,
  migrations_created: z.array(path).max(50),
  indexes_added: z.array(index).max(100),
  constraints_added: z.array(constraint).max(100),
  recommendations: z.array(text).max(50).describe("for people: when and how to run it, what to watch"),
  ...tail,
});

const testFile = z.object({ file: path, tests: z.array(short).min(1).max(200).describe("names of test functions") });

export const testReportSchema = z.strictObject({
  ...head,
  tests_created: z.array(testFile).max(100),
  fixtures_created: z.array(short).max(100),
  edge_cases_covered: z.array(text).max(100),
  ...tail,
});

export type DatabaseReport = z.infer<typeof databaseReportSchema>;
export type TestReport = z.infer<typeof testReportSchema>;
export type ChildReport = DatabaseReport | TestReport;

/** Whatever a conversation may end with. */
export type SubmittedReport = Report | ChildReport | ReviewReport | Submission;

/** The agents that another may start, and what the brief of each is called. */
export const childKinds = { "database-engineer": "migration", "test-generator": "tests" } as const;

export type ChildName = keyof typeof childKinds;
export type ChildKind = (typeof childKinds)[ChildName];

export const childNames = Object.keys(childKinds) as readonly ChildName[];

export const isChildName = (agent: string): agent is ChildName => Object.hasOwn(childKinds, agent);
