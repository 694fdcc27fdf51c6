/** Pages of a repository's files: a folder of a branch with its README, a file with line numbers, a commit. */
import type { Commit, TreeEntry } from "../git/bare-repository.ts";
import type { Reply } from "../http.ts";
import { fullName, type Repository } from "../state.ts";
import { diffFile } from "./diff-view.ts";
import { type Html, html, nothing } from "./html.ts";
import { encodePath, page, repositoryHead, time } from "./layout.ts";
import type { Markdown } from "./markdown.ts";

/** Larger files are offered raw only. */
const MAX_SHOWN_BYTES = 512 * 1024;

const branchesOf = (repository: Repository): string[] =>
  [...repository.git.refs.keys()]
    .filter((ref) => ref.startsWith("refs/heads/"))
    .map((ref) => ref.slice("refs/heads/".length));

/** `architect/issue-1/backend/app` is a branch and a path: the longest branch that fits, else a commit's SHA. */
export function splitRef(repository: Repository, rest: string): { ref: string; path: string } {
  const fitting = branchesOf(repository).filter((name) => rest === name || rest.startsWith(`${name}/`));
  const ref = fitting.sort((a, b) => b.length - a.length)[0] ?? (rest.split("/", 1)[0] as string);
  return { ref, path: rest.slice(ref.length + 1) };
}

export async function folderPage(
  repository: Repository,
  ref: string,
  path: string,
  markdown: Markdown,
): Promise<Reply | undefined> {
  const { git } = repository;
  const name = fullName(repository);
  if (git.refs.size === 0) {
    return page(
      name,
      html`${repositoryHead(repository, "code")}<div class="card"><p class="empty">This repository is empty.</p></div>`,
    );
  }
  const sha = await git.resolve(ref);
  if (sha === undefined) return undefined;
  const [entries, commit] = await Promise.all([git.listTree(sha, path, false), git.readCommit(sha)]);
  if (entries.length === 0) return undefined;
  const sorted = entries.sort(
    (a, b) => Number(b.type === "tree") - Number(a.type === "tree") || a.path.localeCompare(b.path),
  );
  const readme = sorted.find((entry) => /^readme(\.md)?$/i.test(entry.path));
  const body = html`${repositoryHead(repository, "code")}
<div class="meta">${branchPicker(repository, ref)}${crumbs(name, ref, path)}</div>
<section class="card"><header>${commitLine(repository, commit)}</header>
<table class="rows">${sorted.map((entry) => entryRow(name, ref, path, entry))}</table></section>
${readme === undefined ? nothing : await readmeCard(repository, readme, markdown)}`;
  return page(path === "" ? name : `${path} · ${name}`, body);
}

function branchPicker(repository: Repository, ref: string): Html {
  const links = branchesOf(repository).map(
    (branch) =>
      html`<a class="label" ${branch === ref ? html`aria-current="page"` : nothing} href="/${fullName(repository)}/tree/${encodePath(branch)}">${branch === ref ? "● " : ""}${branch}</a>`,
  );
  return html`${links}`;
}

function crumbs(name: string, ref: string, path: string): Html {
  const parts = path.split("/").filter(Boolean);
  const links = parts.map((part, at) => {
    const to = encodePath(parts.slice(0, at + 1).join("/"));
    return html` / <a href="/${name}/tree/${encodePath(ref)}/${to}">${part}</a>`;
  });
  return path === ""
    ? nothing
    : html`<span class="mono"><a href="/${name}/tree/${encodePath(ref)}">${name.split("/")[1]}</a>${links}</span>`;
}

function entryRow(name: string, ref: string, path: string, entry: TreeEntry): Html {
  const isFolder = entry.type === "tree";
  const to = encodePath(path === "" ? entry.path : `${path}/${entry.path}`);
  const href = `/${name}/${isFolder ? "tree" : "blob"}/${encodePath(ref)}/${to}`;
  return html`<tr><td class="grow"><a href="${href}">${isFolder ? html`<b>${entry.path}/</b>` : entry.path}</a></td><td class="fixed">${entry.size === undefined ? "" : size(entry.size)}</td></tr>`;
}

const size = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`);

async function readmeCard(repository: Repository, entry: TreeEntry, markdown: Markdown): Promise<Html> {
  const text = (await repository.git.readBlob(entry.sha)).toString();
  return html`<section class="card"><header>${entry.path}</header><div class="text">${markdown(text, { breaks: false })}</div></section>`;
}

export async function filePage(
  repository: Repository,
  ref: string,
  path: string,
  raw: boolean,
): Promise<Reply | undefined> {
  const { git } = repository;
  const sha = await git.resolve(ref);
  const entry = sha === undefined ? undefined : await git.entryAt(sha, path);
  if (entry === undefined || entry.type !== "blob") return undefined;
  const content = await git.readBlob(entry.sha);
  if (raw)
    return {
      status: 200,
      text: content,
      type: "text/plain; charset=utf-8",
      headers: { "x-content-type-options": "nosniff" },
    };
  const name = fullName(repository);
  const shown = content.includes(0) || content.length > MAX_SHOWN_BYTES;
  const body = html`${repositoryHead(repository, "code")}
<div class="meta">${branchPicker(repository, ref)}${crumbs(name, ref, path)}</div>
<section class="card"><header><b>${path.split("/").at(-1)}</b> <span class="soft">${size(content.length)}</span>
<a class="right" href="/${name}/raw/${encodePath(ref)}/${encodePath(path)}">Raw</a></header>
${shown ? html`<p class="empty">Not shown: a binary or very large file.</p>` : numbered(content.toString())}</section>`;
  return page(`${path} · ${name}`, body);
}

function numbered(text: string): Html {
  const lines = text.replace(/\n$/, "").split("\n");
  const rows = lines.map((line, at) => html`<tr id="L${at + 1}"><td class="no">${at + 1}</td><td>${line}</td></tr>`);
  return html`<table class="diff mono">${rows}</table>`;
}

const verifiedMark = (repository: Repository, sha: string): Html =>
  repository.signedCommits.has(sha)
    ? html`<span class="tag verified" title="Signed by GitHub for the App that made it">Verified</span>`
    : nothing;

export function commitLine(repository: Repository, { sha, message, author, committer }: Commit): Html {
  return html`<a href="/${fullName(repository)}/commit/${sha}">${message.split("\n", 1)[0]}</a>
<span class="soft">${author.name}</span> ${verifiedMark(repository, sha)}
<span class="right">${time(committer.date)} <a class="mono" href="/${fullName(repository)}/commit/${sha}">${sha.slice(0, 7)}</a></span>`;
}

export async function commitPage(repository: Repository, name: string): Promise<Reply | undefined> {
  const { git } = repository;
  const sha = await git.resolve(name);
  if (sha === undefined) return undefined;
  const commit = await git.readCommit(sha);
  const files = await git.diff(commit.parents[0] ?? sha, sha);
  const [title, ...rest] = commit.message.split("\n");
  const body = html`${repositoryHead(repository, "code")}
<h1>${title}</h1>
<div class="meta"><span class="mono">${sha}</span>${verifiedMark(repository, sha)}<span>${commit.author.name} &lt;${commit.author.email}&gt;</span>
<span>committed by ${commit.committer.name}</span>${time(commit.committer.date)}</div>
${rest.join("\n").trim() === "" ? nothing : html`<div class="card"><pre class="text">${rest.join("\n").trim()}</pre></div>`}
${files.map((file) => diffFile(file, () => nothing))}`;
  return page(`${title} · ${fullName(repository)}`, body);
}
