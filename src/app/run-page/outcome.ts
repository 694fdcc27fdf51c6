/** How a run stands or ended, as the head of its page says it. */
import { optionLetter } from "../../domain/command.ts";
import type { Outcome } from "../../domain/outcome.ts";
import { isNotStarted, outcomeWord } from "../../domain/render/line.ts";
import { renderTally } from "../../domain/render/threads.ts";
import { statusSentence } from "../../domain/render-status.ts";
import { type Html, nothing } from "./html.ts";
import type { Pen } from "./pen.ts";

type Tone = "good" | "mixed" | "bad" | "asks" | "live" | "quiet";

export type Standing = { readonly word: string; readonly tone: Tone };

const tones: Readonly<Record<string, Tone>> = {
  DONE: "good",
  DONE_WITH_CONCERNS: "mixed",
  NEEDS_CONTEXT: "asks",
  BLOCKED: "bad",
  Failed: "bad",
  "Not started": "quiet",
  Stopped: "quiet",
};

export const standingOf = (outcome: Outcome | undefined): Standing => {
  if (!outcome) return { word: "At work", tone: "live" };
  const word = outcomeWord(outcome);
  return { word, tone: tones[word] ?? "good" };
};

const maxText = 4_000;
const maxItem = 1_000;

/** @param links where the comment or review stands that holds what came of it */
export const outcomeCard = (pen: Pen, outcome: Outcome, links: readonly Html[]): Html => {
  const { html, words, end } = pen;
  const { status, cutShort, summary, ci, handoffs, threads, blockers, questions, log } = outcome;
  const { word, tone } = standingOf(outcome);
  const sentence = cutShort === "stopped" ? "What was done by then is kept." : status && statusSentence[status];
  const said = isNotStarted(outcome) ? summary.replace(/^Nothing was started: /, "") : summary;
  return html`<section class="card end ${tone}" id="outcome"><p><b>${word}.</b> ${sentence}</p>
<p>${words(said, maxText)}</p>
${ci === undefined ? nothing : html`<p><b>CI:</b> ${words(ci, maxItem)}</p>`}
${threads === undefined ? nothing : html`<p>${words(renderTally(threads), maxItem)}</p>`}
${handoffs === undefined ? nothing : html`<p><b>Hand-offs:</b> ${words(handoffs, maxItem)}</p>`}
${blockers.length === 0 ? nothing : html`<p><b>${blockers.length === 1 ? "Why" : "Blockers"}</b></p><ul>${blockers.slice(0, 20).map((one) => html`<li>${words(one, maxItem)}</li>`)}</ul>`}
${questions.length === 0 ? nothing : html`<p><b>Questions</b></p><ol>${questions.slice(0, 20).map((one) => questionItem(pen, one))}</ol>`}
${log === undefined ? nothing : html`<p><b>The end of its log</b></p><pre>${end(log, maxText)}</pre>`}
${links.length === 0 ? nothing : html`<p>${links}</p>`}</section>`;
};

const questionItem = ({ html, words }: Pen, { question, options }: Outcome["questions"][number]): Html =>
  html`<li>${words(question, maxItem)}${options.length === 0 ? nothing : html`<ul>${options.map((option, at) => html`<li>(${optionLetter(at)}) ${words(option, 300)}</li>`)}</ul>`}</li>`;
