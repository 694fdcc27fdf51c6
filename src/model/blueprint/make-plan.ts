/** A `plan` run: the work is drawn up as for an implementing run and handed in as a plan, or the questions that stand before it are. */
import type { PlanContent } from "../../domain/plan.ts";
import { iniIn, lookForAlembic } from "./alembic.ts";
import type { BlueprintBrief } from "./brief.ts";
import { absolute, glob, pathsOf } from "./calls.ts";
import { contractOf } from "./contract.ts";
import type { Plan } from "./conversation.ts";
import { type Drawn, draw, order, stepTexts } from "./design.ts";
import { mostOf } from "./features.ts";
import type { Unclear } from "./fields.ts";
import { dirname, join } from "./modules.ts";
import type { Wish } from "./request.ts";
import type { Change, Step, Work } from "./work.ts";

export function* makePlan(brief: BlueprintBrief): Plan {
  const drawn = yield* draw(brief);
  if (!drawn.ok) return yield* handIn(questionsFirst(drawn.unclear));
  const [alembic, tests] = yield {
    text: "Where do migrations and tests of this repository lie?",
    calls: [lookForAlembic, glob("**/{conftest,test_*}.py")],
  };
  const folders = {
    migrations: versionsIn(pathsOf(alembic)),
    tests: testsIn(pathsOf(tests)),
    unread: [alembic, tests].find((one) => one?.failed)?.text,
  };
  yield* handIn(planOf(drawn, folders));
}

/** What the checks find wrong with it is shown with it: there is nothing here that could mend it. */
function* handIn(plan: PlanContent): Plan {
  for (let at = 0; at < 3; at++) {
    const [result] = yield { text: "The plan.", calls: [{ name: "SubmitPlan", input: plan }] };
    if (!result?.failed) return;
  }
}

export const questionsFirst = (unclear: readonly Unclear[]): PlanContent => ({
  summary: "Nothing is planned yet: the request leaves questions open, and the blueprint model does not guess.",
  work: "single-endpoint",
  ...{ steps: [], files: [], contract: [], risks: [] },
  questions: unclear.slice(0, 10).map(({ question, options }) => ({
    question: clip(question, 500),
    options: options.slice(0, 8).map((option) => clip(option, 300)),
  })),
});

/** Each undefined where there is none. */
type Folders = {
  readonly migrations: string | undefined;
  readonly tests: string | undefined;
  /** Why nobody looked. */
  readonly unread: string | undefined;
};

const versionsIn = (paths: readonly string[]): string | undefined => {
  const env = paths.find((path) => path.endsWith("env.py"));
  return iniIn(paths) === undefined || env === undefined ? undefined : join(dirname(env), "versions");
};

const testsIn = (paths: readonly string[]): string | undefined => mostOf(paths.map(dirname));

const clip = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max - 1)}…` : text);

const workKind = { auth: "authentication", crud: "crud", endpoint: "single-endpoint" } as const satisfies Record<
  Wish["kind"],
  PlanContent["work"]
>;

const planOf = ({ wish, work, unread }: Extract<Drawn, { ok: true }>, folders: Folders): PlanContent => {
  const others = othersOf(work, folders);
  return {
    summary: clip(work.summary, 2_000),
    work: workKind[wish.kind],
    steps: [
      ...order.flatMap((step) => ownStep(step, work)),
      ...others.map(({ step }) => step),
      {
        title: "Try it",
        detail: `Compile it, serve it on a throw-away database, and call ${work.endpoints.length === 1 ? "the operation" : "each operation"} with what it must take and refuse.`,
        files: [],
      },
    ],
    files: [
      ...work.changes.map((change) => ({
        file: absolute(change.path),
        change: change.before === undefined ? ("create" as const) : ("modify" as const),
        why: whyOf(change),
        handoff: null,
      })),
      ...others.map(({ file }) => file),
      ...patchesOf(work),
    ],
    contract: contractOf(wish, work.endpoints),
    questions: [],
    risks: [...work.concerns, ...leftOver(work, folders), ...unread.map(notRead)]
      .map((risk) => clip(risk, 1_000))
      .slice(0, 10),
  };
};

const notRead = (sentence: string): string =>
  `"${clip(sentence, 300)}" is in no form that the blueprint model reads, so nothing is planned for it.`;

const ownStep = (step: Step, work: Work): PlanContent["steps"] => {
  const changes = work.changes.filter((change) => change.step === step);
  if (changes.length === 0) return [];
  return [
    {
      title: stepTexts[step].subject,
      detail: clip(detailOf(step, work), 1_500),
      files: changes.map(({ path }) => absolute(path)).slice(0, 20),
    },
  ];
};

const detailOf = (step: Step, { models, endpoints, decisions }: Work): string => {
  if (step === "model")
    return models.map(({ name, table, fields }) => `${name}, in the table ${table}: ${fields.join(", ")}.`).join(" ");
  if (step === "schemas") return "What clients send and what they get, every field checked.";
  if (step === "service") return "What can be done with it, apart from HTTP.";
  if (step === "core") return stepTexts[step].doing;
  const decided = decisions.map(({ title }) => title).join("; ");
  return [
    `${endpoints.map(({ method, path }) => `${method} ${path}`).join(", ")}.`,
    ...(decided === "" ? [] : [`Decided: ${decided}.`]),
  ].join(" ");
};

const whyOf = ({ step, path, before, after }: Change): string => {
  if (after === "") return "makes the folder a package";
  if (step === "routes" && before !== undefined && mountsIn(after) > mountsIn(before)) return "registers the router";
  if (step === "model" && path.endsWith("__init__.py")) return "names the new model";
  return whys[step];
};

const mountsIn = (text: string): number => text.split("include_router(").length;

const whys: Readonly<Record<Step, string>> = {
  core: "what the routes rely on",
  schemas: "what clients send and get",
  model: "the table",
  service: "what can be done with it",
  routes: "the routes",
};

type Part = { readonly step: PlanContent["steps"][number]; readonly file: PlanContent["files"][number] };

/** What other agents do in the same run, where the repository has a place for it. */
const othersOf = ({ handoffs }: Work, { migrations, tests }: Folders): readonly Part[] =>
  handoffs.flatMap(({ to, task, patch }): Part[] => {
    const folder = to === "database-engineer" ? migrations : to === "test-generator" ? tests : undefined;
    if (folder === undefined || patch) return [];
    const file = `${absolute(folder)}/`;
    const title = to === "database-engineer" ? stepName.migrations : stepName.tests;
    const why = to === "database-engineer" ? "the table's migration" : "the tests of all of it";
    const detail = clip(task.split("\n")[0] ?? "", 600);
    return [{ step: { title, detail, files: [file] }, file: { file, change: "create", why, handoff: to } }];
  });

/** Lines that others are asked to change. */
const patchesOf = ({ handoffs }: Work): PlanContent["files"] =>
  handoffs.flatMap(({ to, task, patch }) =>
    patch
      ? [
          {
            file: absolute(patch.path),
            change: "modify" as const,
            why: clip(task.replace(/\s+/g, " "), 300),
            handoff: to,
          },
        ]
      : [],
  );

const stepName = { migrations: "Have the migration written", tests: "Have the tests written" } as const;

/** What nobody does in that run. */
const leftOver = ({ handoffs }: Work, { migrations, tests, unread }: Folders): readonly string[] =>
  unread !== undefined
    ? [`I could not look where migrations and tests lie, so none are planned: ${unread}`]
    : handoffs.flatMap(({ to, task, patch }) => {
        if (patch) return [];
        if (to === "database-engineer")
          return migrations
            ? []
            : [
                "The repository keeps no Alembic migrations: where its tables are not made in another way, one is missing.",
              ];
        if (to === "test-generator") return tests ? [] : ["I found no tests of the API to write further ones beside."];
        return [`Left to ${to}: ${task}`];
      });
