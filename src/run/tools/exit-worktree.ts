/** ExitWorktree: hands the work over, or gives it up. What becomes of a report afterwards is the judge's matter. */
import { z } from "zod";
import type { Changeset } from "../../domain/changeset.ts";
import { ToolError } from "../../domain/errors.ts";
import { defineTool, type Tool } from "./tool.ts";

export type Exit = {
  /** What the run has changed so far, the work of subagents and teammates included. */
  readonly changeset: () => Promise<Changeset>;
  /** Puts every writable folder back to the commit. */
  readonly discard: () => Promise<void>;
};

const maxListed = 50;

export const createExitWorktree = (exit: Exit): Tool =>
  defineTool({
    name: "ExitWorktree",
    description:
      "Leaves the worktree. keep: what is there is published when your report is accepted. remove: gives this run's work up; then only a BLOCKED or NEEDS_CONTEXT report can follow. With changed files remove needs discard_changes. Free.",
    input: z.strictObject({
      action: z.enum(["keep", "remove"]),
      discard_changes: z.boolean().optional().describe("throws away what this run changed; only with remove"),
    }),
    readOnly: false,
    async run({ action, discard_changes = false }) {
      if (action === "keep") {
        if (discard_changes) throw new ToolError("keep discards nothing: leave discard_changes out, or use remove.");
        return "Kept. The App commits what is there and opens the pull request when your report is accepted: call SubmitReport.";
      }
      const changeset = await exit.changeset();
      if (changeset.length > 0 && !discard_changes) throw new ToolError(refusal(changeset));
      await exit.discard();
      const gone =
        changeset.length === 0 ? "There was nothing to discard" : `Discarded the changes of ${filesOf(changeset)}`;
      return `${gone}; the worktree is as the commit has it. Now call SubmitReport: BLOCKED with what stands in the way, or NEEDS_CONTEXT with your questions.`;
    },
  });

const filesOf = ({ length }: Changeset): string => `${length} ${length === 1 ? "file" : "files"}`;

const refusal = (changeset: Changeset): string =>
  [
    `Not removed: what this run changed in ${filesOf(changeset)} would be lost:`,
    ...changeset.slice(0, maxListed).map(({ path, kind }) => `- /repo/${path} (${kind})`),
    ...(changeset.length > maxListed ? [`- and ${changeset.length - maxListed} more`] : []),
    "To publish them, submit your report. To give them up, call it again with discard_changes: true.",
  ].join("\n");
