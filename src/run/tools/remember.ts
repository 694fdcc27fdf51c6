/** Remember and Recall: the memory of the repository during a run. The App alone writes it, with the pull request. */
import { z } from "zod";
import { ToolError } from "../../domain/errors.ts";
import { type Decision, selectDecisions } from "../../domain/memory.ts";
import { considerEntry, memoryCategories } from "../../domain/remember.ts";
import type { ReportDecision } from "../../domain/report.ts";
import { defineTool, type Tool } from "./tool.ts";

export type MemoryBox = {
  /** As the commit has them. */
  readonly known: readonly Decision[];
  /** What this run remembered so far. */
  readonly earlier: () => readonly ReportDecision[];
  readonly add: (decision: ReportDecision) => void;
};

const defaultMatches = 10;
const maxMatches = 20;

export const createRemember = (box: MemoryBox): Tool =>
  defineTool({
    name: "Remember",
    description:
      "Keeps one decision, convention, constraint or failure for those who come after you, beside the decisions of your report: put it in one of the two. It must hold a figure, a setting with its value, a rejected option, or what triggers it. Free.",
    input: z.strictObject({
      text: z
        .string()
        .trim()
        .min(1)
        .max(20_000)
        .describe("the first sentence becomes the title; at most 2,000 characters are kept"),
      category: z.enum(memoryCategories).optional().describe("found from the words when left out"),
      outcome: z.enum(["success", "failed", "neutral"]).optional().describe("failed: say what should be done instead"),
    }),
    readOnly: false,
    async run(entry) {
      const considered = considerEntry(entry, box.known, box.earlier());
      if (!considered.ok) throw new ToolError(considered.reason);
      if (considered.decision) box.add(considered.decision);
      return considered.said;
    },
  });

export const createRecall = (box: Pick<MemoryBox, "known" | "earlier">): Tool =>
  defineTool({
    name: "Recall",
    description: `Searches the decisions in force of this repository by words, the most relevant first, ${defaultMatches} unless limit says otherwise. The brief holds only some of them. Free.`,
    input: z.strictObject({
      query: z.string().trim().min(1).max(400),
      category: z.string().max(64).optional().describe("only decisions of this category, such as database-schema"),
      limit: z.number().int().min(1).max(maxMatches).default(defaultMatches),
    }),
    readOnly: true,
    async run({ query, category, limit }) {
      const among = box.known.filter((one) => category === undefined || one.category === category);
      const found = selectDecisions(among, query, limit).map(
        ({ id, date, category: of, title, rationale, alternatives }) => ({
          ...{ id, date, category: of, title, rationale },
          alternatives: alternatives.map(({ option, rejected_because }) => ({ option, rejected_because })),
        }),
      );
      return JSON.stringify({
        decisions: found,
        searched: among.length,
        of_this_run: box.earlier().map(({ title }) => title),
      });
    },
  });
