/** What a run is to do: its own request, or that of an earlier run of the issue, done again or gone on with. */
import type { RunEvent } from "../domain/event.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { RunRecord, Store } from "../ports.ts";
import { type ResumeState, resumeFrom } from "./resume.ts";
import { beforeOf, transcriptOf } from "./transcript.ts";

/** A run that ended, and where it stood then. */
export type Source = {
  readonly record: RunRecord;
  readonly events: readonly RunEvent[];
  readonly state: ResumeState;
  /** What is said to the agent with it. */
  readonly said: string;
};

export type Asked = {
  /** With the trigger of the run whose request it is, and the sender of its own. */
  readonly record: RunRecord;
  /** Of the runs that it goes on from. */
  readonly before: readonly RunEvent[];
  /** To go on from, where that was not begun yet. */
  readonly source?: Source;
  /** Why there is nothing to do, as a sentence. */
  readonly refusal?: string;
};

/** @param own events that the run has stored so far */
export const whatIsAsked = async (store: Store, record: RunRecord, own: readonly RunEvent[]): Promise<Asked> => {
  const { trigger } = record.job;
  const verb = againOf(trigger);
  if (!verb) return { record, before: [] };
  const runs = await store.runsOf(trigger.repository, record.issue);
  const earlier = runs.slice(runs.findIndex(({ id }) => id === record.id) + 1).filter(wasHeard);
  const origin = earlier.find((run) => againOf(run.job.trigger) === undefined);
  if (!origin) return { record, before: [], refusal: nothingYet };
  const asked = { ...record, job: { ...record.job, trigger: { ...origin.job.trigger, sender: trigger.sender } } };
  if (verb === "retry") return { record: asked, before: [] };
  const before = await beforeOf((id) => store.events(id), own);
  if (before.length > 0) return { record: asked, before };
  const said = trigger.kind === "command" && "request" in trigger.command ? trigger.command.request : "";
  return { ...(await goingOn(store, earlier, said)), record: asked };
};

const nothingYet =
  "Nothing was started: there was no run here yet. Comment `/architect design` for what the issue asks for, or `/architect design …` with a request.";

const againOf = (trigger: Trigger): "continue" | "retry" | undefined => {
  if (trigger.kind !== "command") return undefined;
  const { verb } = trigger.command;
  return verb === "continue" || verb === "retry" ? verb : undefined;
};

/** Whoever asked for it may write: what others asked for has no status, and is never taken up. */
const wasHeard = ({ outcome }: RunRecord): boolean =>
  outcome !== undefined && !(outcome.kind === "refused" && outcome.status === undefined);

const goingOn = async (store: Store, earlier: readonly RunRecord[], said: string): Promise<Omit<Asked, "record">> => {
  for (const record of earlier) {
    const events = await transcriptOf((id) => store.events(id), record.id);
    const state = resumeFrom(events);
    if (!state) continue;
    if (record.outcome?.status === "DONE" && said === "") return { before: [], refusal: doneAlready };
    return { before: events, source: { record, events, state, said } };
  }
  return { before: [], refusal: neverBegun };
};

const doneAlready =
  "Nothing was started: the last run is DONE and left nothing open. Say what else is to be done: `/architect continue …` goes on in its conversation, `/architect design …` begins another one.";
const neverBegun =
  "Nothing was started: no run of this issue got as far as a conversation that could go on. `/architect retry` does what was asked for anew.";
