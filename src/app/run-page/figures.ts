/** A run in numbers, its tasks and its agents, all told from its transcript. */
import { type StoredLimits, workName } from "../../domain/budget.ts";
import type { RunEvent } from "../../domain/event.ts";
import { ledgerOf, workedMs } from "../../domain/ledger.ts";
import { count, money } from "../../domain/render/safe.ts";
import { agentOfChild } from "../../domain/subagent.ts";
import { liveTasks, type Task } from "../../domain/task.ts";
import { mateOfChild } from "../../domain/team.ts";
import { tasksIn } from "../../run/settle.ts";
import { spendOf } from "../replay.ts";
import { clockTime } from "../terminal.ts";
import { type Html, nothing } from "./html.ts";
import type { Pen } from "./pen.ts";
import type { RunPage } from "./view.ts";

export const figuresCard = (pen: Pen, page: RunPage): Html => {
  const { html, code } = pen;
  const { record, events } = page;
  const { toolCalls, turns, tokens, usd, subagents } = spendOf({ record, events });
  const limits = limitsIn(events);
  const model = modelIn([...page.before, ...events]);
  const notes = [
    ...(limits ? [`The budget of ${workName[limits.work]}.`] : []),
    ...(subagents ? [`Tool calls of subagents, on budgets of their own: ${count(subagents.toolCalls)}.`] : []),
  ].join(" ");
  return html`<section class="card" id="figures"><dl class="figures">
${figure(pen, { name: "Tool calls", used: toolCalls, cap: limits?.toolCalls, show: count })}
${figure(pen, { name: "Money", used: usd, cap: limits?.usd, show: money })}
${figure(pen, { name: "Tokens", used: tokens, cap: limits?.tokens, show: short })}
${figure(pen, { name: "Turns", used: turns, cap: limits?.turns, show: count })}
${figure(pen, { name: "Time at work", used: timeAtWork(page), cap: undefined, show: clockTime })}
</dl><p class="soft">${notes}${model === undefined ? nothing : html` Model: ${code(model, 100)}.`}</p></section>`;
};

/** Three digits say enough of a million tokens. */
const short = (tokens: number): string =>
  tokens < 10_000 ? count(tokens) : tokens.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 1 });

type Figure = {
  readonly name: string;
  readonly used: number;
  /** Of older transcripts it is not known. */
  readonly cap: number | undefined;
  readonly show: (number: number) => string;
};

const figure = ({ html }: Pen, { name, used, cap, show }: Figure): Html => {
  const share = cap === undefined || cap === 0 ? undefined : Math.min(100, Math.round((used / cap) * 1_000) / 10);
  const bar = html`<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"${(share ?? 0) >= 90 ? html` class="full"` : nothing}><rect width="${share}" height="1"/></svg>`;
  return html`<div><dt>${name}</dt><dd><b>${show(used)}</b>${cap === undefined ? nothing : html` <span class="soft">of ${show(cap)}</span>`}${share === undefined ? nothing : bar}</dd></div>`;
};

/** As they were when its conversation began, with the calls that it got since. */
const limitsIn = (events: readonly RunEvent[]): StoredLimits | undefined => {
  const own = events.filter(({ child }) => child === undefined);
  const begin = own.findLastIndex((event) => "limits" in event && event.limits !== undefined);
  const begun = own[begin];
  if (begun?.type !== "started" && begun?.type !== "continues") return undefined;
  const raised = own.slice(begin).findLast(({ type }) => type === "work-kind");
  if (!begun.limits || raised?.type !== "work-kind") return begun.limits;
  return { ...begun.limits, work: raised.found.kind, toolCalls: raised.toolCalls };
};

const modelIn = (events: readonly RunEvent[]): string | undefined => {
  const started = events.findLast((event) => event.type === "started" && event.child === undefined);
  return started?.type === "started" ? started.model : undefined;
};

const timeAtWork = ({ record, events, now }: RunPage): number => {
  const last = events.at(-1);
  const since = record.outcome || !last ? 0 : Math.max(0, now.getTime() - Date.parse(last.at));
  return workedMs(events) + since;
};

const sign: Readonly<Record<Task["status"], string>> = {
  completed: "✓",
  in_progress: "▸",
  pending: "·",
  deleted: "",
};
const maxTasks = 60;

export const tasksSection = ({ html, line }: Pen, events: readonly RunEvent[]): Html => {
  const tasks = liveTasks(tasksIn(events));
  if (tasks.length === 0) return nothing;
  const done = tasks.filter(({ status }) => status === "completed").length;
  const rest = tasks.length - maxTasks;
  const row = ({ status, subject, activeForm }: Task) =>
    html`<li class="${status}"><i aria-hidden="true">${sign[status]}</i><bdi>${line(status === "in_progress" ? `${activeForm ?? subject} …` : subject, 200)}</bdi></li>`;
  return html`<section id="tasks"><h2>Tasks <small>${count(done)} of ${count(tasks.length)} done</small></h2>
<ul class="rows tasks">${tasks.slice(0, maxTasks).map(row)}${rest > 0 ? html`<li><i></i>… and ${count(rest)} more</li>` : nothing}</ul></section>`;
};

/** Who spent what, where there is more than one. */
export const agentsSection = ({ html, line }: Pen, events: readonly RunEvent[]): Html => {
  const shares = Object.entries(ledgerOf(events));
  if (shares.length < 2) return nothing;
  const row = ([name, { turns, tokens, usd }]: (typeof shares)[number]) =>
    html`<tr><td>${line(name, 64)}</td><td>${stateOf(events, name)}</td><td class="n">${count(turns)}</td><td class="n wide">${count(tokens)}</td><td class="n">${money(usd)}</td></tr>`;
  return html`<section id="agents"><h2>Agents</h2>
<table class="agents"><tr><th>Who</th><th>State</th><th class="n">Turns</th><th class="n wide">Tokens</th><th class="n">Spent</th></tr>${shares.slice(0, 20).map(row)}</table></section>`;
};

/** Of a subagent or teammate; the run's own has the page's. */
const stateOf = (events: readonly RunEvent[], name: string): string => {
  const own = events.findLast(
    ({ child }) => child !== undefined && (mateOfChild(child) ?? agentOfChild(child)) === name,
  );
  if (!own) return "";
  if (own.type === "rested") return own.ended === undefined ? "rests" : "has ended";
  return own.type === "handed-back" ? own.result.status : "at work";
};
