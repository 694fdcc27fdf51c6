/** What the agent of a run that writes no code hands in, and the names of the tools by which runs end. Judges nothing. */
import { z } from "zod";
import type { Paper } from "./paper.ts";
import type { Plan } from "./plan.ts";

/** Lines of a file, as an agent names them. */
const reference = z.object({
  file: z.string().trim().min(1).max(1_024).describe("absolute path below /repo"),
  line: z.number().int().min(1),
  end_line: z.number().int().min(1).nullable().describe("the last line, where it is more than one"),
});

export type Reference = z.infer<typeof reference>;

export const answerSchema = z.strictObject({
  answer: z
    .string()
    .trim()
    .min(1)
    .max(20_000)
    .describe("Markdown for whoever asked, the answer first; [1], [2] … stand for the references, by their place"),
  references: z.array(reference).max(60),
});

export type Answer = { readonly kind: "answer" } & z.infer<typeof answerSchema>;

/** Of a review: what the agent thinks of somebody's change, beside what checks show. */
export const opinionSchema = z.strictObject({
  summary: z
    .string()
    .trim()
    .min(1)
    .max(3_000)
    .describe("what the change does to the architecture, and what you would decide; a few sentences of Markdown"),
  comments: z
    .array(
      z.object({
        file: z.string().trim().min(1).max(1_024).describe("absolute path below /repo"),
        line: z.number().int().min(1).describe("of the file as it stands here; the diff must show it"),
        code: z.string().trim().min(1).max(500).describe("what stands on that line"),
        severity: z.enum(["critical", "high", "medium", "low"]),
        body: z.string().trim().min(1).max(2_000).describe("what is wrong, what comes of it, what would be right"),
      }),
    )
    .max(20),
});

export type PullOpinion = { readonly kind: "review" } & z.infer<typeof opinionSchema>;

/** By kind of run; a report of code is none of them. */
export type Submission = Answer | Plan | Paper | PullOpinion;

export const isSubmission = (report: object): report is Submission => "kind" in report;

/** SubmitReport and its kin: they end the conversation that calls them. */
export const endsRun = (tool: string): boolean => /^Submit[A-Z]/.test(tool);

/** What a tool hands in: `report` of SubmitReport. */
export const handedIn = (tool: string): string => tool.replace(/^Submit/, "").toLowerCase();
