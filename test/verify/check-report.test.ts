import { describe, expect, test } from "vitest";
import { type Changeset, treeHash } from "../../src/domain/changeset.ts";
import type { Evidence } from "../../src/domain/finding.ts";
import { type Report, reportSchema } from "../../src/domain/report.ts";
import { checkReport, settleStatus } from "../../src/verify/check-report.ts";

const report = (over: Partial<Report> = {}): Report =>
  reportSchema.parse({
    status: "DONE",
    feature: "user-registration",
    summary: "Adds registration.",
    endpoints_created: [{ method: "POST", path: "/api/v1/auth/register", auth: "none", rate_limit: "5/min" }],
    models_created: [],
    middleware_added: [],
    security_measures: [],
    test_commands: [],
    documentation: { openapi_updated: true, postman_collection: null },
    decisions: [],
    concerns: [],
    blockers: [],
    questions: [],
    handoffs: [],
    ...over,
  });

const changeset: Changeset = [
  { path: "backend/app/api/a.py", kind: "added", mode: "100644", content: Buffer.from("a = 1\n").toString("base64") },
];
const ran = (exitCode: number, tree = treeHash(changeset), command = "pytest -q"): Evidence => ({
  command,
  exitCode,
  durationMs: 5,
  output: "1 passed in 0.10s",
  tree,
});
const context = { changeset, evidence: [ran(0)], followUp: false, threads: [] };
const place = { id: 7, path: "backend/app/api/a.py" };
const rules = (one: Report, over: Partial<Parameters<typeof checkReport>[1]> = {}) =>
  checkReport(one, { ...context, ...over }).map(({ rule, severity }) => `${severity} ${rule}`);

describe("checkReport", () => {
  test.each([
    ["a DONE report with fresh green evidence has no finding", report(), {}, []],
    ["DONE with concerns goes back", report({ concerns: ["slow"] }), {}, ["error done-with-concerns"]],
    ["BLOCKED needs a blocker", report({ status: "BLOCKED" }), {}, ["error blockers-missing"]],
    ["NEEDS_CONTEXT needs a question", report({ status: "NEEDS_CONTEXT" }), {}, ["error questions-missing"]],
    ["DONE_WITH_CONCERNS needs a concern", report({ status: "DONE_WITH_CONCERNS" }), {}, ["error concerns-missing"]],
    ["claims without a changed file go back", report(), { changeset: [] }, ["error claims-without-change"]],
    ["a follow-up may change nothing", report(), { changeset: [], followUp: true }, []],
    ["no command means no evidence", report(), { evidence: [] }, ["concern no-evidence"]],
    ["evidence of an older tree is no evidence", report(), { evidence: [ran(0, "older")] }, ["concern no-evidence"]],
    ["a failed command is no evidence", report(), { evidence: [ran(1)] }, ["concern no-evidence"]],
    [
      "a failed command beside a green one is a concern",
      report(),
      { evidence: [ran(0), ran(2, treeHash(changeset), "ruff check")] },
      ["concern command-failed"],
    ],
    [
      "a command that proves nothing is no evidence, green as it is",
      report(),
      { evidence: [ran(0, treeHash(changeset), "echo 12 passed"), ran(0, treeHash(changeset), "pytest || true")] },
      ["concern no-evidence"],
    ],
    [
      "a search that finds nothing is no failure",
      report(),
      { evidence: [ran(0), ran(1, treeHash(changeset), "grep -rn todo backend")] },
      [],
    ],
    ["the latest run of a command counts", report(), { evidence: [ran(1), ran(0)] }, []],
    ["a comment without answer goes back", report(), { threads: [place] }, ["error thread-unanswered"]],
    [
      "an answer to a stranger's comment goes back",
      report({ threads: [{ comment_id: 9, outcome: "declined", answer: "no" }] }),
      {},
      ["error thread-unknown"],
    ],
    [
      "a changed thread needs a changed file",
      report({ threads: [{ comment_id: 7, outcome: "changed", answer: "yes" }] }),
      { threads: [place], changeset: [], followUp: true },
      ["error thread-unchanged"],
    ],
    [
      "and that is the file that it stands in",
      report({ threads: [{ comment_id: 7, outcome: "changed", answer: "yes" }] }),
      { threads: [{ ...place, path: "backend/app/api/b.py" }] },
      ["error thread-unchanged"],
    ],
  ])("%s", (_name, one, over, expected) => {
    expect(rules(one, over)).toEqual(expected);
  });
});

describe("settleStatus", () => {
  const handoff = { to: "database-engineer", task: "write the migration" };
  test.each([
    ["keeps DONE where nothing is open", report(), [], "DONE"],
    ["lowers DONE on an open hand-off", report({ handoffs: [handoff] }), [], "DONE_WITH_CONCERNS"],
    [
      "lowers DONE on a concern of ours",
      report(),
      [{ rule: "no-evidence", severity: "concern" as const, message: "" }],
      "DONE_WITH_CONCERNS",
    ],
    ["leaves DONE beside a note", report(), [{ rule: "x", severity: "note" as const, message: "" }], "DONE"],
    ["never raises BLOCKED", report({ status: "BLOCKED" }), [], "BLOCKED"],
    [
      "keeps NEEDS_CONTEXT below concerns",
      report({ status: "NEEDS_CONTEXT", handoffs: [handoff] }),
      [],
      "NEEDS_CONTEXT",
    ],
  ])("%s", (_name, one, findings, expected) => {
    expect(settleStatus(one, findings)).toBe(expected);
  });
});
