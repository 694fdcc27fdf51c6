/** A run that writes no code: its conversation inside walls where nothing can be written, and what people are told of its end. */
import type { RunEvent } from "../domain/event.ts";
import type { CutShort, Outcome } from "../domain/outcome.ts";
import { fullName } from "../domain/repository.ts";
import { isSubmission } from "../domain/submission.ts";
import type { Worktree } from "../ports.ts";
import { withDoubts } from "../verify/commands/doubt.ts";
import { frameOf } from "./frame.ts";
import type { Gathered } from "./gather.ts";
import { enter, holdConversation, restore } from "./hold.ts";
import { createInspector, readerOf } from "./inspector.ts";
import type { Ground, Mode } from "./mode.ts";
import { mayWrite } from "./rights.ts";
import type { ExecuteDeps, Run } from "./run-deps.ts";
import type { Ended } from "./settle.ts";

export const read = async (
  deps: ExecuteDeps,
  run: Run,
  gathered: Gathered,
  worktree: Worktree,
  mode: Mode,
): Promise<Outcome> => {
  await restore(deps, run, worktree);
  const walls = await worktree.enter(gathered.boundary);
  const ground = groundOf(deps, run, gathered);
  const frame = { ...frameOf(deps, run, gathered, worktree, walls), submit: mode.submit.bind(undefined, ground) };
  const end = await holdConversation(deps, run, frame, deps);
  await enter(deps, run, "publishing", end.spend);
  return tell(deps, run, mode, ground, end);
};

const groundOf = (deps: ExecuteDeps, run: Run, gathered: Gathered): Ground => {
  const { workspace, analysis } = deps;
  const { repository } = run.record.job.trigger;
  const { commit, config } = gathered;
  const inspector =
    analysis &&
    createInspector(
      { analysis, reader: readerOf(workspace, repository) },
      { base: commit, commit },
      config.standards ?? {},
    );
  return {
    ...{ run: run.record, gathered },
    readFiles: (paths) => workspace.readFiles(repository, commit, paths),
    inspect: async () => inspector?.head([]),
    unheard: async () => (await run.remarks.hear()) !== undefined,
  };
};

/** Who may is asked once more, right before it is written. */
const tell = async (deps: ExecuteDeps, run: Run, mode: Mode, ground: Ground, end: Ended): Promise<Outcome> => {
  const ended = { blockers: [], questions: [], spend: end.spend };
  if (end.kind !== "reported" || !isSubmission(end.report)) return { ...ended, ...withoutSubmission(end) };
  const { repository, sender } = run.record.job.trigger;
  const session = await deps.github.open(repository, "acknowledge");
  try {
    if (!mayWrite(await session.permissionOf(sender))) {
      const summary = `@${sender.login} no longer has write access to ${fullName(repository)}, so nothing was said.`;
      return { ...ended, kind: "refused", status: "BLOCKED", summary };
    }
    const told = await mode.publish({
      ...{ ground, session, github: deps.github, submission: end.report, findings: end.findings },
      evidence: withDoubts(evidenceIn([...run.before, ...(await deps.store.events(run.record.id))])),
      redact: (text) => deps.redact(text).text,
    });
    return { ...ended, ...told };
  } finally {
    await session.close();
  }
};

const evidenceIn = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "evidence" ? [event.evidence] : []));

const withoutSubmission = (end: Ended): Omit<Outcome, "questions" | "spend"> => {
  const reason = end.kind === "blocked" ? end.reason : "nothing was handed in";
  const cutShort: CutShort | undefined =
    end.kind !== "blocked"
      ? undefined
      : end.cause === "stopped"
        ? "stopped"
        : end.cause === "budget"
          ? "limit"
          : undefined;
  return {
    ...{ kind: "answered", status: "BLOCKED", blockers: [reason] },
    summary: "The run ended before its agent came to an end. Nothing was changed.",
    ...(cutShort === undefined ? {} : { cutShort }),
  };
};
