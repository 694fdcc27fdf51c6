/** What a run is to do: its own request, a plan that people approved, or what an earlier run was asked for, again or gone on with. */
import { type CheckedAnswers, checkAnswers } from "../domain/answered.ts";
import type { Answer, Command } from "../domain/command.ts";
import type { RunEvent } from "../domain/event.ts";
import { type StoredPlan, shownHash } from "../domain/plan.ts";
import type { CommandTrigger, Trigger } from "../domain/trigger.ts";
import type { RunRecord, Store } from "../ports.ts";
import { type Approved, asRequest, planApprovedBy, planIn } from "./approve.ts";
import { type ResumeState, resumeFrom } from "./resume.ts";
import { beforeOf, transcriptOf } from "./transcript.ts";

/** A run that ended, and where it stood then. */
export type Source = {
  readonly record: RunRecord;
  readonly events: readonly RunEvent[];
  readonly state: ResumeState;
  /** What is said to the agent with it. */
  readonly said: string;
  /** To the questions that it ended with. */
  readonly answers?: Extract<CheckedAnswers, { ok: true }>;
};

export type Asked = {
  /** With the trigger of the run whose request it is, and the sender of its own. */
  readonly record: RunRecord;
  /** Of the runs that it goes on from. */
  readonly before: readonly RunEvent[];
  /** To go on from, where that was not begun yet. */
  readonly source?: Source;
  /** What it carries out. */
  readonly plan?: Approved;
  /** Why there is nothing to do, as a sentence. */
  readonly refusal?: string;
};

/** @param own events that the run has stored so far */
export const whatIsAsked = async (store: Store, record: RunRecord, own: readonly RunEvent[]): Promise<Asked> => {
  const { trigger } = record.job;
  if (trigger.kind === "checks") return { record: await forPeople(store, record), before: [] };
  const again = againOf(trigger);
  if (!again && !isApproval(trigger)) return { record, before: [] };
  const runs = await store.runsOf(trigger.repository, record.issue);
  const earlier = runs.slice(runs.findIndex(({ id }) => id === record.id) + 1).filter(wasHeard);
  if (!again) return approvedBy(record, earlier, own);
  const withRequestOf = async (origin: RunRecord | undefined): Promise<Pick<Asked, "record" | "plan">> => {
    const plan = origin && planIn(await store.events(origin.id));
    // Its default branch may be called otherwise by now.
    const { sender, repository } = trigger;
    const asked = { ...(origin ?? record).job.trigger, sender, repository };
    return askedFor(record, asked, plan && { plan, fresh: false });
  };
  if (again.verb === "retry") {
    const origin = await originOf(store, earlier, earlier.find(leavesWork));
    if (!origin) return { record, before: [], refusal: nothingYet };
    return { ...(await withRequestOf(origin)), before: [] };
  }
  const begun = own.findLast((event) => event.type === "continues");
  if (begun?.type === "continues") {
    const origin = await originOf(store, earlier, idOf(earlier, begun.run));
    return { ...(await withRequestOf(origin)), before: await beforeOf((id) => store.events(id), own) };
  }
  const found =
    again.verb === "answer"
      ? await answering(store, earlier, again.answers, trigger.sender.login)
      : await goingOn(store, earlier.filter(leavesWork), again.request);
  if ("refusal" in found) return { record, before: [], refusal: found.refusal };
  const origin = await originOf(store, earlier, found.source.record);
  return { ...(await withRequestOf(origin)), before: found.source.events, source: found.source };
};

const isApproval = (trigger: Trigger): trigger is CommandTrigger =>
  trigger.kind === "command" && trigger.command.verb === "approve";

/** Once the approval counted, what comes after it changes nothing. */
const approvedBy = (record: RunRecord, earlier: readonly RunRecord[], own: readonly RunEvent[]): Asked => {
  const { trigger } = record.job;
  const known = planIn(own);
  if (known) return { ...askedFor(record, trigger, { plan: known, fresh: false }), before: [] };
  const approved = planApprovedBy(record, earlier);
  if ("refusal" in approved) return { record, before: [], refusal: approved.refusal };
  return { ...askedFor(record, trigger, { plan: approved.plan, fresh: true }), before: [] };
};

/** The run as if its own command had asked for that. */
const askedFor = (record: RunRecord, trigger: Trigger, plan: Approved | undefined): Pick<Asked, "record" | "plan"> => {
  const request = plan && trigger.kind === "command" ? asRequest(trigger, plan.plan) : trigger;
  return { record: { ...record, job: { ...record.job, trigger: request } }, ...(plan ? { plan } : {}) };
};

/** A question that was answered and an approval that was void are over. */
const leavesWork = ({ outcome, job: { trigger } }: RunRecord): boolean =>
  !(outcome?.kind === "answered" && outcome.status === undefined) &&
  !(isApproval(trigger) && outcome?.kind === "refused");

/** Nobody asked for it by itself: it is for whoever asked for something here last, and stands or falls with what he may. */
const forPeople = async (store: Store, record: RunRecord): Promise<RunRecord> => {
  const { trigger } = record.job;
  const runs = await store.runsOf(trigger.repository, record.issue);
  const last = runs.find((run) => run.id !== record.id && run.job.trigger.kind !== "checks" && wasHeard(run));
  return last
    ? { ...record, job: { ...record.job, trigger: { ...trigger, sender: last.job.trigger.sender } } }
    : record;
};

const nothingYet =
  "Nothing was started: there was no run here yet. Comment `/architect design` for what the issue asks for, or `/architect design …` with a request.";

type Again = Extract<Command, { verb: "continue" | "retry" | "answer" }>;

const againOf = (trigger: Trigger): Again | undefined => {
  if (trigger.kind !== "command") return undefined;
  const { command } = trigger;
  return command.verb === "continue" || command.verb === "retry" || command.verb === "answer" ? command : undefined;
};

/** Whoever asked for it may write: what others asked for has no status, and is never taken up. */
const wasHeard = ({ outcome }: RunRecord): boolean =>
  outcome !== undefined && !(outcome.kind === "refused" && outcome.status === undefined);

const idOf = (runs: readonly RunRecord[], id: string): RunRecord | undefined => runs.find((run) => run.id === id);

/** The run whose request it was: the one that another went on from, or the one before another that did it once more. */
const originOf = async (
  store: Store,
  earlier: readonly RunRecord[],
  run: RunRecord | undefined,
): Promise<RunRecord | undefined> => {
  if (!run || !againOf(run.job.trigger)) return run;
  const from = await continuedBy(store, run);
  const older = earlier.slice(earlier.indexOf(run) + 1);
  return originOf(store, older, from === undefined ? older[0] : idOf(older, from));
};

/** The run whose transcript another one's goes on from. */
const continuedBy = async (store: Store, run: RunRecord): Promise<string | undefined> => {
  const goesOn = (await store.events(run.id)).findLast((event) => event.type === "continues");
  return goesOn?.type === "continues" ? goesOn.run : undefined;
};

type Found = { readonly source: Source } | { readonly refusal: string };

const goingOn = async (store: Store, earlier: readonly RunRecord[], said: string): Promise<Found> => {
  if (earlier.length === 0) return { refusal: nothingYet };
  const found = await newestConversation(store, earlier);
  if (!found) return { refusal: neverBegun };
  const { outcome } = found.record;
  if (outcome?.status === "DONE" && said === "") return { refusal: doneAlready };
  if (outcome?.plan && said === "") return { refusal: plannedAlready(outcome.plan) };
  return { source: { ...found, said } };
};

const newestConversation = async (
  store: Store,
  earlier: readonly RunRecord[],
): Promise<Omit<Source, "said"> | undefined> => {
  for (const record of earlier) {
    const events = await transcriptOf((id) => store.events(id), record.id);
    const state = resumeFrom(events);
    if (state) return { record, events, state };
  }
  return undefined;
};

/** The questions are those of the newest run that asked any, as long as no other conversation was begun since then. */
const answering = async (
  store: Store,
  earlier: readonly RunRecord[],
  answers: readonly Answer[],
  by: string,
): Promise<Found> => {
  const asking = earlier.find(({ outcome }) => outcome !== undefined && outcome.questions.length > 0);
  const newest = asking && (await newestConversation(store, await withoutAsides(store, earlier, asking)));
  if (!asking || !newest) return { refusal: noQuestions };
  if (!(await goesBackTo(store, earlier, newest.record, asking))) return { refusal: questionsLeft };
  const checked = checkAnswers(asking.outcome?.questions ?? [], answers, by);
  if (!checked.ok) return { refusal: `Nothing was started: ${checked.problem}` };
  return { source: { ...newest, said: "", answers: checked } };
};

/** Questions to the App and reviews leave the work where it stood. */
const withoutAsides = async (
  store: Store,
  earlier: readonly RunRecord[],
  asking: RunRecord,
): Promise<readonly RunRecord[]> => {
  const origins = await Promise.all(earlier.map((run) => originOf(store, earlier, run)));
  return earlier.filter((run, index) => {
    const trigger = origins[index]?.job.trigger;
    return run === asking || trigger?.kind !== "command" || !["ask", "review"].includes(trigger.command.verb);
  });
};

const goesBackTo = async (
  store: Store,
  earlier: readonly RunRecord[],
  run: RunRecord,
  to: RunRecord,
): Promise<boolean> => {
  if (run.id === to.id) return true;
  const from = idOf(earlier, (await continuedBy(store, run)) ?? "");
  return from !== undefined && goesBackTo(store, earlier, from, to);
};

const doneAlready =
  "Nothing was started: the last run is DONE and left nothing open. Say what else is to be done: `/architect continue …` goes on in its conversation, `/architect design …` begins another one.";
const plannedAlready = (plan: StoredPlan): string =>
  `Nothing was started: the last run made a plan. \`/architect approve ${shownHash(plan)}\` has it carried out; \`/architect continue …\`, with words, has it made otherwise.`;
const neverBegun =
  "Nothing was started: no run of this issue got as far as a conversation that could go on. `/architect retry` does what was asked for anew.";
const noQuestions =
  "Nothing was started: there are no open questions here. `/architect continue …` tells the agent something where the last run ended, `/architect design …` asks for something new.";
const questionsLeft =
  "Nothing was started: the questions are those of an earlier run, and another one was begun since then without their answers. Say it in words: `/architect continue …` tells it to the agent of the last run.";
