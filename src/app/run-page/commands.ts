/** What the App ran, as rows of a run's page: told from evidence, with the end of what each said. */
import type { RunEvent } from "../../domain/event.ts";
import type { Evidence } from "../../domain/finding.ts";
import { nameOf, resultOf } from "../../domain/render/evidence.ts";
import { count, duration } from "../../domain/render/safe.ts";
import { agentOfChild } from "../../domain/subagent.ts";
import { mateOfChild } from "../../domain/team.ts";
import { type Html, nothing } from "./html.ts";
import { lastThatFit, type Pen } from "./pen.ts";

const maxShown = 80;
/** Characters of each output, and bytes of all rows. */
const maxOutput = 3_000;
const maxRows = 230_000;
const maxName = 160;
const maxCommand = 1_500;

type Ran = { readonly evidence: Evidence; readonly by: string };

/** A conversation that took another one's work up has what still counts of it again. */
const ranIn = (events: readonly RunEvent[]): readonly Ran[] => {
  const all = events.flatMap((event): Ran[] => {
    if (event.type === "checked") return event.evidence.map((evidence) => ({ evidence, by: "the App" }));
    if (event.type !== "evidence") return [];
    const { child, evidence } = event;
    const by = evidence.check ? "the App" : child === undefined ? "" : (mateOfChild(child) ?? agentOfChild(child));
    return [{ evidence, by }];
  });
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
};

export const commandsSection = (pen: Pen, events: readonly RunEvent[]): Html => {
  const { html } = pen;
  const all = ranIn(events);
  if (all.length === 0) return nothing;
  const recent = all.slice(-maxShown);
  const { shown, left } = lastThatFit(recent, maxRows, (one, at) =>
    commandRow(pen, one, all.length - recent.length + at),
  );
  const before = left + all.length - recent.length;
  return html`<section id="commands"><h2>What was run <small>by the App, in its sandbox; the agent cannot write this part</small></h2>
${before > 0 ? html`<p class="note">The first ${count(before)} are left out here.</p>` : nothing}
<ul class="rows ran">${shown}</ul></section>`;
};

const commandRow = (pen: Pen, { evidence, by }: Ran, number: number): Html => {
  const { html, line, start, end } = pen;
  const isRequest = evidence.check?.kind === "request";
  const [first = "", ...rest] = evidence.command.trim().split("\n");
  const name = isRequest ? nameOf(evidence) : first;
  const fault = evidence.check?.kind === "request" ? evidence.check.fault : undefined;
  const ok = evidence.exitCode === 0 && fault === undefined;
  const said = end(evidence.output, maxOutput);
  const isCut = isRequest || rest.length > 0 || name.length > maxName;
  const whole = isCut ? html`<span class="whole">$ ${start(evidence.command, maxCommand)}</span>\n\n` : nothing;
  return html`<li><details id="r${number}"><summary><b class="sign ${ok ? "good" : "bad"}">${ok ? "✓" : "✗"}</b><span><code>${line(name, maxName)}${rest.length > 0 && !isRequest ? " …" : ""}</code>${by === "" ? nothing : html` <span class="tag">${line(by, 64)}</span>`}</span><span class="how">${resultOf(evidence)}, ${duration(evidence.durationMs)}</span></summary><pre>${whole}${said.trim() === "" ? "(no output)" : said}</pre></details>${fault === undefined ? nothing : html`<p class="note">${line(fault, 300)}</p>`}</li>
`;
};
