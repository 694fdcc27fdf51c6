/** The plan of the database engineer: what the models have that the migrations lack becomes one revision, which is tried before it is reported. */
import type { DatabaseReport } from "../../domain/child-report.ts";
import { decideCreate } from "../../domain/policy.ts";
import {
  type Alembic,
  findAlembic,
  headsOf,
  iniIn,
  ledTo,
  missing,
  type Revision,
  revisionPattern,
  revisionsIn,
  searches,
  tablesIn,
} from "./alembic.ts";
import type { ChildBrief } from "./brief.ts";
import { bash, exitOf, grepLines, linesOf, pathsOf, read, textOf, write } from "./calls.ts";
import type { Plan } from "./conversation.ts";
import type { Unclear } from "./fields.ts";
import { type Compared, comparedSchema, type Rename, type Table, unclearIn } from "./migration-changes.ts";
import { foreignName, operationsOf, uniqueName } from "./migration-operations.ts";
import { compareCommand, comparedIn, proofCommand } from "./migration-programs.ts";
import { nameRevision, revisionText } from "./migration-text.ts";
import { stem } from "./modules.ts";
import { end } from "./reports.ts";
import { blocked, submit } from "./submit.ts";
import { formatterOf } from "./work.ts";

export const emptyDatabaseReport: DatabaseReport = {
  status: "BLOCKED",
  summary: "Nothing was written.",
  migrations_created: [],
  indexes_added: [],
  constraints_added: [],
  recommendations: [],
  concerns: [],
  blockers: [],
  questions: [],
};

function* ask(unclear: readonly Unclear[]): Plan {
  yield* submit(
    {
      ...emptyDatabaseReport,
      status: "NEEDS_CONTEXT" as const,
      questions: unclear.slice(0, 20).map(({ question, options }) => ({
        question: question.slice(0, 4_000),
        options: options.slice(0, 8).map((option) => option.slice(0, 300)),
      })),
    },
    "I cannot go on without an answer.",
  );
}

function* stop(reason: string): Plan {
  yield* submit(blocked(emptyDatabaseReport, reason), "I cannot go on.");
}

export function* migrate(brief: ChildBrief): Plan {
  const changed = brief.changed.map(({ path }) => path);
  const found = yield {
    text: "How does this repository keep its migrations, and which tables are meant?",
    calls: searches,
  };
  const paths = pathsOf(found[0]);
  if (iniIn(paths) === undefined)
    return yield* ask([
      {
        question: `${missing}. How do tables come into being?`,
        options: ["set up Alembic first", "no migration is needed"],
      },
    ]);
  const led = ledTo(found, changed);
  const alembic = yield* findAlembic({ files: new Map() }, paths, [...led.models, ...led.others]);
  if (!alembic.ok) return yield* ask([{ question: `${alembic.reason}. Where do they lie?`, options: [] }]);
  const tables = tablesIn(alembic.files, led.models);
  if (tables.length === 0)
    return yield* ask([{ question: "No model was changed. Which table is meant?", options: [] }]);
  const chain = yield* readChain(alembic.alembic, brief.prompt);
  if (!chain.ok) return yield* stop(chain.reason);
  yield* build({ brief, alembic: alembic.alembic, files: alembic.files, tables, chain });
}

type Chain = {
  readonly ok: true;
  readonly ids: readonly string[];
  /** Whose ways are followed; undefined where there is no revision yet. */
  readonly head: (Revision & { readonly text: string }) | undefined;
  /** The head is not merged yet: it is written anew instead of followed. */
  readonly amend: boolean;
};

function* readChain(alembic: Alembic, prompt: string): Plan<Chain | { ok: false; reason: string }> {
  const mayAmend = /not merged yet/i.test(prompt);
  const [found, merged] = yield {
    text: "Which revisions are there?",
    calls: [
      grepLines(revisionPattern, alembic.versions),
      ...(mayAmend
        ? [
            bash(
              `# Which revisions are merged?\ngit ls-tree -r --name-only HEAD -- '${alembic.versions.replaceAll("'", "")}'`,
              "Which revisions are merged?",
            ),
          ]
        : []),
    ],
  };
  const revisions = revisionsIn(linesOf(found));
  const heads = headsOf(revisions);
  if (heads.length > 1)
    return {
      ok: false,
      reason: `There are ${heads.length} heads (${heads.map(({ id }) => id).join(", ")}): somebody has to merge them before a migration can follow.`,
    };
  const ids = revisions.map(({ id }) => id);
  const [head] = heads;
  if (!head) return { ok: true, ids, head: undefined, amend: false };
  const [content] = yield { text: `${head.id} is the newest: its ways are followed.`, calls: [read(head.path)] };
  const known = merged && exitOf(merged).code === 0 ? exitOf(merged).output.split("\n") : undefined;
  const open = known ? revisions.filter(({ path }) => !known.some((line) => line.trim() === path)) : [];
  return {
    ok: true,
    ids,
    head: { ...head, text: textOf(content) ?? "" },
    amend: open.length === 1 && open[0]?.path === head.path && head.down.length <= 1,
  };
}

/** "Rename column `a` of `t` to `b`", as the task writes it. */
const renamesIn = (prompt: string): Rename[] =>
  [...prompt.matchAll(/Rename column `(\w+)` of `(\w+)` to `(\w+)`/g)].map((match) => ({
    from: match[1] ?? "",
    table: match[2] ?? "",
    to: match[3] ?? "",
  }));

type Job = {
  readonly brief: ChildBrief;
  readonly alembic: Alembic;
  readonly files: ReadonlyMap<string, string>;
  readonly tables: readonly string[];
  readonly chain: Chain;
};

function* build(job: Job): Plan {
  const { brief, alembic, files, tables, chain } = job;
  const { head, amend } = chain;
  const baseline = amend ? head?.down[0] : head?.id;
  const [answer] = yield {
    text: "I bring an empty database to the newest revision and hold it against the models.",
    calls: [bash(compareCommand(alembic, baseline), "Compare models and migrations")],
  };
  const { code, output } = exitOf(answer);
  const line = comparedIn(output);
  if (code !== 0 || line === undefined)
    return yield* stop(`Models and migrations could not be compared: ${end(output) || `exit code ${code}`}`);
  const parsed = comparedSchema.safeParse(JSON.parse(line));
  if (!parsed.success)
    return yield* ask([
      {
        question: "The models differ from the migrations in a way that I do not read. What is meant?",
        options: ["use a language model for this migration"],
      },
    ]);
  const mine = parsed.data.changes.filter(({ table }) => tables.includes(table));
  const drift = parsed.data.changes.filter(({ table }) => !tables.includes(table));
  const made = mine.some(({ kind }) => kind === "add_table");
  const renames = made ? [] : renamesIn(brief.prompt).filter(({ table }) => tables.includes(table));
  const unclear = unclearIn(mine, renames);
  if (unclear.length > 0) return yield* ask(unclear);
  if (mine.length === 0)
    return yield* ask([
      {
        question: `The migrations make ${tables.join(", ")} as the models have ${tables.length > 1 ? "them" : "it"} already. What is missing?`,
        options: [],
      },
    ]);
  const compared = { ...parsed.data, changes: mine };
  const named = nameRevision({
    compared,
    renames,
    head,
    ids: chain.ids,
    template: alembic.fileTemplate,
    versions: alembic.versions,
  });
  const target = amend && head ? { ...named, path: head.path, id: head.id } : named;
  const verdict = decideCreate(target.path, brief.boundary);
  if (!verdict.allowed) return yield* ask([outside(target.path, brief)]);
  const text = revisionText({
    named: target,
    down: baseline,
    head: head?.text,
    now: compared.now,
    operations: operationsOf(compared, renames, formatterOf(files).width),
  });
  yield* writeAndTry(job, { path: target.path, text, compared, drift: drift.length > 0 });
}

const outside = (path: string, brief: ChildBrief): Unclear => {
  const folder = path.slice(0, path.lastIndexOf("/versions/"));
  return {
    question: `I would write ${path}; that is outside the folders that I may write (${brief.boundary.allowed.join(", ") || "none"}). These lines in ${brief.configFile} on the default branch would allow it:\n\nboundaries:\n  database-engineer:\n    allowed:\n      - ${folder}`,
    options: [`add the lines to ${brief.configFile}`, "the migrations go somewhere else (say where)"],
  };
};

function* writeAndTry(
  { alembic, chain }: Job,
  work: { readonly path: string; readonly text: string; readonly compared: Compared; readonly drift: boolean },
): Plan {
  const { amend } = chain;
  const [written] = yield { text: `One revision: ${stem(work.path)}.`, calls: [write(work.path, work.text)] };
  if (written?.failed) return yield* stop(`I could not write ${work.path}: ${written.text.slice(0, 600)}`);
  const [tried] = yield {
    text: "Does it go up, match the models, and come down again?",
    calls: [bash(proofCommand(alembic, work.drift), "Try the migration on a throw-away database")],
  };
  const { code, output } = exitOf(tried);
  const report = reportOf(work, alembic, amend);
  yield* submit(
    code === 0
      ? report
      : blocked(
          { ...report, summary: report.summary.replace(/ It was applied .*$/, " It did not pass its trial.") },
          `Trying the migration failed:\n${end(output)}`,
        ),
    code === 0 ? "It does: the report." : "It does not: I report it as it is.",
  );
}

const reportOf = (
  { path, compared, drift }: { readonly path: string; readonly compared: Compared; readonly drift: boolean },
  alembic: Alembic,
  amended: boolean,
): DatabaseReport => {
  const created = compared.changes.filter((change): change is Table => change.kind === "add_table");
  const altered = [...new Set(compared.changes.map(({ table }) => table))].filter(
    (table) => !created.some((one) => one.table === table),
  );
  const indexes = [
    ...created.flatMap((table) => table.indexes),
    ...compared.changes.flatMap((change) =>
      change.kind === "add_index" && altered.includes(change.table) ? [change] : [],
    ),
  ];
  const what = [
    ...created.map(({ table }) => `makes the table ${table}`),
    ...altered.map((table) => `changes the table ${table}`),
  ].join(" and ");
  const concerns = drift
    ? ["Models and migrations also differ in tables that this task does not name; Alembic's own check fails for them."]
    : [];
  return {
    ...emptyDatabaseReport,
    status: drift ? "DONE_WITH_CONCERNS" : "DONE",
    summary: `${amended ? "Rewrites the revision of this pull request" : "Adds one revision"} that ${what}. It was applied to a throw-away SQLite database, ${drift ? "" : "compared with the models, "}taken back and applied again.`,
    migrations_created: [`/repo/${path}`],
    indexes_added: indexes.map((index) => ({
      table: index.table,
      column: index.columns.join(", ") || "(expression)",
      type: index.unique ? "unique index" : "index",
      reason: index.unique
        ? `${index.name ?? ""}: no two rows share it, also when two requests come at once`
        : `${index.name ?? ""}: the model looks rows up by it`,
    })),
    constraints_added: created.flatMap((table) => [
      ...table.columns
        .filter(({ key }) => key)
        .map(({ name }) => ({ table: table.table, constraint: name, type: "primary key", definition: name })),
      ...table.unique.map((part) => ({
        table: table.table,
        constraint: uniqueName(part),
        type: "unique",
        definition: part.columns.join(", "),
      })),
      ...table.checks.map((part) => ({
        table: table.table,
        constraint: part.name ?? "check",
        type: "check",
        definition: part.sql ?? "",
      })),
      ...table.foreign.map((part) => ({
        table: table.table,
        constraint: foreignName(part),
        type: "foreign key",
        definition: `${part.columns.join(", ")} → ${(part.to ?? []).join(", ")}`,
      })),
    ]),
    recommendations: [
      `Run \`alembic upgrade head\` in ${alembic.root || "the repository's root"} before the code is deployed${altered.length === 0 ? ": it only adds, so the running version does not notice" : ""}.`,
      ...(altered.length > 0
        ? [
            `${altered.join(", ")} may hold rows: try it on a copy of the data first and watch how long it locks the table.`,
          ]
        : [`The downgrade drops ${created.map(({ table }) => table).join(" and ")} with every row.`]),
    ],
    concerns,
  };
};
