/** How a run's page looks, and how it renews itself while the run is at work: our own text, let in by its hash. */
import { createHash } from "node:crypto";

const colours = `
:root {
  color-scheme: light dark;
  --page: light-dark(#fbfbfa, #111418);
  --card: light-dark(#ffffff, #191d23);
  --sunk: light-dark(#f2f2ef, #0c0f12);
  --text: light-dark(#1c2127, #e2e5ea);
  --soft: light-dark(#5a636e, #9aa4b0);
  --line: light-dark(#e0e1dd, #2b313a);
  --link: light-dark(#1459b8, #85b6ff);
  --good: light-dark(#1a7441, #58c787);
  --mixed: light-dark(#8a5a00, #e0ae4c);
  --bad: light-dark(#b3261e, #ff8a80);
  --asks: light-dark(#6236b0, #bba1f5);
  --live: light-dark(#0b6e86, #57c3dc);
}`;

const layout = `
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 54rem; margin: 0 auto; padding: 1.75rem 1.25rem 4rem; }
a { color: var(--link); text-underline-offset: 2px; text-decoration-thickness: 1px; }
h1 { font-size: 1.65rem; line-height: 1.25; letter-spacing: -.01em; margin: .35rem 0 .5rem; overflow-wrap: anywhere; text-wrap: balance; }
h2 { font-size: 1.05rem; margin: 2.25rem 0 .6rem; }
h2 small, .soft { color: var(--soft); font-weight: 400; font-size: .875rem; }
p { margin: .4rem 0; overflow-wrap: anywhere; }
ul, ol { margin: .4rem 0; padding-left: 1.3rem; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .845em; overflow-wrap: anywhere; unicode-bidi: isolate; }
bdi { overflow-wrap: anywhere; }
pre { margin: 0; padding: .7rem .85rem; background: var(--sunk); border-radius: 6px; white-space: pre-wrap; max-height: 26rem; overflow: auto; line-height: 1.45; tab-size: 4; }
summary { cursor: pointer; }
summary::marker { color: var(--soft); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.where { display: flex; flex-wrap: wrap; gap: .25rem .9rem; align-items: center; justify-content: space-between; font-size: .9rem; color: var(--soft); }
.badge { display: inline-flex; align-items: center; gap: .45rem; font-size: .8rem; font-weight: 650; letter-spacing: .02em; color: var(--tone); border: 1px solid color-mix(in srgb, var(--tone) 45%, transparent); background: color-mix(in srgb, var(--tone) 9%, transparent); border-radius: 99px; padding: .12rem .7rem; }
.good { --tone: var(--good); } .mixed { --tone: var(--mixed); } .bad { --tone: var(--bad); }
.asks { --tone: var(--asks); } .live { --tone: var(--live); } .quiet { --tone: var(--soft); }
.badge.live::before { content: ""; width: .5rem; height: .5rem; border-radius: 50%; background: currentColor; animation: breathe 1.8s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: .25; } }
@media (prefers-reduced-motion: reduce) { .badge.live::before { animation: none; } }
.asked { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; border-left: 3px solid var(--line); padding: .1rem 0 .1rem .9rem; margin: .8rem 0; }
.places { display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; padding: 0; margin: .9rem 0 0; list-style: none; font-size: .93rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .9rem 1.1rem; margin: 1.1rem 0; }
.card.end { border-left: 4px solid var(--tone); }
.card > :first-child { margin-top: 0; } .card > :last-child { margin-bottom: 0; }
.card b { font-weight: 650; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); gap: .9rem 1.4rem; margin: 0; }
.figures dt { color: var(--soft); font-size: .82rem; }
.figures dd { margin: 0; font-variant-numeric: tabular-nums; }
.figures + p { margin: .7rem 0 0; }
.figures b { font-size: 1.2rem; font-weight: 620; letter-spacing: -.01em; }
.figures svg { display: block; width: 100%; height: 4px; margin: .3rem 0 .15rem; border-radius: 2px; background: var(--line); fill: var(--live); }
.figures svg.full { fill: var(--bad); }
.rows { list-style: none; padding: 0; margin: 0; }
.rows > li { padding: .3rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.rows > li:first-child { border-top: 0; }
.tasks > li { display: grid; grid-template-columns: 1.4rem 1fr; border: 0; padding: .14rem 0; }
.tasks .completed { color: var(--soft); } .tasks .completed i { color: var(--good); }
.tasks .in_progress { font-weight: 600; } .tasks .in_progress i { color: var(--live); }
.tasks .pending i { color: var(--soft); }
i { font-style: normal; }
.agents { width: 100%; border-collapse: collapse; font-size: .93rem; font-variant-numeric: tabular-nums; }
.agents th { text-align: left; font-weight: 400; color: var(--soft); font-size: .82rem; }
.agents td, .agents th { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.agents .n { text-align: right; }
.sign { display: inline-block; width: 1.2rem; font-weight: 700; color: var(--tone); }
.ran summary { display: grid; grid-template-columns: 1.2rem 1fr auto; gap: .2rem; align-items: baseline; list-style: none; }
.ran summary::-webkit-details-marker { display: none; }
.ran .how { color: var(--soft); font-size: .85rem; text-align: right; white-space: nowrap; padding-left: .8rem; font-variant-numeric: tabular-nums; }
.ran pre { margin: .5rem 0 .6rem 1.4rem; }
.ran .whole { color: var(--soft); }
.tag { font-size: .75rem; color: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: 0 .35rem; white-space: nowrap; }
.turns { list-style: none; padding: 0; margin: 0; }
.turn { display: grid; grid-template-columns: 4.6rem 1fr; gap: 0 .8rem; padding: .75rem 0; border-top: 1px solid var(--line); }
.turn > div { min-width: 0; }
.turn > div > :first-child { margin-top: 0; }
.turn .when { color: var(--soft); font-size: .85rem; font-variant-numeric: tabular-nums; padding-top: .1rem; }
.turn .when b { color: var(--text); font-weight: 600; display: inline-block; min-width: 1.5rem; }
.says { white-space: pre-wrap; unicode-bidi: plaintext; }
.calls { list-style: none; padding: 0; margin: .35rem 0; font-size: .93rem; }
.calls > li { padding: .1rem 0 .1rem 1rem; text-indent: -1rem; overflow-wrap: anywhere; }
.calls > li > * { text-indent: 0; }
.calls .name { font-weight: 600; }
.calls .came { color: var(--soft); }
.calls .bad .came { color: var(--bad); }
.note { color: var(--soft); font-size: .93rem; }
.inside { margin: .4rem 0 .4rem .1rem; padding-left: .9rem; border-left: 2px solid var(--line); text-indent: 0; }
.older > summary { color: var(--soft); padding: .5rem 0; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; }
#stale { position: fixed; inset: auto 0 0; margin: 0; padding: .5rem 1rem; text-align: center; background: var(--bad); color: var(--page); font-size: .9rem; }
#stale[hidden] { display: none; }
@media (max-width: 36rem) {
  body { font-size: 15.5px; }
  main { padding: 1.1rem 1rem 3rem; }
  h1 { font-size: 1.4rem; }
  .figures { grid-template-columns: 1fr 1fr; gap: .8rem 1rem; }
  .turn { display: block; }
  .turn .when { margin-bottom: .2rem; }
  .ran summary { grid-template-columns: 1.2rem 1fr; }
  .ran .how { grid-column: 2; text-align: left; padding: 0; }
  .ran pre { margin-left: 0; }
  .agents .wide { display: none; }
}`;

export const style = colours + layout;

export const renewMs = 5_000;

/**
 * Fetches the page again and changes what is otherwise: what is unfolded, marked or scrolled to stays so. Rests while
 * nobody looks, follows the end where that is in sight, and stops when the run has ended.
 */
export const script = `
const follow = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 40;
const renew = (old, next) => {
  if (old.isEqualNode(next)) return;
  if (old.nodeType !== 1 || old.nodeName !== next.nodeName || old.id !== next.id) return old.replaceWith(next);
  for (const { name } of [...old.attributes]) if (name !== "open" && !next.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  const named = new Map([...old.children].filter(({ id }) => id).map((one) => [one.id, one]));
  const nodes = [...next.childNodes];
  nodes.forEach((node, at) => {
    const here = old.childNodes[at];
    const same = node.id ? named.get(node.id) : here?.id ? undefined : here;
    if (!same) return old.insertBefore(node, here ?? null);
    if (same !== here) old.insertBefore(same, here);
    renew(same, node);
  });
  while (old.childNodes.length > nodes.length) old.lastChild.remove();
};
const look = async () => {
  if (document.hidden) return;
  const answer = await fetch(location.pathname, { cache: "no-store" }).then((it) => it, () => undefined);
  document.getElementById("stale").hidden = answer?.ok === true;
  if (!answer?.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const atEnd = scrollY > 0 && follow();
  document.title = next.title;
  renew(document.querySelector("main"), next.querySelector("main"));
  if (atEnd) scrollTo(0, document.documentElement.scrollHeight);
  if (next.querySelector("script")) return;
  clearInterval(timer);
  document.removeEventListener("visibilitychange", look);
};
const timer = setInterval(look, ${renewMs});
document.addEventListener("visibilitychange", look);
`;

const source = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** @param live whether it renews itself */
export const policyOf = (live: boolean): string =>
  [
    "default-src 'none'",
    `style-src ${source(style)}`,
    ...(live ? [`script-src ${source(script)}`, "connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
