/** The head of one of our pull requests, held against its report, the code and the house standards, without any model. What it runs, if anything, is given to it. */
import type { Library } from "../domain/definition.ts";
import type { Evidence, Finding } from "../domain/finding.ts";
import { type CheckRunView, checkKeyOf, renderCheckRun } from "../domain/render/check-run.ts";
import { isLast, parseStack } from "../domain/render/stack.ts";
import { parseBody } from "../domain/render-report.ts";
import type { Report } from "../domain/report.ts";
import type { RepositoryRef } from "../domain/repository.ts";
import { configPath, readRepositoryConfig } from "../domain/repository-config.ts";
import type { RepositoryConfig } from "../domain/repository-schema.ts";
import type { Analysis, GitHub, GitHubSession, Pull, Workspace } from "../ports.ts";
import { checkEvidence, settleStatus } from "../verify/check-report.ts";
import { checkPushedRuns, checkRuns, type Runs } from "../verify/check-runs.ts";
import { withDoubts } from "../verify/commands/doubt.ts";
import { changesBetween } from "./changes-between.ts";
import { createCheckCode } from "./check-code.ts";
import type { CrossCheck } from "./cross-check.ts";
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

/** A head as it stands, with all that it is held against. */
export type Standing = {
  readonly repository: RepositoryRef;
  readonly pull: Pull;
  readonly headSha: string;
  /** Where the branch left the one that it goes to. */
  readonly base: string;
  /** Undefined where it cannot be read; then a finding says so. */
  readonly config: RepositoryConfig | undefined;
  readonly findings: readonly Finding[];
};

/** What the App runs on a head. */
export type Proof =
  | {
      readonly ran: true;
      readonly crossCheck: CrossCheck;
      readonly examine: (report: Report) => Promise<Runs>;
      /** The App made this commit itself, as its report says it. */
      readonly own: boolean;
    }
  /** @property reason as the end of a sentence */
  | { readonly ran: false; readonly reason?: string; readonly own: boolean };

const notRun: Proof = { ran: false, own: false };

/** With what is there without running anything. May be repeated: the same head has the same check run. */
export const checkHead = async (
  deps: CheckPushDeps,
  session: GitHubSession,
  repository: RepositoryRef,
  { number, headSha }: { readonly number: number; readonly headSha: string },
): Promise<void> => {
  const standing = await standingOf(deps, repository, await session.fetchPull(number), headSha);
  if (!standing) return;
  const view = await checkStanding(deps, standing, notRun);
  await session.upsertCheck({ headSha, key: checkKeyOf(number), view });
};

/** @returns undefined where the branch has moved on, or has nothing in common with the one that it goes to */
export const standingOf = async (
  deps: CheckPushDeps,
  repository: RepositoryRef,
  pull: Pull,
  headSha: string,
): Promise<Standing | undefined> => {
  const commits = await fetchHeads(deps, repository, [repository.defaultBranch, pull.base, pull.branch]);
  const base = await mergeBaseOf(deps, repository, commits.get(pull.base), commits.get(pull.branch));
  if (pull.headSha !== headSha || commits.get(pull.branch) !== headSha || base === undefined) {
    deps.log(`#${pull.number} is not checked: ${pull.branch} has moved on from ${headSha.slice(0, 12)}`);
    return undefined;
  }
  return {
    repository,
    pull,
    headSha,
    base,
    ...(await configAt(deps, repository, commits.get(repository.defaultBranch))),
  };
};

export const checkStanding = async (
  deps: CheckPushDeps,
  { repository, pull, headSha, base, config, findings }: Standing,
  proof: Proof,
): Promise<CheckRunView> => {
  const reader = readerOf(deps.workspace, repository);
  const changeset = await changesBetween(reader, base, headSha);
  const inspector = createInspector({ ...deps, reader }, { base, commit: base }, config?.standards ?? {});
  const before = (path: string) => deps.workspace.readFile(repository, base, path);
  const check = createCheckCode(inspector, before, proof.ran ? proof.crossCheck : undefined);
  const report = parseBody(pull.body);
  const checked = await check(report, changeset);
  const shown = report ? await provenBy(proof, report) : { findings: [withoutReport(pull.body)] };
  const all = [...checked.findings, ...findings, ...shown.findings];
  return renderCheckRun({
    status: report ? settleStatus(report, all) : "DONE_WITH_CONCERNS",
    claims: checked.claims,
    findings: all,
    evidence: "evidence" in shown ? withDoubts(shown.evidence) : undefined,
  });
};

type Proven =
  | { readonly findings: readonly Finding[] }
  | { readonly findings: readonly Finding[]; readonly evidence: readonly Evidence[] };

const provenBy = async (proof: Proof, report: Report): Promise<Proven> => {
  if (!proof.ran) return { findings: [whyNothingRan(proof)] };
  const runs = await proof.examine(report);
  const { evidence } = runs;
  const shows = checkEvidence(report, { changeset: [], evidence, unproven: true });
  return { evidence, findings: [...shows, ...(proof.own ? checkRuns : checkPushedRuns)(report, runs)] };
};

const whyNothingRan = ({ own, reason }: Extract<Proof, { ran: false }>): Finding => {
  const because = reason === undefined ? "" : `: ${reason}`;
  return own
    ? {
        rule: "not-run-again",
        severity: "note",
        message: `the report's commands ran on this commit before it was proposed, and were not run again${because}`,
      }
    : {
        rule: "evidence-stale",
        severity: "concern",
        message: `the report's commands were run on an earlier commit, and not on this one${because}`,
      };
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

const configAt = async (
  { workspace, settings }: CheckPushDeps,
  repository: RepositoryRef,
  commit: string | undefined,
): Promise<Pick<Standing, "config" | "findings">> => {
  const text = commit === undefined ? undefined : await workspace.readFile(repository, commit, configPath);
  const read = readRepositoryConfig({ text }, (await settings.defaults(repository)).file, settings.names);
  if (read.ok) return { config: read.config, findings: [] };
  return {
    config: undefined,
    findings: [{ rule: "configuration", severity: "concern", message: read.problem }],
  };
};
