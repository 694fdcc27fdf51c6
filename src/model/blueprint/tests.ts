/** The plan of the test generator: reads how the repository tests its API, writes tests of what is new in that way, and runs them and all others. */
import type { TestReport } from "../../domain/child-report.ts";
import { decideCreate } from "../../domain/policy.ts";
import type { ChildBrief } from "./brief.ts";
import { bash, exitOf, glob, grepLines, linesOf, pathsOf, read, textOf, write } from "./calls.ts";
import { tablesOf } from "./conventions.ts";
import type { Call, Plan, Result } from "./conversation.ts";
import type { Unclear } from "./fields.ts";
import type { Import } from "./layout.ts";
import { dirname, stem } from "./modules.ts";
import { namesOf } from "./names.ts";
import { importsOf } from "./python.ts";
import { readFields } from "./recognise.ts";
import { end } from "./reports.ts";
import { blocked, submit } from "./submit.ts";
import { type Format, moduleText, type Piece } from "./templates/py.ts";
import { type TestBed, testBedOf, testPath } from "./test-bed.ts";
import type { Ground, Suite } from "./test-cases.ts";
import { endpointSuite } from "./test-endpoint.ts";
import { registrationSuite } from "./test-registration.ts";
import { resourceSuite } from "./test-resource.ts";
import { parseTestTask, type TestTask } from "./test-task.ts";
import { formatterOf } from "./work.ts";

export const emptyTestReport: TestReport = {
  status: "BLOCKED",
  summary: "Nothing was written.",
  tests_created: [],
  fixtures_created: [],
  edge_cases_covered: [],
  concerns: [],
  blockers: [],
  questions: [],
};

function* ask(...unclear: readonly Unclear[]): Plan {
  yield* submit(
    {
      ...emptyTestReport,
      status: "NEEDS_CONTEXT" as const,
      questions: unclear.map(({ question, options }) => ({ question, options: [...options] })),
    },
    "I cannot go on without an answer.",
  );
}

const beyond = (what: string): Unclear => ({ question: what, options: ["use a language model for these tests"] });

/** The file that tests of a task go to. */
const fileOf = (task: TestTask): string => {
  const [first] = task.endpoints;
  if (task.endpoints.some(({ path }) => path.endsWith("/register"))) return "registration";
  if (task.model) return namesOf(task.model).many;
  return (first?.path ?? "")
    .split("/")
    .filter((part) => part !== "")
    .slice(2)
    .join("_")
    .replace(/\W+/g, "_");
};

const isTest = (path: string): boolean => /(^|\/)(conftest|test_\w+)\.py$/.test(path);
const beside = (path: string): boolean => /(^|\/)(node_modules|site-packages|\.?venv|env|versions)\//.test(path);

/** Where the model and its schemas are, what limits routes, and where a key comes from. */
const codeSearch = (task: TestTask): Call =>
  grepLines(
    `${task.model ? `^class ${task.model}(Create|Response|Read|Out|Public)?\\b|` : ""}^@\\w+\\.limit\\(|\\bLimiter\\(|environ\\.get\\("\\w*SECRET`,
  );

/** The code under test: model and schemas, one route and the limiter, and what was changed besides. */
const underTest = (task: TestTask, found: Result | undefined, changed: readonly string[]): string[] => {
  const lines = linesOf(found).filter(({ path }) => !isTest(path) && !beside(path));
  const where = (pattern: RegExp): string[] => [
    ...new Set(lines.filter(({ text }) => pattern.test(text)).map(({ path }) => path)),
  ];
  const limited = where(/^@\w+\.limit\(/);
  const routes = limited.filter((path) => changed.includes(path));
  return [
    ...new Set([
      ...where(new RegExp(`^class ${task.model ?? "-"}`)).slice(0, 4),
      ...(routes.length > 0 ? routes : limited).slice(0, 1),
      ...where(/\bLimiter\(/).slice(0, 1),
      ...where(/SECRET/).slice(0, 1),
      ...changed.filter((path) => !/(^|\/)(__init__|env)\.py$|(^|\/)services\//.test(path)),
    ]),
  ].slice(0, 8);
};

export function* writeTests(brief: ChildBrief): Plan {
  const task = parseTestTask(brief.prompt);
  if (!task) return yield* ask(beyond("The task names no endpoint that I could call. Which ones are meant?"));
  const [tests, settings, code] = yield {
    text: "How does this repository test its API?",
    calls: [
      glob("**/{conftest,test_*}.py"),
      glob("**/{pyproject.toml,ruff.toml,pytest.ini,setup.cfg}"),
      codeSearch(task),
    ],
  };
  const changed = brief.changed.flatMap(({ path, kind }) =>
    kind !== "deleted" && path.endsWith(".py") && !isTest(path) && !beside(path) ? [path] : [],
  );
  const there = pathsOf(tests).filter((path) => !beside(path));
  const own = there.find((path) => stem(path) === `test_${fileOf(task)}`);
  const shared = there.filter((path) => path.endsWith("conftest.py")).slice(0, 1);
  const wanted = [
    ...shared,
    ...there.filter((path) => path !== own && !path.endsWith("conftest.py")).slice(0, shared.length > 0 ? 1 : 2),
    ...(own ? [own] : []),
    ...pathsOf(settings).slice(0, 2),
    ...underTest(task, code, changed),
  ];
  const contents = yield { text: "I read its tests, and the code under test.", calls: wanted.map(read) };
  const files = new Map<string, string>();
  for (const [at, path] of wanted.entries()) {
    const text = textOf(contents[at]);
    if (text !== undefined) files.set(path, text);
  }
  const bed = testBedOf(files);
  if (!bed) return yield* ask(beyond("I found no fixture that gives a test a client of the API. Which one is it?"));
  const format: Format = { ...formatterOf(files), firstParty: bed.firstParty };
  const cases = suiteOf({ task, bed, format }, files);
  if ("question" in cases) return yield* ask(cases);
  const suite = { ...cases, fixtures: [...limitFixture(bed, files), ...cases.fixtures] };
  yield* writeAndRun(brief, { bed, format, suite, path: testPath(bed, fileOf(task)), before: own && files.get(own) });
}

const suiteOf = (ground: Ground, files: ReadonlyMap<string, string>): Suite | Unclear => {
  const { task } = ground;
  if (task.guarded)
    return beyond("The endpoints ask who is calling. Which fixture gives a client that somebody is signed in with?");
  if (task.model === undefined) {
    return endpointSuite(ground) ?? beyond("The task does not say what the endpoint answers. What is its whole body?");
  }
  const read = readFields(files, task.model);
  if (!read?.response)
    return beyond(`I do not recognise the model ${task.model} and its schemas as I write them. What can be sent?`);
  const { fields, create, response } = read;
  if (fields.some(({ type }) => type.kind === "ref"))
    return beyond(`Rows of ${task.model} refer to other rows. Which fixture makes those?`);
  const table = tablesOf(files).find(({ found }) => found.name === task.model);
  const suite = task.endpoints.some(({ path }) => path.endsWith("/register"))
    ? registrationSuite(ground, {
        fields,
        create,
        response,
        model: { name: task.model, module: moduleIn(files, task.model, table?.path, ground.bed.firstParty) },
        secret: [...files.values()].map((text) => /environ\.get\("(\w*SECRET\w*)"/.exec(text)?.[1]).find(Boolean),
      })
    : resourceSuite(ground, { fields, response, type: task.model });
  return suite ?? beyond("The endpoints are in no form that I write tests for. What do they promise?");
};

/** The module that other code imports a model from. */
const moduleIn = (
  files: ReadonlyMap<string, string>,
  type: string,
  path: string | undefined,
  firstParty: string,
): string =>
  [...files]
    .filter(([file]) => file !== path)
    .flatMap(([, text]) => importsOf(text))
    .find(({ names }) => names.some(({ name }) => name === type))?.module ??
  `${path ?? ""}`
    .slice(Math.max(0, `/${path ?? ""}`.indexOf(`/${firstParty}/`)))
    .replace(/\.py$/, "")
    .replaceAll("/", ".");

/** The limiter of the routes: as they name it, or in the module that they take their limits from. */
const limiterIn = (files: ReadonlyMap<string, string>): (Import & { readonly optional: boolean }) | undefined => {
  const imports = [...files.values()].flatMap(importsOf);
  for (const text of files.values()) {
    const used = /^@(\w+)\.limit\(/m.exec(text)?.[1];
    const from = importsOf(text).find(({ names }) => names.some(({ name }) => name === used));
    if (used !== undefined && from) return { name: used, module: from.module, optional: false };
  }
  for (const [path, text] of files) {
    const made = /^(\w+)\s*(?::[^=\n]+)?=\s*(?=\(|Limiter\()[\s\S]{0,120}?\bLimiter\(/m.exec(text)?.[1];
    const from = imports.find(({ module }) => module.split(".").at(-1) === stem(path));
    if (made !== undefined && from)
      return { name: made, module: from.module, optional: new RegExp(`\\b${made} is None`).test(text) };
  }
  return undefined;
};

/** Where the tests' client does not forget earlier requests, a fixture does, so that no test depends on another. */
const limitFixture = (bed: TestBed, files: ReadonlyMap<string, string>): Suite["fixtures"] => {
  const limiter = bed.resetsLimits ? undefined : limiterIn(files);
  if (!limiter) return [];
  const { name, module, optional } = limiter;
  const body = optional ? [`    if ${name} is not None:`, `        ${name}.reset()`] : [`    ${name}.reset()`];
  return [
    {
      name: "fresh_limits",
      code: ["@pytest.fixture(autouse=True)", "def fresh_limits() -> None:", ...body].join("\n"),
      imports: [
        { module: "pytest", name: "" },
        { name, module },
      ],
    },
  ];
};

type Job = {
  readonly bed: TestBed;
  readonly format: Format;
  readonly suite: Suite;
  readonly path: string;
  readonly before: string | undefined;
};

const textOfSuite = ({ bed, format, suite }: Job): string => {
  const { copy } = bed.client;
  const mark = bed.mark === undefined ? [] : [`pytestmark = pytest.mark.${bed.mark}`];
  const blocks = [
    [...mark, ...suite.constants].join("\n"),
    ...(copy ? [copy.code] : []),
    ...suite.fixtures.map(({ code }) => code),
    ...suite.tests.map(({ code }) => code),
  ];
  const piece: Piece = {
    code: blocks.join("\n\n\n"),
    imports: [
      ...(bed.mark ? [{ module: "pytest", name: "" }] : []),
      ...(copy?.imports ?? []),
      ...suite.fixtures.flatMap(({ imports }) => imports),
      ...suite.tests.flatMap(({ imports }) => imports),
    ],
  };
  return moduleText(suite.docstring, piece, format);
};

const testNames = (text: string): string[] =>
  [...text.matchAll(/^(?:async )?def (test_\w+)\(/gm)].map((match) => match[1] ?? "");

function* writeAndRun(brief: ChildBrief, job: Job): Plan {
  const { path, before, suite, bed } = job;
  const verdict = decideCreate(path, brief.boundary);
  if (!verdict.allowed) return yield* ask(outside(path, brief));
  const names = suite.tests.map(({ name }) => name);
  const foreign = testNames(before ?? "").filter((name) => !names.includes(name));
  if (foreign.length > 0)
    return yield* ask(
      beyond(`${path} holds tests that are not mine (${foreign.slice(0, 5).join(", ")}). May they go?`),
    );
  const text = textOfSuite(job);
  const [written] = before === text ? [] : yield { text: `The tests: ${stem(path)}.`, calls: [write(path, text)] };
  if (written?.failed)
    return yield* submit(
      blocked(emptyTestReport, `I could not write ${path}: ${written.text.slice(0, 600)}`),
      "The tests could not be written.",
    );
  const inRoot = bed.root === "" ? "" : `cd ${bed.root} && `;
  const file = bed.root === "" ? path : path.slice(bed.root.length + 1);
  const pytest = "python3 -B -m pytest -q -p no:cacheprovider";
  const own = wholeSuite(brief.commands?.test ?? []);
  const whole = bash(`# Run the whole suite\n${own ?? `${inRoot}${pytest}`}`, "Run the whole suite");
  const [all] = (yield { text: "Do they pass, and all the others?", calls: [whole] }).map(exitOf);
  // Whether a command of the repository's runs the new file cannot be read from it.
  if (all?.code === 0 && own === undefined) return yield* submit(reportOf(job, all, all), "They do: the report.");
  const alone = bash(`# Run what was written\n${inRoot}${pytest} ${file}`, "Run the new tests alone");
  const doubt = all?.code === 0 ? "The repository's own suite does. And the new ones?" : "Not all do. Are those mine?";
  const [mine] = (yield { text: doubt, calls: [alone] }).map(exitOf);
  yield* submit(reportOf(job, mine, all), "I report them as they are.");
}

/** The repository's own commands as one, each where it expects to start. */
const wholeSuite = (commands: readonly string[]): string | undefined =>
  commands.length > 1 ? commands.map((one) => `(${one}\n)`).join(" && ") : commands[0];

type Exit = { readonly code: number; readonly output: string };

const reportOf = ({ path, suite, bed }: Job, mine: Exit | undefined, all: Exit | undefined): TestReport => {
  const concerns = [
    ...suite.left,
    ...(mine?.code === 0 ? [] : [`The new tests do not pass:\n${end(mine?.output ?? "")}`]),
    ...(mine?.code === 0 && all?.code !== 0
      ? [`The new tests pass, but not all others:\n${end(all?.output ?? "")}`]
      : []),
  ];
  const count = suite.tests.length;
  const passed = (exit: Exit): string => /\d+ passed/.exec(exit.output)?.[0] ?? "nothing to run";
  return {
    ...emptyTestReport,
    status: concerns.length === 0 ? "DONE" : "DONE_WITH_CONCERNS",
    summary: `Adds ${count} test functions in ${path}, through the repository's own client fixture and a real database.${mine?.code === 0 ? ` They pass${all?.code === 0 ? `, and so does the whole suite (${passed(all)})` : ""}.` : ""}`,
    tests_created: [{ file: `/repo/${path}`, tests: suite.tests.map(({ name }) => name) }],
    fixtures_created: [...(bed.client.copy ? [bed.client.fixture] : []), ...suite.fixtures.map(({ name }) => name)],
    edge_cases_covered: suite.tests.map(({ covers }) => covers),
    concerns,
  };
};

const outside = (path: string, brief: ChildBrief): Unclear => ({
  question: `I would write ${path}; that is outside the folders that I may write (${brief.boundary.allowed.join(", ") || "none"}). These lines in ${brief.configFile} on the default branch would allow it:\n\nboundaries:\n  test-generator:\n    allowed:\n      - ${dirname(path)}`,
  options: [`add the lines to ${brief.configFile}`, "the tests go somewhere else (say where)"],
});
