/** The agent loop: a model's turn, its tool calls, their results, until there is a report or a reason why not. Does not know that GitHub exists. */
import { addCost, addTurn, addUsage, budgetNotice, exhausted } from "../domain/budget.ts";
import { SpentError } from "../domain/errors.ts";
import type { RunEvent } from "../domain/event.ts";
import { noUsage, type TextBlock, type ToolResult, type ToolUse, type UserMessage } from "../domain/message.ts";
import { handedIn, isSubmission } from "../domain/submission.ts";
import type { ModelTurn } from "../ports.ts";
import { callTool, endingTool, type Plan, planCalls, toolResult } from "./call-tool.ts";
import type { BlockedCause, Heard, LoopDeps, LoopEnd } from "./context.ts";
import { openConversation, workEvent } from "./conversation.ts";
import { countTurn, maxFruitless, maxRepeats, repeatedMost, repeatNotice } from "./counters.ts";
import { type Conversation, collectCheckpoint, nothingFresh, type Unanswered } from "./talk.ts";
import { type Judged, maxRefusals } from "./tools/submit-report.ts";

export type { LoopDeps, LoopEnd } from "./context.ts";

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** How it ended; undefined = it goes on. */
type End = DistributiveOmit<LoopEnd, "spend"> | undefined;

const maxParallel = 10;
const maxStrikes = 3;
const maxOverruns = 3;
const maxNudges = 2;

const nudgeFor = (end: string): string =>
  end === "SubmitReport"
    ? "Only SubmitReport ends the run. If the work is done, call it now with the report. If something stands in the way, submit BLOCKED with its blockers, or NEEDS_CONTEXT with your questions. Otherwise go on with the work."
    : `Only ${end} ends the run. Call it now with what you have, or go on reading.`;

const unreadableSaid = (why: string): string =>
  `Your last message could not be read, and nothing of it was run: ${why}. Make the call again, with input that is one valid JSON object.`;

/** Model and tools take turns until the end. @throws where the model, the store or the walls fail: the run can be resumed */
export const runLoop = async (deps: LoopDeps): Promise<LoopEnd> => {
  const talk = await openConversation(deps);
  for (;;) {
    const end =
      endOf(deps, talk) ?? (talk.unanswered ? await answer(deps, talk, talk.unanswered) : await ask(deps, talk));
    if (end) return { ...end, spend: talk.spend };
  }
};

const endOfTalk = ({ registry }: Conversation): string => endingTool(registry) ?? "SubmitReport";

const aSubmission = (end: string): string => `${/^Submit[AEIOU]/.test(end) ? "an" : "a"} ${handedIn(end)}`;

const blocked = (cause: BlockedCause, reason: string): NonNullable<End> => ({ kind: "blocked", cause, reason });

/** What can be told from where the conversation stands; the same after a crash. */
const endOf = (deps: LoopDeps, talk: Conversation): End => {
  if (deps.signal.aborted) return { kind: "aborted" };
  if (talk.judged) return { kind: "reported", ...talk.judged };
  if (talk.counters.strikes >= maxStrikes)
    return blocked("strikes", `the model called tools in a way that fits none of them, ${maxStrikes} turns in a row`);
  if (talk.counters.overruns >= maxOverruns)
    return blocked(
      "budget",
      `budget exhausted: all ${talk.limits.toolCalls} tool calls are used, and no ${handedIn(endOfTalk(talk))} came`,
    );
  const repeated = repeatedMost(talk.counters);
  if (repeated && repeated.times >= maxRepeats)
    return blocked(
      "strikes",
      `the model called ${repeated.name} ${maxRepeats} times with the same input, and it failed the same way each time`,
    );
  if (talk.counters.fruitless >= maxFruitless)
    return blocked("strikes", `every tool call of the model failed, ${maxFruitless} turns in a row`);
  const spent = talk.unanswered ? undefined : exhausted(talk.spend, talk.limits);
  return spent === undefined ? undefined : blocked("budget", spent);
};

/** One turn of the model, stored before anything comes of it. */
const ask = async (deps: LoopDeps, talk: Conversation): Promise<End> => {
  const turn = await askModel(deps, talk);
  if ("kind" in turn) return turn;
  const { message, usage, usd, stopReason } = turn;
  if (stopReason !== "tool_use" && message.content.some((block) => block.type === "tool_use"))
    throw new Error(`${deps.model.name} asked for tools in a message that ended by ${stopReason}`);
  const before = talk.spend;
  const spend = addTurn(before, usage, usd);
  // The API takes no empty message back, so one cannot be kept.
  if (message.content.length === 0) {
    talk.spend = spend;
    await deps.record([{ type: "paid", at: now(deps), usage, usd, turns: 1 }], spend);
    return rest(deps, talk, turn.unreadable);
  }
  await deps.record([{ type: "assistant", at: now(deps), message, usage, usd, stopReason }], spend);
  talk.spend = spend;
  talk.messages.push(message);
  talk.unanswered = { message, stopReason, before };
  return undefined;
};

/**
 * A message that was cut short is thrown away, for its last call may be a plausible half of what was meant; the same
 * conversation is sent once more with more room. What it cost is counted with the message that came instead.
 */
const askModel = async (deps: LoopDeps, talk: Conversation): Promise<ModelTurn | NonNullable<End>> => {
  let usage = noUsage;
  let usd = 0;
  const stop = async (end: NonNullable<End>): Promise<NonNullable<End>> => {
    if (usage === noUsage) return end;
    const paid = { usage, usd, turns: 0 as const };
    talk.spend = addCost(talk.spend, paid);
    await deps.record([{ type: "paid", at: now(deps), ...paid }], talk.spend);
    return end;
  };
  const sizes = outputSizes(deps);
  for (const maxOutputTokens of sizes) {
    const { system, tools, effort, thinking } = talk;
    const request = { system, tools, messages: [...talk.messages], maxOutputTokens, effort, thinking };
    const turn = await deps.model.turn(request, deps.signal).catch((error: unknown): NonNullable<End> => {
      if (deps.signal.aborted) return { kind: "aborted" };
      if (error instanceof SpentError) return blocked("budget", error.message);
      throw error;
    });
    if ("kind" in turn) return stop(turn);
    usage = addUsage(usage, turn.usage);
    usd += turn.usd;
    if (turn.stopReason === "refusal")
      return stop(blocked("refusal", `the model refused to go on (category: ${turn.refusalCategory ?? "not named"})`));
    if (turn.stopReason === "model_context_window_exceeded")
      return stop(blocked("length", "the conversation has grown longer than the model can take"));
    if (turn.stopReason !== "max_tokens") return { ...turn, usage, usd };
    const spent = exhausted(addCost(talk.spend, { usage, usd, turns: 0 }), talk.limits);
    if (spent !== undefined) return stop(blocked("budget", spent));
  }
  return stop(blocked("length", `the model's message was cut off each time, at ${sizes.join(" and at ")} tokens`));
};

/** What the model cannot give is not asked of it. */
const outputSizes = ({ limits, model }: LoopDeps): readonly number[] => [
  ...new Set(limits.outputTokens.map((tokens) => Math.min(tokens, model.maxOutputTokens ?? tokens))),
];

/** Everything that one message of the model asks for, then one message back; all of it is stored at once. */
const answer = async (deps: LoopDeps, talk: Conversation, unanswered: Unanswered): Promise<End> => {
  const { message, stopReason } = unanswered;
  const uses = message.content.filter((block) => block.type === "tool_use");
  if (uses.length > 0) return answerCalls(deps, talk, unanswered, uses);
  if (stopReason === "pause_turn") {
    talk.unanswered = undefined;
    return undefined;
  }
  return rest(deps, talk);
};

/** The agent asks for nothing more. Whoever it wrote to has answered already, so a lead need not wait. */
const rest = async (deps: LoopDeps, talk: Conversation, unreadable?: string): Promise<End> => {
  if (deps.rests && unreadable === undefined) return { kind: "resting" };
  if (talk.counters.nudges >= maxNudges)
    return blocked(
      "no-report",
      `the model stopped without ${aSubmission(endOfTalk(talk))} and did not submit one when asked ${maxNudges} times`,
    );
  const said = await deps.remarks?.hear();
  const texts = [
    ...(said ? [said.text] : []),
    unreadable === undefined ? nudgeFor(endOfTalk(talk)) : unreadableSaid(unreadable),
  ];
  await append(deps, talk, said?.events ?? [], { role: "user", content: texts.map(textBlock) });
  await said?.told();
  talk.counters = { ...talk.counters, nudges: talk.counters.nudges + 1 };
  return undefined;
};

/** Lets the others of the agent's team work. @returns undefined when aborted */
const hearMates = async (
  deps: LoopDeps,
  talk: Conversation,
  callId: string | undefined,
): Promise<{ readonly mail?: Heard["mail"] } | undefined> => {
  if (!deps.mates) return {};
  const { spend, tasks } = talk;
  const heard = await deps.mates.work({ spend, tasks, limits: talk.limits, callId }, deps.signal);
  if (!heard) return undefined;
  talk.spend = heard.spend;
  talk.fresh.handedBack.push(...heard.evidence);
  if (heard.worked) {
    talk.dirty = true;
    talk.fresh.tasks ||= heard.tasks !== tasks;
    talk.tasks = heard.tasks;
  }
  return { mail: heard.mail };
};

const answerCalls = async (
  deps: LoopDeps,
  talk: Conversation,
  { before }: Unanswered,
  uses: readonly ToolUse[],
): Promise<End> => {
  const plans = planCalls(talk.registry, uses, talk.spend, talk.limits);
  const results = await runPlans(deps, talk, plans);
  if (!results) return { kind: "aborted" };
  const counters = countTurn(talk.counters, plans, results);
  const judged = isOver(talk) ? talk.judging : undefined;
  const heard = judged ? {} : await hearMates(deps, talk, uses.at(-1)?.id);
  if (!heard) return { kind: "aborted" };
  const spend = { ...talk.spend, toolCalls: counters.toolCalls };
  const notice = judged ? undefined : budgetNotice(before, spend, talk.limits, endOfTalk(talk));
  const said = judged ? undefined : await deps.remarks?.hear();
  const repeat = judged ? undefined : repeatNotice(talk.counters, counters);
  const texts = [
    heard.mail?.text,
    said?.text,
    repeat,
    notice,
    judged ? undefined : deps.hurry?.(endOfTalk(talk)),
  ].filter((text) => text !== undefined);
  const events: RunEvent[] = [
    ...(await whatIsFresh(deps, talk)),
    ...(heard.mail?.events ?? []),
    ...(said?.events ?? []),
    ...(judged ? [reportEvent(judged, now(deps))] : []),
  ];
  talk.spend = spend;
  await append(deps, talk, events, {
    role: "user",
    content: [...results, ...texts.map(textBlock)],
  });
  talk.counters = counters;
  talk.judged = judged;
  freshIsStored(talk);
  await said?.told();
  return undefined;
};

/** What came of the turn under way, to be stored with the message that ends it. */
const whatIsFresh = async (deps: LoopDeps, talk: Conversation): Promise<RunEvent[]> => {
  const at = now(deps);
  const { evidence, remembered, tasks, work } = talk.fresh;
  return [
    ...evidence.map((one) => ({ type: "evidence" as const, at, evidence: one })),
    ...remembered.map((decision) => ({ type: "remembered" as const, at, decision })),
    ...(work && talk.found ? [workEvent(talk, talk.found, at)] : []),
    ...(tasks ? [{ type: "tasks" as const, at, tasks: talk.tasks }] : []),
    ...(await checkpointEvent(deps, talk, at)),
  ];
};

const freshIsStored = (talk: Conversation): void => {
  talk.judging = undefined;
  talk.evidence.push(...talk.fresh.handedBack, ...talk.fresh.evidence);
  talk.remembered.push(...talk.fresh.remembered);
  talk.fresh = nothingFresh();
};

/** Read-only calls side by side, the others one at a time, in the model's order. @returns undefined when aborted */
const runPlans = async (
  deps: LoopDeps,
  talk: Conversation,
  plans: readonly Plan[],
): Promise<readonly ToolResult[] | undefined> => {
  const results: ToolResult[] = [];
  for (const batch of batchesOf(plans)) {
    if (deps.signal.aborted) return undefined;
    const done = await Promise.all(batch.map((plan) => runPlan(deps, talk, plan)));
    for (const result of done) {
      if (!result) return undefined;
      results.push(result);
    }
  }
  return results;
};

const runPlan = async (deps: LoopDeps, talk: Conversation, plan: Plan): Promise<ToolResult | undefined> => {
  if (isOver(talk))
    return toolResult(plan.use, "Not run: what was handed in before it ended the run.", true, deps.redact);
  const result = await callTool(plan, { signal: deps.signal, callId: plan.use.id }, deps.redact);
  // Of the tools that are not read-only, those that cost nothing keep tasks and reports; the others can change files.
  if (plan.kind === "run" && !plan.tool.readOnly && plan.tool.counts) talk.dirty = true;
  return result;
};

/** A report was accepted, or refused for the last time: nothing may change the files that it was judged on. */
const isOver = (talk: Conversation): boolean =>
  talk.judging !== undefined && (talk.judging.accepted || talk.counters.refusals + talk.fresh.refusals >= maxRefusals);

const batchesOf = (plans: readonly Plan[]): readonly (readonly Plan[])[] => {
  const together = (plan: Plan) => plan.kind !== "run" || plan.tool.readOnly;
  return plans.reduce<Plan[][]>((batches, plan) => {
    const last = batches.at(-1);
    if (last && last.length < maxParallel && together(plan) && last.every(together)) last.push(plan);
    else batches.push([plan]);
    return batches;
  }, []);
};

const checkpointEvent = async (deps: LoopDeps, talk: Conversation, at: string): Promise<RunEvent[]> => {
  if (talk.dirty) await collectCheckpoint(deps, talk);
  const { changeset, refused, key } = talk.checkpoint;
  if (key === talk.storedKey) return [];
  talk.storedKey = key;
  return [{ type: "checkpoint", at, changeset, refused }];
};

const reportEvent = ({ report, findings }: Judged, at: string): RunEvent => {
  if (isSubmission(report)) return { type: "submission", at, submission: report, findings };
  return "feature" in report
    ? { type: "report", at, report, findings }
    : { type: "child-report", at, report, findings };
};

const append = async (
  deps: LoopDeps,
  talk: Conversation,
  events: readonly RunEvent[],
  message: UserMessage,
): Promise<void> => {
  await deps.record([...events, { type: "user", at: now(deps), message }], talk.spend);
  talk.messages.push(message);
  talk.unanswered = undefined;
};

const textBlock = (text: string): TextBlock => ({ type: "text", text });

const now = (deps: LoopDeps): string => deps.clock().toISOString();
