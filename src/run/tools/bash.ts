/** Bash: one command inside the walls. What it returned is evidence, recorded here and not by whoever asked for it. */
import { z } from "zod";
import { ToolError } from "../../domain/errors.ts";
import type { Evidence } from "../../domain/finding.ts";
import { lastPart, truncateMiddle } from "../../domain/truncate.ts";
import type { CommandResult, Walls } from "../../ports.ts";
import { defineTool, type Tool } from "./tool.ts";

const defaultTimeoutMs = 120_000;
const maxTimeoutMs = 600_000;
const maxCommandBytes = 16 * 1024;
const maxOutputChars = 30_000;
const maxEvidenceChars = 4_000;

const input = z.strictObject({
  command: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= maxCommandBytes, "at most 16 KiB; put a longer script in a file")
    .describe("run by bash -c in /repo"),
  timeout: z
    .number()
    .int()
    .min(1)
    .max(maxTimeoutMs)
    .default(defaultTimeoutMs)
    .describe(`milliseconds; ${defaultTimeoutMs} when left out, ${maxTimeoutMs} at most`),
  description: z.string().optional().describe("what it is for, in five to ten words"),
  run_in_background: z
    .boolean()
    .optional()
    .describe("not possible here: every command ends before its result is given"),
});

export const createBash = (deps: {
  readonly walls: Pick<Walls, "bash">;
  /** `treeHash` of the changeset as it is now. */
  readonly tree: () => Promise<string>;
  readonly onEvidence: (evidence: Evidence) => void;
}): Tool =>
  defineTool({
    name: "Bash",
    description: `Runs a command in the sandbox. Each call is a new process in /repo: no variable, folder change, background process or file in /tmp lives on to the next. A server and the client that tries it must run in one command. There is no network. The result begins with the exit code; more than ${maxOutputChars} characters of output are cut in the middle. Use Read, Grep and Glob instead of cat, grep and find.`,
    input,
    readOnly: false,
    async run({ command, timeout, run_in_background }, { signal }) {
      if (run_in_background)
        throw new ToolError(
          "Commands cannot run in the background here. Run it in the foreground with a timeout, or start the server and its client in one command: `server & pid=$!; client; kill $pid`.",
        );
      const tree = await deps.tree();
      const result = await deps.walls.bash(command, { timeoutMs: timeout, signal });
      signal.throwIfAborted();
      const { exitCode, durationMs } = result;
      deps.onEvidence({ command, exitCode, durationMs, output: lastPart(result.output, maxEvidenceChars), tree });
      return render(result, timeout);
    },
  });

const render = (result: CommandResult, timeout: number): string => {
  const output = truncateMiddle(
    result.output.trimEnd(),
    maxOutputChars,
    "Run it again with grep, head, tail or sed -n to see this part",
  );
  return [`exit code ${result.exitCode}${reasonOf(result, timeout)}`, output || "(no output)"].join("\n");
};

const reasonOf = (result: CommandResult, timeout: number): string => {
  if (result.ended === "timeout")
    return ` (ended after its ${timeout} ms; give a longer timeout, up to ${maxTimeoutMs}, or do less at once)`;
  if (result.ended === "output") return " (ended for its output: more than 256 KiB; write less)";
  return "";
};
