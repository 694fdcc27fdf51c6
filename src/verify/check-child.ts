/** Holds a subagent's report against what it wrote and what ran: a migration can be taken back, a test exists and has passed. */
import { bytesOf, type Changeset } from "../domain/changeset.ts";
import type { ChildReport, DatabaseReport, TestReport } from "../domain/child-report.ts";
import type { Evidence, Finding } from "../domain/finding.ts";
import { canonPath } from "../domain/policy.ts";
import { type HandedBack, openEnds } from "../domain/subagent.ts";
import { checkEvidence, checkStatus, freshEvidence } from "./check-report.ts";
import { bodyOf, functionsIn } from "./python-text.ts";

export type ChildContext = {
  /** What the subagent itself changed. */
  readonly own: Changeset;
  /** All that the run has changed by now: what evidence is fresh against. */
  readonly changeset: Changeset;
  readonly evidence: readonly Evidence[];
};

type File = { readonly path: string; readonly text: string };

const error = (rule: string, message: string, path?: string): Finding => ({
  rule,
  severity: "error",
  message,
  ...(path === undefined ? {} : { path }),
});
const concern = (rule: string, message: string, path?: string): Finding => ({
  ...error(rule, message, path),
  severity: "concern",
});

/** `error` findings go back to the subagent; the rest lower its status and are shown. */
export const checkChildReport = (report: ChildReport, context: ChildContext): Finding[] => [
  ...checkStatus(report),
  ...("tests_created" in report ? checkTests(report, context) : checkMigrations(report, context)),
];

const pythonFiles = (changeset: Changeset): File[] =>
  changeset
    .filter((change) => change.kind !== "deleted" && change.path.endsWith(".py"))
    .map((change) => ({ path: change.path, text: bytesOf(change).toString("utf8") }));

/** Claimed paths as they are written in a changeset; what cannot be one stays as it was. */
const canonical = (path: string): string => {
  const canon = canonPath(path);
  return canon.ok ? canon.path : path;
};

const notWritten = (claimed: readonly string[], own: Changeset, key: string): Finding[] =>
  claimed
    .map(canonical)
    .filter((path) => !own.some((change) => change.path === path && change.kind !== "deleted"))
    .map((path) => error("claim-missing", `stands in ${key}, but you did not write it`, path));

// ----------------------------------------------------------------------------------------------------------- migrations

const checkMigrations = (report: DatabaseReport, { own, changeset, evidence }: ChildContext): Finding[] => {
  const files = pythonFiles(own).filter(({ text }) => functionsIn(text).some(({ name }) => name === "upgrade"));
  const claimed = report.migrations_created.map(canonical);
  const all = files.map(({ text }) => text).join("\n");
  const tables = [...report.indexes_added, ...report.constraints_added].map(({ table }) => table);
  return [
    ...notWritten(report.migrations_created, own, "migrations_created"),
    ...files
      .filter(({ path }) => !claimed.includes(path))
      .map(({ path }) => error("migration-unclaimed", "is a migration that migrations_created does not name", path)),
    ...[...new Set(tables)]
      .filter((table) => !all.includes(table))
      .map((table) => error("claim-missing", `the report names the table ${table}, but no migration of yours does`)),
    ...files.flatMap(checkMigration),
    ...(own.length === 0 ? [] : checkEvidence(report, { changeset, evidence })),
  ];
};

const destructive = /\bop\.drop_(table|column)\b|\b(DROP\s+(TABLE|COLUMN|SCHEMA|DATABASE)|TRUNCATE\b|DELETE\s+FROM)/i;

const checkMigration = ({ path, text }: File): Finding[] => {
  const upgrade = bodyOf(text, "upgrade") ?? "";
  const loses = destructive.exec(upgrade)?.[0];
  return [
    ...(undoes(bodyOf(text, "downgrade"))
      ? []
      : [error("downgrade-missing", "has no downgrade() that takes back what upgrade() does", path)]),
    ...(loses === undefined
      ? []
      : [concern("destructive-migration", `upgrade() loses data (${loses}): somebody must approve that`, path)]),
  ];
};

/** More than a docstring, `pass` or a refusal. */
const undoes = (body: string | undefined): boolean =>
  (body ?? "")
    .replace(/("""|''')[\s\S]*?\1/g, "")
    .split("\n")
    .some((line) => !/^\s*(#.*|pass|\.\.\.|return( None)?|raise\b.*)?$/.test(line));

// ---------------------------------------------------------------------------------------------------------------- tests

const checkTests = (report: TestReport, context: ChildContext): Finding[] => {
  const files = pythonFiles(context.own);
  const claimed = report.tests_created.map(({ file, tests }) => ({ path: canonical(file), tests }));
  const paths = claimed.map(({ path }) => path);
  return [
    ...notWritten(paths, context.own, "tests_created"),
    ...claimed.flatMap(({ path, tests }) => missingTests(files, path, tests)),
    ...files.flatMap(checkTestFile),
    ...checkRuns(report, paths, context),
  ];
};

/** `TestUsers::test_create[x]` names the function `test_create`. */
const functionName = (test: string): string =>
  test.split("::").at(-1)?.split(/[[(]/)[0]?.split(".").at(-1)?.trim() ?? "";

const missingTests = (files: readonly File[], path: string, tests: readonly string[]): Finding[] => {
  const file = files.find((one) => one.path === path);
  if (!file) return [];
  const names = new Set(functionsIn(file.text).map(({ name }) => name));
  return tests
    .filter((test) => !names.has(functionName(test)))
    .map((test) => error("claim-missing", `has no test ${test}, which tests_created names`, path));
};

const asserts = /\bassert\b|\.raises\(|\.warns\(|\bassert\w*\(|\.assert\w*\(|\b(expect|check|verify)\w*\(|\bfail\(/i;
const sleeps = /\b(time|asyncio)\.sleep\(\s*(?!0\s*\))/;
const mocksDatabase =
  /\b(Mock|MagicMock|AsyncMock|create_autospec)\([^)\n]*\b(AsyncSession|Session|Engine|sessionmaker|async_sessionmaker)\b|\bpatch(\.object)?\([^)\n]*\b(get_db|get_session|AsyncSession|SessionLocal|async_session|engine)\b/;

const checkTestFile = ({ path, text }: File): Finding[] => {
  const lines = text.split("\n");
  const at = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line)) + 1;
  const found = (pattern: RegExp, rule: string, message: string): Finding[] => {
    const line = at(pattern);
    return line === 0 ? [] : [{ ...error(rule, message, path), line }];
  };
  return [
    ...functionsIn(text)
      .filter(({ name, body }) => name.startsWith("test") && !asserts.test(body))
      .map(({ name, line }) => ({ ...error("test-without-assertion", `${name} asserts nothing`, path), line })),
    ...found(sleeps, "test-sleeps", "sleeps: wait for what is to happen instead"),
    ...found(mocksDatabase, "database-mocked", "mocks the database: use a real one that lives for the test"),
  ];
};

const runsTests = /\b(pytest|unittest|tox|nox)\b/;
const passed = /\b[1-9]\d* passed\b|^OK\b/m;
/** Said by the output also where a pipe has swallowed the exit code. */
const failed = /\b[1-9]\d* (failed|errors?)\b|^FAILED\b/m;

/** A command runs a file when it names it or a folder above it, or names no path at all. */
const covers = (command: string, path: string): boolean => {
  const words = command.split(/[\s;&|'"]+/).map((word) => word.replace(/^(\/repo\/|\.\/)/, "").split("::")[0] ?? "");
  const paths = words.filter((word) => /(^|\/)tests?(\/|$)|\.py$/.test(word)).map((word) => word.replace(/\/$/, ""));
  // From inside another folder (`cd backend && pytest tests`) a path is the end of the file's, or of a folder's.
  return paths.length === 0 || paths.some((one) => `/${path}/`.includes(`/${one}/`));
};

const checkRuns = (report: TestReport, paths: readonly string[], context: ChildContext): Finding[] => {
  if (paths.length === 0 || (report.status !== "DONE" && report.status !== "DONE_WITH_CONCERNS")) return [];
  const runs = freshEvidence(context.evidence, context.changeset).filter(({ command }) => runsTests.test(command));
  // What DONE may not hide is a concern where it was said.
  const say = report.status === "DONE" ? error : concern;
  return [...new Set(paths)].flatMap((path) => {
    const of = runs.filter(({ command }) => covers(command, path));
    const last = of.at(-1);
    const hasFailed = last !== undefined && (last.exitCode !== 0 || failed.test(last.output));
    if (hasFailed) return [say("tests-failed", `the last run of its tests failed (exit code ${last.exitCode})`, path)];
    if (last && passed.test(last.output)) return [];
    return [say("tests-not-run", "its tests did not run on the files as they are now, or none passed", path)];
  });
};

// ----------------------------------------------------------------------------------------------- what the parent inherits

/** How its subagents ended, for the report of the agent that started them. */
export const checkSubagents = (children: readonly HandedBack[]): Finding[] =>
  openEnds(children).map(({ agent, status, report, reason }) =>
    concern("subagent-open", `${agent} ended with ${status}: ${reason ?? openPoints(report) ?? "see its part below"}`),
  );

const openPoints = (report: ChildReport | undefined): string | undefined =>
  [
    ...(report?.blockers ?? []),
    ...(report?.concerns ?? []),
    ...(report?.questions ?? []).map((one) => one.question),
  ][0];
