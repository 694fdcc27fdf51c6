import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../src/domain/finding.ts";
import type { CommandResult } from "../../../src/ports.ts";
import { createBash } from "../../../src/run/tools/bash.ts";

const run = async (input: unknown, result: Partial<CommandResult> = {}, signal = new AbortController().signal) => {
  const evidence: Evidence[] = [];
  const asked: { command: string; timeoutMs: number }[] = [];
  const tool = createBash({
    walls: {
      bash: async (command, { timeoutMs }) => {
        asked.push({ command, timeoutMs });
        return { exitCode: 0, output: "", durationMs: 12, ...result };
      },
    },
    tree: async () => "tree-now",
    onEvidence: (one) => evidence.push(one),
  });
  const prepared = tool.prepare(input);
  if (!prepared.ok) return { text: prepared.reason, evidence, asked };
  return { text: await prepared.run({ signal, callId: "toolu_1" }), evidence, asked };
};

describe("Bash", () => {
  it("answers with the exit code first, then the output", async () => {
    const { text } = await run({ command: "ls" }, { exitCode: 2, output: "no such file\n" });
    expect(text).toBe("exit code 2\nno such file");
    expect((await run({ command: "true" })).text).toBe("exit code 0\n(no output)");
  });

  it("records what ran as evidence, on the tree as it was before", async () => {
    const { evidence } = await run({ command: "pytest" }, { exitCode: 1, output: "1 failed\n", durationMs: 900 });
    expect(evidence).toEqual([
      { command: "pytest", exitCode: 1, durationMs: 900, output: "1 failed\n", tree: "tree-now" },
    ]);
  });

  it("keeps the end of a long output as evidence, and shows the model both ends", async () => {
    const output = Array.from({ length: 9_000 }, (_, index) => `row ${index}`).join("\n");
    const { text, evidence } = await run({ command: "x" }, { output });
    expect(text.length).toBeLessThan(30_300);
    expect(text).toMatch(/^exit code 0\nrow 0\n/);
    expect(text).toMatch(/characters cut here\. Run it again with grep, head, tail or sed -n to see this part …\]/);
    expect(text).toMatch(/row 8999$/);
    expect(evidence[0]?.output.length).toBeLessThanOrEqual(4_000);
    expect(evidence[0]?.output).toMatch(/^row \d+\n.*row 8999$/s);
  });

  it("waits 120 seconds unless told otherwise, and 600 at most", async () => {
    expect((await run({ command: "x" })).asked).toEqual([{ command: "x", timeoutMs: 120_000 }]);
    expect((await run({ command: "x", timeout: 600_000 })).asked[0]?.timeoutMs).toBe(600_000);
    expect((await run({ command: "x", timeout: 600_001 })).asked).toEqual([]);
  });

  it("says why a command was ended", async () => {
    expect((await run({ command: "x", timeout: 5 }, { exitCode: 137, ended: "timeout" })).text).toMatch(
      /^exit code 137 \(ended after its 5 ms; give a longer timeout, up to 600000/,
    );
    expect((await run({ command: "yes" }, { exitCode: 137, ended: "output" })).text).toContain("256 KiB");
  });

  it("refuses the background with what to do instead, and commands over 16 KiB", async () => {
    await expect(run({ command: "x", run_in_background: true })).rejects.toThrow("in one command");
    const { text, asked } = await run({ command: "x".repeat(16 * 1024 + 1) });
    expect(text).toContain("16 KiB");
    expect(asked).toEqual([]);
  });

  it("gives no result and no evidence when the run is aborted under it", async () => {
    const abort = new AbortController();
    abort.abort(new Error("closing"));
    await expect(run({ command: "x" }, { ended: "aborted" }, abort.signal)).rejects.toThrow("closing");
  });
});
