/** What people pushed to the branch of one of our pull requests, held against its report, the code and the house standards: a check run, without any model. */
import type { Library } from "../domain/definition.ts";
import type { Finding } from "../domain/finding.ts";
import type { Job } from "../domain/job.ts";
import { renderCheckRun } from "../domain/render/check-run.ts";
import { isLast, parseStack } from "../domain/render/stack.ts";
import { parseBody } from "../domain/render-report.ts";
import type { RepositoryRef } from "../domain/repository.ts";
import { configPath, readRepositoryConfig } from "../domain/repository-config.ts";
import type { StandardsConfig } from "../domain/standards.ts";
import type { Analysis, GitHub, GitHubSession, Workspace } from "../ports.ts";
import { changesBetween } from "./changes-between.ts";
import { createCheckCode } from "./check-code.ts";
import { fetchHeads } from "./fetch-heads.ts";
import { createInspector, readerOf } from "./inspector.ts";
import type { Settings } from "./settings.ts";

export type CheckPushDeps = {
  readonly github: GitHub;
  readonly workspace: Workspace;
  readonly analysis: Analysis;
  readonly settings: Pick<Settings, "names" | "defaults">;
  readonly log: (line: string) => void;
};

/** As a run has them; undefined where nothing reads code. */
export const checkDepsOf = (
  deps: Omit<CheckPushDeps, "analysis" | "settings"> & { readonly library: Library } & {
    readonly [part in "analysis" | "settings"]?: CheckPushDeps[part] | undefined;
  },
): CheckPushDeps | undefined => {
  const { analysis, library } = deps;
  const settings = deps.settings ?? { names: { agents: [...library.definitions.keys()] }, defaults: async () => ({}) };
  return analysis && { ...deps, analysis, settings };
};

export const checkPush = async (deps: CheckPushDeps, { id, trigger }: Job): Promise<void> => {
  if (trigger.kind !== "push") throw new Error(`job ${id} is no push`);
  const { repository, thread, headSha } = trigger;
  const session = await deps.github.open(repository, "check");
  try {
    await checkHead(deps, session, repository, { number: thread.number, headSha });
  } finally {
    await session.close();
  }
};

/** May be repeated: the same head has the same check run. */
export const checkHead = async (
  deps: CheckPushDeps,
  session: GitHubSession,
  repository: RepositoryRef,
  { number, headSha }: { readonly number: number; readonly headSha: string },
): Promise<void> => {
  const pull = await session.fetchPull(number);
  const commits = await fetchHeads(deps, repository, [repository.defaultBranch, pull.base, pull.branch]);
  const base = await mergeBaseOf(deps, repository, commits.get(pull.base), commits.get(pull.branch));
  if (pull.headSha !== headSha || commits.get(pull.branch) !== headSha || base === undefined) {
    deps.log(`#${number} is not checked: ${pull.branch} has moved on from ${headSha.slice(0, 12)}`);
    return;
  }
  const { standards, findings } = await standardsAt(deps, repository, commits.get(repository.defaultBranch));
  const reader = readerOf(deps.workspace, repository);
  const changeset = await changesBetween(reader, base, headSha);
  const inspector = createInspector({ ...deps, reader }, { base, commit: base }, standards);
  const check = createCheckCode(inspector, (path) => deps.workspace.readFile(repository, base, path));
  const report = parseBody(pull.body);
  const checked = await check(report, changeset);
  const view = renderCheckRun({
    status: report?.status ?? "DONE_WITH_CONCERNS",
    claims: checked.claims,
    findings: [...checked.findings, ...findings, report ? notRun : withoutReport(pull.body)],
  });
  await session.upsertCheck({ headSha, key: `pull-${pull.number}`, view });
};

const notRun: Finding = {
  rule: "evidence-stale",
  severity: "concern",
  message: "the report's commands were run on an earlier commit, and not on this one",
};
const noReport: Finding = {
  rule: "report-missing",
  severity: "concern",
  message: "the pull request's description carries no report, so only the code was checked",
};

const ofStack: Finding = {
  rule: "report-elsewhere",
  severity: "note",
  message: "this is a part of a stack: what ran is in the report of its last pull request, about all parts together",
};

const withoutReport = (body: string): Finding => {
  const stack = parseStack(body);
  return stack && !isLast(stack) ? ofStack : noReport;
};

const mergeBaseOf = async (
  { workspace }: CheckPushDeps,
  repository: RepositoryRef,
  base: string | undefined,
  head: string | undefined,
): Promise<string | undefined> =>
  base === undefined || head === undefined ? undefined : workspace.mergeBase(repository, base, head);

const standardsAt = async (
  { workspace, settings }: CheckPushDeps,
  repository: RepositoryRef,
  commit: string | undefined,
): Promise<{ readonly standards: StandardsConfig; readonly findings: readonly Finding[] }> => {
  const text = commit === undefined ? undefined : await workspace.readFile(repository, commit, configPath);
  const read = readRepositoryConfig({ text }, (await settings.defaults(repository)).file, settings.names);
  if (read.ok) return { standards: read.config.standards ?? {}, findings: [] };
  return { standards: {}, findings: [{ rule: "configuration", severity: "concern", message: read.problem }] };
};
