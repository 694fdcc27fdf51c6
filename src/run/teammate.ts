/** A teammate at work: its loop, from the mail that wakes it until it rests; it knows of the others by name only. */
import { composeSystem, composeTeammateBrief } from "../domain/brief.ts";
import { addSubagent, limitsWithin, noSpend, spendSince } from "../domain/budget.ts";
import { type Changeset, treeHash } from "../domain/changeset.ts";
import { testReportSchema } from "../domain/child-report.ts";
import type { Definition } from "../domain/definition.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Evidence } from "../domain/finding.ts";
import type { TextBlock } from "../domain/message.ts";
import type { Spend } from "../domain/outcome.ts";
import { type Boundary, isWithin } from "../domain/policy.ts";
import { isReview, type Review, reviewReportSchema } from "../domain/review.ts";
import { changesSince, type HandedBack, renderHandedBack } from "../domain/subagent.ts";
import { leadName, mailsTo, mateOfChild, renderMails, unreadBy } from "../domain/team.ts";
import { teamIn } from "../domain/team-events.ts";
import { idleNotification, isShutdownApproval } from "../domain/team-protocol.ts";
import { releaseTasks } from "../domain/team-tasks.ts";
import type { Walls } from "../ports.ts";
import { decideGate } from "../verify/check-review.ts";
import type { LoopDeps, LoopEnd, Mates } from "./context.ts";
import { converse, startOf } from "./converse.ts";
import { createChildJudge, createReviewJudge } from "./judge.ts";
import { type ResumeState, stateIn } from "./resume.ts";
import { clearAway, resultOf, type SubagentDeps } from "./subagent.ts";
import { createDesk } from "./team-desk.ts";
import { createSubmitReport, type Door } from "./tools/submit-report.ts";
import type { Tool } from "./tools/tool.ts";

export const reviewer = "code-quality-reviewer";
export const reviewerName = "code-reviewer";

/** @property agents those that can be teammates @property history all that the run has stored so far */
export type TeamDeps = Omit<SubagentDeps, "events">;

export type State = {
  readonly deps: TeamDeps;
  /** Of the whole run, as far as the team is concerned. */
  readonly log: RunEvent[];
  readonly walls: Map<string, Walls>;
  /** Where in the log stands what the lead was not told of yet. */
  untold: number;
};

export type Lead = Parameters<Mates["work"]>[0];

export type Mate = { readonly name: string; readonly id: string; readonly definition: Definition };

/** A stretch of a teammate's work. */
type Stretch = {
  readonly mate: Mate;
  readonly lead: Lead;
  readonly walls: Walls;
  /** What is not its own doing: the others' files as they are now, and its own folders as it first found them. */
  readonly found: Changeset;
  /** What it had spent before. */
  readonly before: Spend;
  readonly record: LoopDeps["record"];
};

export const record = async (state: State, events: readonly RunEvent[], spend: Spend): Promise<void> => {
  await state.deps.record(events, spend);
  state.log.push(...events);
};

export const deskDeps = ({ deps, log }: State, write: Parameters<typeof createDesk>[0]["record"]) => ({
  agents: deps.agents.map(({ name }) => name),
  log: () => log,
  record: write,
  clock: deps.clock,
});

export const childEvents = ({ log }: Pick<State, "log">, id: string): readonly RunEvent[] =>
  log.filter((event) => event.child === id);

export const isBusy = (own: readonly RunEvent[]): boolean => own.length > 0 && own.at(-1)?.type !== "rested";

/** What the lead has spent and which tasks there are, with what it was not told of yet. */
export const standing = ({ log, untold }: State, lead: Lead): Pick<Lead, "spend" | "tasks"> & { worked: boolean } => {
  const since = log.slice(untold).filter(({ child }) => mateOfChild(child) !== undefined);
  const tasks = since.findLast((event) => event.type === "tasks");
  return {
    spend: since.reduce((sum, event) => (event.type === "rested" ? addSubagent(sum, event.spend) : sum), lead.spend),
    tasks: tasks?.type === "tasks" ? tasks.tasks : lead.tasks,
    worked: since.length > 0,
  };
};

/** One teammate works until it rests. @returns false when aborted */
export const stretch = async (state: State, mate: Mate, lead: Lead, signal: AbortSignal): Promise<boolean> => {
  const { deps } = state;
  const own = childEvents(state, mate.id);
  const { changeset } = await deps.worktree.collect();
  const before = own.reduce((sum, one) => (one.type === "rested" ? plus(sum, one.spend) : sum), noSpend);
  const one: Stretch = {
    ...{ mate, lead, before },
    walls: await enter(state, mate.definition),
    found: foundBy(mate.definition.boundary, own, changeset),
    record: (events, spend) =>
      record(
        state,
        withFirstMail(state, mate, events).map((event) => ({ ...event, child: mate.id })),
        addSubagent(lead.spend, spendSince(before, spend)),
      ),
  };
  if (own.length > 0 && !isBusy(own)) await wake(state, one, changeset);
  const cast = deps.cast(mate.definition);
  const end = await converse(
    { ...frameOf(state, one), signal },
    startOf(cast, mate.definition, resumeOf(childEvents(state, mate.id), mate.id)),
    cast,
    { events: async () => childEvents(state, mate.id), child: mate.id },
  );
  if (end.kind === "aborted") return false;
  await toRest(state, one, end, changeset);
  return true;
};

const plus = (a: Spend, b: Spend): Spend => ({
  toolCalls: a.toolCalls + b.toolCalls,
  turns: a.turns + b.turns,
  tokens: a.tokens + b.tokens,
  usd: a.usd + b.usd,
});

/** A report ended the stretch that it was handed in, and no later one. */
const resumeOf = (own: readonly RunEvent[], id: string): ResumeState | undefined => {
  const state = stateIn(own, id);
  if (!state) return undefined;
  const { judged: _, ...rest } = state;
  const last = (type: RunEvent["type"]) => own.findLastIndex((event) => event.type === type);
  return last("child-report") > last("rested") ? state : rest;
};

const enter = async ({ deps, walls }: State, { name, boundary }: Definition): Promise<Walls> => {
  const entered = walls.get(name) ?? (await deps.worktree.enter(boundary));
  walls.set(name, entered);
  return entered;
};

const foundBy = ({ allowed }: Boundary, own: readonly RunEvent[], now: Changeset): Changeset => {
  const first = own.find((event) => event.type === "checkpoint");
  if (first?.type !== "checkpoint") return now;
  return [
    ...now.filter(({ path }) => !isWithin(path, allowed)),
    ...first.changeset.filter(({ path }) => isWithin(path, allowed)),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
};

const readNow = ({ deps, log }: State, { name }: Mate): RunEvent => {
  const upTo = mailsTo(teamIn(log) ?? { mails: [] }, name).length;
  return { type: "mail-read", at: deps.clock().toISOString(), reader: name, upTo };
};

/** A conversation begins with the mail that woke its agent. */
const withFirstMail = (state: State, mate: Mate, events: readonly RunEvent[]): readonly RunEvent[] =>
  events[0]?.type === "started" ? [...events, readNow(state, mate)] : events;

/** A conversation that rested goes on with its mail, on the files and the tasks as they are now. */
const wake = async (state: State, { mate, lead, before, record: write }: Stretch, changeset: Changeset) => {
  const team = teamIn(state.log);
  const at = state.deps.clock().toISOString();
  const text = renderMails(team ? unreadBy(team, mate.name) : []);
  await write(
    [
      { type: "checkpoint", at, changeset, refused: [] },
      { type: "tasks", at, tasks: lead.tasks },
      readNow(state, mate),
      { type: "user", at, message: { role: "user", content: [{ type: "text", text }] } },
    ],
    before,
  );
};

const frameOf = (state: State, one: Stretch): Omit<LoopDeps, "model" | "resume" | "takesUp" | "signal"> => {
  const { deps } = state;
  const { library, commit, base, clock, redact, worktree } = deps;
  const { mate, lead, walls, found, before } = one;
  const { name, definition } = mate;
  const team = teamIn(state.log);
  const others = { ...lead.spend, tokens: lead.spend.tokens - before.tokens, usd: lead.spend.usd - before.usd };
  const brief = composeTeammateBrief(name, {
    ...deps.facts,
    team: { name: team?.name ?? "", members: team?.members ?? [] },
    boundary: definition.boundary,
    changed: found.map(({ path, kind }) => ({ path, kind })),
  });
  const mails: TextBlock = { type: "text", text: renderMails(mailsTo(team ?? { mails: [] }, name)) };
  return {
    ...{ library, commit, base, clock, redact, definition, walls, found },
    record: one.record,
    limits: limitsWithin(definition, lead.limits, others),
    system: composeSystem(definition, library),
    firstMessage: { ...brief, content: [...brief.content, mails] },
    tasks: lead.tasks,
    team: createDesk(deskDeps(state, one.record), name),
    rests: true,
    checkpoint: () => worktree.collect(),
    submit: (door) => submitOf(deps, one, door),
  };
};

const ending = "You rest now, until somebody writes to you.";

const submitOf = (deps: TeamDeps, { mate: { definition }, found }: Stretch, door: Door): Tool => {
  const collect = () => deps.worktree.collect();
  if (definition.name === reviewer)
    return createSubmitReport({
      ...{ door, ending },
      judge: createReviewJudge({ collect }),
      form: { input: reviewReportSchema },
    });
  const { baseText: base, standards } = deps;
  const judge = createChildJudge({
    boundary: definition.boundary,
    migrationFolders: [],
    found,
    collect,
    base,
    standards,
  });
  return createSubmitReport({ door, ending, judge, form: { input: testReportSchema } });
};

/** What a stretch leaves: files, a report or a review, a word to the lead; and where it was the last one, its tasks. */
const toRest = async (
  state: State,
  one: Stretch,
  end: Exclude<LoopEnd, { kind: "aborted" }>,
  atStart: Changeset,
): Promise<void> => {
  const { name, id, definition } = one.mate;
  const { changeset, cleared } = await clearAway(state.deps, { definition, found: one.found });
  const files = changesSince(atStart, changeset).map(({ path }) => path);
  const own = childEvents(state, id);
  const at = state.deps.clock().toISOString();
  const made = definition.name === reviewer ? reviewOf(own, end, changeset) : workOf(one, own, end, changeset, files);
  const shutDown = own.some((event) => event.type === "mail" && isShutdownApproval(event.mail.text));
  const ended = end.kind === "blocked" ? end.reason : shutDown ? "it was shut down" : undefined;
  const said = [...(made.said === undefined ? [] : [made.said]), idleNotification(name, at, ended)];
  const rests = own.filter(({ type }) => type === "rested").length;
  const { tasks } = standing(state, one.lead);
  await one.record(
    [
      ...(cleared ? [{ type: "checkpoint" as const, at, changeset, refused: [] }] : []),
      ...(ended === undefined ? [] : [{ type: "tasks" as const, at, tasks: releaseTasks(tasks, name) }]),
      ...said.map((text, index) => ({
        ...{ type: "mail" as const, at },
        mail: { id: `${name}:rest-${rests}-${index}`, from: name, to: leadName, text, at },
      })),
      {
        ...{ type: "rested", at, files, ended, call: one.lead.callId },
        spend: spendSince(one.before, end.spend),
        ...{ result: made.result, review: made.review },
      },
    ],
    end.spend,
  );
};

type Made = { readonly said?: string; readonly result?: HandedBack; readonly review?: Review };

const workOf = (
  { mate, found }: Stretch,
  own: readonly RunEvent[],
  end: Exclude<LoopEnd, { kind: "aborted" }>,
  changeset: Changeset,
  files: readonly string[],
): Made => {
  const known = own.some((event) => event.type === "rested" && event.result !== undefined);
  if (end.kind !== "reported" && files.length === 0 && (end.kind === "resting" || known)) return {};
  const result = { ...resultOf({ name: "test-generator", found }, end, changeset), mate: mate.name };
  return { result, said: renderHandedBack(result) };
};

const reviewOf = (own: readonly RunEvent[], end: Exclude<LoopEnd, { kind: "aborted" }>, changeset: Changeset): Made => {
  if (end.kind !== "reported" || !end.accepted || !isReview(end.report)) return {};
  const { report } = end;
  const evidence = evidenceIn(own);
  const review = { report, blocks: decideGate(report, { changeset, evidence }), tree: treeHash(changeset) };
  const gate = review.blocks.length > 0 ? `blocks: ${review.blocks.join("; ")}` : "does not block";
  return { review, said: `The review ${gate}.\n${JSON.stringify(report)}` };
};

export const evidenceIn = (events: readonly RunEvent[]): readonly Evidence[] =>
  events.flatMap((event) => (event.type === "evidence" ? [event.evidence] : []));
