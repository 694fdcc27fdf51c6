/** Whether an approval counts: it is bound to one plan and to the text that the plan was made for. Asks nobody who may approve. */
import { answerExample } from "./answered.ts";
import type { StoredPlan } from "./plan.ts";
import { fingerprint, shownHash } from "./plan.ts";
import { code } from "./render/safe.ts";

export type PlanRun = {
  readonly plan: StoredPlan;
  /** ISO 8601: when people could read it. */
  readonly shownAt: string;
  /** The number of the pull request that came of it, once it was carried out. */
  readonly carriedOut?: number | undefined;
  /** Of the thread that it stands on. */
  readonly thread: number;
};

export type Approval = {
  /** What stands behind the command, if anything does. */
  readonly hash: string | undefined;
  /** The number of the thread that it stands on. */
  readonly thread: number;
  /** Of the issue or pull request, as they were delivered with the approval. */
  readonly title: string;
  readonly body: string;
  /** ISO 8601. */
  readonly at: string;
};

/** @param all plans of the issue and its pull request, newest first @returns why nothing is carried out and what to do, as Markdown */
export const whyVoid = (approval: Approval, all: readonly PlanRun[]): string | undefined => {
  const plans = all.filter(({ thread }) => thread === approval.thread);
  const [newest] = plans;
  const [other] = all;
  if (!newest && other)
    return `Nothing was started: there is no plan here. The plan ${named(other.plan)} stands on #${other.thread}: approve it there.`;
  if (!newest)
    return "Nothing was started: there is no plan here yet. Comment `/architect plan` for what the issue asks for, or `/architect plan …` with a request.";
  const { plan } = newest;
  return (
    whyOther(approval, newest, plans) ??
    whyEdited(approval, plan) ??
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

const whyEdited = ({ title, body }: Approval, plan: StoredPlan): string | undefined => {
  const made = plan.for;
  const edited = [...(title === made.title ? [] : ["title"]), ...(body === made.body ? [] : ["text"])];
  if (edited.length === 0) return undefined;
  return `The approval is void: the ${edited.join(" and the ")} of this thread changed after the plan was made, so the plan is for something else. ${anew(plan)}`;
};

const whyOpen = ({ plan }: StoredPlan): string | undefined => {
  const open = plan.questions.map((_, index) => index + 1);
  if (open.length === 0) return undefined;
  const one = open.length === 1;
  return `Nothing was started: ${one ? `question ${open[0]} of the plan is` : `questions ${open.join(", ")} of the plan are`} not answered. Comment \`${answerExample(plan.questions)}\`, with the letters that you choose or a colon and your words: a new plan comes of it, which can be approved.`;
};

/** A plan is made anew for the text as it is now, by those who saw it change. */
const anew = ({ for: { request } }: StoredPlan): string =>
  request.trim() === ""
    ? "Comment `/architect plan` for a new one."
    : "Comment `/architect plan …` with the same words, or others, for a new one.";

/** @param body of the plan's comment as it is now; undefined where it is gone */
export const whyNotAsShown = (plan: StoredPlan, body: string | undefined): string | undefined => {
  if (body === undefined)
    return `The approval is void: the comment with the plan ${named(plan)} is gone, so nobody can read what would be carried out. ${anew(plan)}`;
  if (fingerprint(body) === plan.shown.sha256) return undefined;
  return `The approval is void: the comment with the plan ${named(plan)} was edited, so it no longer says what would be carried out. A plan is changed by words: \`/architect continue …\` tells them to its agent and makes a new one.`;
};

/** @param paths that are not as they were when the plan was made */
export const whyStale = (plan: StoredPlan, paths: readonly string[], branch: string): string | undefined => {
  if (paths.length === 0) return undefined;
  const shown = paths.slice(0, 10).map((path) => code(path, 300));
  const more = paths.length > shown.length ? ` and ${paths.length - shown.length} more` : "";
  return `The approval is void: ${code(branch, 255)} moved since the plan was made, in files that the plan names: ${shown.join(", ")}${more}. ${anew(plan)}`;
};
