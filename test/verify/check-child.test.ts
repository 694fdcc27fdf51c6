import { describe, expect, test } from "vitest";
import { type Changeset, type FileChange, treeHash } from "../../src/domain/changeset.ts";
import type { DatabaseReport, TestReport } from "../../src/domain/child-report.ts";
import type { Evidence } from "../../src/domain/finding.ts";
import type { HandedBack } from "../../src/domain/subagent.ts";
import { checkChildReport, checkSubagents } from "../../src/verify/check-child.ts";

const added = (path: string, text: string): FileChange => ({
  path,
  kind: "added",
  mode: "100644",
  content: Buffer.from(text).toString("base64"),
});
const common = { status: "DONE" as const, summary: "s", concerns: [], blockers: [], questions: [] };
const ran = (changeset: Changeset, command: string, change: Partial<Evidence> = {}): Evidence => ({
  command,
  exitCode: 0,
  durationMs: 1,
  output: "1 passed in 0.1s",
  tree: treeHash(changeset),
  ...change,
});

describe("the report of migrations", () => {
  const path = "backend/alembic/versions/a.py";
  const good =
    'def upgrade() -> None:\n    op.create_table("users")\n\n\ndef downgrade() -> None:\n    op.drop_table("users")\n';
  const report: DatabaseReport = {
    ...common,
    migrations_created: [`/repo/${path}`],
    indexes_added: [{ table: "users", column: "email", type: "unique", reason: "log-in" }],
    constraints_added: [],
    recommendations: [],
  };
  const check = (text: string, change: Partial<DatabaseReport> = {}, own: Changeset = [added(path, text)]) =>
    checkChildReport(
      { ...report, ...change },
      { own, changeset: own, evidence: [ran(own, "alembic upgrade head --sql")] },
    ).map(({ rule, severity }) => `${severity} ${rule}`);

  test("holds where each migration is written, named and can be taken back", () => {
    expect(check(good)).toEqual([]);
  });

  test.each<[string, string]>([
    ["no downgrade", good.slice(0, good.indexOf("def downgrade"))],
    ["a downgrade that passes", good.replace('op.drop_table("users")', "pass")],
    ["a downgrade that refuses", good.replace('op.drop_table("users")', "raise NotImplementedError")],
    ["a downgrade of words", good.replace('op.drop_table("users")', '"""Cannot be undone,\n    sorry."""')],
  ])("is refused with %s", (_, text) => {
    expect(check(text)).toEqual(["error downgrade-missing"]);
  });

  test.each([
    'op.drop_table("old")',
    'op.drop_column("users", "x")',
    'op.execute("DELETE FROM users")',
    'op.execute("truncate users")',
  ])("that loses data by %s is a concern", (line) => {
    expect(check(good.replace('op.create_table("users")', `op.create_table("users")\n    ${line}`))).toEqual([
      "concern destructive-migration",
    ]);
  });

  test("is refused where it names a file that is not there, or not a migration that is", () => {
    expect(check(good, { migrations_created: [path, "backend/alembic/versions/b.py"] })).toEqual([
      "error claim-missing",
    ]);
    expect(check(good, { migrations_created: [] })).toEqual(["error migration-unclaimed"]);
  });

  test("is refused where it names a table that no migration does", () => {
    const constraint = { table: "orders", constraint: "fk_orders_user", type: "foreign key", definition: "users(id)" };
    expect(check(good, { constraints_added: [constraint] })).toEqual(["error claim-missing"]);
  });

  test("follows the rules of the four words", () => {
    expect(check(good, { concerns: ["a lock"] })).toEqual(["error done-with-concerns"]);
    expect(check(good, { status: "BLOCKED" })).toEqual(["error blockers-missing"]);
  });

  test("without a command on its files is a concern", () => {
    const own = [added(path, good)];
    const findings = checkChildReport(report, { own, changeset: own, evidence: [] });
    expect(findings).toMatchObject([{ rule: "no-evidence", severity: "concern" }]);
  });
});

describe("the report of tests", () => {
  const path = "backend/tests/test_users.py";
  const good = "async def test_create(client):\n    assert (await client.post('/users')).status_code == 201\n";
  const report: TestReport = {
    ...common,
    tests_created: [{ file: path, tests: ["test_create"] }],
    fixtures_created: [],
    edge_cases_covered: [],
  };
  const check = (
    text: string,
    change: Partial<TestReport> = {},
    evidence = (own: Changeset): Evidence[] => [ran(own, `cd backend && python -m pytest tests/test_users.py -q`)],
  ) => {
    const own = [added(path, text)];
    return checkChildReport({ ...report, ...change }, { own, changeset: own, evidence: evidence(own) }).map(
      ({ rule, severity, line }) => [severity, rule, ...(line ? [line] : [])].join(" "),
    );
  };

  test("holds where each test is in its file, asserts something, and passed on the last state of the files", () => {
    expect(check(good)).toEqual([]);
  });

  test.each([
    "python -m pytest",
    "pytest backend/tests -q",
    "cd backend; pytest tests",
    `pytest '${path}::test_create'`,
    "python -m pytest -q ./backend/tests/",
  ])("knows that %s runs them", (command) => {
    expect(check(good, {}, (own) => [ran(own, command)])).toEqual([]);
  });

  test.each<[string, (own: Changeset) => Evidence[], string]>([
    ["nothing ran", () => [], "tests-not-run"],
    ["another file ran", (own) => [ran(own, "pytest backend/tests/test_other.py")], "tests-not-run"],
    ["no test runner ran", (own) => [ran(own, "python -m compileall backend")], "tests-not-run"],
    ["they ran before the last change", () => [ran([], `pytest ${path}`)], "tests-not-run"],
    ["none was collected", (own) => [ran(own, "pytest", { output: "no tests ran in 0.01s" })], "tests-not-run"],
    [
      "a pipe hid that they failed",
      (own) => [ran(own, "pytest | tail -1", { output: "1 failed, 3 passed" })],
      "tests-failed",
    ],
    ["they failed", (own) => [ran(own, "pytest", { exitCode: 1, output: "1 failed, 3 passed" })], "tests-failed"],
  ])("is refused as DONE where %s, and doubted as DONE_WITH_CONCERNS", (_, evidence, rule) => {
    expect(check(good, {}, evidence)).toEqual([`error ${rule}`]);
    expect(check(good, { status: "DONE_WITH_CONCERNS", concerns: ["No pytest."] }, evidence)).toEqual([
      `concern ${rule}`,
    ]);
  });

  test("is refused where it names a test or a file that is not there", () => {
    expect(check(good, { tests_created: [{ file: path, tests: ["test_create", "test_delete"] }] })).toEqual([
      "error claim-missing",
    ]);
    expect(check(good, { tests_created: [{ file: "tests/test_no.py", tests: ["test_no"] }] })).toContain(
      "error claim-missing",
    );
  });

  test("takes a test by its node id", () => {
    expect(
      check(good, { tests_created: [{ file: path, tests: [`${path}::TestUsers::test_create[sqlite]`] }] }),
    ).toEqual([]);
  });

  test.each<[string, string, string]>([
    ["asserts nothing", "def test_create():\n    create()\n", "error test-without-assertion 1"],
    ["sleeps", `import time\n${good}    time.sleep(1)\n`, "error test-sleeps 4"],
    ["mocks a session", `${good}    db = AsyncMock(spec=AsyncSession)\n`, "error database-mocked 3"],
    ["patches the database away", `${good}    patch("app.deps.get_db")\n`, "error database-mocked 3"],
  ])("is refused where a test %s", (_, text, expected) => {
    expect(check(text)).toEqual([expected]);
  });

  test.each([
    "def test_create():\n    with pytest.raises(ValueError):\n        create()\n",
    "def test_create(self):\n    self.assertEqual(1, 1)\n",
    "def test_create():\n    check_problem(create())\n",
    "async def test_create():\n    await asyncio.sleep(0)\n    assert True\n",
    "def test_create():\n    sender = Mock(spec=MailSender)\n    assert sender\n",
  ])("holds with %j", (text) => {
    expect(check(text)).toEqual([]);
  });
});

describe("what the parent inherits", () => {
  const back = (agent: string, change: Partial<HandedBack>): HandedBack => ({
    agent,
    status: "DONE",
    findings: [],
    files: [],
    spend: { toolCalls: 0, turns: 0, tokens: 0, usd: 0 },
    ...change,
  });
  const said = (...children: HandedBack[]) => checkSubagents(children).map(({ message }) => message);

  test("is nothing of those that are done", () => {
    expect(said(back("database-engineer", {}))).toEqual([]);
  });

  test("is each concern, also of one that a later one came after", () => {
    expect(said(back("test-generator", { status: "DONE_WITH_CONCERNS" }), back("test-generator", {}))).toHaveLength(1);
  });

  test("is a block, unless a later one of its kind came through", () => {
    const stopped = back("test-generator", { status: "BLOCKED", reason: "budget exhausted" });
    expect(said(stopped)).toEqual(["test-generator ended with BLOCKED: budget exhausted"]);
    expect(said(stopped, back("database-engineer", {}))).toHaveLength(1);
    expect(said(stopped, back("test-generator", {}))).toEqual([]);
  });
});
