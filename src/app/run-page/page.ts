/** One run as a page for the people of its thread: what was asked, how it goes, what was run and found, how it ended. Reads nothing itself. */
import { fullName } from "../../domain/repository.ts";
import { shortId } from "../replay.ts";
import { conversationsOf } from "../turns.ts";
import { commandsSection } from "./commands.ts";
import { agentsSection, figuresCard, tasksSection } from "./figures.ts";
import { findingsSection } from "./findings.ts";
import { headOf, nowCard, outcomeLinks } from "./head.ts";
import { type Html, nothing, ownHtml } from "./html.ts";
import { outcomeCard, standingOf } from "./outcome.ts";
import { createPen, type Pen } from "./pen.ts";
import { requestSection } from "./request.ts";
import { renewMs, script, style } from "./style.ts";
import { turnsSection } from "./turns.ts";
import type { RunPage } from "./view.ts";

/** It renews itself while the run has no outcome. @param redact takes secrets out */
export const renderRunPage = (page: RunPage, redact: (text: string) => string): string => {
  const pen = createPen(redact);
  const { html, line } = pen;
  const { record } = page;
  const { trigger } = record.job;
  const live = record.outcome === undefined;
  const title = `${standingOf(record.outcome).word} · ${line(trigger.title, 120)} · ${fullName(trigger.repository)}`;
  const renewing = html`<noscript><meta http-equiv="refresh" content="${(renewMs / 1_000) * 3}"></noscript>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${title}</title>
<style>${ownHtml(style)}</style>
${live ? renewing : nothing}
</head>
<body>
<main>${bodyOf(pen, page)}</main>
${
  live
    ? html`<p id="stale" role="alert" hidden>This page could not be renewed: the App does not answer now.</p>
<script>${ownHtml(script)}</script>`
    : nothing
}
</body>
</html>
`.html;
};

const bodyOf = (pen: Pen, page: RunPage): Html => {
  const { html } = pen;
  const { record, events, before } = page;
  return html`${headOf(pen, page)}
${record.outcome ? outcomeCard(pen, record.outcome, outcomeLinks(pen, page)) : nowCard(pen, page)}
${figuresCard(pen, page)}
${requestSection(pen, record, events)}
${tasksSection(pen, [...before, ...events])}
${agentsSection(pen, events)}
${findingsSection(pen, events)}
${commandsSection(pen, events)}
${turnsSection(pen, conversationsOf(events), Date.parse(record.startedAt))}
<footer><p>Run <code>${shortId(record.id)}</code>. Whoever has this address can see this page: it was given out on the thread alone. Secrets are taken out, files and prompts are left out.</p></footer>`;
};
