/** The plan for a design request, turn by turn: read, ask or build, try, report. */

import { iniIn } from "./alembic.ts";
import { assembleEndpoint } from "./assemble-endpoint.ts";
import { assembleAuth } from "./assemble-registration.ts";
import { assembleResource } from "./assemble-resource.ts";
import type { BlueprintBrief } from "./brief.ts";
import { read, taskIdOf, write } from "./calls.ts";
import { conflictsWith } from "./conflicts.ts";
import type { Call, Plan, Result } from "./conversation.ts";
import {
  type AgentName,
  type Assignment,
  assignmentsOf,
  delegate,
  findMigrations,
  type HandedBack,
  openAfter,
} from "./delegate.ts";
import { editsBetween } from "./diff.ts";
import type { Unclear } from "./fields.ts";
import type { Layout } from "./layout.ts";
import { dirname } from "./modules.ts";
import { namesOf, plural, singular, snake } from "./names.ts";
import type { Interest } from "./read-layout.ts";
import { asking, describeTrial, emptyReport, type Trial } from "./reports.ts";
import { parseRequest, type Wish } from "./request.ts";
import { blocked, submit } from "./submit.ts";
import { survey } from "./survey.ts";
import { type Trialled, tryOut } from "./try-out.ts";
import type { Built, Change, Step, Work } from "./work.ts";

const featureOf = (wish: Wish): string =>
  wish.kind === "auth"
    ? "user-registration"
    : wish.kind === "crud"
      ? `${namesOf(wish.resource).path}-crud`
      : wish.path
          .replace(/^\/api\/v\d+\//, "")
          .replace(/[^a-z0-9]+/g, "-")
          .replace(/^-+|-+$/g, "") || "endpoint";

const interestOf = (wish: Wish): Interest => ({
  database: wish.kind !== "endpoint",
  users: wish.kind === "auth",
  crossing: wish.kind !== "endpoint" || wish.rate !== undefined,
  routers:
    wish.kind === "endpoint"
      ? wish.path
          .split("/")
          .slice(3)
          .flatMap((part) => [snake(part), singular(snake(part)), plural(snake(part))])
      : [],
  tables:
    wish.kind === "crud"
      ? wish.fields.flatMap((field) =>
          field.type.kind === "ref" ? [field.type.table, namesOf(field.type.table).many] : [],
        )
      : [],
});

const assemble = (wish: Wish, brief: BlueprintBrief, layout: Layout): Built => {
  const task = { layout, boundary: brief.boundary, configFile: brief.configFile };
  if (wish.kind === "crud") return assembleResource(wish, task);
  return wish.kind === "auth" ? assembleAuth(wish, task) : assembleEndpoint(wish, task);
};

function* ask(feature: string, unclear: readonly Unclear[]): Plan {
  yield* submit(asking(feature, unclear), "I cannot go on without an answer.");
}

/** "/architect design this" speaks of the issue that it is written on. */
const wordsOf = (brief: BlueprintBrief): BlueprintBrief["request"] =>
  brief.context && /^(this|it|the above)(\s+(issue|please))?[.!]?$/i.test(brief.request.title.trim())
    ? brief.context
    : brief.request;

export type Drawn =
  | {
      readonly ok: true;
      readonly wish: Wish;
      readonly work: Work;
      readonly layout: Layout;
      /** Sentences of the request that no rule of this grammar reads. */
      readonly unread: readonly string[];
    }
  | { readonly ok: false; readonly feature: string; readonly unclear: readonly Unclear[] };

/** Reads what is asked for and the code that it goes into. Nothing is written yet. */
export function* draw(brief: BlueprintBrief): Plan<Drawn> {
  const parsed = parseRequest(wordsOf(brief));
  if (!parsed.ok) return { ok: false, feature: "design-request", unclear: parsed.unclear };
  const { wish, unread, settled } = parsed.value;
  const feature = featureOf(wish);
  const against = conflictsWith(wish, brief.decisions, settled);
  if (against.length > 0) return { ok: false, feature, unclear: against };
  const surveyed = yield* survey(brief.boundary.allowed, interestOf(wish));
  if (!surveyed.ok) return { ok: false, feature, unclear: surveyed.unclear };
  const built = assemble(wish, brief, surveyed.layout);
  if (!built.ok) return { ok: false, feature, unclear: built.unclear };
  return { ok: true, wish, work: built.work, layout: surveyed.layout, unread };
}

/** @param agents that can be started */
export function* design(brief: BlueprintBrief, agents: ReadonlySet<string>): Plan {
  const drawn = yield* draw(brief);
  if (!drawn.ok) return yield* ask(drawn.feature, drawn.unclear);
  yield* construct(drawn.work, drawn.layout, drawn.unread, agents);
}

// ---------------------------------------------------------------------------------------------------------------- work

export const stepTexts: Readonly<Record<Step, { subject: string; activeForm: string; doing: string }>> = {
  core: {
    subject: "Write what stands round the routes",
    activeForm: "Writing what stands round the routes",
    doing: "What the routes need in core/.",
  },
  schemas: {
    subject: "Write the Pydantic schemas",
    activeForm: "Writing the Pydantic schemas",
    doing: "The contract with clients: schemas.",
  },
  model: { subject: "Write the SQLAlchemy model", activeForm: "Writing the SQLAlchemy model", doing: "The table." },
  service: {
    subject: "Write the service",
    activeForm: "Writing the service",
    doing: "What can be done with it: the service.",
  },
  routes: {
    subject: "Write the routes and register them",
    activeForm: "Writing and registering the routes",
    doing: "HTTP: the routes, and the line that registers them.",
  },
};

export const order: readonly Step[] = ["core", "schemas", "model", "service", "routes"];

type Task = { readonly id: string | undefined };

type TaskText = { readonly subject: string; readonly activeForm: string; readonly doing: string };

const trialText: TaskText = {
  subject: "Try it on a throw-away database",
  activeForm: "Trying it on a throw-away database",
  doing: "Compile, serve and call what is new.",
};

const agentTexts: Readonly<Record<AgentName, TaskText>> = {
  "database-engineer": {
    subject: "Have the migration written",
    activeForm: "The database engineer writes the migration",
    doing: "A part of the database engineer.",
  },
  "test-generator": {
    subject: "Have the tests written",
    activeForm: "The test generator writes the tests",
    doing: "A part of the test generator.",
  },
};

/** What a task waits for: the one before it, where there is one. */
function* planTasks(texts: readonly TaskText[], feature: string): Plan<Task[]> {
  const created = yield {
    text: `I know enough to plan ${feature}.`,
    calls: texts.map(
      ({ subject, activeForm, doing }): Call => ({
        name: "TaskCreate",
        input: { subject, description: `${doing} Part of ${feature}.`, activeForm },
      }),
    ),
  };
  const tasks = created.map((result): Task => ({ id: taskIdOf(result) }));
  const links = tasks.flatMap((task, at): Call[] => {
    const before = tasks[at - 1]?.id;
    return at === 0 || task.id === undefined || before === undefined
      ? []
      : [{ name: "TaskUpdate", input: { taskId: task.id, addBlockedBy: [before] } }];
  });
  const start = moveTo(tasks[0], "in_progress");
  if (links.length + start.length > 0)
    yield { text: "Each step needs the one before it.", calls: [...links, ...start] };
  return tasks;
}

const moveTo = (task: Task | undefined, status: "in_progress" | "completed"): Call[] =>
  task?.id === undefined ? [] : [{ name: "TaskUpdate", input: { taskId: task.id, status } }];

export const toCall = (change: Change): Call => {
  if (change.before === undefined) return write(change.path, change.after);
  const edits = editsBetween(change.before, change.after);
  const file_path = `/repo/${change.path}`;
  const [only] = edits;
  return edits.length === 1 && only
    ? { name: "Edit", input: { file_path, ...only } }
    : { name: "MultiEdit", input: { file_path, edits } };
};

const failures = (results: readonly Result[], calls: readonly Call[]): string[] =>
  results.flatMap((result, at) =>
    result.failed
      ? [`${calls[at]?.name ?? "call"} ${String(calls[at]?.input["file_path"] ?? "")}: ${result.text.slice(0, 600)}`]
      : [],
  );

/** Files that are there must have been read in this conversation before they can be changed. */
function* readAgain(changes: readonly Change[], layout: Layout): Plan {
  const unseen = changes.filter((change) => change.before !== undefined && !layout.files.has(change.path));
  if (unseen.length > 0)
    yield { text: "A look at the files that I change.", calls: unseen.map((change) => read(change.path)) };
}

function* construct(work: Work, layout: Layout, unread: readonly string[], agents: ReadonlySet<string>): Plan {
  const steps = order.filter((step) => work.changes.some((change) => change.step === step));
  const kept = yield* findMigrations(work.handoffs, agents);
  const assignments = assignmentsOf(work.handoffs, work.feature, agents).filter(
    ({ to }) => to !== "database-engineer" || kept.length > 0,
  );
  const texts = [...steps.map((step) => stepTexts[step]), trialText, ...assignments.map(({ to }) => agentTexts[to])];
  const tasks = yield* planTasks(texts, work.feature);
  /** Ends the task before and begins this one. */
  const moves = (at: number): Call[] =>
    at === 0 ? [] : [...moveTo(tasks[at - 1], "completed"), ...moveTo(tasks[at], "in_progress")];
  yield* readAgain(work.changes, layout);
  for (const [at, step] of steps.entries()) {
    const calls = work.changes.filter((change) => change.step === step).map(toCall);
    const before = moves(at);
    const results = yield { text: stepTexts[step].doing, calls: [...before, ...calls] };
    const failed = failures(results.slice(before.length), calls);
    if (failed.length > 0)
      return yield* submit(
        blocked(emptyReport(work.feature), `I could not write a file: ${failed.join("; ")}`),
        "A file could not be written.",
      );
  }
  const trial = yield* tryOut(work, layout, { moves: moves(steps.length), limits: !isTested(assignments) });
  const ended = yield* haveDone({ work, layout, trial, assignments }, (at) => moves(steps.length + 1 + at));
  const done = ended.moveLast ? moveTo(tasks.at(-1), "completed") : [];
  if (done.length > 0) yield { text: "Everything answered as it should.", calls: done };
  const migrations = agents.has("database-engineer") && kept.length === 0 ? "none" : "kept";
  const commands = withMigrations(work.commands, layout, kept);
  const open = { ...work, commands, handoffs: openAfter(work.handoffs, ended.back, migrations) };
  yield* submit(
    describeTrial(open, ended.trial, unread),
    ended.trial.state === "failed" ? "Something did not answer as it should: I report it as it is." : "The report.",
  );
}

/** The server finds its tables where the repository's migrations make them. */
const withMigrations = (
  commands: readonly string[],
  { importRoot }: Layout,
  kept: readonly string[],
): readonly string[] => {
  const ini = iniIn(kept);
  if (ini === undefined || dirname(ini) !== importRoot) return commands;
  return commands.map((command) => command.replace(/(?=(\w+=\S+ )*python -m uvicorn )/, "alembic upgrade head && "));
};

type Assigned = {
  readonly work: Trialled;
  readonly layout: Layout;
  readonly trial: Trial;
  readonly assignments: readonly Assignment[];
};

/** Limits take many calls: where somebody writes tests of them, those try them. */
const isTested = (assignments: readonly Assignment[]): boolean => assignments.some(({ to }) => to === "test-generator");

/** Work that is tried goes to the others; where nobody has tested what they left, it is tried once more. */
export function* haveDone(
  { work, layout, trial, assignments }: Assigned,
  moves: (at: number) => readonly Call[],
): Plan<{ readonly trial: Trial; readonly back: readonly HandedBack[]; readonly moveLast: boolean }> {
  if (trial.state !== "passed" || assignments.length === 0)
    return { trial, back: [], moveLast: trial.state === "passed" };
  const back = yield* delegate(assignments, moves);
  const tested = back.some(({ to, done }) => to === "test-generator" && done);
  // Tests that passed on all of it have tried it, limits included; the requests of the report are made by the App.
  const again = tested ? { ...trial, commands: [] } : yield* tryOut(work, layout, { limits: true });
  return { trial: again, back, moveLast: again.state === "passed" && back.at(-1)?.done === true };
}
