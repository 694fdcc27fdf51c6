/** The head of a run's page: what it is about, where it stands, and where else to look. */
import type { RunEvent } from "../../domain/event.ts";
import { outcomeWord } from "../../domain/render/line.ts";
import { phaseSentence } from "../../domain/render-status.ts";
import { fullName } from "../../domain/repository.ts";
import { agentOfChild } from "../../domain/subagent.ts";
import { mateOfChild } from "../../domain/team.ts";
import type { RunRecord } from "../../ports.ts";
import { callLine } from "../call-line.ts";
import { type Html, nothing } from "./html.ts";
import { standingOf } from "./outcome.ts";
import type { Pen } from "./pen.ts";
import type { RunPage } from "./view.ts";

export const headOf = (pen: Pen, page: RunPage): Html => {
  const { html, line } = pen;
  const { record } = page;
  const { repository, title } = record.job.trigger;
  const { word, tone } = standingOf(record.outcome);
  const places = placesOf(pen, page);
  return html`<header id="head"><div class="where"><span><a href="${homeOf(page)}">${fullName(repository)}</a> · ${threadLink(pen, page)}</span><span class="badge ${tone}" role="status">${word}</span></div>
<h1><bdi>${line(title, 300)}</bdi></h1>
<p class="soft">${times(pen, record)}</p>
${places.length === 0 ? nothing : html`<ul class="places">${places.map((place) => html`<li>${place}</li>`)}</ul>`}</header>`;
};

/** While it is at work. */
export const nowCard = ({ html, code }: Pen, { events }: RunPage): Html => {
  const phase = events.findLast((event) => event.type === "phase" && event.child === undefined);
  const doing = doingIn(events);
  return html`<section class="card end live" id="outcome"><p><b>${phaseSentence[phase?.type === "phase" ? phase.phase : "preparing"]}</b>${doing === undefined ? nothing : html` ${code(doing, 200)}`}</p></section>`;
};

/** The last call that has no result yet: a subagent's, or the one that started it. */
const doingIn = (events: readonly RunEvent[]): string | undefined => {
  const open = events.findLast(
    (event, at) =>
      event.type === "assistant" &&
      event.message.content.some(({ type }) => type === "tool_use") &&
      !events.slice(at).some(({ type, child }) => type === "user" && child === event.child),
  );
  const call = open?.type === "assistant" && open.message.content.findLast((block) => block.type === "tool_use");
  if (!open || !call) return undefined;
  const who = open.child === undefined ? "" : `${mateOfChild(open.child) ?? agentOfChild(open.child)}: `;
  return `${who}${callLine(call)}`;
};

export const outcomeLinks = ({ html }: Pen, { record: { outcome }, githubUrl }: RunPage): readonly Html[] => {
  const link = (url: string | undefined, text: string): readonly Html[] =>
    url?.startsWith(`${githubUrl}/`) ? [html`<a href="${url}">${text}</a> `] : [];
  return [...link(outcome?.comment, "Read it in its comment."), ...link(outcome?.review, "Read the review.")];
};

const homeOf = ({ record, githubUrl }: RunPage): string => {
  const { owner, name } = record.job.trigger.repository;
  return `${githubUrl}/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
};

const threadLink = ({ html }: Pen, page: RunPage): Html => {
  const { kind, number } = page.record.job.trigger.thread;
  const isPull = kind === "pull";
  return html`<a href="${homeOf(page)}/${isPull ? "pull" : "issues"}/${number}">${isPull ? "pull request" : "issue"} #${number}</a>`;
};

/** Branch, pull request, and the run before it. Addresses are made here: no text of others is one. */
const placesOf = (pen: Pen, page: RunPage): readonly Html[] => {
  const { html, code } = pen;
  const { record, events, earlier } = page;
  const { trigger } = record.job;
  const proposed = events.findLast((event) => event.type === "proposed");
  const pull = record.outcome?.pull ?? (proposed?.type === "proposed" ? proposed.pull : undefined);
  const branch = pull?.branch ?? ("branch" in trigger ? trigger.branch : undefined);
  const path = branch?.split("/").map(encodeURIComponent).join("/");
  const isThread = trigger.thread.kind === "pull" && trigger.thread.number === pull?.number;
  return [
    ...(pull && !isThread
      ? [html`<a href="${homeOf(page)}/pull/${pull.number}">Pull request #${pull.number}</a>`]
      : []),
    ...(branch === undefined ? [] : [html`Branch <a href="${homeOf(page)}/tree/${path}">${code(branch, 255)}</a>`]),
    ...(earlier === undefined ? [] : [html`<a href="${earlier}">The run that it goes on from</a>`]),
  ];
};

const times = ({ html }: Pen, { startedAt, endedAt, outcome }: RunRecord): Html => {
  const time = (iso: string) => html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
  if (endedAt === undefined || outcome === undefined) return html`Begun ${time(startedAt)}`;
  return html`Begun ${time(startedAt)}, ended ${time(endedAt)} with ${outcomeWord(outcome)}`;
};
