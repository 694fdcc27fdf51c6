/** The conversation of a run's own agent on its worktree, from where it stands to its end, whoever or whatever ends it. */
import { noSpend } from "../domain/budget.ts";
import type { Phase, RunEvent } from "../domain/event.ts";
import { spentIn } from "../domain/ledger.ts";
import type { Spend } from "../domain/outcome.ts";
import type { Model, Worktree } from "../ports.ts";
import type { LoopDeps, LoopEnd } from "./context.ts";
import { type Cast, converse } from "./converse.ts";
import { lastConversation, spentBy } from "./resume.ts";
import type { ExecuteDeps, Halted, Run } from "./run-deps.ts";
import type { Ended } from "./settle.ts";

export const enter = (deps: Pick<ExecuteDeps, "clock">, run: Run, phase: Phase, spend: Spend): Promise<void> =>
  run.store([{ type: "phase", at: deps.clock().toISOString(), phase }], spend);

/** The files as its conversation left them; before the agents that work on them are let in. */
export const restore = async (deps: ExecuteDeps, { start, ...run }: Run, worktree: Worktree): Promise<void> => {
  const state = start.resume ?? start.left?.state;
  if (state) await worktree.restore(state.changeset);
  if (!start.resume) await enter(deps, { start, ...run }, "working", noSpend);
};

/** @param speaking told whom it speaks with from now on */
export const holdConversation = async (
  deps: ExecuteDeps,
  run: Run,
  frame: Omit<LoopDeps, "model" | "resume" | "takesUp">,
  { fallback, speaking = () => undefined }: Pick<Cast, "fallback"> & { readonly speaking?: (model: Model) => void },
): Promise<Ended> => {
  const { start } = run;
  const state = start.resume ?? start.left?.state;
  const stored = () => deps.store.events(run.record.id);
  const halted = start.resume?.judged ? undefined : await run.halted();
  const end = halted
    ? { ...blockedBy(halted), spend: spentBy(state) }
    : await converse(
        frame,
        start,
        { fallback },
        {
          events: async () => lastConversation([...run.before, ...(await stored())]),
          onModel: speaking,
        },
      );
  return end.kind === "aborted" ? cutOff(run, end, await stored()) : end;
};

const blockedBy = ({ cause, reason }: Halted) => ({ kind: "blocked" as const, cause, reason });

/** By a stop or the clock: an end like others, with all that was paid for. @throws where it was the App's own end */
const cutOff = async (run: Run, { spend }: LoopEnd, stored: readonly RunEvent[]): Promise<Ended> => {
  const halted = run.ending.aborted ? undefined : await run.halted();
  if (!halted) throw new Error("stopped: the run goes on where it was when the App starts again");
  const { tokens, usd } = spentIn(stored);
  return { ...blockedBy(halted), spend: { ...spend, tokens, usd } };
};
