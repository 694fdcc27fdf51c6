/** The plan for a review: read what was asked and what is there, change what is in the documented set, try it, answer every comment. */
import type { Report } from "../../domain/report.ts";
import type { BlueprintBrief } from "./brief.ts";
import { absolute, pathsOf, read, textOf } from "./calls.ts";
import type { Call, Plan } from "./conversation.ts";
import { assignmentsOf, findMigrations, openAfter } from "./delegate.ts";
import { haveDone, toCall } from "./design.ts";
import { noteOf, type Said } from "./follow-up-notes.ts";
import { handoffsAfter, migrationOf, type Note, reportAfter } from "./follow-up-report.ts";
import { changedBy, type Done, rehearsalOf } from "./follow-up-work.ts";
import { readComment } from "./instructions.ts";
import type { Layout } from "./layout.ts";
import type { RateChange } from "./limits-after.ts";
import { recognise, type Target } from "./recognise.ts";
import { emptyReport } from "./reports.ts";
import { type Files, revise } from "./revise.ts";
import { reviseRate } from "./revise-rate.ts";
import { blocked, submit } from "./submit.ts";
import { survey } from "./survey.ts";
import { tryOut } from "./try-out.ts";
import type { Change } from "./work.ts";

const saidIn = (brief: BlueprintBrief): Said[] => [
  ...(brief.review?.comments ?? []).map((comment) => ({
    id: comment.id,
    path: comment.path,
    line: comment.line,
    suggestion: comment.suggestion,
    reading: readComment(comment.body, comment.hunk),
  })),
  ...(brief.review?.body.trim()
    ? [{ id: undefined, path: undefined, line: undefined, reading: readComment(brief.review.body, "") }]
    : []),
];

const previousReport = (brief: BlueprintBrief): Report => brief.report ?? emptyReport("design-request");

const nothingRead = (said: readonly Said[]): Note[] => said.map((one) => noteOf(one, [], []));

/** Files that hold a suggestion already. */
const suggestedIn = (said: readonly Said[]): readonly string[] => [
  ...new Set(said.flatMap(({ path, suggestion }) => (path !== undefined && suggestion?.applied ? [path] : []))),
];

/** Reading a log takes somebody who understands it. */
function* leaveChecks(brief: BlueprintBrief, failed: readonly { name: string; reason: string }[]): Plan {
  const names = failed.map(({ name }) => `\`${name.replaceAll("`", "")}\``).join(", ");
  yield* submit(
    blocked(
      {
        ...previousReport(brief),
        summary: "No file was changed: the offline model cannot read the log of a check.",
        threads: [],
      },
      `${names}: to mend it, its output has to be understood, which takes a person or a language model.`,
    ),
    "I cannot read logs: I say so.",
  );
}

/** @param agents that can be started */
export function* followUp(brief: BlueprintBrief, agents: ReadonlySet<string>): Plan {
  if (brief.checks) return yield* leaveChecks(brief, brief.checks.failed);
  const said = saidIn(brief);
  const previous = previousReport(brief);
  const wanted = said.flatMap((one) => one.reading.instructions);
  const suggested = suggestedIn(said);
  if (wanted.length === 0 && suggested.length === 0)
    return yield* submit(
      reportAfter(previous, nothingRead(said), undefined),
      "Nothing in this review is in a form that I can act on.",
    );
  const [model] = previous.models_created;
  const surveyed = yield* survey(brief.boundary.allowed, {
    database: model !== undefined,
    users: false,
    crossing: true,
    tables: model ? [model.table] : [],
    routers: [...previous.endpoints_created.flatMap((one) => one.path.split("/").slice(3, 4)), "auth"],
  });
  if (!surveyed.ok)
    return yield* submit(
      blocked(
        reportAfter(previous, nothingRead(said), undefined),
        `I could not read the backend: ${surveyed.unclear[0]?.question ?? ""}`,
      ),
      "I cannot find my way in this worktree.",
    );
  const layout = yield* readRest(surveyed.layout, model?.name, said);
  const target = model && recognise(layout, model.name);
  const outcome = applyAll(said, layout, target);
  const changes = changesOf(layout, outcome.files);
  if (changes.length === 0 && suggested.length === 0)
    return yield* submit(reportAfter(previous, outcome.notes, undefined), "No file changes; I answer.");
  const written =
    changes.length === 0 ? [] : yield { text: "The changes that the review asks for.", calls: changes.map(toCall) };
  const failed = written.find((result) => result.failed);
  if (failed)
    return yield* submit(
      blocked(
        reportAfter(previous, nothingRead(said), undefined),
        `I could not change a file: ${failed.text.slice(0, 1_000)}`,
      ),
      "A file could not be changed.",
    );
  const done: Done = { previous, layout, target: outcome.target, rates: outcome.rates };
  const work = {
    changes: [...changes, ...takenOver(layout, suggested)],
    rehearsal: rehearsalOf(done),
    handoffs: [],
    endpoints: previous.endpoints_created,
  };
  const trial = yield* tryOut(work, layout, { limits: !agents.has("test-generator") });
  const changed = changedBy(done, outcome, trial);
  const handoffs = handoffsAfter(previous, changed);
  const kept = trial.state === "passed" ? yield* findMigrations(handoffs, agents) : [];
  const assignments = assignmentsOf(handoffs, previous.feature, agents).filter(
    ({ to }) => to !== "database-engineer" || kept.length > 0,
  );
  const ended = yield* haveDone({ work, layout, trial, assignments }, () => []);
  const open = openAfter(handoffs, ended.back, agents.has("database-engineer") && kept.length === 0 ? "none" : "kept");
  yield* submit(
    reportAfter(previous, outcome.notes, { ...changed, trial: ended.trial }, open),
    ended.trial.state === "failed"
      ? "Something does not answer as it should: I report it as it is."
      : "Changed, tried, answered.",
  );
}

/** Files that speak of the model or that comments stand in, and were not read yet. */
function* readRest(layout: Layout, type: string | undefined, said: readonly Said[]): Plan<Layout> {
  const search: Call[] =
    type === undefined
      ? []
      : [
          {
            name: "Grep",
            input: {
              pattern: `\\b${type}(Create|Update|Service|Page|Response|Read|Out|Public)?\\b`,
              path: absolute(layout.packageFolder),
              glob: "*.py",
              output_mode: "files_with_matches",
              head_limit: 0,
            },
          },
        ];
  const [found] = search.length > 0 ? yield { text: `Where is ${type} used?`, calls: search } : [];
  const commented = said.flatMap((one) => (one.path?.endsWith(".py") ? [one.path] : []));
  const missing = [...new Set([...pathsOf(found), ...commented])]
    .filter((path) => !layout.files.has(path))
    .slice(0, 12);
  if (missing.length === 0) return layout;
  const results = yield { text: "I read what was not read yet.", calls: missing.map(read) };
  const files = new Map(layout.files);
  for (const [at, path] of missing.entries()) {
    const text = textOf(results[at]);
    if (text !== undefined) files.set(path, text);
  }
  return { ...layout, files };
}

type Outcome = {
  readonly files: Files;
  readonly target: Target | undefined;
  readonly notes: readonly Note[];
  readonly did: readonly string[];
  readonly migrations: readonly string[];
  readonly rates: readonly RateChange[];
};

const routesOf = (layout: Layout, target: Target | undefined): string | undefined => {
  const type = target?.context.entity.names.type;
  return type === undefined
    ? undefined
    : [...layout.files].find(
        ([, text]) => new RegExp(`\\b${type}Service\\(`).test(text) && /@\w+\.(get|post|patch|delete)\(/.test(text),
      )?.[0];
};

/** Applies every instruction in the order of the comments, each on what the one before it left. */
const applyAll = (said: readonly Said[], layout: Layout, start: Target | undefined): Outcome => {
  let files: Files = layout.files;
  let target = start;
  const notes: Note[] = [];
  const done: string[] = [];
  const migrations: string[] = [];
  const rates: RateChange[] = [];
  for (const one of said) {
    const did: string[] = [];
    const not: { outcome: "declined" | "question"; reason: string }[] = [];
    for (const instruction of one.reading.instructions) {
      if (instruction.kind === "rate") {
        const commented =
          one.path !== undefined && /@\w+\.(get|post|put|patch|delete)\(/.test(files.get(one.path) ?? "")
            ? one.path
            : undefined;
        const path = commented ?? routesOf({ ...layout, files }, target);
        const result =
          path === undefined
            ? { ok: false as const, reason: "I found no route that this limit could be for" }
            : reviseRate(files, path, commented ? one.line : undefined, instruction.rate);
        if (!result.ok) {
          not.push({ outcome: "declined", reason: result.reason });
          continue;
        }
        files = result.files;
        rates.push({ routes: result.routes, rate: instruction.rate });
        did.push(result.did);
      } else if (!target)
        not.push({
          outcome: "declined",
          reason:
            "I do not recognise the model and its schemas as I write them, so I change no field: that needs a person or a language model",
        });
      else {
        const result = revise(target, files, instruction);
        if (!result.ok) {
          not.push({ outcome: result.outcome, reason: result.reason });
          continue;
        }
        migrations.push(...migrationOf(target.context.entity, instruction));
        files = result.files;
        did.push(result.did);
        target = recognise({ ...layout, files }, target.context.entity.names.type) ?? {
          ...target,
          context: { ...target.context, entity: result.entity },
        };
      }
    }
    notes.push(noteOf(one, did, not));
    done.push(...did);
  }
  return { files, target, notes, did: done, migrations, rates };
};

/** Beside those that were written: what was suggested is tried, too. */
const takenOver = (layout: Layout, paths: readonly string[]): Change[] =>
  paths.flatMap((path) => {
    const text = layout.files.get(path);
    return text === undefined ? [] : [{ path, before: text, after: text, step: "routes" as const }];
  });

const changesOf = (layout: Layout, files: Files): Change[] =>
  [...files].flatMap(([path, after]) => {
    const before = layout.files.get(path);
    return before === undefined || before === after ? [] : [{ path, before, after, step: "routes" as const }];
  });
