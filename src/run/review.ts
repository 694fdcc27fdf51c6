/** A review from start to end: by our facts whatever else there is, and by an agent where a model has an opinion, inside walls where nothing of the change runs unless somebody allowed it. */
import { createHash } from "node:crypto";
import { toAllow } from "../domain/allowance.ts";
import { noSpend } from "../domain/budget.ts";
import type { Evidence } from "../domain/finding.ts";
import type { Outcome } from "../domain/outcome.ts";
import { depths } from "../domain/pull-review.ts";
import { shortSha } from "../domain/render/pull-review.ts";
import { code } from "../domain/render/safe.ts";
import { fullName } from "../domain/repository.ts";
import { lastPart } from "../domain/truncate.ts";
import type { Worktree } from "../ports.ts";
import { withDoubts } from "../verify/commands/doubt.ts";
import { openBaseOf } from "./frame.ts";
import type { Gathered } from "./gather.ts";
import { enter } from "./hold.ts";
import type { Mode } from "./mode.ts";
import { read } from "./read.ts";
import { depthOf, type ReviewTarget } from "./review-target.ts";
import { mayWrite } from "./rights.ts";
import type { ExecuteDeps, Run } from "./run-deps.ts";
import { type Looked, tellReview } from "./tell-review.ts";

/** @param open the worktree, or what stands in its way */
export const review = async (
  deps: ExecuteDeps,
  run: Run,
  { gathered, target, mode }: { readonly gathered: Gathered; readonly target: ReviewTarget; readonly mode: Mode },
  open: () => Promise<Worktree | Outcome>,
): Promise<Outcome> => {
  const [isLooked, isTested] = [isLookedAt(run, target), isTried(gathered, target)];
  if (!isLooked && !isTested) return tellAlone(deps, run, target, { notices: [] });
  const whatIsLeft = isLooked ? "No agent looked at it" : "Nothing of it was run";
  const health = await deps.workspace.checkSandbox();
  if (!health.ok) {
    const reason = `${whatIsLeft}: the sandbox on the App's machine does not hold. ${health.reason} ${health.mend}`;
    return tellAlone(deps, run, target, { notices: [reason] });
  }
  const overtaken = await whyOvertaken(deps, run, target);
  if (overtaken !== undefined) return tellAlone(deps, run, { ...target, runnable: false }, { notices: [overtaken] });
  const worktree = await open();
  if ("kind" in worktree)
    return worktree.cutShort
      ? worktree
      : tellAlone(deps, run, target, { notices: [`${whatIsLeft}. ${worktree.summary}`] });
  try {
    const suite = withDoubts(target.runnable ? await runSuite(deps, run, gathered, worktree) : []);
    if (!isLooked) return await tellAlone(deps, run, target, { suite, notices: [] });
    return await read(deps, run, { ...gathered, target: { ...target, suite } }, worktree, mode);
  } finally {
    await worktree.close();
  }
};

/** By an agent, once a head, unless whoever asks says what for, or more of it may be run than before. */
const isLookedAt = ({ start }: Run, target: ReviewTarget): boolean => {
  const { head, known, wish, written } = target;
  if (start.resume || start.left) return true;
  if (start.model.templated || written) return false;
  if (known.last?.commit !== head || wish !== "") return true;
  return depths.indexOf(known.last.depth) < depths.indexOf(depthOf(target));
};

/** The repository's own tests, once a head. */
const isTried = ({ config }: Gathered, { head, known, runnable, written }: ReviewTarget): boolean => {
  if (!runnable || written || !config.test?.length) return false;
  return !(known.last?.commit === head && known.last.tried);
};

/**
 * Right before anything of somebody else's head runs, its set-up included: it is still the head, and still allowed. What
 * runs from here on is that commit's, whatever is pushed meanwhile.
 */
const whyOvertaken = async (
  { github, store }: ExecuteDeps,
  { record }: Run,
  { ours, runnable, pull, head }: ReviewTarget,
): Promise<string | undefined> => {
  if (ours || !runnable) return undefined;
  const { repository } = record.job.trigger;
  const session = await github.open(repository, "read");
  try {
    const { headSha } = await session.fetchPull(pull.number);
    if (headSha === head && (await store.allowedHead(repository, pull.number)) === head) return undefined;
    const now = code(shortSha(headSha), 40);
    return `**Nothing of it was run, and no agent looked at it:** a maintainer allowed ${code(shortSha(head), 40)}, and its head is ${now} by now. Read that one, then comment ${toAllow(headSha)} and ask again.`;
  } finally {
    await session.close();
  }
};

/** Who may is asked once more, right before it is written. */
const tellAlone = async (
  deps: ExecuteDeps,
  run: Run,
  target: ReviewTarget,
  looked: Pick<Looked, "suite" | "notices">,
): Promise<Outcome> => {
  await enter(deps, run, "publishing", noSpend);
  const { record, start } = run;
  const { templated = false } = start.model;
  const { repository, sender } = record.job.trigger;
  const ended = { blockers: [], questions: [], spend: noSpend };
  const session = await deps.github.open(repository, "acknowledge");
  try {
    if (!mayWrite(await session.permissionOf(sender))) {
      const summary = `@${sender.login} no longer has write access to ${fullName(repository)}, so nothing was said.`;
      return { ...ended, kind: "refused", status: "BLOCKED", summary };
    }
    const means = { github: deps.github, session, run: record, redact: (text: string) => deps.redact(text).text };
    return { ...ended, ...(await tellReview(means, target, { ...looked, opinions: [], templated })) };
  } finally {
    await session.close();
  }
};

const suiteMs = 300_000;
const maxOutput = 4_000;

/** The repository's own tests on this head; where they fail, on what it grew from, too. What ran before a crash is not run again. */
const runSuite = async (
  deps: ExecuteDeps,
  run: Run,
  gathered: Gathered,
  worktree: Worktree,
): Promise<readonly Evidence[]> => {
  const { test = [] } = gathered.config;
  if (test.length === 0) return [];
  const key = createHash("sha256")
    .update(JSON.stringify(["review", gathered.commit, gathered.base, test]))
    .digest("hex")
    .slice(0, 32);
  const stored = await deps.store.events(run.record.id);
  const known = stored.findLast((event) => event.type === "checked" && event.key === key);
  if (known?.type === "checked") return known.evidence;
  const head = await suiteIn(deps, run, { worktree, at: "head", commands: test });
  const evidence = head.some(({ exitCode }) => exitCode !== 0)
    ? [...head, ...(await suiteAtBase(deps, run, gathered, test))]
    : head;
  run.signal.throwIfAborted();
  await run.store([{ type: "checked", at: deps.clock().toISOString(), key, evidence }], noSpend);
  return evidence;
};

const suiteAtBase = async (
  deps: ExecuteDeps,
  run: Run,
  gathered: Gathered,
  commands: readonly string[],
): Promise<readonly Evidence[]> => {
  const worktree = await openBaseOf(deps, run, gathered)();
  try {
    return await suiteIn(deps, run, { worktree, at: "base", commands });
  } finally {
    await worktree.close();
  }
};

const suiteIn = async (
  { redact }: ExecuteDeps,
  { signal }: Run,
  {
    worktree,
    at,
    commands,
  }: { readonly worktree: Worktree; readonly at: "base" | "head"; readonly commands: readonly string[] },
): Promise<readonly Evidence[]> => {
  const trial = await worktree.openTrial([]);
  try {
    const evidence: Evidence[] = [];
    for (const command of commands) {
      const { exitCode, output, durationMs } = await trial.bash(command, { timeoutMs: suiteMs, signal });
      const check = { kind: "suite" as const, at };
      evidence.push({
        ...{ exitCode, durationMs, check, tree: worktree.commit, command: redact(command).text },
        output: redact(lastPart(output, maxOutput)).text,
      });
    }
    return evidence;
  } finally {
    await trial.close();
  }
};
