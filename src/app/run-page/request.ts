/** What somebody asked of a run, and who. Of the issue's text, what a reader of the thread sees of it. */
import { commandWords } from "../../domain/asked-for.ts";
import type { RunEvent } from "../../domain/event.ts";
import { count } from "../../domain/render/safe.ts";
import type { Trigger } from "../../domain/trigger.ts";
import { visibleText } from "../../domain/visible-text.ts";
import type { RunRecord } from "../../ports.ts";
import { type Html, nothing } from "./html.ts";
import type { Pen } from "./pen.ts";

const maxBytes = 6_000;
/** Longer ones are folded. */
const unfolded = 900;
const maxRows = 30;

export const requestSection = (pen: Pen, { job: { trigger } }: RunRecord, events: readonly RunEvent[]): Html => {
  const { html, line } = pen;
  const text = visibleText(wordsOf(trigger), maxBytes);
  const shown = html`<p class="asked">${text}</p>`;
  const approved = events.findLast((event) => event.type === "approved");
  return html`<section id="request"><h2>What was asked for <small>${waysOf(trigger)} <bdi>${line(trigger.sender.login, 64)}</bdi></small></h2>
${text === "" ? nothing : text.length <= unfolded ? shown : html`<details id="asked"><summary>The whole request (${count(text.length)} characters)</summary>${shown}</details>`}
${approved?.type === "approved" ? html`<p>It carries out a plan that ${line(approved.by, 64)} approved.</p>` : nothing}
${reviewRows(pen, events)}${checkRows(pen, events)}</section>`;
};

const waysOf = (trigger: Trigger): string => {
  if (trigger.kind === "label") return "with the label, by";
  if (trigger.kind === "command") return "with a command, by";
  if (trigger.kind === "review") return "with a review, by";
  return trigger.kind === "checks" ? "since checks failed, told by" : "by";
};

const wordsOf = (trigger: Trigger): string => {
  if (trigger.kind === "label") return trigger.body;
  if (trigger.kind !== "command") return "";
  const { command } = trigger;
  if ("request" in command) return [`/architect ${command.verb}`, command.request].join(" ").trim();
  return `/architect ${commandWords(trigger)}`;
};

const reviewRows = (pen: Pen, events: readonly RunEvent[]): Html => {
  const { html, code, line, words } = pen;
  const review = events.findLast((event) => event.type === "review");
  if (review?.type !== "review" || review.followUp.items.length === 0) return nothing;
  const { items } = review.followUp;
  const row = ({ thread: { path, line: at }, said }: (typeof items)[number]) =>
    html`<li>${code(at === undefined ? path : `${path}:${at}`, 200)} ${words(line(visibleText(said.at(-1)?.body ?? "", 1_000), 300), 300)}</li>`;
  return html`<ul class="rows">${items.slice(0, maxRows).map(row)}${restOf(pen, items.length)}</ul>`;
};

const checkRows = (pen: Pen, events: readonly RunEvent[]): Html => {
  const { html, line, words } = pen;
  const checks = events.findLast((event) => event.type === "checks");
  if (checks?.type !== "checks" || checks.failed.length === 0) return nothing;
  const row = ({ name, reason }: (typeof checks.failed)[number]) =>
    html`<li><b>${line(name, 120)}</b>: ${words(reason, 400)}</li>`;
  return html`<ul class="rows">${checks.failed.slice(0, maxRows).map(row)}${restOf(pen, checks.failed.length)}</ul>`;
};

const restOf = ({ html }: Pen, all: number): Html =>
  all > maxRows ? html`<li class="note">… and ${count(all - maxRows)} more</li>` : nothing;
