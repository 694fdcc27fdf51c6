import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/domain/outcome.ts";
import { initialStatus, renderStatus, type StatusView, statusMarker } from "../../src/domain/render-status.ts";
import type { Task } from "../../src/domain/task.ts";

const task = (id: string, fields: Partial<Task>): Task => ({
  id,
  subject: `Task ${id}`,
  description: "",
  status: "pending",
  blocks: [],
  blockedBy: [],
  ...fields,
});

const limits = { toolCalls: 60, usd: 5 };
const spend = { toolCalls: 12, turns: 9, tokens: 123_456, usd: 0.4321 };
const pull = {
  number: 8,
  url: "https://github.com/o/r/pull/8",
  branch: "architect/issue-7-x",
  headSha: "a".repeat(40),
};

const view: StatusView = {
  phase: "working",
  tasks: [
    task("1", { subject: "Read the API", status: "completed" }),
    task("2", { subject: "Write the model", activeForm: "Writing the model", status: "in_progress" }),
    task("3", { subject: "Write the route" }),
    task("4", { status: "deleted" }),
  ],
  spend,
  limits,
  model: "claude-opus-5-5",
};

const outcome: Outcome = {
  kind: "published",
  status: "DONE",
  summary: "Adds POST /api/v1/auth/register.",
  pull,
  blockers: [],
  questions: [],
  spend,
};

describe("renderStatus", () => {
  it("says which subagent is at work, until the run has ended", () => {
    const working = { ...view, subagent: "test-generator" };
    expect(renderStatus(working)).toContain("\n\n`test-generator` is at work …\n\n");
    expect(renderStatus({ ...working, outcome })).not.toContain("is at work");
  });

  it("shows calls and turns of subagents beside the run's own", () => {
    const shared = { ...spend, subagents: { toolCalls: 7, turns: 4 } };
    expect(renderStatus({ ...view, spend: shared })).toContain(
      "12 of 60 tool calls, 9 turns, 7 tool calls and 4 turns of subagents, 123,456 tokens",
    );
  });

  it("shows the phase, the tasks with what is being done now, and the spend", () => {
    expect(renderStatus(view)).toMatchInlineSnapshot(`
      "<!-- architect:status -->

      **Working.**

      - [x] Read the API
      - [ ] **Writing the model…**
      - [ ] Write the route

      <sub>Spent: 12 of 60 tool calls, 9 turns, 123,456 tokens, $0.43 of $5.00. \`claude-opus-5-5\`.</sub>"
    `);
  });

  it("leads to the run's own page while it is at work, when it has ended, and of earlier runs; not where none was started", () => {
    const page = "https://architect.example.com/runs/1/key";
    expect(renderStatus({ ...view, page, pull, branch: pull.branch })).toContain(
      `\n\n[Run page](${page}). Pull request: #8. Branch: \`architect/issue-7-x\`.\n\n`,
    );
    const earlier = [{ what: "The label", by: "maintainer", outcome, page: `${page}0` }];
    const ended = renderStatus({ ...view, page, outcome, earlier });
    expect(ended).toContain(`Spent: $0.43 of $5.00. [Run page](${page}).\n`);
    expect(ended).toContain(`: **DONE**, #8 ([run page](${page}0))`);
    const refused: Outcome = {
      ...{ kind: "refused", summary: "Nothing was started: no.", blockers: [], questions: [] },
      spend: { toolCalls: 0, turns: 0, tokens: 0, usd: 0 },
    };
    const nothing = renderStatus({ ...view, page, outcome: refused, earlier: [{ ...earlier[0]!, outcome: refused }] });
    expect(nothing).not.toContain("un page");
  });

  it("starts with nothing done", () => {
    expect(renderStatus(initialStatus({ limits: { toolCalls: 15 }, tasks: [] }))).toMatchInlineSnapshot(`
      "<!-- architect:status -->

      **Reading the request and preparing the worktree.**

      <sub>Spent: 0 of 15 tool calls, 0 turns, 0 tokens, $0.</sub>"
    `);
  });

  it("ends with the outcome, the pull request and how to change it", () => {
    expect(renderStatus({ ...view, phase: "ended", outcome })).toMatchInlineSnapshot(`
      "<!-- architect:status -->

      **DONE.** What was asked for is there, and nothing is left open. Pull request: #8, branch \`architect/issue-7-x\`.

      To change something, review #8 with comments on its lines, or comment \`/architect design …\` there. Spent: $0.43 of $5.00.

      <details><summary>What was done and spent</summary>

      Adds POST /api/v1/auth/register.

      - [x] Read the API
      - [ ] Write the model
      - [ ] Write the route

      Spent: 12 of 60 tool calls, 9 turns, 123,456 tokens, $0.43 of $5.00. \`claude-opus-5-5\`.

      </details>"
    `);
  });

  const { pull: _pull, ...unpublished } = outcome;

  it("shows blockers, and questions with their options and how to answer", () => {
    expect(
      renderStatus({
        ...view,
        tasks: [],
        outcome: {
          ...unpublished,
          kind: "answered",
          status: "NEEDS_CONTEXT",
          summary: "Two things are not clear.",
          blockers: ["No `User` model was found."],
          questions: [
            { question: "Which table?", options: ["users", "accounts"] },
            { question: "Which roles?", options: [] },
          ],
        },
      }),
    ).toMatchInlineSnapshot(`
      "<!-- architect:status -->

      **NEEDS_CONTEXT.** The work waits for answers.

      Two things are not clear.

      **Why:** No \`User\` model was found.

      **Questions**

      1. Which table?
         - (a) users
         - (b) accounts
      2. Which roles?

      To answer, comment \`/architect answer 1a 2: …\`: the letter of an option, or a colon and your words. What you leave out the agent decides. Spent: $0.43 of $5.00.

      <details><summary>What was done and spent</summary>

      Spent: 12 of 60 tool calls, 9 turns, 123,456 tokens, $0.43 of $5.00. \`claude-opus-5-5\`.

      </details>"
    `);
  });

  it.each(["refused", "failed"] as const)("says how to go on after a run that was %s", (kind) => {
    const { status: _status, ...rest } = unpublished;
    const text = renderStatus({ ...view, outcome: { ...rest, kind, summary: "The sandbox does not hold." } });
    expect(text).toContain("The sandbox does not hold.");
    expect(text).toContain(kind === "failed" ? "`/architect continue`" : "`/architect design");
  });

  it("has one marker whatever the model writes", () => {
    const hostile = `${statusMarker} @maintainer\n/architect design more\n\n# Big <b>html</b>`;
    const text = renderStatus({
      ...view,
      tasks: [task("1", { subject: hostile })],
      outcome: { ...outcome, summary: hostile },
    });
    expect(text.split(statusMarker)).toHaveLength(2);
    expect(text).not.toMatch(/(?<!`)@maintainer/);
    expect(text).not.toMatch(/^\/architect/m);
    expect(text).not.toContain("<b>");
  });

  it("shows the first 40 tasks and counts the rest", () => {
    const tasks = Array.from({ length: 43 }, (_, index) => task(String(index), {}));
    expect(renderStatus({ ...view, tasks })).toContain("- … and 3 more");
  });
});
