/** Whether an approval counts: it is bound to one plan and to the text that the plan was made for. Asks nobody who may approve. */
import type { PlannedFor, StoredPlan } from "./plan.ts";
import { shownHash } from "./plan.ts";
import { code } from "./render/safe.ts";

export type PlanRun = {
  readonly plan: StoredPlan;
  /** ISO 8601: when people could read it. */
  readonly shownAt: string;
  /** The number of the pull request that came of it, once it was carried out. */
  readonly carriedOut?: number | undefined;
};

export type Approval = {
  /** What stands behind the command, if anything does. */
  readonly hash: string | undefined;
  /** Of the issue or pull request, as they were delivered with the approval. */
  readonly title: string;
  readonly body: string;
  /** ISO 8601. */
  readonly at: string;
};

/** @param plans of the thread, newest first @returns why nothing is carried out and what to do, as Markdown */
export const whyVoid = (approval: Approval, plans: readonly PlanRun[]): string | undefined => {
  const [newest] = plans;
  if (!newest)
    return "Nothing was started: there is no plan here yet. Comment `/architect plan` for what the issue asks for, or `/architect plan …` with a request.";
  const { plan } = newest;
  return (
    whyOther(approval, newest, plans) ??
    whyEdited(approval, plan.for) ??
    whyOpen(plan) ??
    (newest.carriedOut === undefined
      ? undefined
      : `Nothing was started: the plan ${named(plan)} was carried out already, in #${newest.carriedOut}. \`/architect continue …\` goes on with that work, \`/architect retry\` does it anew.`)
  );
};

const named = (plan: StoredPlan): string => code(shownHash(plan), 64);

const whyOther = ({ hash, at }: Approval, { plan, shownAt }: PlanRun, plans: readonly PlanRun[]) => {
  if (hash !== undefined && plan.hash.startsWith(hash)) return undefined;
  const read = `Read the plan above and comment \`/architect approve ${shownHash(plan)}\` if it is what you want.`;
  if (hash === undefined)
    return shownAt > at
      ? `The approval is void: a newer plan, ${named(plan)}, came while it waited. ${read}`
      : undefined;
  return plans.some((one) => one.plan.hash.startsWith(hash))
    ? `The approval is void: a newer plan, ${named(plan)}, has taken the place of ${code(hash, 64)}. ${read}`
    : `The approval is void: the plan here has the hash ${named(plan)}, and ${code(hash, 64)} is none of this thread. ${read}`;
};

const whyEdited = ({ title, body }: Approval, made: PlannedFor): string | undefined => {
  const edited = [...(title === made.title ? [] : ["title"]), ...(body === made.body ? [] : ["text"])];
  if (edited.length === 0) return undefined;
  return `The approval is void: the ${edited.join(" and the ")} of this thread changed after the plan was made, so the plan is for something else. Comment \`/architect plan\` for a new one.`;
};

const whyOpen = ({ plan }: StoredPlan): string | undefined => {
  const open = plan.questions.map((_, index) => index + 1);
  if (open.length === 0) return undefined;
  const one = open.length === 1;
  return `Nothing was started: ${one ? `question ${open[0]} of the plan is` : `questions ${open.join(", ")} of the plan are`} not answered. Comment \`/architect answer ${open.map((number) => `${number}a`).join(", ")}\` with the letters you choose, or words (\`1: …\`): a new plan comes of it, which you can approve.`;
};

/** @param paths that are not as they were when the plan was made */
export const whyStale = (paths: readonly string[], branch: string): string | undefined => {
  if (paths.length === 0) return undefined;
  const shown = paths.slice(0, 10).map((path) => code(path, 300));
  const more = paths.length > shown.length ? ` and ${paths.length - shown.length} more` : "";
  return `The approval is void: ${code(branch, 255)} moved since the plan was made, in files that the plan names: ${shown.join(", ")}${more}. Comment \`/architect plan\` for a new one.`;
};
