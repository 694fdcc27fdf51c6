import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testDefinition } from "../support/loop.ts";
import { type Bench, createBench } from "../support/reading-bench.ts";
import type { ScriptedTurn } from "../support/scripted-model.ts";

const files = {
  "app/api/orders.py": "import cache\n\n\n@router.get('/orders')\ndef orders():\n    return cache.orders\n",
};
const answer = (text: string, ...references: { file: string; line: number; end_line?: number }[]): ScriptedTurn => ({
  calls: [
    {
      name: "SubmitAnswer",
      input: { answer: text, references: references.map((one) => ({ end_line: null, ...one })) },
    },
  ],
});
const sound = answer("Orders come from a cache in memory [1].", {
  file: "/repo/app/api/orders.py",
  line: 4,
  end_line: 6,
});
const lost = answer("It is in the service [1].", { file: "/repo/app/services/orders.py", line: 1 });

let bench: Bench;
beforeEach(() => {
  bench = createBench(files);
});
afterEach(() => bench.close());

describe("ask", () => {
  test("is answered in a comment of its own, with links to lines at the commit that was read", async () => {
    const outcome = await bench.run(bench.command("ask where do orders come from?"), [sound]);
    expect(outcome).toMatchObject({
      kind: "answered",
      blockers: [],
      comment: expect.stringMatching(/#issuecomment-\d+$/),
    });
    expect(outcome).not.toHaveProperty("status");
    expect(bench.said()).toEqual([
      expect.stringContaining(
        `Orders come from a cache in memory [\`app/api/orders.py:4-6\`](memory/${"b".repeat(40)}/app/api/orders.py#L4-L6).`,
      ),
    ]);
    expect(bench.status()).toContain("**Answered.**");
    expect(bench.status()).toContain(outcome.comment);
  });

  test("changes nothing: neither branch nor commit nor pull request comes of it", async () => {
    await bench.run(bench.command("ask where do orders come from?"), [sound]);
    expect(bench.github.pulls).toEqual([]);
    expect(bench.github.commits.size).toBe(0);
    expect([...bench.github.branches.keys()]).toEqual(["main"]);
    expect(new Set(bench.github.writes)).toEqual(new Set(["upsertComment"]));
  });

  test("gives its agent no tool that writes, and tells it the question and that nothing can be written", async () => {
    await bench.run(bench.command("ask where do orders come from?\nAnd why?"), [sound], {
      definition: { ...testDefinition, tools: [...testDefinition.tools, "Remember", "Agent(test-generator)"] },
    });
    const [request] = bench.model().requests;
    const names = request?.tools.map(({ name }) => name) ?? [];
    expect(names).toContain("SubmitAnswer");
    expect(names).toContain("Bash");
    for (const name of ["Write", "Edit", "MultiEdit", "Remember", "Agent", "SubmitReport"])
      expect(names).not.toContain(name);
    expect(request?.system).toContain("Nothing of it can be written");
    expect(request?.system).not.toContain("SubmitReport");
    const [brief] = request?.messages[0]?.content ?? [];
    expect(brief?.type === "text" && brief.text).toContain(
      '"kind":"answer","issue":3,"request":{"title":"where do orders come from?","body":"And why?"}',
    );
  });

  test("sends a reference back that does not exist, with what is wrong with it", async () => {
    const beyond = answer("At the end [1].", { file: "/repo/app/api/orders.py", line: 99 });
    const uncited = answer("Somewhere [2].", { file: "/repo/app/api/orders.py", line: 1 });
    await bench.run(bench.command("ask where?"), [lost, beyond, sound]);
    const told = JSON.stringify(bench.model().requests.at(-1)?.messages);
    expect(told).toContain("there is no such file at this commit [reference-missing]");
    expect(told).toContain("the file has 6 lines, so there is no line 99 [reference-missing]");
    expect(told).toContain("Mend the answer, then call SubmitAnswer again.");
    await bench.run(bench.command("ask where?"), [uncited, sound]);
    expect(JSON.stringify(bench.model().requests.at(-1)?.messages)).toContain(
      "the text says [2], and there is 1 reference",
    );
    expect(bench.said()).toHaveLength(2);
  });

  test("leaves a reference out after three times, and says so", async () => {
    const outcome = await bench.run(bench.command("ask where?"), [lost, lost, lost]);
    expect(outcome).toMatchObject({ kind: "answered" });
    expect(bench.said()[0]).toContain("It is in the service `app/services/orders.py:1` (not there).");
    expect(bench.said()[0]).toContain(
      "> `app/services/orders.py:1`: named by the agent, and not there at this commit.",
    );
  });

  test("shows the commands that its agent ran, with what they returned, from our own records", async () => {
    await bench.run(bench.command("ask is it tested?"), [
      { calls: [{ name: "Bash", input: { command: "pytest -q" } }] },
      sound,
    ]);
    expect(bench.said()[0]).toMatch(/Commands that ran \(1\)[\s\S]*\| `pytest -q` \| exit code 0 \|/);
  });

  test("that ends without an answer is no green run: it says what stood in the way", async () => {
    const outcome = await bench.run(bench.command("ask where?"), [{ text: "Hm." }, { text: "Hm." }, { text: "Hm." }]);
    expect(outcome).toMatchObject({
      ...{ kind: "answered", status: "BLOCKED" },
      blockers: ["the model stopped without an answer and did not submit one when asked 2 times"],
    });
    expect(bench.said()).toEqual([]);
  });

  test("that dies at any of its writes is answered once", async () => {
    for (let at = 0; at < 12; at++) {
      const job = bench.command("ask where?");
      const before = bench.said().length;
      for (const when of ["before", "after"] as const) {
        const from = bench.github.writes.length;
        bench.github.onWrite = (index, moment) => {
          if (index === from + at && moment === when) throw new Error("killed");
        };
        await bench.run(job, [sound]).catch(() => undefined);
        bench.github.onWrite = () => {};
      }
      await bench.run(job, [sound]);
      expect(bench.said()).toHaveLength(before + 1);
    }
  });

  test("needs write access, like everything that costs", async () => {
    bench.github.permission = "read";
    const outcome = await bench.run(bench.command("ask where?"), [sound]);
    expect(outcome).toMatchObject({ kind: "refused" });
    expect(bench.said()).toEqual([]);
    expect(bench.model().requests).toEqual([]);
  });
});
