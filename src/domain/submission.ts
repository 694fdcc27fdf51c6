/** What the agent of a run that writes no code hands in, and the names of the tools by which runs end. Judges nothing. */
import { z } from "zod";

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

/** By kind of run; a report of code is none of them. */
export type Submission = Answer;

export const isSubmission = (report: object): report is Submission => "kind" in report;

/** SubmitReport and its kin: they end the conversation that calls them. */
export const endsRun = (tool: string): boolean => /^Submit[A-Z]/.test(tool);

/** What a tool hands in: `report` of SubmitReport. */
export const handedIn = (tool: string): string => tool.replace(/^Submit/, "").toLowerCase();
