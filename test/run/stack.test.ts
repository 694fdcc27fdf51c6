/** A change that is larger than a pull request may be comes as several that stand on one another. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAnalysis } from "../../src/analysis/analysis.ts";
import { toJob } from "../../src/domain/job.ts";
import { decisionsPath } from "../../src/domain/memory.ts";
import { shownHash } from "../../src/domain/plan.ts";
import { parseStack } from "../../src/domain/render/stack.ts";
import { parseBody } from "../../src/domain/render-report.ts";
import { testDefinition } from "../support/loop.ts";
import { type Bench, createBench } from "../support/reading-bench.ts";
import { reportWith } from "../support/report.ts";
import type { ScriptedTurn } from "../support/scripted-model.ts";

const filler = (count: number) => Array.from({ length: count }, (_, line) => `x${line} = ${line}\n`).join("");
const model = "app/models/order.py";
const service = "app/services/orders.py";
const route = "app/api/orders.py";
const texts = {
  [route]: `from app.services.orders import place\n${filler(40)}`,
  [service]: `from app.models.order import Order\n${filler(45)}`,
  [model]: `Order = object\n${filler(48)}`,
};
const settings = (lines: number) => ({ ".github/architect.yml": `size:\n  lines: ${lines}\n` });
const definition = {
  ...testDefinition,
  boundary: { allowed: ["app/api", "app/models", "app/services"], forbidden: [] },
};
const report = reportWith({
  ...{ feature: "orders", summary: "Orders with a status.", endpoints_created: [], models_created: [] },
  ...{ middleware_added: [], security_measures: [], test_commands: [] },
  documentation: { openapi_updated: false, postman_collection: null },
});
const turns: readonly ScriptedTurn[] = [
  {
    calls: Object.entries(texts).map(([path, content]) => ({
      name: "Write",
      input: { file_path: `/repo/${path}`, content },
    })),
  },
  { calls: [{ name: "SubmitReport", input: { ...report, status: "DONE_WITH_CONCERNS", concerns: ["Not run."] } }] },
];
const name = "architect/issue-3-orders-need-a-status";
const maintainer = { login: "maintainer", id: 5, type: "User" };
const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };

const analysis = createAnalysis();
afterAll(() => analysis.close());
let bench: Bench;
beforeEach(() => {
  bench = createBench(settings(50));
});
afterEach(() => bench.close());

const run = (on = bench, job = on.command("design orders"), own: readonly ScriptedTurn[] = turns) =>
  on.run(job, own, { analysis, definition });
const filesOf = (on: Bench, branch: string) =>
  on.github.commits.get(on.github.branches.get(branch) ?? "")?.changes.map(({ path }) => path);

describe("a change beyond the size of a pull request", () => {
  test("is a stack: models, then services, then routes, each on the branch of the one before", async () => {
    const outcome = await run();
    expect(outcome).toMatchObject({
      kind: "published",
      pull: { number: 102, branch: `${name}-3` },
      below: [{ number: 100, branch: `${name}-1` }, { number: 101 }],
    });
    expect(bench.github.pulls.map(({ branch, base, title }) => [branch, base, title])).toEqual([
      [`${name}-1`, "main", "Orders need a status (1 of 3: models)"],
      [`${name}-2`, `${name}-1`, "Orders need a status (2 of 3: services)"],
      [`${name}-3`, `${name}-2`, "Orders need a status (3 of 3: routes)"],
    ]);
    expect(filesOf(bench, `${name}-1`)).toEqual([model]);
    expect(filesOf(bench, `${name}-2`)).toEqual([service]);
    expect(filesOf(bench, `${name}-3`)).toContain(decisionsPath);
    const top = bench.github.branches.get(`${name}-3`) ?? "";
    expect(
      bench.github.commits.get(bench.github.commits.get(top)?.parent ?? "")?.changes.map(({ path }) => path),
    ).toEqual([route]);
    for (const path of Object.keys(texts)) expect(await bench.workspace.readFile(repository, top, path)).toBeDefined();
  });

  test("says in each of its pull requests what is where, and has its report in the last one", async () => {
    await run();
    const bodies = bench.github.pulls.map(({ body }) => body);
    expect(bodies[0]).toMatchSnapshot();
    for (const body of bodies) expect(body).toContain("| 2 |");
    expect(bodies[0]).toContain("| 3 | #102 | routes | 41 |");
    expect(bodies[0]).toContain("Refs #3");
    // GitHub would take it for a wish.
    for (const body of bodies.slice(0, 2)) expect(body).not.toMatch(/(close[sd]?|fix(e[sd])?|resolve[sd]?):? #\d/i);
    expect(bodies.map((body) => parseBody(body)?.feature)).toEqual([undefined, undefined, "orders"]);
    expect(bodies.map((body) => parseStack(body)?.part)).toEqual([1, 2, 3]);
    expect(bench.status()).toContain("Pull requests, each on the one before: #100, #101, #102");
  });

  test("has a check run on the head of each: of the lower ones by the code alone", async () => {
    await run();
    const checks = new Map(bench.github.checks.map(({ headSha, view }) => [headSha, JSON.stringify(view)]));
    const shown = [1, 2, 3].map((part) => checks.get(bench.github.branches.get(`${name}-${part}`) ?? "") ?? "");
    for (const lower of shown.slice(0, 2)) expect(lower).toContain("a part of a stack");
    expect(shown[2]).not.toContain("a part of a stack");
  });

  test("keeps neighbours together where they fit, and is one pull request where all of it does", async () => {
    const wide = createBench(settings(100));
    await run(wide);
    expect(wide.github.pulls.map(({ title }) => title)).toEqual([
      "Orders need a status (1 of 2: models and services)",
      "Orders need a status (2 of 2: routes)",
    ]);
    wide.close();
    const plain = createBench({ "README.md": "" });
    expect(await run(plain)).not.toHaveProperty("below");
    expect(plain.github.pulls.map(({ branch }) => branch)).toEqual([name]);
    plain.close();
  });

  test("that cannot be cut is one pull request, which says so", async () => {
    const circular = { ...texts, [model]: `from app.api.orders import x1\n${filler(48)}` };
    const calls = Object.entries(circular).map(([path, content]) => ({
      name: "Write",
      input: { file_path: `/repo/${path}`, content },
    }));
    await run(bench, bench.command("design orders"), [{ calls }, ...turns.slice(1)]);
    expect(bench.github.pulls).toHaveLength(1);
    expect(bench.github.pulls[0]?.body).toContain("the change has 136 lines, tests left out");
  });

  test("takes other names where somebody else has its branches", async () => {
    bench.github.branches.set(`${name}-2`, "f".repeat(40));
    await run();
    expect(bench.github.pulls.map(({ branch }) => branch)).toEqual([`${name}-b-1`, `${name}-b-2`, `${name}-b-3`]);
  });

  test("is followed up part by part: the commit goes to the part's branch, and the issue stays open", async () => {
    await run();
    bench.github.given.push({ id: 21, state: "commented", body: "", author: maintainer });
    bench.github.threads.push({
      ...{ id: 22, path: model, line: 1, lines: 1, side: "RIGHT", hunk: "@@" },
      comments: [{ id: 22, review: 21, body: "A class, please.", author: maintainer }],
    });
    const job = toJob(
      {
        ...{ kind: "review", repository, sender: maintainer, title: "Orders", branch: `${name}-1` },
        reviews: [{ id: 21, by: maintainer, comments: [], loose: false }],
        thread: { kind: "pull", number: 100 },
      },
      { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue: 3 },
    );
    const before = bench.github.branches.get(`${name}-3`);
    const threads = [{ comment_id: 22, outcome: "changed" as const, answer: "It is one." }];
    const outcome = await run(bench, job, [
      { calls: [{ name: "Read", input: { file_path: `/repo/${model}` } }] },
      {
        calls: [
          {
            name: "Edit",
            input: { file_path: `/repo/${model}`, old_string: "Order = object", new_string: "class Order: ..." },
          },
        ],
      },
      {
        calls: [
          { name: "SubmitReport", input: { ...report, status: "DONE_WITH_CONCERNS", concerns: ["Not run."], threads } },
        ],
      },
    ]);
    expect(outcome).toMatchObject({ kind: "published", pull: { number: 100 } });
    expect(bench.github.branches.get(`${name}-3`)).toBe(before);
    const body = bench.github.pulls[0]?.body ?? "";
    expect(body).toContain("### Part 1 of 3");
    expect(body).not.toContain("Nothing was run on this part alone");
    expect(body).not.toContain("Closes #3");
    expect(parseBody(body)?.feature).toBe("orders");
    expect(bench.github.answers).toHaveLength(1);
  });

  test("keeps what the plan that it carries out came to, held against all parts, through follow-ups on its last one", async () => {
    const files = [model, service, route].map((file) => ({
      ...{ file: `/repo/${file}`, change: "create" as const, why: "orders", handoff: null },
    }));
    const step = { title: "Write orders", detail: "From models to routes.", files: files.map(({ file }) => file) };
    const plan = { summary: "Orders.", work: "crud", steps: [step], files, contract: [], questions: [], risks: [] };
    const planning: ScriptedTurn = { calls: [{ name: "SubmitPlan", input: plan }] };
    const made = (await run(bench, bench.command("plan orders"), [planning])).plan;
    if (!made) throw new Error("no plan was made");
    const carried = `This carries out the plan \`${shownHash(made)}\``;
    await run(bench, bench.command(`approve ${shownHash(made)}`));
    expect(bench.github.pulls[2]?.body).toContain(carried);
    for (const [index, path] of [model, service, route].entries())
      bench.github.files.set(100 + index, [{ path, kind: "added" }]);
    const further = { thread: { kind: "pull", number: 102 }, number: 102 } as const;
    for (const size of [2, 3]) {
      const content = `${texts[route]}size = ${size}\n`;
      await run(bench, bench.command(`design a size of ${size}`, further), [
        { calls: [{ name: "Read", input: { file_path: `/repo/${route}` } }] },
        { calls: [{ name: "Write", input: { file_path: `/repo/${route}`, content } }] },
        ...turns.slice(1),
      ]);
      const body = bench.github.pulls[2]?.body ?? "";
      expect(body).toContain(`${carried}, and the files`);
      expect(parseStack(body)).toMatchObject({ part: 3, rows: [{ pull: 100 }, { pull: 101 }, {}] });
    }
  });

  test("that dies at any of its writes is the same stack, with nothing twice", async () => {
    for (let at = 0; at < 24; at++) {
      const fresh = createBench(settings(50));
      const job = fresh.command("design orders");
      for (const when of ["before", "after"] as const) {
        const from = fresh.github.writes.length;
        fresh.github.onWrite = (index, moment) => {
          if (index === from + at && moment === when) throw new Error("killed");
        };
        await run(fresh, job).catch(() => undefined);
        fresh.github.onWrite = () => {};
      }
      const outcome = await run(fresh, job);
      expect(outcome, `write ${at}`).toMatchObject({
        below: [{ number: 100 }, { number: 101 }],
        pull: { number: 102 },
      });
      expect(fresh.github.pulls, `write ${at}`).toHaveLength(3);
      expect(fresh.github.pulls[0]?.body, `write ${at}`).toContain("#102");
      const heads = [1, 2, 3].map((part) => fresh.github.branches.get(`${name}-${part}`) ?? "");
      const parents = heads.map((head) => fresh.github.commits.get(head)?.parent);
      expect(parents[0]).toBe("b".repeat(40));
      expect(parents[1]).toBe(heads[0]);
      expect(fresh.github.commits.get(parents[2] ?? "")?.parent).toBe(heads[1]);
      fresh.close();
    }
  });
});
