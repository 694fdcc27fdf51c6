/** Imports the application in the sandbox, and holds what it serves against the facts of its code; once for each state of the files. */
import { type Changeset, treeHash } from "../domain/changeset.ts";
import type { Facts } from "../domain/facts.ts";
import type { Finding } from "../domain/finding.ts";
import type { Report } from "../domain/report.ts";
import type { Walls, Worktree } from "../ports.ts";
import { isPromise } from "../verify/check-runs.ts";
import { readTestCommand } from "../verify/commands/test-command.ts";
import {
  type Application,
  applicationIn,
  type Imported,
  importCommand,
  readImported,
} from "../verify/runtime/application.ts";
import { compareRuntime, sinceBase } from "../verify/runtime/compare.ts";
import { applicationsIn, type Project, serverOf } from "./ask-server.ts";

type Crossed = {
  readonly findings: readonly Finding[];
  /** Method and path of what the code and the application show alike. */
  readonly agreed: ReadonlySet<string>;
};

export type CrossCheck = (
  report: Report,
  changeset: Changeset,
  facts: { readonly base: Facts; readonly head: Facts },
) => Promise<Crossed>;

const nothing: Crossed = { findings: [], agreed: new Set() };

export const noCrossCheck: CrossCheck = async () => nothing;

export type CrossCheckDeps = {
  readonly commit: string;
  readonly base: string;
  readonly worktree: Pick<Worktree, "openTrial">;
  /** The files before the change, opened only where something disagrees, and closed afterwards. */
  readonly openBase: () => Promise<Pick<Worktree, "openTrial" | "close">>;
  readonly walls: Pick<Walls, "read" | "grep">;
  readonly project: Project;
  readonly redact: (text: string) => string;
  readonly signal: AbortSignal;
};

const importMs = 20_000;

export const createCrossCheck = (deps: CrossCheckDeps): CrossCheck => {
  const known = new Map<string, Promise<Imported>>();
  const once = (key: readonly unknown[], run: () => Promise<Imported>): Promise<Imported> => {
    const name = JSON.stringify(key);
    const imported = known.get(name) ?? run();
    known.set(name, imported);
    return imported;
  };
  return async (report, changeset, { base, head }) => {
    const isCode = changeset.some(({ path }) => path.endsWith(".py"));
    if (!isPromise(report) || !isCode || head.endpoints.length === 0 || deps.signal.aborted) return nothing;
    const server = await serverOf(deps, report.test_commands.map(readTestCommand), 8_500);
    const application = server.ok ? applicationIn(server.command) : undefined;
    if (!application) return nothing;
    const now = await once([treeHash(changeset), application], () =>
      importIn(deps, deps.worktree, changeset, application),
    );
    if (!now.ok) return { ...nothing, findings: [notImported(application, deps.redact(now.reason))] };
    const others = (await applicationsIn(deps.walls)).length > 1;
    const { agreed, findings } = compareRuntime(head, now.operations, others);
    if (findings.length === 0) return { agreed, findings };
    const before = await once(["base", application], () => importBase(deps, application));
    const old = before.ok ? compareRuntime(base, before.operations, others).findings : undefined;
    return { agreed, findings: sinceBase(findings, old) };
  };
};

const importBase = async (deps: CrossCheckDeps, application: Application): Promise<Imported> => {
  const worktree = await deps.openBase();
  try {
    return await importIn(deps, worktree, [], application);
  } finally {
    await worktree.close();
  }
};

/** In a copy that is thrown away: importing may write, too. */
const importIn = async (
  { signal }: Pick<CrossCheckDeps, "signal">,
  worktree: Pick<Worktree, "openTrial">,
  changeset: Changeset,
  application: Application,
): Promise<Imported> => {
  const trial = await worktree.openTrial(changeset);
  try {
    return readImported(await trial.bash(importCommand(application), { timeoutMs: importMs, signal }));
  } finally {
    await trial.close();
  }
};

/** No fault of the work: the code was read, and the server says more where it was asked. */
const notImported = ({ module, variable }: Application, reason: string): Finding => ({
  rule: "not-imported",
  severity: "note",
  message: `the application (${module}:${variable}) could not be imported here, so its routes are known from its code alone: ${reason}`,
});
