import { describe, expect, it } from "vitest";
import type { DatabaseReport, TestReport } from "../../../src/domain/child-report.ts";
import { subagentsSection } from "../../../src/domain/render/subagents.ts";
import type { HandedBack } from "../../../src/domain/subagent.ts";

const detail = { output: 0, text: 400, items: 10, patch: 0 };
const common = { summary: "It is there.", concerns: [], blockers: [], questions: [] };
const spend = { toolCalls: 3, turns: 2, tokens: 10, usd: 0 };

const migration: DatabaseReport = {
  ...common,
  status: "DONE",
  migrations_created: ["backend/alembic/versions/a.py"],
  indexes_added: [{ table: "users", column: "email", type: "unique", reason: "log-in" }],
  constraints_added: [{ table: "users", constraint: "ck_users_age", type: "check", definition: "age > 0" }],
  recommendations: ["Run it first."],
};
const tests: TestReport = {
  ...common,
  status: "DONE_WITH_CONCERNS",
  tests_created: [{ file: "tests/test_a.py", tests: ["test_one", "test_two"] }],
  fixtures_created: [],
  edge_cases_covered: [],
  concerns: ["Closes #1 @everyone"],
};
const backs: readonly HandedBack[] = [
  {
    agent: "database-engineer",
    status: "DONE",
    report: migration,
    findings: [],
    files: [{ path: "backend/alembic/versions/a.py", kind: "added" }],
    spend,
  },
  {
    agent: "test-generator",
    status: "DONE_WITH_CONCERNS",
    report: tests,
    findings: [
      { rule: "tests-failed", severity: "concern", message: "ended with exit code 1", path: "tests/test_a.py" },
    ],
    files: [{ path: "tests/test_a.py", kind: "added" }],
    spend,
  },
  {
    agent: "test-generator",
    status: "BLOCKED",
    reason: "budget exhausted: all 15 tool calls are used",
    findings: [],
    files: [],
    spend,
  },
];

describe("subagentsSection", () => {
  it("says of each how it ended, which files it wrote and what stands in them", () => {
    expect(subagentsSection(backs, detail)).toMatchInlineSnapshot(`
      "### Done by subagents

      **database-engineer: DONE.** It is there.

      - \`backend/alembic/versions/a.py\` (added)
      - Index on \`users.email\` (unique)
      - Constraint \`ck_users_age\` on \`users\` (check)
      - Recommended: Run it first.

      **test-generator: DONE_WITH_CONCERNS.** It is there.

      - \`tests/test_a.py\` (added)
      - Tests in \`tests/test_a.py\`: \`test_one\`, \`test_two\`
      - Concern: Closes \`#1\` \`@everyone\`
      - Checked: \`tests/test_a.py\` ended with exit code 1

      **test-generator: BLOCKED.** It was stopped before it handed in a report: budget exhausted: all 15 tool calls are used."
    `);
  });

  it("is not there where there were none", () => {
    expect(subagentsSection([], detail)).toBeUndefined();
  });

  it("is short where there is no room", () => {
    const short = subagentsSection(backs, { ...detail, items: 1 }) ?? "";
    expect(short).toContain("… and 2 more.");
    expect(short).not.toContain("ck_users_age");
  });
});
