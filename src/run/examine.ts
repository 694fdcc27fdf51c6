/** Runs what a report claims before it is accepted: its test commands, its requests to a server, and the repository's suite. */
import { createHash } from "node:crypto";
import { type Changeset, treeHash } from "../domain/changeset.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Evidence } from "../domain/finding.ts";
import type { Spend } from "../domain/outcome.ts";
import type { Report } from "../domain/report.ts";
import { lastPart } from "../domain/truncate.ts";
import type { Clock, CommandResult, Trial, Walls, Worktree } from "../ports.ts";
import { isPromise, type Runs } from "../verify/check-runs.ts";
import type { Unserved } from "../verify/commands/served.ts";
import { readTestCommand, type TestCommand } from "../verify/commands/test-command.ts";
import { askServer, type Project, serverOf, unservedIn } from "./ask-server.ts";

export type ExamineDeps = {
  /** What is materialised, and what it is measured against. */
  readonly commit: string;
  readonly base: string;
  readonly worktree: Pick<Worktree, "openTrial">;
  /** The files before the change, opened only where the suite runs on them, and closed afterwards. */
  readonly openBase: () => Promise<Pick<Worktree, "openTrial" | "close" | "commit">>;
  readonly walls: Pick<Walls, "read" | "grep">;
  readonly project: Project;
  /** The commit is itself what is to be shown to work, though nothing is changed on top of it. */
  readonly committed?: true;
  /** Of earlier attempts of this run: what was run is not run again on the same files. */
  readonly events: readonly RunEvent[];
  readonly record: (events: readonly RunEvent[], spend: Spend) => Promise<void>;
  readonly redact: (text: string) => string;
  readonly clock: Clock;
};

export type Work = {
  readonly changeset: Changeset;
  /** What the agent ran itself. */
  readonly evidence: readonly Evidence[];
  readonly spend: Spend;
  readonly signal: AbortSignal;
};

export type Examine = (report: Report, work: Work) => Promise<Runs>;

const maxEvidenceChars = 4_000;
const commandMs = 120_000;
const suiteMs = 300_000;
const allMs = 600_000;

export const createExamine = (deps: ExamineDeps): Examine => {
  const known = new Map(
    deps.events.flatMap((event) => (event.type === "checked" ? [[event.key, event.evidence] as const] : [])),
  );
  return async (report, work) => {
    if (!isPromise(report)) return { evidence: [], skipped: [] };
    const until = deps.clock().getTime() + allMs;
    const tree = treeHash(work.changeset);
    const once: Once = async (what, run) => {
      const key = keyOf([deps.commit, ...what]);
      const before = known.get(key);
      if (before) return before;
      work.signal.throwIfAborted();
      const evidence = (await run()).map((one) => redacted(deps, one));
      // What was cut off shows nothing, and is run again.
      work.signal.throwIfAborted();
      await deps.record([{ type: "checked", at: deps.clock().toISOString(), key, evidence }], work.spend);
      known.set(key, evidence);
      return evidence;
    };
    const round: Round = { ...deps, ...work, tree, until, once };
    const commands = report.test_commands.map(readTestCommand);
    const served = await tryRequests(round, commands);
    const ran = await runCommands(round, commands);
    const suite = await runSuite(round);
    return {
      evidence: [...served.evidence, ...ran.evidence, ...suite.evidence],
      unserved: served.unserved,
      skipped: [...served.skipped, ...ran.skipped, ...suite.skipped],
    };
  };
};

/** Runs something unless it was run before. @param what everything that its outcome depends on */
type Once = (what: readonly unknown[], run: () => Promise<readonly Evidence[]>) => Promise<readonly Evidence[]>;

type Round = ExamineDeps & Work & { readonly tree: string; readonly until: number; readonly once: Once };

const keyOf = (what: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(what)).digest("hex").slice(0, 32);

const redacted = ({ redact }: Pick<ExamineDeps, "redact">, one: Evidence): Evidence => {
  const { check } = one;
  const fault = check?.kind === "request" && check.fault !== undefined ? { fault: redact(check.fault) } : {};
  return {
    ...one,
    command: redact(one.command),
    output: redact(one.output),
    ...(check?.kind === "request" ? { check: { ...check, ...fault, path: redact(check.path) } } : {}),
  };
};

const timeLeft = ({ clock, until }: Round, wanted: number): number => Math.min(wanted, until - clock().getTime());

/** In a trial of its own, so that what one run leaves does not help or hurt the next. */
const inTrial = async <T>(
  worktree: Pick<Worktree, "openTrial">,
  changeset: Changeset,
  use: (trial: Trial) => Promise<T>,
): Promise<T> => {
  const trial = await worktree.openTrial(changeset);
  try {
    return await use(trial);
  } finally {
    await trial.close();
  }
};

// ---------------------------------------------------------------------------------------------------------------- requests

type Served = {
  readonly evidence: readonly Evidence[];
  readonly unserved?: Unserved;
  readonly skipped: readonly string[];
};

const maxRequests = 40;
const nothingServed: Served = { evidence: [], skipped: [] };

const tryRequests = async (round: Round, commands: readonly TestCommand[]): Promise<Served> => {
  const all = commands.flatMap((command) => (command.kind === "requests" ? command.steps : []));
  const [steps, more] = [all.slice(0, maxRequests), all.slice(maxRequests)];
  if (steps.length === 0) return nothingServed;
  const server = await serverOf(round, commands, steps[0]?.request.port ?? 8_500);
  if (!server.ok) return { ...nothingServed, unserved: server.unserved };
  const evidence = await round.once([round.tree, server, steps], () =>
    inTrial(round.worktree, round.changeset, (trial) => askServer(trial, server, steps, round)),
  );
  const unserved = unservedIn(server, evidence);
  return { evidence, ...(unserved ? { unserved } : {}), skipped: more.map(({ text }) => text) };
};

// ---------------------------------------------------------------------------------------------------------------- commands

type Ran = { readonly evidence: readonly Evidence[]; readonly skipped: readonly string[] };

/** What the agent ran on the same files was run by the App already. */
const runCommands = async (round: Round, commands: readonly TestCommand[]): Promise<Ran> => {
  const evidence: Evidence[] = [];
  const skipped: string[] = [];
  for (const { text, kind } of commands) {
    if (kind !== "run") continue;
    const before = round.evidence.findLast((one) => one.command.trim() === text && one.tree === round.tree);
    const ms = timeLeft(round, commandMs);
    if (before) evidence.push(before);
    else if (ms <= 0) skipped.push(text);
    else
      evidence.push(
        ...(await round.once([round.tree, "command", text], () =>
          inTrial(round.worktree, round.changeset, async (trial) => {
            const result = await trial.bash(text, { timeoutMs: ms, signal: round.signal });
            return [{ ...evidenceOf(text, result, round.tree), check: { kind: "command" } }];
          }),
        )),
      );
  }
  return { evidence, skipped };
};

const evidenceOf = (command: string, result: CommandResult, tree: string): Evidence => ({
  command,
  exitCode: result.exitCode,
  durationMs: result.durationMs,
  output: lastPart(`${result.output}${endOf(result)}`, maxEvidenceChars),
  tree,
});

const endOf = ({ ended, durationMs }: CommandResult): string =>
  ended === undefined ? "" : `\n[the App ended it after ${Math.round(durationMs / 1_000)} s: ${ended}]`;

// ------------------------------------------------------------------------------------------------------------------- suite

const runSuite = async (round: Round): Promise<Ran> => {
  const { test = [] } = round.project;
  if (test.length === 0 || (round.changeset.length === 0 && !round.committed)) return { evidence: [], skipped: [] };
  if (timeLeft(round, suiteMs) <= 0) return { evidence: [], skipped: test };
  const head = await round.once([round.tree, "suite", test], () =>
    inTrial(round.worktree, round.changeset, (trial) => suiteIn(round, trial, "head", round.tree)),
  );
  const base = await round.once(["base", round.base, test], () => suiteAtBase(round));
  return { evidence: [...base, ...head], skipped: [] };
};

const suiteAtBase = async (round: Round): Promise<readonly Evidence[]> => {
  const worktree = await round.openBase();
  try {
    return await inTrial(worktree, [], (trial) => suiteIn(round, trial, "base", worktree.commit));
  } finally {
    await worktree.close();
  }
};

/** One command after another in the same files, as a person would run them. */
const suiteIn = async (round: Round, trial: Trial, at: "base" | "head", tree: string): Promise<readonly Evidence[]> => {
  const evidence: Evidence[] = [];
  for (const command of round.project.test ?? []) {
    const result = await trial.bash(command, {
      timeoutMs: Math.max(1, timeLeft(round, suiteMs)),
      signal: round.signal,
    });
    evidence.push({ ...evidenceOf(command, result, tree), check: { kind: "suite", at } });
  }
  return evidence;
};
