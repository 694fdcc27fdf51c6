import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { statusMarker } from "../../src/domain/render-status.ts";
import type { Report } from "../../src/domain/report.ts";
import { type Bench, createBench } from "../support/reading-bench.ts";
import { reportWith } from "../support/report.ts";
import type { ScriptedTurn } from "../support/scripted-model.ts";

let bench: Bench;
let files = 0;
afterEach(() => bench.close());

const bash: ScriptedTurn = { calls: [{ name: "Bash", input: { command: "python check.py" } }] };
const turns = (handoffs: Report["handoffs"], change: Partial<Report> = {}): readonly ScriptedTurn[] => {
  files += 1;
  const input = { file_path: `/repo/app/api/part${files}.py`, content: "x = 1\n" };
  const report = reportWith({ status: "DONE_WITH_CONCERNS", handoffs, concerns: ["One."], ...change });
  return [{ calls: [{ name: "Write", input }] }, bash, { calls: [{ name: "SubmitReport", input: report }] }];
};
const form = { to: "frontend-ui-developer", task: "Build the form." };
const design = (handoffs: Report["handoffs"], change?: Partial<Report>) =>
  bench.run(bench.command("design users"), turns(handoffs, change));
const issues = () => [...bench.github.issues.values()];
const line = () => /^(.*) <!-- architect:handoffs -->$/m.exec(bench.github.pulls[0]?.body ?? "")?.[1];
const configured = (text: string) => createBench({ "app/main.py": "x = 1\n", ".github/architect.yml": text });

describe("where the configuration says so", () => {
  beforeEach(() => {
    bench = configured("handoffs: { file: true, labels: { frontend-ui-developer: ui } }\n");
  });

  test("each hand-off is an issue with its label, which the pull request and the status comment name", async () => {
    const outcome = await design([
      form,
      { to: "llm-integrator", task: "Say it." },
      { to: "maintainer", task: "Wire it." },
    ]);
    expect(issues().map(({ title, labels }) => [title, labels])).toEqual([
      ["frontend-ui-developer: Build the form", ["ui"]],
      ["llm-integrator: Say it", ["llm-integrator"]],
    ]);
    const said = "Filed as issues: #200 (frontend-ui-developer), #201 (llm-integrator).";
    expect([outcome.handoffs, line()]).toEqual([said, said]);
    const status = [...bench.github.comments.values()].find(({ body }) => body.includes(statusMarker));
    expect(status?.body).toContain(`**Hand-offs:** ${said}`);
  });

  test("none is filed before there is a pull request, nor for work that is not whole", async () => {
    await design([form], { status: "BLOCKED", blockers: ["No."] });
    expect(issues()).toEqual([]);
    expect(bench.github.pulls).toHaveLength(1);
  });

  test("a further run edits what is there, also where people wrote around it, and says what is handed off no more", async () => {
    await design([form, { to: "llm-integrator", task: "Say it." }]);
    const [first] = issues();
    if (first) bench.github.issues.set(first.number, { ...first, body: `Mine.\n\n${first.body}` });
    await design([{ ...form, task: "Build two forms." }]);
    const [one, two] = issues();
    expect(issues()).toHaveLength(2);
    expect(one?.body).toMatch(/^Mine\.[\s\S]*Build two forms\./);
    expect(two?.body).toContain("does not hand this off any more");
    expect(line()).toBe("Filed as an issue: #200 (frontend-ui-developer).");
  });

  test("a closed one stays as it is, and something else gets a new one", async () => {
    await design([form]);
    const [first] = issues();
    if (first) bench.github.issues.set(first.number, { ...first, state: "closed" });
    await design([form]);
    expect(issues()).toEqual([{ ...first, state: "closed" }]);
    await design([{ ...form, task: "Build a list." }]);
    expect(issues().map(({ title }) => title)).toEqual([
      "frontend-ui-developer: Build the form",
      "frontend-ui-developer: Build a list",
    ]);
  });

  test("of many, ten are filed, and the rest is said to stand in the pull request", async () => {
    await design(Array.from({ length: 12 }, (_, n) => ({ ...form, task: `Part ${n}` })));
    expect(issues()).toHaveLength(10);
    expect(line()).toContain("10 are filed at most, so 2 more stand only here.");
  });

  test("a label that GitHub refuses is said, and the issue is filed without it", async () => {
    bench.github.noLabels = "the App may not make labels";
    await design([form]);
    expect(issues()).toMatchObject([{ labels: [] }]);
    expect(line()).toBe(
      "Filed as an issue: #200 (frontend-ui-developer). The label `ui` could not be made: the App may not make labels. Make it, or name another one under `handoffs.labels` in `.github/architect.yml`.",
    );
  });

  test("where issues are turned off that is said once, and the run ends as it would have", async () => {
    bench.github.noIssues = "issues are turned off in this repository";
    const outcome = await design([form, { ...form, task: "Build a list." }]);
    expect(outcome.kind).toBe("published");
    expect(line()).toBe("No issue was filed for frontend-ui-developer: issues are turned off in this repository.");
  });
});

test("nothing is filed where the configuration does not say so", async () => {
  bench = configured("test: pytest -q\n");
  await design([form]);
  expect(issues()).toEqual([]);
  expect(bench.github.pulls[0]?.body).toContain("### Hand-offs");
});
