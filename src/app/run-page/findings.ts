/** What the checks found, as rows of a run's page. */
import type { RunEvent } from "../../domain/event.ts";
import type { Finding } from "../../domain/finding.ts";
import { handedInBy } from "../../domain/handed-in.ts";
import { count } from "../../domain/render/safe.ts";
import { type Html, nothing } from "./html.ts";
import type { Pen } from "./pen.ts";

const tone: Readonly<Record<Finding["severity"], string>> = { error: "bad", concern: "mixed", note: "quiet" };
const order: readonly Finding["severity"][] = ["error", "concern", "note"];
const maxShown = 40;

export const findingRow = ({ html, line, words, code }: Pen, finding: Finding, max: number): Html => {
  const { severity, message, path, line: at, rule } = finding;
  const place = path === undefined ? nothing : html` ${code(at === undefined ? path : `${path}:${at}`, 200)}`;
  return html`<li><b class="sign ${tone[severity]}">${severity === "note" ? "·" : "!"}</b>${severity}${place}: ${words(message, max)} <span class="tag">${line(rule, 60)}</span></li>`;
};

/** Of what the run's own agent handed in last. */
export const findingsSection = (pen: Pen, events: readonly RunEvent[]): Html => {
  const { html } = pen;
  const judged = events.flatMap((event) => (event.child === undefined ? (handedInBy(event) ?? []) : []));
  const last = judged.at(-1);
  if (!last) return nothing;
  const found = last.findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const times = judged.length === 1 ? "" : `of what was handed in last, at the ${count(judged.length)}th time`;
  const rest = found.length - maxShown;
  return html`<section id="findings"><h2>What the checks found <small>${times}</small></h2>
${found.length === 0 ? html`<p>Nothing.</p>` : html`<ul class="rows">${found.slice(0, maxShown).map((one) => findingRow(pen, one, 500))}${rest > 0 ? html`<li class="note">… and ${count(rest)} more</li>` : nothing}</ul>`}</section>`;
};
