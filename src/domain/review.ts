/** The report of a code reviewer, and the gate that our own code makes of it. */
import { z } from "zod";

const text = z.string().trim().min(1).max(4_000);
const short = z.string().trim().min(1).max(300);

const check = z.object({
  name: z.enum(["linting", "formatting", "type_check", "tests", "security", "other"]),
  command: text.describe("as you ran it"),
  exit_code: z.number().int(),
});

const finding = z.object({
  severity: z.enum(["critical", "high", "medium", "low"]),
  file: z.string().trim().min(1).max(1_024).describe("absolute path below /repo"),
  line: z.number().int().min(1).nullable(),
  issue: text,
  recommendation: text,
});

export const reviewReportSchema = z.strictObject({
  summary: text.describe("two or three sentences: what was reviewed and what stands out"),
  review: z.object({ target: short, scope: z.array(short).max(100).describe("the files that you read") }),
  automated_checks: z.array(check).max(30),
  manual_findings: z.array(finding).max(100),
  approval: z.object({
    status: z.enum(["APPROVED", "APPROVED_WITH_FINDINGS", "REJECTED"]),
    blockers: z.array(text).max(50),
    warnings: z.array(text).max(50),
  }),
});

export type ReviewReport = z.infer<typeof reviewReportSchema>;

/** A review as it was accepted. */
export type Review = {
  readonly report: ReviewReport;
  /** Why it blocks, each a sentence; empty where it does not. */
  readonly blocks: readonly string[];
  /** `treeHash` of the files that it is about. */
  readonly tree: string;
};

export const isReview = (report: object): report is ReviewReport => "manual_findings" in report;
