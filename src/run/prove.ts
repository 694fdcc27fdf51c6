/** Runs what a report claims on a commit as it is: its test commands, its requests, the repository's suite and the application's own routes. No model, no run. */
import { noSpend } from "../domain/budget.ts";
import { RefusedError } from "../domain/errors.ts";
import { parseBody } from "../domain/render-report.ts";
import type { RepositoryConfig } from "../domain/repository-schema.ts";
import type { Clock, Workspace, Worktree } from "../ports.ts";
import { isPromise } from "../verify/check-runs.ts";
import type { Proof, Standing } from "./check-push.ts";
import { createCrossCheck } from "./cross-check.ts";
import { createExamine } from "./examine.ts";
import type { Places } from "./places.ts";

export type ProveDeps = {
  readonly workspace: Pick<Workspace, "checkSandbox" | "openWorktree">;
  /** False where commands would not be walled in: then nothing that people pushed is run. */
  readonly sandboxed: boolean;
  readonly places: Places;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  readonly log: (line: string) => void;
};

type Wanted = {
  readonly id: string;
  /** The App made this commit itself. */
  readonly own: boolean;
  readonly signal: AbortSignal;
};

/** @param use is done when it resolves: the worktree is closed then */
export const withProof = async <T>(
  deps: ProveDeps,
  standing: Standing,
  wanted: Wanted,
  use: (proof: Proof) => Promise<T>,
): Promise<T> => {
  const { own, signal } = wanted;
  const nothing = await whyNothing(deps, standing);
  if (nothing) return use({ ran: false, own, ...nothing });
  const leave = await deps.places.enter(signal);
  try {
    const worktree = await openAt(deps, standing, { ...wanted, commit: standing.headSha });
    if ("reason" in worktree) return await use({ ran: false, own, reason: worktree.reason });
    try {
      const used = await use(await proofIn(deps, standing, wanted, worktree));
      // What was cut off shows nothing.
      signal.throwIfAborted();
      return used;
    } finally {
      await worktree.close();
    }
  } finally {
    leave();
  }
};

const whyNothing = async (
  { workspace, sandboxed }: ProveDeps,
  { pull, config }: Standing,
): Promise<{ readonly reason?: string } | undefined> => {
  const report = parseBody(pull.body);
  if (!report) return {};
  if (!isPromise(report)) return { reason: `a report that is ${report.status} promises nothing that could be run` };
  if (!config) return { reason: "the configuration says how, and cannot be read" };
  if (!sandboxed) return { reason: "the App runs without a sandbox" };
  const health = await workspace.checkSandbox();
  return health.ok ? undefined : { reason: "the sandbox on the App's machine does not hold" };
};

type At = Wanted & { readonly commit: string };

/** @returns why it cannot be worked in, as the end of a sentence */
const openAt = (deps: ProveDeps, standing: Standing, at: At): Promise<Worktree | { readonly reason: string }> =>
  open(deps, standing, at).catch((error: unknown) => {
    if (!(error instanceof RefusedError)) throw error;
    deps.log(`#${standing.pull.number}: nothing is run on ${at.commit.slice(0, 12)}: ${error.message}`);
    return { reason: deps.redact(error.message) };
  });

const open = (
  { workspace }: ProveDeps,
  { repository, pull, base, config }: Standing,
  { id, commit, signal }: At,
): Promise<Worktree> => {
  const { env = {}, setup }: RepositoryConfig = config ?? {};
  return workspace.openWorktree(repository, {
    ...{ runId: `check-${id}${commit === base ? ".base" : ""}`, commit, base, baseBranch: pull.base, boundaries: [] },
    env,
    setup: setup && { ...setup, signal },
  });
};

const proofIn = async (
  deps: ProveDeps,
  standing: Standing,
  { id, own, signal }: Wanted,
  worktree: Worktree,
): Promise<Proof> => {
  const { base, config = {} } = standing;
  const shared = {
    ...{ commit: worktree.commit, base, project: config, redact: deps.redact },
    walls: await worktree.enter({ allowed: [], forbidden: [] }),
    openBase: () => open(deps, standing, { id, own, signal, commit: base }),
  };
  const examine = createExamine({
    ...{ ...shared, worktree, committed: true, clock: deps.clock, events: [] },
    // What it comes to is the check run: after a crash all of it is run again.
    record: async () => undefined,
  });
  // The files are those of the commit, whatever they are told against.
  const committed = { openTrial: () => worktree.openTrial([]) };
  return {
    ...{ ran: true, own, crossCheck: createCrossCheck({ ...shared, worktree: committed, signal }) },
    examine: (report) => examine(report, { changeset: [], evidence: [], spend: noSpend, signal }),
  };
};
