/** The failed checks of a pull request's head, each with what it said and whose doing it is. Reads GitHub and the mirror; writes nothing. */
import {
  blamedIn,
  type CheckSeen,
  type FailedCheck,
  isFailure,
  isSame,
  type JudgedCheck,
  judgeCheck,
  type ToldCheck,
} from "../domain/failed-check.ts";
import { excerptOf, runnerErrors } from "../domain/job-log.ts";
import type { RepositoryRef } from "../domain/repository.ts";
import type { GitHubSession, SourceFile, Workspace } from "../ports.ts";

/** Of which the log is read; others are named. */
const mostLogs = 3;
const maxLogBytes = 16 * 1024;
const maxBlamed = 20;

export type CheckSources = {
  /** Of phase `checks`. */
  readonly session: Pick<GitHubSession, "fetchFailure" | "fetchChecks">;
  readonly workspace: Pick<Workspace, "listSources" | "readFiles">;
  readonly redact: (text: string) => { readonly text: string };
};

/** @param onto commits that the pull request builds on: where it left its base branch, and what that is now */
export const readFailedChecks = async (
  { session, workspace, redact }: CheckSources,
  failed: readonly CheckSeen[],
  at: {
    readonly repository: RepositoryRef;
    readonly head: string;
    readonly base: string;
    readonly tip: string;
    readonly baseBranch: string;
    /** What was known to have failed on this head before. */
    readonly before: readonly ToldCheck[];
  },
): Promise<readonly JudgedCheck[]> => {
  const { repository, baseBranch, before: known } = at;
  const listed = (commit: string) => workspace.listSources(repository, commit, () => true);
  const [before, now, onBase] = await Promise.all([
    listed(at.base),
    listed(at.head),
    endsOn(session, [at.base, at.tip]),
  ]);
  const changed = changedBetween(before, now);
  return Promise.all(
    failed.map(async (check, index): Promise<JudgedCheck> => {
      const { id, suite, name, app, url, conclusion = "failure" } = check;
      const seen = { id, suite, name, app, url, conclusion };
      if (index >= mostLogs) return { ...seen, text: "", errors: [], cause: "unclear", reason: notRead };
      const read = { ...seen, ...(await outputOf(session, check, redact)) };
      const blamed = await readBlamed(workspace, at, now, read.text);
      const again = known.some((one) => one.name === name && one.app === app && one.id !== id);
      return { ...read, ...judgeCheck(read, { onBase: onBase(check), baseBranch, again, changed, blamed }) };
    }),
  );
};

const notRead = `the output of ${mostLogs} is read at most`;

/** Cut first: what is left of a long log is what secrets are looked for in. */
const outputOf = async (
  session: CheckSources["session"],
  check: CheckSeen,
  redact: CheckSources["redact"],
): Promise<Pick<FailedCheck, "text" | "errors" | "step" | "workflow" | "unread">> => {
  const { log, step, workflow } = await session.fetchFailure(check);
  const where = { ...(step === undefined ? {} : { step }), ...(workflow ? { workflow } : {}) };
  if (!log.ok) return { ...where, text: "", errors: [], unread: log.reason };
  return {
    ...where,
    text: redact(excerptOf(log.text, maxLogBytes)).text,
    errors: runnerErrors(log.text).map((line) => redact(line).text),
  };
};

const changedBetween = (before: readonly SourceFile[], now: readonly SourceFile[]): readonly string[] => {
  const was = new Map(before.map(({ path, sha }) => [path, sha]));
  return now.filter(({ path, sha }) => was.get(path) !== sha).map(({ path }) => path);
};

/** How a check of the same name ended there: a failure anywhere counts over a success. */
const endsOn = async (session: CheckSources["session"], commits: readonly string[]) => {
  const all = await Promise.all([...new Set(commits)].map((sha) => session.fetchChecks(sha)));
  const checks = all.flatMap((one) => one.checks).filter(({ ended }) => ended);
  return ({ name, app }: CheckSeen): "failed" | "passed" | undefined => {
    const same = checks.filter((one) => one.name === name && one.app === app);
    if (same.some(({ conclusion }) => isFailure(conclusion))) return "failed";
    return same.some(({ conclusion }) => conclusion === "success") ? "passed" : undefined;
  };
};

/** Python files that its output blames, as they stand on the head. */
const readBlamed = async (
  workspace: CheckSources["workspace"],
  { repository, head }: { readonly repository: RepositoryRef; readonly head: string },
  files: readonly SourceFile[],
  text: string,
): Promise<ReadonlyMap<string, string>> => {
  const said = blamedIn(text).filter((one) => one.endsWith(".py"));
  const paths = files.map(({ path }) => path).filter((path) => said.some((one) => isSame(path, one)));
  if (paths.length === 0) return new Map();
  return (await workspace.readFiles(repository, head, paths.slice(0, maxBlamed))).texts;
};
