/** The blueprint with subagents: migrations and tests are theirs, tried for real, and what is beyond them stays open with the reason. */

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTestCommand } from "../../../src/verify/commands/test-command.ts";
import {
  type Child,
  commitAll,
  counted,
  type Drive,
  diffOf,
  drive,
  driveChild,
  openWorkbench,
  publish,
  runIn,
  type Workbench,
} from "../../support/blueprint-driver.ts";
import { pythonOrSkip } from "../../support/python.ts";

const python = pythonOrSkip();

const registration = "Create user registration endpoint";
const alembic = { allowed: ["backend/alembic"], forbidden: ["frontend"] };
const tests = { allowed: ["backend/tests"], forbidden: ["frontend"] };
const both = { "database-engineer": alembic, "test-generator": tests };

const of = (driven: Drive, agent: Child["agent"]): Child => {
  const child = driven.children.find((one) => one.agent === agent);
  if (!child) throw new Error(`no ${agent} was started`);
  return child;
};

const ran = ({ calls }: Pick<Child, "calls">): string =>
  calls
    .filter(({ name }) => name === "Bash")
    .map(({ result }) => result)
    .join("\n");

/** As the repository's own formatter sees what was written. */
const untidy = async (bench: Workbench): Promise<string> => {
  const ruff = join(dirname(python ?? ""), "ruff");
  const { stdout } = await runIn(bench, ruff, ["format", "--check", "."], "backend").catch(
    (error: { stdout: string }) => error,
  );
  const { stdout: lint } = await runIn(bench, ruff, ["check", "--select", "E,F,I,UP,B", "."], "backend").catch(
    (error: { stdout: string }) => error,
  );
  return `${stdout}${lint}`.replace(/^\d+ files already formatted\nAll checks passed!\n$/, "");
};

const migration = "backend/alembic/versions/0002_create_users.py";

describe.skipIf(!python)("a registration where both can be started", () => {
  it("ends DONE with a migration and tests", async () => {
    using bench = await openWorkbench("shop");
    const driven = await drive(bench, registration, "", { python, agents: both });
    expect(driven.report).toMatchObject({ status: "DONE", concerns: [], handoffs: [] });
    expect(driven.report.decisions.map(({ title }) => title)).toContain("Answer 409 for an address that is registered");
    expect(counted(driven)).toBeLessThanOrEqual(60);

    const engineer = of(driven, "database-engineer");
    expect(engineer.back).toMatchObject({ status: "DONE", findings: [], files: [{ path: migration, kind: "added" }] });
    expect(engineer.report).toMatchObject({
      migrations_created: [`/repo/${migration}`],
      indexes_added: [{ table: "users", column: "email", type: "unique index" }],
    });
    expect(ran(engineer)).toContain("ok   check");
    expect(counted(engineer)).toBeLessThanOrEqual(15);

    const generator = of(driven, "test-generator");
    expect(generator.back).toMatchObject({ status: "DONE", findings: [] });
    expect(generator.report).toMatchObject({
      edge_cases_covered: expect.arrayContaining([expect.stringContaining("429")]),
    });
    expect(ran(generator)).toMatch(/^\d+ passed/m);
    expect(counted(generator)).toBeLessThanOrEqual(20);
    expect(await untidy(bench)).toBe("");

    const commands = driven.calls.filter(({ name }) => name === "Bash").map(({ input }) => String(input["command"]));
    expect(commands.map((command) => command.split("\n")[0])).toEqual([
      "# Serve and call POST /api/v1/auth/register on a throw-away database",
    ]);
    const asked = driven.report.test_commands.map((command) => readTestCommand(command));
    expect(asked.map((one) => (one.kind === "requests" ? one.steps[0]?.expected : one.kind))).toEqual([
      "server",
      undefined,
      409,
      422,
    ]);
  }, 60_000);

  it("rewrites the revision of the same pull request after a review", async () => {
    using bench = await openWorkbench("shop");
    const first = await drive(bench, registration);
    const task = first.report.handoffs.find(({ to }) => to === "database-engineer")?.task ?? "";
    await driveChild(bench, "database-engineer", task, { boundary: alembic, python });
    await publish(bench);
    const after = await drive(bench, registration, "", {
      python,
      agents: { "database-engineer": alembic },
      kind: "follow-up",
      report: first.report,
      review: { body: "", comments: [{ id: 2, path: "README.md", body: "add a field `name: str max 80`" }] },
    });
    const written = await readFile(join(bench.root, migration), "utf8");
    expect(written).toContain('sa.Column("name", sa.String(80), nullable=False)');
    expect(of(after, "database-engineer").report.summary).toContain("Rewrites the revision of this pull request");
    expect(after.report.handoffs.map(({ to }) => to)).toEqual(["test-generator"]);
    expect(await untidy(bench)).toBe("");
  });
});

describe.skipIf(!python)("the database engineer", () => {
  const design = async (bench: Workbench, title: string): Promise<string> => {
    const { report } = await drive(bench, title);
    return report.handoffs.find(({ to }) => to === "database-engineer")?.task ?? "";
  };
  const engineer = (bench: Workbench, prompt: string): Promise<Child> =>
    driveChild(bench, "database-engineer", prompt, { boundary: alembic, python });

  it("writes keys, checks and indexes as the models have them, and a merged table changes in a revision of its own", async () => {
    using bench = await openWorkbench("shop");
    const title =
      "CRUD for reviews (product_id: ref products, stars: int >= 1 <= 5, code: str unique, amount: Decimal)";
    const first = await drive(bench, title);
    const made = await engineer(bench, first.report.handoffs.find(({ to }) => to === "database-engineer")?.task ?? "");
    expect(made.back).toMatchObject({ status: "DONE", findings: [] });
    expect(made.report).toMatchObject({
      constraints_added: expect.arrayContaining([
        { table: "reviews", constraint: "fk_reviews_products", type: "foreign key", definition: expect.any(String) },
      ]),
    });
    expect(await untidy(bench)).toBe("");

    await commitAll(bench);
    const say = ["rename `code` to `reference`", "add a field `note: str?`", "make `amount` optional"];
    const review = { body: "", comments: say.map((body, at) => ({ id: at + 1, path: "README.md", body })) };
    const later = await drive(bench, title, "", {
      python,
      agents: { "database-engineer": alembic },
      kind: "follow-up",
      report: first.report,
      review,
    });
    const changed = of(later, "database-engineer");
    expect(changed.back).toMatchObject({ status: "DONE", findings: [] });
    const text = await readFile(join(bench.root, "backend/alembic/versions/0003_change_reviews.py"), "utf8");
    expect(text).toContain('batch.alter_column("code", new_column_name="reference")');
    expect(text).toContain('batch.add_column(sa.Column("note", sa.String(255), nullable=True))');
    expect(text).toContain('down_revision = "0002"');
    expect(later.report.handoffs.map(({ to }) => to)).toEqual(["test-generator"]);
    expect(await untidy(bench)).toBe("");
  });

  it("asks for the value of a new column where rows exist", async () => {
    using bench = await openWorkbench("shop");
    const path = join(bench.root, "backend/app/models/product.py");
    await writeFile(path, `${await readFile(path, "utf8")}    origin: Mapped[str] = mapped_column(String(2))\n`);
    const { report, back } = await engineer(bench, "Add the column.");
    expect(report.questions[0]?.question).toContain("need a value for the new column `origin`");
    expect(back).toMatchObject({ status: "NEEDS_CONTEXT", files: [] });
  });

  it("stops at two heads, and asks where the folder is closed or no migrations are kept", async () => {
    using bench = await openWorkbench("shop");
    const prompt = await design(bench, registration);
    const elsewhere = await driveChild(bench, "database-engineer", prompt, {
      boundary: { allowed: ["docs/database"], forbidden: [] },
      python,
    });
    expect(elsewhere.report.questions[0]?.question).toContain(
      "database-engineer:\n    allowed:\n      - backend/alembic",
    );
    await writeFile(
      join(bench.root, "backend/alembic/versions/0001b_other.py"),
      'revision = "0001b"\ndown_revision = None\n\n\ndef upgrade() -> None:\n    pass\n\n\ndef downgrade() -> None:\n    pass\n',
    );
    const split = await engineer(bench, prompt);
    expect(split.report.blockers[0]).toContain("There are 2 heads (0001, 0001b)");
    await rm(join(bench.root, "backend/alembic.ini"));
    const none = await engineer(bench, prompt);
    expect(none.report.questions[0]?.question).toContain("keeps no Alembic migrations");
  });

  it("writes nothing it cannot compare", async () => {
    using bench = await openWorkbench("shop");
    const prompt = await design(bench, registration);
    const { report, back } = await driveChild(bench, "database-engineer", prompt, { boundary: alembic });
    expect(back).toMatchObject({ status: "BLOCKED", files: [] });
    expect(report.blockers[0]).toContain("is not installed here");
  });
});

describe.skipIf(!python)("the test generator", () => {
  it("covers login and tokens, and a check that asks the database", async () => {
    using bench = await openWorkbench("shop");
    for (const title of [
      "GET /api/v1/health/ready returns {status: str}",
      "Create user registration, login and refresh endpoints",
    ]) {
      const { report: design } = await drive(bench, title);
      const task = design.handoffs.find(({ to }) => to === "test-generator")?.task ?? "";
      const { back, report } = await driveChild(bench, "test-generator", task, { boundary: tests, python });
      expect(back).toMatchObject({ status: "DONE", findings: [] });
      expect("tests_created" in report && report.tests_created[0]?.tests.length).toBeGreaterThan(1);
    }
    expect(await untidy(bench)).toBe("");
  });

  it("runs the repository's own test commands, and the new tests by themselves", async () => {
    using bench = await openWorkbench("shop");
    const { report: design } = await drive(bench, registration);
    const task = design.handoffs.find(({ to }) => to === "test-generator")?.task ?? "";
    const test = ["cd backend && python3 -m compileall -q app", "test -d backend/app"];
    const child = await driveChild(bench, "test-generator", task, { boundary: tests, python, test });
    expect(child.back).toMatchObject({ status: "DONE", findings: [] });
    const commands = child.calls.filter(({ name }) => name === "Bash").map(({ input }) => String(input["command"]));
    expect(commands).toEqual([
      `# Run the whole suite\n(${test[0]}\n) && (${test[1]}\n)`,
      expect.stringMatching(/^# Run what was written\ncd backend && .*pytest.* tests\/test_registration\.py$/),
    ]);
  });

  it("reports a test that fails as it is", async () => {
    using bench = await openWorkbench("shop");
    const { report } = await drive(bench, registration);
    const service = join(bench.root, "backend/app/services/user_service.py");
    await writeFile(
      service,
      (await readFile(service, "utf8")).replace("hash_password, ", "lambda password: password, "),
    );
    const task = report.handoffs.find(({ to }) => to === "test-generator")?.task ?? "";
    const child = await driveChild(bench, "test-generator", task, { boundary: tests, python });
    expect(child.report.status).toBe("DONE_WITH_CONCERNS");
    expect(child.report.concerns.join()).toContain("test_the_password_is_kept_as_a_hash_alone");
    expect(child.back.findings).toMatchObject([{ rule: "tests-failed", severity: "concern" }]);
  });

  it("asks where rows refer to others, and where a file of its name holds tests of people", async () => {
    using bench = await openWorkbench("shop");
    const references = await drive(bench, "CRUD for reviews (product_id: ref products)", "", {
      agents: { "test-generator": tests },
      python,
    });
    expect(references.report.handoffs.find(({ to }) => to === "test-generator")?.task).toMatch(
      /^NEEDS_CONTEXT: Rows of Review refer to other rows\./,
    );
    const { report } = await drive(bench, registration);
    await mkdir(join(bench.root, "backend/tests"), { recursive: true });
    await writeFile(join(bench.root, "backend/tests/test_registration.py"), "def test_by_hand():\n    assert True\n");
    const task = report.handoffs.find(({ to }) => to === "test-generator")?.task ?? "";
    const child = await driveChild(bench, "test-generator", task, { boundary: tests, python });
    expect(child.report.questions[0]?.question).toContain("tests that are not mine (test_by_hand)");
  });
});

describe("where nobody can be started", () => {
  it("both parts stay open, and a repository without migrations is told so where somebody could write them", async () => {
    using bench = await openWorkbench("shop");
    const alone = await drive(bench, registration);
    expect(alone.report.handoffs.map(({ to }) => to)).toEqual(["database-engineer", "test-generator"]);
    expect(alone.children).toEqual([]);
    using other = await openWorkbench("unwired");
    const { report, children } = await drive(other, registration, "", { agents: { "database-engineer": alembic } });
    expect(children).toEqual([]);
    expect(report.handoffs.find(({ to }) => to === "database-engineer")?.task).toContain(
      "The repository keeps no Alembic migrations",
    );
    expect(await diffOf(other)).not.toContain("alembic/versions");
  });
});
