/** The report of a follow-up: the earlier one with what changed, and an answer to every comment. */
import type { Report } from "../../domain/report.ts";
import { type Entity, idAnnotation } from "./entity.ts";
import type { Instruction } from "./instructions.ts";
import { limitsAfter, type RateChange } from "./limits-after.ts";
import { end, type Trial } from "./reports.ts";
import { columnLine } from "./templates/model.ts";

export type Note = {
  /** Undefined for the review's own text. */
  readonly commentId: number | undefined;
  readonly outcome: "changed" | "declined" | "question";
  readonly answer: string;
  /** Was something asked for that is not done? */
  readonly open: boolean;
};

export type Changed = {
  readonly trial: Trial;
  readonly migrations: readonly string[];
  /** What was done, a clause each. */
  readonly did: readonly string[];
  readonly rates: readonly RateChange[];
  /** What the tests have to cover now; undefined where the model is not recognised. */
  readonly tests: string | undefined;
  readonly entity: Entity | undefined;
  /** How long a password is now, as the schema says it. */
  readonly password: { readonly min: string; readonly max: string } | undefined;
  /** To the endpoints of the model, as they are asked now. */
  readonly requests: readonly string[];
};

/** What the database has to follow, for one instruction. */
export const migrationOf = (entity: Entity, instruction: Instruction): string[] => {
  const table = entity.names.many;
  switch (instruction.kind) {
    case "rename":
      return [`Rename column \`${instruction.field}\` of \`${table}\` to \`${instruction.to}\`, with its index.`];
    case "add":
      return [
        `Add to \`${table}\`: ${columnLine(instruction.field, entity, 500).code}${instruction.field.optional ? "" : " (rows that exist need a value)"}.`,
      ];
    case "flag":
      return [
        `Column \`${instruction.field}\` of \`${table}\` becomes ${instruction.flag === "index" ? "indexed" : instruction.flag}.`,
      ];
    case "bound":
      return entity.fields.some((field) => field.name === instruction.field)
        ? [`The length or check constraint of \`${instruction.field}\` in \`${table}\` follows the model.`]
        : [];
    case "rate":
      return [];
  }
};

const withFields = (models: Report["models_created"], entity: Entity | undefined): Report["models_created"] =>
  models.map((model) =>
    entity && model.name === entity.names.type
      ? {
          ...model,
          fields: [
            "id",
            ...entity.fields.map((field) => field.name),
            ...entity.columns.stamps.map((stamp) => stamp.name),
          ],
        }
      : model,
  );

/** The parts of others as they are now: the tests anew, the migration where the model changed or it is still open. */
export const handoffsAfter = (previous: Report, changed: Changed): Report["handoffs"] => {
  const others = previous.handoffs.filter(({ to }) => to !== "database-engineer" && to !== "test-generator");
  const told = previous.handoffs.find(({ to }) => to === "test-generator");
  const task = changed.tests ?? (told && `${told.task} Since a review: ${changed.did.join("; ")}.`);
  const migration = migrationTask(previous, changed);
  return [
    ...others,
    ...(migration ? [{ to: "database-engineer", task: migration.slice(0, 4_000) }] : []),
    ...(task ? [{ to: "test-generator", task: task.slice(0, 4_000) }] : []),
  ];
};

const migrationTask = (previous: Report, { migrations, entity }: Changed): string | undefined => {
  const open = previous.handoffs.find(({ to }) => to === "database-engineer")?.task;
  if (migrations.length === 0 || !entity) return open;
  const columns = entity.fields.map((field) => columnLine(field, entity, 500).code).join("; ");
  return `${migrations.join(" ")} The table \`${entity.names.many}\` as it is now: id (${idAnnotation(entity.columns.id.type)}); ${columns}. Where the migration that makes it is not merged yet, change that one.`;
};

/** What was built, without what earlier reviews led to. */
const withoutReviews = (summary: string): string => summary.replace(/^(Follow-up on a review: [^.]*\. )+/, "");

/** @param changed undefined where no file was changed @param handoffs what is left of them */
export const reportAfter = (
  previous: Report,
  notes: readonly Note[],
  changed: Changed | undefined,
  handoffs: Report["handoffs"] = changed ? handoffsAfter(previous, changed) : previous.handoffs,
): Report => {
  const threads = notes.flatMap((note) =>
    note.commentId === undefined
      ? []
      : [{ comment_id: note.commentId, outcome: note.outcome, answer: note.answer.slice(0, 4_000) }],
  );
  const own = notes.filter((note) => note.commentId === undefined && note.open).map((note) => note.answer);
  const count = notes.filter((note) => note.outcome === "changed").length;
  const failed = changed?.trial.state === "failed";
  const concerns = [
    ...previous.concerns.filter((concern) => !concern.startsWith("Follow-up: ")),
    ...own.map((answer) => `Follow-up: to the review as a whole: ${answer}`.slice(0, 4_000)),
    ...(changed?.trial.state === "not-tried"
      ? [`Follow-up: the changes are written, but were not run: ${end(changed.trial.output)}`]
      : []),
    ...(failed ? [`Follow-up: trying the changes failed:\n${end(changed.trial.output)}`] : []),
  ].slice(-50);
  const limits = limitsAfter(previous, changed?.rates ?? []);
  const built = withoutReviews(previous.summary);
  return {
    ...previous,
    status: failed ? "BLOCKED" : concerns.length + handoffs.length > 0 ? "DONE_WITH_CONCERNS" : "DONE",
    summary: changed
      ? `Follow-up on a review: ${count} of ${notes.length} ${notes.length === 1 ? "comment" : "comments"} led to a change. ${built}`.slice(
          0,
          4_000,
        )
      : `Follow-up on a review: no file changed; the answers stand in the threads. ${built}`.slice(0, 4_000),
    endpoints_created: limits.endpoints_created,
    decisions: limits.decisions,
    models_created: changed ? withFields(previous.models_created, changed.entity) : previous.models_created,
    security_measures: limits.security_measures.map((measure) => withPassword(measure, changed?.password)),
    test_commands: changed
      ? [...changed.trial.commands, ...requestsAfter(previous.test_commands, changed.requests)]
      : previous.test_commands,
    concerns,
    blockers: failed ? ["What was changed does not answer as it should; the output stands under concerns."] : [],
    questions: [],
    handoffs,
    threads,
  };
};

/** The server and the requests of before, those anew whose path is asked otherwise now. */
const requestsAfter = (before: readonly string[], now: readonly string[]): string[] => {
  const pathIn = (command: string): string =>
    /localhost:8500(\/[^'"?$ ]*)/.exec(command)?.[1]?.replace(/\/$/, "") ?? "";
  const paths = new Set(now.map(pathIn));
  const kept = before.filter((command) => /\b(uvicorn|curl)\b/.test(command) && !command.startsWith("#"));
  const [servers, requests] = [kept.filter((one) => !/\bcurl\b/.test(one)), kept.filter((one) => /\bcurl\b/.test(one))];
  return [...servers, ...now, ...requests.filter((one) => !paths.has(pathIn(one)))];
};

/** A measure that names the length of passwords names the new one. */
const withPassword = (measure: string, password: Changed["password"]): string =>
  password ? measure.replace(/(?<=Passwords are )\d+ to \d+/, `${password.min} to ${password.max}`) : measure;
