/** The frame of every page, and the small pieces that several pages show. */
import type { Reply } from "../http.ts";
import { type Account, fullName, type Issue, type Reaction, type Repository, type World } from "../state.ts";
import { type Html, html, nothing } from "./html.ts";
import { reactionContents, reactionIcon } from "./reaction-icons.ts";

export function page(title: string, body: Html, status = 200): Reply {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<nav class="top"><a class="brand" href="/">Local GitHub</a><a href="/">Repositories</a><a href="/deliveries">Webhook deliveries</a>
<span class="note">an emulator: nothing here leaves this machine</span></nav>
<main>${body}</main>
</body>
</html>
`;
  return {
    status,
    text: document.html,
    type: "text/html; charset=utf-8",
    headers: {
      "content-security-policy":
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'",
    },
  };
}

export type Tab = "code" | "issues" | "pulls";

export function repositoryHead(repository: Repository, here: Tab): Html {
  const base = `/${fullName(repository)}`;
  const open = [...repository.issues.values()].filter(({ state }) => state === "open");
  const pulls = open.filter(({ pull }) => pull !== undefined).length;
  const tab = (name: Tab, href: string, text: string): Html =>
    html`<a ${name === here ? html`class="here" aria-current="page"` : nothing} href="${href}">${text}</a>`;
  return html`<h1><a href="${base}">${fullName(repository)}</a></h1>
<nav class="tabs">${tab("code", base, "Code")}${tab("issues", `${base}/issues`, `Issues ${open.length - pulls}`)}${tab("pulls", `${base}/pulls`, `Pull requests ${pulls}`)}</nav>`;
}

export const person = ({ id, login, type }: Account): Html =>
  html`<img class="avatar" src="/avatars/${id}" alt=""> <b>${login.replace(/\[bot\]$/, "")}</b>${type === "Bot" ? html` <span class="tag">bot</span>` : nothing}`;

export const time = (at: string): Html =>
  html`<time class="soft" datetime="${at}" title="${at}">${at.slice(0, 16).replace("T", " ")} UTC</time>`;

export function reactions(all: readonly Reaction[]): Html {
  if (all.length === 0) return nothing;
  const shown = reactionContents
    .map((content) => ({ content, by: all.filter((one) => one.content === content).map(({ by }) => by.login) }))
    .filter(({ by }) => by.length > 0)
    .map(({ content, by }) => html`<span title="${by.join(", ")}">${reactionIcon(content)} ${by.length}</span>`);
  return html`<div class="reactions">${shown}</div>`;
}

function stateOf({ state, pull }: Issue): "open" | "draft" | "merged" | "closed" {
  if (pull?.merged !== undefined) return "merged";
  return state === "closed" ? "closed" : pull?.draft === true ? "draft" : "open";
}

export function stateBadge(issue: Issue): Html {
  const state = stateOf(issue);
  return html`<span class="badge ${state}">${state[0]?.toUpperCase()}${state.slice(1)}</span>`;
}

export const labels = (issue: Issue): Html[] => issue.labels.map((name) => html`<span class="label">${name}</span>`);

export const threadLink = (repository: Repository, { number, pull }: Issue): string =>
  `/${fullName(repository)}/${pull === undefined ? "issues" : "pull"}/${number}`;

export const encodePath = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

export function avatar(world: World, id: number): Reply {
  const login = [...world.accounts.values()].find((account) => account.id === id)?.login ?? "?";
  const hue = (id * 137) % 360;
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="hsl(${hue} 45% 45%)"/><text x="20" y="27" font-family="sans-serif" font-size="20" font-weight="bold" fill="#fff" text-anchor="middle">${login[0]?.toUpperCase()}</text></svg>`;
  return { status: 200, text: svg.html, type: "image/svg+xml" };
}
