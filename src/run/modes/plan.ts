/** `plan`: what would be done is written down, checked against the code, and waits in a comment of its own to be approved. */
import type { Answered } from "../../domain/answered.ts";
import type { Finding } from "../../domain/finding.ts";
import {
  fingerprint,
  hashPlan,
  isFolder,
  type Plan,
  type PlanContent,
  plannedPath,
  planSchema,
  type StoredPlan,
} from "../../domain/plan.ts";
import { canonPath } from "../../domain/policy.ts";
import { planMarker, renderPlan } from "../../domain/render/plan.ts";
import { checkPlan } from "../../verify/plan/check-plan.ts";
import { blobsOf, plannedFor } from "../approve.ts";
import { unheard } from "../judge.ts";
import type { Ground, Mode, Reading } from "../mode.ts";
import { createSubmitReport, type Judge, maxRefusals } from "../tools/submit-report.ts";
import { unshown } from "../unshown.ts";

const directive = `
You plan this work; another run carries the plan out once people approved it, and only if they do. Nothing of /repo can be
written in this run, by commands either. What is said above of writing, trying and reporting is for that other run; its
standards and boundaries are what the plan is made by.

- Read the code that the plan is about, as thoroughly as if you were to write it now: a plan that does not fit is void.
- \`files\` lists every file that is touched, once, with what for. What lies outside the brief's boundary has its owner in
  \`handoff\`: migrations are database-engineer's, tests test-generator's, the rest a maintainer's or the named agent's.
- \`steps\` are numbered by their order; each is one thing that can be checked, and names its files.
- \`contract\` is the API as clients will see it: every operation that comes, changes or goes, and no other.
- Decide what you can decide. A question is for what neither code nor request says and what would change the plan; it has
  options, first the one that the plan goes by. A plan with questions can't be approved before they are answered.
- Where a plan is in the conversation already and people answered or said what should be other, make a whole new one.

SubmitPlan ends the run; plain text ends nothing.`;

const description = `Hands in the plan and ends the run. It is held against the files, the boundary and the operations that the code has; what does not fit comes back, and you mend it, up to ${maxRefusals} times. Call it alone, as the last thing.`;

export const planning: Mode = {
  name: "plan",
  directive,
  tool: "SubmitPlan",
  submit: (ground, door) =>
    createSubmitReport({
      door,
      form: { input: planSchema },
      judge: judgeOf(ground),
      as: { tool: "SubmitPlan", description },
    }),
  publish: async (reading) => {
    if (reading.submission.kind !== "plan") throw new Error(`a plan was expected, not an ${reading.submission.kind}`);
    return tell(reading, reading.submission);
  },
};

const judgeOf =
  (ground: Ground): Judge<PlanContent> =>
  async (plan) => {
    const { texts, tooLarge } = await ground.readFiles(pathsOf(plan));
    const inspection = await ground.inspect();
    const findings: readonly Finding[] = [
      ...checkPlan(plan, {
        boundary: ground.gathered.brief.boundary,
        isThere: (path) => texts.has(path) || tooLarge.includes(path),
        facts: inspection?.ok ? inspection.facts : undefined,
      }),
      ...((await ground.unheard()) ? [unheard] : []),
    ];
    return { accepted: findings.length === 0, report: { kind: "plan", ...plan }, findings };
  };

const pathsOf = ({ files }: PlanContent): readonly string[] => [
  ...new Set(files.flatMap(({ file }) => (!isFolder(file) && canonPath(file).ok ? [plannedPath(file)] : []))),
];

const tell = async ({ ground, github, session, findings, answered, redact }: Reading, { kind: _, ...plan }: Plan) => {
  const { run, gathered } = ground;
  const { trigger } = run.job;
  const content = await contentOf(ground, plan, answered);
  const doubts = findings
    .filter(({ severity }) => severity === "error")
    .map(({ path, message }) => (path === undefined ? message : `${path}: ${message}`));
  const view = {
    stored: content,
    agents: ground.agents,
    limits: ground.limitsOf(plan.work),
    branch: gathered.pull?.branch ?? gathered.baseBranch,
    doubts,
  };
  const body = redact(`${planMarker}\n${renderPlan(view)}`);
  const id = await session.upsertComment(trigger.thread.number, planMarker, body, undefined);
  if (id === undefined) return unshown;
  const { steps, files, questions } = plan;
  return {
    kind: "planned" as const,
    summary: `The plan has ${some(steps.length, "step")} over ${some(files.length, "file")}${questions.length > 0 ? ` and ${some(questions.length, "open question")}` : ""}.`,
    comment: `${github.threadUrl(trigger.repository, trigger.thread)}#issuecomment-${id}`,
    plan: { ...content, shown: { comment: id, sha256: fingerprint(body) } },
    questions,
  };
};

const some = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

const contentOf = async (
  ground: Ground,
  plan: PlanContent,
  answers: readonly Answered[],
): Promise<Omit<StoredPlan, "shown">> => {
  const { trigger } = ground.run.job;
  const made = { ...plannedFor(trigger), ...(answers.length > 0 ? { answers } : {}) };
  const base = trigger.kind === "command" && "options" in trigger.command ? trigger.command.options?.base : undefined;
  return {
    ...{ hash: hashPlan(plan, made), plan, for: made },
    ...(base === undefined ? {} : { base }),
    files: await blobsOf(ground.readFiles, pathsOf(plan)),
  };
};
