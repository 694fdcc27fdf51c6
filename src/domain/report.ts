/** The report: what the agent submits at the end. Every statement in it is a claim until our own code has checked it. */
import { z } from "zod";
import { graphqlKinds } from "./facts.ts";

export const statuses = ["DONE", "DONE_WITH_CONCERNS", "BLOCKED", "NEEDS_CONTEXT"] as const;
export type Status = (typeof statuses)[number];

const text = z.string().trim().min(1).max(4_000);
const short = z.string().trim().min(1).max(300);

const endpoint = z.object({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
  path: z
    .string()
    .regex(/^\/\S*$/, "an absolute URL path such as /api/v1/auth/register")
    .max(300),
  auth: short.describe("none, bearer, api-key … as the route's dependencies demand it"),
  rate_limit: short.nullable().describe("N/period as enforced in code, such as 5/min; null when none is in force"),
});

const model = z.object({ name: short, table: short, fields: z.array(short).max(200) });

const graphql = z.object({ kind: z.enum(graphqlKinds), name: short });

const middleware = z.object({ name: short, config: z.record(z.string(), z.unknown()) });

const decision = z.object({
  title: z.string().trim().min(3).max(100),
  rationale: text,
  category: z.enum([
    "architecture",
    "api-design",
    "database-schema",
    "security",
    "performance",
    "testing",
    "workflow",
    "integration",
  ]),
  impact: z.enum(["high", "medium", "low"]),
  alternatives: z.array(z.object({ option: short, rejected_because: text })).max(10),
});

const handoff = z.object({
  to: short.describe("the agent or person who owns it: database-engineer, test-generator, maintainer …"),
  task: text,
  /** An exact change outside the boundaries that a maintainer can apply as it is. */
  patch: z.object({ path: short, diff: z.string().min(1).max(20_000) }).optional(),
});

const question = z.object({ question: text, options: z.array(short).max(8) });

const threadAnswer = z.object({
  comment_id: z.number().int().positive(),
  outcome: z.enum(["changed", "declined", "question"]),
  answer: text,
});

/** Status comes first: it is what people read first. */
export const reportSchema = z.strictObject({
  status: z.enum(statuses),
  feature: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "kebab-case, such as user-registration")
    .max(80),
  summary: text.describe("two or three sentences for the reviewer: what was built and how"),
  endpoints_created: z.array(endpoint).max(100),
  graphql_created: z.array(graphql).max(100).default([]).describe("Strawberry, by the names in its schema"),
  models_created: z.array(model).max(100),
  middleware_added: z.array(middleware).max(50),
  security_measures: z.array(text).max(50),
  test_commands: z.array(text).max(50),
  documentation: z.object({ openapi_updated: z.boolean(), postman_collection: short.nullable() }),
  decisions: z.array(decision).max(30),
  concerns: z.array(text).max(50),
  blockers: z.array(text).max(50),
  questions: z.array(question).max(20),
  handoffs: z.array(handoff).max(50),
  threads: z.array(threadAnswer).max(100).default([]).describe("on a follow-up: one answer for each review comment"),
});

export type Report = z.infer<typeof reportSchema>;
export type Handoff = Report["handoffs"][number];
export type ReportDecision = Report["decisions"][number];

const rank: Record<Status, number> = { DONE: 0, DONE_WITH_CONCERNS: 1, NEEDS_CONTEXT: 2, BLOCKED: 3 };

/** The worse of two: a status may only get worse on its way to people. */
export const worse = (a: Status, b: Status): Status => (rank[a] >= rank[b] ? a : b);

const endedEarly = "The run ended before the agent handed in a report. What it had written by then is kept as it was.";

/** Written by our code where a run ended without a report: says why, claims nothing. */
export const blockedReport = (title: string, reason: string, summary = endedEarly): Report => ({
  status: "BLOCKED",
  feature:
    title
      .normalize("NFKD")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .slice(0, 60)
      .replace(/^-+|-+$/g, "") || "request",
  summary,
  endpoints_created: [],
  graphql_created: [],
  models_created: [],
  middleware_added: [],
  security_measures: [],
  test_commands: [],
  documentation: { openapi_updated: false, postman_collection: null },
  decisions: [],
  concerns: [],
  blockers: [reason.slice(0, 4_000)],
  questions: [],
  handoffs: [],
  threads: [],
});
