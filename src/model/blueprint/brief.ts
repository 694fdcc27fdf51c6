/** The machine-readable part of the brief: what the blueprint may know of the request. Everything else in the text is prose. */
import { z } from "zod";
import { toldAnswers } from "../../domain/answered.ts";
import { reportSchema } from "../../domain/report.ts";

const briefSchema = z.object({
  kind: z.enum(["design", "follow-up", "paper", "answer", "plan"]),
  request: z.object({ title: z.string(), body: z.string() }),
  issue: z.number().int(),
  context: z.object({ title: z.string(), body: z.string() }).optional(),
  boundary: z.object({ allowed: z.array(z.string()), forbidden: z.array(z.string()) }),
  decisions: z.array(z.object({ id: z.string(), title: z.string(), rationale: z.string() })).default([]),
  configFile: z.string().default(".github/architect.yml"),
  pull: z.object({ number: z.number().int(), branch: z.string() }).optional(),
  report: reportSchema.optional(),
  checks: z.object({ failed: z.array(z.object({ name: z.string(), reason: z.string() })) }).optional(),
  answers: toldAnswers.default([]),
  images: z.object({ leftOut: z.array(z.string()) }).optional(),
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
          suggestion: z.object({ applied: z.boolean() }).optional(),
        }),
      ),
    })
    .optional(),
});

const commands = z.object({ test: z.array(z.string()).default([]) }).optional();

const childBriefSchema = z.object({
  kind: z.enum(["migration", "tests"]),
  issue: z.number().int(),
  prompt: z.string(),
  boundary: z.object({ allowed: z.array(z.string()), forbidden: z.array(z.string()) }),
  configFile: z.string().default(".github/architect.yml"),
  commands,
  changed: z.array(z.object({ path: z.string(), kind: z.string() })).default([]),
});

export type BlueprintBrief = z.infer<typeof briefSchema>;
/** What another agent asks of this one. */
export type ChildBrief = z.infer<typeof childBriefSchema>;

const anyBriefSchema = z.discriminatedUnion("kind", [briefSchema, childBriefSchema]);

type Tagged = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

/** The JSON between the lines `<tag>` and `</tag>`; a sentence of what is wrong with it otherwise. */
export const readTagged = (text: string, tag: "brief-json" | "subagent-json"): Tagged => {
  const block = new RegExp(`^<${tag}>\\n([\\s\\S]*?)\\n</${tag}>$`, "m").exec(text)?.[1];
  if (block === undefined) return { ok: false, reason: `there is no <${tag}> block` };
  try {
    return { ok: true, value: JSON.parse(block) };
  } catch (error) {
    return { ok: false, reason: `the <${tag}> block is no JSON: ${(error as Error).message}` };
  }
};

export const parseBrief = (
  text: string,
): { ok: true; brief: BlueprintBrief | ChildBrief } | { ok: false; reason: string } => {
  const tagged = readTagged(text, "brief-json");
  if (!tagged.ok) return tagged;
  const parsed = anyBriefSchema.safeParse(tagged.value);
  return parsed.success
    ? { ok: true, brief: parsed.data }
    : { ok: false, reason: `the brief has another shape: ${z.prettifyError(parsed.error)}` };
};
