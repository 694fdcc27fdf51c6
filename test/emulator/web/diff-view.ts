/** A changed file as a coloured diff, with room below each line for what was said about it. */
import { type DiffLine, type FileDiff, parsePatch } from "../git/diff.ts";
import { type Html, html, nothing } from "./html.ts";

/** @param below what stands under a line: threads */
export function diffFile(file: FileDiff, below: (line: DiffLine) => Html): Html {
  const renamed = file.previousPath === undefined ? nothing : html`<span class="soft">${file.previousPath} → </span>`;
  return html`<section class="card" id="${file.path}"><header class="mono">${renamed}<b>${file.path}</b>
<span class="tag">${file.status}</span><span class="right">${counts(file)}</span></header>
${file.patch === undefined ? html`<p class="empty">No text to show.</p>` : patchTable(file.patch, below)}</section>`;
}

export const counts = ({ additions, deletions }: Pick<FileDiff, "additions" | "deletions">): Html =>
  html`<span class="plus">+${additions}</span> <span class="minus">−${deletions}</span>`;

export function patchTable(patch: string, below: (line: DiffLine) => Html): Html {
  const rows = parsePatch(patch).map(
    (line) =>
      html`<tr class="${line.kind}"><td class="no">${line.left}</td><td class="no">${line.right}</td><td>${line.text}</td></tr>${below(line)}`,
  );
  return html`<table class="diff mono">${rows}</table>`;
}
