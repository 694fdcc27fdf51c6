/** A review from start to end: by our facts whatever else there is, and by an agent where a model has an opinion, inside walls where nothing of the change runs unless somebody allowed it. */
import { createHash } from "node:crypto";
import { noSpend } from "../domain/budget.ts";
import type { Evidence } from "../domain/finding.ts";
import type { Outcome } from "../domain/outcome.ts";
import { depths } from "../domain/pull-review.ts";
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
import { tellReview } from "./tell-review.ts";

/** @param open the worktree, or what stands in its way */
export const review = async (
  deps: ExecuteDeps,
  run: Run,
  { gathered, target, mode }: { readonly gathered: Gathered; readonly target: ReviewTarget; readonly mode: Mode },
  open: () => Promise<Worktree | Outcome>,
): Promise<Outcome> => {
  if (!isLookedAt(run, target)) return tellAlone(deps, run, target, []);
  const health = await deps.workspace.checkSandbox();
  if (!health.ok)
    return tellAlone(deps, run, target, [
      `No agent looked at it: the sandbox on the App's machine does not hold. ${health.reason} ${health.mend}`,
    ]);
  const worktree = await open();
  if ("kind" in worktree)
    return worktree.cutShort ? worktree : tellAlone(deps, run, target, [`No agent looked at it. ${worktree.summary}`]);
  try {
    const suite = target.runnable ? await runSuite(deps, run, gathered, worktree) : [];
    const looked = { ...gathered, target: { ...target, suite: withDoubts(suite) } };
    return await read(deps, run, looked, worktree, mode);
  } finally {
    await worktree.close();
  }
};

/** Once a head, unless whoever asks says what for, or more of it may be run than before. */
const isLookedAt = ({ start }: Run, target: ReviewTarget): boolean => {
  const { head, known, wish, written } = target;
  if (start.resume || start.left) return true;
  if (start.model.templated || written) return false;
  if (known.last?.commit !== head || wish !== "") return true;
  return depths.indexOf(known.last.depth) < depths.indexOf(depthOf(target));
};

/** Who may is asked once more, right before it is written. */
const tellAlone = async (
  deps: ExecuteDeps,
  run: Run,
  target: ReviewTarget,
  notices: readonly string[],
): Promise<Outcome> => {
  await enter(deps, run, "publishing", noSpend);
  const { record } = run;
  const { repository, sender } = record.job.trigger;
  const ended = { blockers: [], questions: [], spend: noSpend };
  const session = await deps.github.open(repository, "acknowledge");
  try {
    if (!mayWrite(await session.permissionOf(sender))) {
      const summary = `@${sender.login} no longer has write access to ${fullName(repository)}, so nothing was said.`;
      return { ...ended, kind: "refused", status: "BLOCKED", summary };
    }
    const means = { github: deps.github, session, run: record, redact: (text: string) => deps.redact(text).text };
    return { ...ended, ...(await tellReview(means, target, { opinions: [], notices })) };
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
