/** The machine-readable part of the brief: what the blueprint may know of the request. Everything else in the text is prose. */
import { z } from "zod";
import { reportSchema } from "../../domain/report.ts";

const briefSchema = z.object({
  kind: z.enum(["design", "follow-up"]),
  request: z.object({ title: z.string(), body: z.string() }),
  issue: z.number().int(),
  context: z.object({ title: z.string(), body: z.string() }).optional(),
  boundary: z.object({ allowed: z.array(z.string()), forbidden: z.array(z.string()) }),
  decisions: z.array(z.object({ id: z.string(), title: z.string(), rationale: z.string() })).default([]),
  configFile: z.string().default(".github/architect.yml"),
  pull: z.object({ number: z.number().int(), branch: z.string() }).optional(),
  report: reportSchema.optional(),
  review: z
    .object({
      body: z.string(),
      comments: z.array(
        z.object({
          id: z.number().int(),
          path: z.string(),
          line: z.number().int().optional(),
          hunk: z.string().default(""),
          body: z.string(),
        }),
      ),
    })
    .optional(),
});

export type BlueprintBrief = z.infer<typeof briefSchema>;

/** The JSON between the lines `<brief-json>` and `</brief-json>`; a sentence of what is wrong with it otherwise. */
export const parseBrief = (text: string): { ok: true; brief: BlueprintBrief } | { ok: false; reason: string } => {
  const block = /^<brief-json>\n([\s\S]*?)\n<\/brief-json>$/m.exec(text)?.[1];
  if (block === undefined) return { ok: false, reason: "the first message has no <brief-json> block" };
  let value: unknown;
  try {
    value = JSON.parse(block);
  } catch (error) {
    return { ok: false, reason: `the <brief-json> block is no JSON: ${(error as Error).message}` };
  }
  const parsed = briefSchema.safeParse(value);
  return parsed.success
    ? { ok: true, brief: parsed.data }
    : { ok: false, reason: `the brief has another shape: ${z.prettifyError(parsed.error)}` };
};
