/** A plan: what the agent of a `plan` run hands in, how it is stored, and the hash by which people approve it. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Answered } from "./answered.ts";
import type { WorkKind } from "./definition.ts";
import { canonicalJson } from "./memory/json.ts";

const text = (max: number) => z.string().trim().min(1).max(max);
const short = text(300);
const path = text(1_024).describe(
  "absolute path below /repo; of a new file whose name is not known yet, its folder with / at the end",
);

const workKinds = ["single-endpoint", "crud", "microservice", "authentication"] as const satisfies readonly WorkKind[];

const step = z.object({ title: text(200), detail: text(1_500), files: z.array(path).max(20) });

const file = z.object({
  file: path,
  change: z.enum(["create", "modify", "delete"]),
  why: short,
  handoff: short.nullable().describe("whose it is where it lies outside the boundary: database-engineer, maintainer …"),
});

const operation = z.object({
  operation: z
    .string()
    .regex(
      /^(?:(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \/\S*|(?:query|mutation|subscription) \w+)$/,
      "a method and a full path such as POST /api/v1/orders, or a GraphQL field such as mutation createOrder",
    )
    .max(300),
  change: z.enum(["new", "changed", "removed"]),
  auth: short.describe("none, bearer, api-key …"),
  rate_limit: short.nullable().describe("N/period such as 5/min; null for none"),
  request: short.nullable().describe("the body's schema with its fields, or the query's parameters"),
  response: short.describe("status code and what comes back"),
});

const question = z.object({ question: text(500), options: z.array(short).max(8) });

export const planSchema = z.strictObject({
  summary: text(2_000).describe("two or three sentences: what is there once the plan is carried out"),
  work: z.enum(workKinds).describe("what carrying it out is; its budget follows from that"),
  steps: z.array(step).max(20).describe("none only where nothing can be planned before the questions are answered"),
  files: z.array(file).max(60).describe("every file that is touched, those of hand-offs too"),
  contract: z.array(operation).max(40).describe("every operation that comes, changes or goes"),
  questions: z
    .array(question)
    .max(10)
    .describe("what neither code nor request decides and what would change the plan, each with its options"),
  risks: z.array(text(1_000)).max(10),
});

export type PlanContent = z.infer<typeof planSchema>;
export type Plan = { readonly kind: "plan" } & PlanContent;

/** The text that a plan was made for. */
export type PlannedFor = {
  /** Behind the command, as it was written; empty where the issue itself is meant. */
  readonly request: string;
  /** Of the issue or pull request, as they were delivered. */
  readonly title: string;
  readonly body: string;
  /** What people answered to the questions of the plans before it. */
  readonly answers?: readonly Answered[];
};

export type StoredPlan = {
  /** Of the plan and of the text that it was made for, as hexadecimal digits. */
  readonly hash: string;
  readonly plan: PlanContent;
  readonly for: PlannedFor;
  /** Where it is to go, if that was named. */
  readonly base?: string;
  /** What it rests on: blob ids of its files by path; null where there was none. */
  readonly files: Readonly<Record<string, string | null>>;
  /** The comment that people read it in, and the fingerprint of what was written there. */
  readonly shown: { readonly comment: number; readonly sha256: string };
};

/** Of these digits so many are shown; so few are enough to name a plan. */
const shownDigits = 12;

export const shownHash = ({ hash }: Pick<StoredPlan, "hash">): string => hash.slice(0, shownDigits);

export const hashPlan = (plan: PlanContent, given: PlannedFor): string =>
  createHash("sha256")
    .update(canonicalJson({ plan, for: given }))
    .digest("hex");

/** What an agent's paths mean in the repository; a folder keeps its slash. */
export const plannedPath = (file: string): string => file.replace(/^(\/repo\/|\.\/)/, "");

/** It stands for new files in it, whose names nobody knows yet. */
export const isFolder = (file: string): boolean => file.endsWith("/");

/** Of a comment's text, whatever GitHub makes of line ends. */
export const fingerprint = (body: string): string =>
  createHash("sha256").update(body.replaceAll("\r\n", "\n").trim()).digest("hex");
