/** A review is written: what our facts show and was not told before, what is mended, and what the agent thinks, as one review that a second attempt finds again. */
import type { ShownEvidence } from "../domain/finding.ts";
import {
  contractKey,
  type Depth,
  depths,
  type Opinion,
  type Plan,
  planReview,
  reviewMarker,
} from "../domain/pull-review.ts";
import { countsOf, renderFindings, renderOpinion, renderReview, shortSha } from "../domain/render/pull-review.ts";
import { code } from "../domain/render/safe.ts";
import type { GitHub, GitHubSession, ReviewLine, RunRecord } from "../ports.ts";
import type { Told } from "./mode.ts";
import { changesCode } from "./review-notices.ts";
import type { ReviewTarget } from "./review-target.ts";
import { unshown } from "./unshown.ts";

/** What an agent made of it, where one looked. */
export type Looked = {
  readonly opinions: readonly Opinion[];
  readonly agent?: { readonly model: string; readonly summary: string } | undefined;
  /** Undefined where none looked. */
  readonly depth?: Depth | undefined;
  /** Of the repository's tests on this head, and of what the agent ran. */
  readonly suite?: readonly ShownEvidence[] | undefined;
  readonly notices: readonly string[];
  /** The model is one that says nothing of its own. */
  readonly templated?: boolean | undefined;
};

type Means = {
  readonly github: GitHub;
  readonly session: GitHubSession;
  readonly run: RunRecord;
  readonly redact: (text: string) => string;
};

/** May be repeated after a crash. */
export const tellReview = async (means: Means, target: ReviewTarget, looked: Looked): Promise<Told> => {
  const { known, checked, head, written } = target;
  const findings = checked?.findings ?? [];
  // Where nothing could be read, nothing is known to be mended.
  const plan = planReview(findings, checked ? known : { told: [] }, looked.opinions.length);
  if (written) return outcomeOf(target, plan, looked, written.url);
  if (isQuiet(target, plan, looked)) return nothingNew(target, plan);
  const posted = await post(means, target, plan, looked);
  if (!posted) return unshown;
  if (posted !== "unplaced") return outcomeOf(target, plan, looked, posted.url);
  const unplaced = planReview(
    findings.map(({ spot: _, ...finding }) => finding),
    checked ? known : { told: [] },
  );
  const again = await post(means, target, unplaced, { ...looked, unplaced: true });
  if (!again) return unshown;
  if (again === "unplaced") throw new Error(`GitHub takes no review of ${head}, not even one without lines`);
  return outcomeOf(target, unplaced, looked, again.url);
};

const isQuiet = (
  { known }: ReviewTarget,
  { inline, below, mended }: Plan,
  { opinions, agent, suite = [] }: Looked,
): boolean =>
  known.last !== undefined &&
  inline.length + below.length + mended.length + opinions.length + suite.length === 0 &&
  !agent;

const post = async (
  { github, session, run, redact }: Means,
  target: ReviewTarget,
  plan: Plan,
  looked: Looked & { readonly unplaced?: boolean },
) => {
  const { pull, head, known, checked, mergeBase } = target;
  const { repository } = run.job.trigger;
  const now = await session.fetchPull(pull.number);
  const moved = now.headSha === head ? [] : [`Its head is ${code(shortSha(now.headSha), 40)} by now.`];
  const body = renderReview({
    ...{ runId: run.id, plan, head, mergeBase, base: pull.base, before: known.last?.commit },
    ...{ opinions: looked.opinions, agent: looked.agent, unplaced: looked.unplaced, suite: looked.suite },
    contract: checked?.contract ?? [],
    contractKnown: checked !== undefined && known.contract === contractKey(checked.contract),
    deviations: target.deviations,
    depth: deepest(looked.depth ?? "facts", known.last?.commit === head ? known.last.depth : "facts"),
    tried: hasTests(looked) || (known.last?.commit === head && known.last.tried),
    closed: !target.runnable && !target.ours && target.sandboxed,
    templated: looked.templated,
    unread: checked === undefined || !changesCode(target.files),
    lookedAt: known.last?.commit === head && known.last.depth !== "facts" ? known.last.url : undefined,
    notices: [...moved, ...target.notices, ...looked.notices],
    linkTo: (commit, path, line) => github.lineUrl(repository, commit, { path, line: line ?? 1, lastLine: line ?? 1 }),
  });
  return session.postReview(pull.number, {
    commit: head,
    marker: reviewMarker(run.id),
    body: redact(body),
    comments: linesOf(plan, looked).map((line) => ({ ...line, body: redact(line.body) })),
  });
};

const hasTests = ({ suite = [] }: Looked): boolean => suite.some(({ check }) => check?.kind === "suite");

const linesOf = (
  plan: Plan,
  { opinions, unplaced }: Looked & { readonly unplaced?: boolean },
): readonly ReviewLine[] => [
  ...[...Map.groupBy(plan.inline, ({ spot }) => JSON.stringify(spot)).values()].flatMap((findings) => {
    const spot = findings[0]?.spot;
    return spot ? [{ ...spot, body: renderFindings(findings) }] : [];
  }),
  ...(unplaced
    ? []
    : opinions.map((opinion) => ({
        ...{ path: opinion.path, line: opinion.line, side: "RIGHT" as const },
        body: renderOpinion(opinion),
      }))),
];

const deepest = (one: Depth, other: Depth): Depth => (depths.indexOf(one) > depths.indexOf(other) ? one : other);

const outcomeOf = ({ head, checked }: ReviewTarget, plan: Plan, { opinions, suite }: Looked, url: string): Told => {
  const told = [...plan.inline, ...plan.below];
  const found =
    checked === undefined ? "the code could not be read" : told.length === 0 ? "nothing new" : countsOf(told);
  const others = [
    ...(opinions.length > 0 ? [`${opinions.length} of the agent's opinions`] : []),
    ...(plan.mended.length > 0 ? [`${plan.mended.length} mended`] : []),
    ...(isBroken(suite) ? ["the repository's tests fail on it"] : []),
  ];
  const summary = `The review of \`${shortSha(head)}\` is there: ${[found, ...others].join("; ")}.`;
  return { kind: "answered", summary, review: url };
};

const isBroken = (suite: Looked["suite"] = []): boolean =>
  suite.some(({ check, exitCode }) => check?.kind === "suite" && check.at === "head" && exitCode !== 0);

const nothingNew = ({ head, known }: ReviewTarget, { standing }: Plan): Told => {
  const open =
    standing === 0
      ? "nothing is open"
      : standing === 1
        ? "the one finding of before still stands"
        : `the ${standing} findings of before still stand`;
  const again =
    known.last?.commit === head
      ? ""
      : ` What was pushed since \`${shortSha(known.last?.commit ?? "")}\` brought nothing and mended nothing.`;
  return {
    kind: "answered",
    summary: `Nothing new at \`${shortSha(head)}\`: ${open}.${again}`,
    ...(known.last ? { review: known.last.url } : {}),
  };
};
