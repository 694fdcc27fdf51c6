/** A run turn by turn, with one line for each tool call: what was done, never the files that were read. */
import { count, duration, money } from "../../domain/render/safe.ts";
import { callSubject, resultLine } from "../call-line.ts";
import { clockTime } from "../terminal.ts";
import type { Call, Conversation, Turn } from "../turns.ts";
import { findingRow } from "./findings.ts";
import { type Html, nothing } from "./html.ts";
import { lastThatFit, type Pen } from "./pen.ts";

/** Bytes of HTML: of the whole, and of what subagents did in one turn. */
const maxTurns = 400_000;
const maxInside = 90_000;
/** Of the run's own agent, so many last ones are not folded. */
const unfolded = 40;
const maxCalls = 40;
const maxSaid = 1_500;
const maxLine = 220;

type Place = { readonly pen: Pen /** Ms. */; readonly from: number };

/** @param from when the run began, in ms */
export const turnsSection = (pen: Pen, talks: readonly Conversation[], from: number): Html => {
  const { html } = pen;
  const all = talks.flatMap((talk) => talk.turns.map((turn, index) => ({ talk, turn, index })));
  if (all.length === 0) return nothing;
  const { shown, left } = lastThatFit(all, maxTurns, ({ talk, turn, index }, at) => {
    const head = index === 0 && (talks.length > 1 || talk.why !== undefined) ? headRow(pen, talk) : nothing;
    return html`${head}${turnRow({ pen, from }, turn, at + 1)}`;
  });
  const folded = shown.slice(0, Math.max(0, shown.length - unfolded));
  return html`<section id="turns"><h2>Turn by turn <small>${count(all.length)} of the agent, by the time since it began</small></h2>
${left > 0 ? html`<p class="note">The first ${count(left)} are left out here: they would make the page too long.</p>` : nothing}
${folded.length > 0 ? html`<details class="older" id="older"><summary>The ${count(folded.length)} before</summary><ol class="turns">${folded}</ol></details>` : nothing}
<ol class="turns">${shown.slice(folded.length)}</ol></section>`;
};

const headRow = ({ html, line }: Pen, { agent, model, commit, why }: Conversation): Html =>
  html`<li class="note">${line(agent, 64)} with ${line(model, 100)} on <code>${commit.slice(0, 7)}</code>${why === undefined ? nothing : html`. ${line(why, 400)}`}</li>`;

const turnRow = (place: Place, turn: Turn, number: number): Html => {
  const { html } = place.pen;
  const since = clockTime(Date.parse(turn.at) - place.from);
  const spent = `${count(turn.tokens)} tokens${turn.usd > 0 ? `, ${money(turn.usd)}` : ""}`;
  return html`<li class="turn" id="t${number}"><div class="when"><b>${number}</b> <span title="${spent}">${since}</span></div><div>${didIn(place, turn)}</div></li>
`;
};

const didIn = (place: Place, turn: Turn): Html => {
  const { html, line, words } = place.pen;
  const inside = turn.calls.filter(({ subagent }) => subagent).length + turn.teammates.length;
  const room = maxInside / Math.max(1, inside);
  const calls = turn.calls.filter((call) => !isQuiet(call));
  const more = calls.length - maxCalls;
  const written = calls.filter(writes).map((call) => textIn(call, "file_path").replace(/^\/repo\//, ""));
  const changed = turn.changed.filter(({ path }) => !written.includes(path));
  const listed = taskText(turn.calls);
  const notes = [
    ...(changed.length > 0 ? [html`Changed: ${changedText(place.pen, changed)}`] : []),
    ...turn.ranByApp
      .slice(0, 1)
      .map(
        () =>
          html`The App ran ${count(turn.ranByApp.length)} ${turn.ranByApp.length === 1 ? "command" : "commands"} to hold the report against.`,
      ),
    ...turn.mail.slice(0, 20).map(({ from, text }) => html`${line(from, 64)} writes: ${line(text, 400)}`),
    ...turn.comments.slice(0, 20).map(({ from, text }) => html`${line(from, 64)} comments: ${line(text, 400)}`),
    ...turn.notices.slice(0, 10).map((notice) => html`The App: ${line(notice, 300)}`),
  ];
  return html`${turn.text === "" ? nothing : html`<p class="says">${words(turn.text, maxSaid)}</p>`}
${calls.length + listed.length === 0 ? nothing : html`<ul class="calls">${calls.slice(0, maxCalls).map((call) => callRow(place, call, room))}${more > 0 ? html`<li class="note">… and ${count(more)} more</li>` : nothing}${listed.length === 0 ? nothing : html`<li><span class="name">Task list</span> <span class="came">${line(listed.join(", "), 2 * maxLine)}</span></li>`}</ul>`}
${notes.map((note) => html`<p class="note">${note}</p>`)}
${(turn.findings ?? []).length === 0 ? nothing : html`<ul class="rows note">${(turn.findings ?? []).slice(0, 20).map((one) => findingRow(place.pen, one, 300))}</ul>`}
${turn.teammates.slice(0, 8).map((mate) => insideOf(place, mate, room))}`;
};

/** What it does stands in the task list. */
const isQuiet = ({ name, failed, result }: Call): boolean => /^Task[A-Z]/.test(name) && !failed && result !== undefined;

const taskText = (calls: readonly Call[]): readonly string[] => {
  const quiet = calls.filter(isQuiet);
  const made = quiet.filter(({ name }) => name === "TaskCreate").length;
  const moved = quiet.filter((call) => call.name === "TaskUpdate" && textIn(call, "status") !== "");
  return [...(made > 0 ? [`${count(made)} new`] : []), ...moved.map(callSubject)];
};

const changedText = ({ html, code }: Pen, changed: Turn["changed"]): Html =>
  html`${changed.slice(0, 12).map(({ path, kind }, at) => html`${at > 0 ? ", " : ""}${code(path, 160)} (${kind})`)}${changed.length > 12 ? ` and ${changed.length - 12} more` : ""}`;

const callRow = (place: Place, call: Call, room: number): Html => {
  const { html, line } = place.pen;
  const subject = subjectOf(call);
  const came = cameOf(call);
  const bad = call.failed || /^exit code [1-9]/.test(came);
  const took = call.evidence ? ` (${duration(call.evidence.durationMs)})` : "";
  return html`<li${bad ? html` class="bad"` : nothing}><span class="name">${line(call.name, 64)}</span>${subject === "" ? nothing : html` <code>${line(subject, maxLine)}</code>`} <span class="came">→ ${line(came, maxLine)}${took}</span>${call.subagent ? insideOf(place, call.subagent, room) : nothing}</li>
`;
};

const textIn = ({ input }: Call, key: string): string => {
  const value = typeof input === "object" && input !== null && key in input ? (input as Input)[key] : undefined;
  return typeof value === "string" ? value : "";
};

type Input = Readonly<Record<string, unknown>>;

/** Of a command's text the first line. */
const subjectOf = (call: Call): string => {
  const [first = "", ...rest] = textIn(call, "command").trim().split("\n");
  if (call.name !== "Bash" || first === "") return callSubject(call);
  return rest.length > 0 ? `${first} …` : first;
};

/** Tools whose results are our own words, or what a command said. Those of others may be files: of them only how much it was. */
const tells = /^(Bash|Write|Edit|MultiEdit|Agent|Task\w+|TeamCreate|SendMessage|Remember|ExitWorktree|Submit\w+)$/;

const writes = ({ name }: Call): boolean => name === "Write" || name === "Edit" || name === "MultiEdit";

const cameOf = (call: Call): string => {
  if (call.result === undefined) return "…";
  const [, done] = writes(call) ? (/^(Created|Overwrote|Changed) /.exec(call.result) ?? []) : [];
  if (!call.failed && done !== undefined) return done.toLowerCase();
  if (call.failed || tells.test(call.name)) return resultLine(call) ?? "";
  const lines = call.result.trim().split("\n").length;
  return lines === 1 ? "1 line" : `${count(lines)} lines`;
};

const insideOf = (place: Place, talk: Conversation, room: number): Html => {
  const { html, line } = place.pen;
  const { shown, left } = lastThatFit(talk.turns, room, (turn, index) => turnRow(place, turn, index + 1));
  const turns = talk.turns.length;
  return html`<details class="inside"><summary>${line(talk.agent, 64)}: ${count(turns)} ${turns === 1 ? "turn" : "turns"}</summary>${left > 0 ? html`<p class="note">The first ${count(left)} are left out here.</p>` : nothing}<ol class="turns">${shown}</ol></details>`;
};
