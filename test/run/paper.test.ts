/** Requests for decisions and contracts alone: what comes of them is written by the App from what the agent hands in. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAnalysis } from "../../src/analysis/analysis.ts";
import { type Job, toJob } from "../../src/domain/job.ts";
import { decisionsPath } from "../../src/domain/memory.ts";
import type { Paper } from "../../src/domain/paper.ts";
import type { Trigger } from "../../src/domain/trigger.ts";
import { createBlueprint } from "../../src/model/blueprint/blueprint.ts";
import { testDefinition } from "../support/loop.ts";
import { soundPaper } from "../support/paper.ts";
import { type Bench, createBench } from "../support/reading-bench.ts";
import type { ScriptedTurn } from "../support/scripted-model.ts";

const files = {
  "app/main.py":
    'from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get("/api/v1/orders/{order_id}")\nasync def show(order_id: int) -> dict: ...\n',
  "docs/adr/0001-use-postgres.md": "# Postgres\n",
  "docs/adr/0007-one-repository.md": "# One repository\n",
};
const wish = "design service boundaries between orders and payments";
const maintainer = { login: "maintainer", id: 5, type: "User" };
const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
const submit = (over: Partial<Paper> = {}): ScriptedTurn => ({
  calls: [{ name: "SubmitPaper", input: { ...soundPaper, ...over } }],
});
const record = "docs/adr/0008-payments-tell-orders-by-an-event.md";
const page = "docs/design/orders-and-payments.md";

const analysis = createAnalysis();
afterAll(() => analysis.close());
let bench: Bench;
beforeEach(() => {
  bench = createBench(files);
});
afterEach(() => bench.close());

const run = (job: Job, turns: readonly ScriptedTurn[]) => bench.run(job, turns, { analysis });
const jobOf = (trigger: Trigger): Job =>
  toJob(trigger, { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue: 3 });
const pull = () => bench.github.pulls[0];
const textAt = (path: string) =>
  bench.workspace.readFile(repository, bench.github.branches.get(pull()?.branch ?? "") ?? "", path);
const reviewed = (
  body: string,
  id: number,
  at: { path: string; line: number; hunk?: string } = { path: page, line: 3 },
) => {
  bench.github.given.push({ id, state: "commented", body: "", author: maintainer });
  bench.github.threads.push({
    ...{ id: id + 1, lines: 1, side: "RIGHT", hunk: "@@", ...at },
    comments: [{ id: id + 1, review: id, body, author: maintainer }],
  });
  return jobOf({
    ...{ kind: "review", repository, sender: maintainer, title: "Orders and payments" },
    reviews: [{ id, by: maintainer, comments: [], loose: false }],
    ...{ thread: { kind: "pull", number: pull()?.number ?? 0 }, branch: pull()?.branch ?? "" },
  });
};

describe("a design without code", () => {
  test("is a pull request with numbered records, one page of services and contracts, and the memory", async () => {
    const outcome = await run(bench.command(wish), [submit()]);
    expect(outcome).toMatchObject({ kind: "published", status: "DONE" });
    const text = (await textAt(record)) ?? "";
    expect(text).toMatch(
      /^# ADR-0008: Payments tell orders by an event\n\nStatus: Proposed\nDate: 2026-11-25\nIssue: #3\n/,
    );
    for (const part of ["## Context", "## Decision", "## Consequences", "**A shared table**: two writers"])
      expect(text).toContain(part);
    const design = (await textAt(page)) ?? "";
    expect(design).toContain('s0["orders"]');
    expect(design).toContain('s1 -. "payment.settled" .-> s0');
    expect(design).toContain("### `payment.settled`");
    expect(design).toContain(`(/${record})`);
    expect(await textAt(decisionsPath)).toContain("Payments tell orders by an event");
    expect(await textAt("docs/adr/0007-one-repository.md")).toBe("# One repository\n");
  });

  test("shows in its description what was looked up in the code, and that nothing ran", async () => {
    await run(bench.command(wish), [submit()]);
    const body = pull()?.body ?? "";
    expect(body).toContain("nothing was run for it");
    expect(body).toContain("GET /api/v1/orders/{id} is there");
    expect(body).toContain("app/main.py:6");
    expect(body).toContain("Closes #3");
    expect(body.replace(/\b[0-9a-f]{12}\b/g, "<sha>")).toMatchSnapshot();
  });

  test("is what a labelled issue gets whose words ask for it", async () => {
    const title = "Design service boundaries between orders and payments";
    const thread = { kind: "issue" as const, number: 3 };
    await run(jobOf({ kind: "label", repository, sender: maintainer, thread, title, body: "" }), [submit()]);
    expect(bench.model().requests[0]?.tools.map(({ name }) => name)).toContain("SubmitPaper");
    expect(pull()?.title).toContain("Design service boundaries");
  });

  test("is written by an agent that can write nothing, however its definition is", async () => {
    const definition = { ...testDefinition, tools: [...testDefinition.tools, "Remember", "Agent(test-generator)"] };
    await bench.run(bench.command(wish), [submit()], { analysis, definition });
    const names = bench.model().requests[0]?.tools.map(({ name }) => name) ?? [];
    for (const name of ["Write", "Edit", "MultiEdit", "Agent", "Remember", "SubmitReport"])
      expect(names).not.toContain(name);
  });

  test("comes back where it says of the code what the code does not show, and is mended", async () => {
    const [read, paid] = soundPaper.contracts as [Paper["contracts"][number], Paper["contracts"][number]];
    const invented = submit({ contracts: [{ ...read, name: "GET /api/v1/invoices" }, paid] });
    await run(bench.command(wish), [invented, submit()]);
    expect(JSON.stringify(bench.model().requests.at(-1)?.messages)).toContain(
      "GET /api/v1/invoices is there: the application serves no such route",
    );
    expect(pull()?.body).not.toContain("invoices");
  });

  test("that is not mended is published with what is wrong, and never as DONE", async () => {
    const [read, paid] = soundPaper.contracts as [Paper["contracts"][number], Paper["contracts"][number]];
    const invented = submit({ contracts: [{ ...read, name: "GET /api/v1/invoices" }, paid] });
    const outcome = await run(bench.command(wish), [invented, invented, invented]);
    expect(outcome).toMatchObject({ kind: "published", status: "DONE_WITH_CONCERNS" });
    expect(pull()).toMatchObject({ draft: true });
    expect(pull()?.body).toContain("the application serves no such route");
  });

  test("is written anew on review: the same record again, one that is dropped away, those of others untouched", async () => {
    const [first] = soundPaper.decisions as [Paper["decisions"][number]];
    const second = { ...first, title: "Refunds belong to payments" };
    await run(bench.command(wish), [submit({ decisions: [first, second] })]);
    const dropped = "docs/adr/0009-refunds-belong-to-payments.md";
    expect(await textAt(dropped)).toBeDefined();
    const threads = [{ comment_id: 22, outcome: "changed" as const, answer: "Refunds are no decision any more." }];
    const third = { ...first, title: "Orders keep a copy of totals" };
    const outcome = await run(reviewed("Refunds are out of scope.", 21), [
      submit({ decisions: [first, third], threads }),
    ]);
    expect(outcome).toMatchObject({ kind: "published", pull: { number: pull()?.number } });
    const [brief] = bench.model().requests[0]?.messages[0]?.content ?? [];
    expect(brief?.type === "text" && brief.text).toContain("Refunds are out of scope.");
    expect(await textAt(dropped)).toBeUndefined();
    expect(await textAt(record)).toBeDefined();
    expect(await textAt("docs/adr/0010-orders-keep-a-copy-of-totals.md")).toBeDefined();
    expect(await textAt("docs/adr/0001-use-postgres.md")).toBe("# Postgres\n");
    expect(bench.github.answers.map(({ body }) => body)).toEqual([
      expect.stringContaining("Refunds are no decision any more."),
    ]);
    expect(bench.github.pulls).toHaveLength(1);
  });

  test("takes a suggested change over word for word, and keeps it whatever is written anew", async () => {
    await run(bench.command(wish), [submit()]);
    const was = "Payments emits `payment.settled`; orders alone writes its table.";
    const line = ((await textAt(record)) ?? "").split("\n").indexOf(was) + 1;
    const now = "Payments emits `payment.settled` **once**; orders alone writes its <table>.";
    const at = { path: record, line, hunk: `@@ -0,0 +1,${line} @@\n+${was}` };
    const answer = (id: number, text: string) => [{ comment_id: id, outcome: "changed" as const, answer: text }];
    const review = reviewed(`\`\`\`suggestion\n${now}\n\`\`\``, 31, at);
    await run(review, [submit({ threads: answer(32, "Once it is.") })]);
    const [brief] = bench.model().requests[0]?.messages[0]?.content ?? [];
    expect(brief?.type === "text" && brief.text).toContain('"applied":true');
    expect((await textAt(record))?.split("\n")[line - 1]).toBe(now);
    expect(bench.github.answers.map(({ body }) => body)).toEqual([
      expect.stringContaining("The suggestion is applied word for word. Once it is."),
    ]);
    expect(bench.github.resolved).toEqual([32]);

    const [first] = soundPaper.decisions as [Paper["decisions"][number]];
    const decisions = [{ ...first, context: "Both change it today,\n\nand nobody knows in which order." }];
    await run(reviewed("Say more of the context.", 41, { path: record, line: 5 }), [
      submit({ decisions, threads: answer(42, "It says more.") }),
    ]);
    expect(await textAt(record)).toContain("in which order.");
    expect((await textAt(record))?.split("\n")).toContain(now);
    expect(await textAt(record)).not.toContain(was);
  });

  test("takes a suggested change over where its agent comes to no end", async () => {
    await run(bench.command(wish), [submit()]);
    const was = "Either can be down. The state of an order lags by seconds.";
    const line = ((await textAt(record)) ?? "").split("\n").indexOf(was) + 1;
    const at = { path: record, line, hunk: `@@ -0,0 +1,${line} @@\n+${was}` };
    const review = reviewed("```suggestion\nEither can be down.\n```", 51, at);
    await run(review, [
      submit({
        status: "BLOCKED",
        blockers: ["No way on."],
        decisions: [],
        threads: [{ comment_id: 52, outcome: "declined", answer: "No." }],
      }),
    ]);
    expect((await textAt(record))?.split("\n")[line - 1]).toBe("Either can be down.");
    expect(bench.github.answers.map(({ body }) => body)).toEqual([
      expect.stringContaining("The suggestion is applied word for word."),
    ]);
  });

  test("is told apart on its own pull request: words about it change it, a wish for code is implemented", async () => {
    await run(bench.command(wish), [submit()]);
    const thread = { kind: "pull" as const, number: pull()?.number ?? 0 };
    await run(bench.command("design name the retry policy", { thread }), [submit({ concerns: [] })]);
    const tools = () => bench.model().requests[0]?.tools.map(({ name }) => name) ?? [];
    expect(tools()).toContain("SubmitPaper");
    await run(bench.command("design implement the payments endpoints", { thread }), [{}, {}, {}]);
    expect(tools()).toContain("SubmitReport");
  });

  test("that asks people writes no file", async () => {
    const questions = [{ question: "Who owns refunds?", options: ["orders", "payments"] }];
    const outcome = await run(bench.command(wish), [submit({ status: "NEEDS_CONTEXT", questions, decisions: [] })]);
    expect(outcome).toMatchObject({ kind: "answered", status: "NEEDS_CONTEXT", questions });
    expect(bench.github.pulls).toEqual([]);
    expect(bench.github.commits.size).toBe(0);
  });

  test("that dies at any of its writes is one pull request with one commit of each kind", async () => {
    for (let at = 0; at < 12; at++) {
      const fresh = createBench(files);
      const job = fresh.command(wish);
      for (const when of ["before", "after"] as const) {
        const from = fresh.github.writes.length;
        fresh.github.onWrite = (index, moment) => {
          if (index === from + at && moment === when) throw new Error("killed");
        };
        await fresh.run(job, [submit()], { analysis }).catch(() => undefined);
        fresh.github.onWrite = () => {};
      }
      await fresh.run(job, [submit()], { analysis });
      expect(fresh.github.pulls, `write ${at}`).toHaveLength(1);
      const head = fresh.github.branches.get(fresh.github.pulls[0]?.branch ?? "") ?? "";
      expect(fresh.github.commits.get(fresh.github.commits.get(head)?.parent ?? "")?.parent).toBe("b".repeat(40));
      fresh.close();
    }
  });

  test("is beyond the model that works without a key, which says so and what helps", async () => {
    const outcome = await bench.run(bench.command(wish), [], { analysis, model: createBlueprint() });
    expect(outcome).toMatchObject({
      ...{ kind: "answered", status: "BLOCKED" },
      blockers: [expect.stringContaining("Start the App with a language model")],
    });
    expect(bench.github.commits.size).toBe(0);
  });
});
