/** Pages of issues and pull requests: what was asked, what was said, and for pull requests reviews, commits, diff. */
import { pullFiles } from "../bodies/pulls.ts";
import { currentLine } from "../bodies/reviews.ts";
import type { DiffLine, FileDiff } from "../git/diff.ts";
import type { Reply } from "../http.ts";
import { threadsOf } from "../review-threads.ts";
import {
  type CheckRun,
  type Comment,
  fullName,
  type Issue,
  isPull,
  type Pull,
  type Reaction,
  type Repository,
  type Review,
  type ReviewComment,
} from "../state.ts";
import { counts, diffFile, patchTable } from "./diff-view.ts";
import { commitLine } from "./files.ts";
import { type Html, html, nothing } from "./html.ts";
import { labels, page, person, reactions, repositoryHead, stateBadge, threadLink, time } from "./layout.ts";
import type { Markdown } from "./markdown.ts";

type PlacedThread = {
  readonly comments: readonly ReviewComment[];
  readonly line: number | undefined;
  readonly resolved: boolean;
};

export function listPage(repository: Repository, kind: "issues" | "pulls"): Reply {
  const all = [...repository.issues.values()].filter((issue) => isPull(issue) === (kind === "pulls")).reverse();
  const rows = all.map(
    (
      issue,
    ) => html`<tr><td class="fixed">${stateBadge(issue)}</td><td class="grow"><a href="${threadLink(repository, issue)}"><b>${issue.title}</b></a> ${labels(issue)}<br>
<span class="soft">#${issue.number} by ${issue.by.login}</span></td><td class="fixed">${time(issue.createdAt)}</td></tr>`,
  );
  const table = rows.length === 0 ? html`<p class="empty">None yet.</p>` : html`<table class="rows">${rows}</table>`;
  return page(
    `${kind} · ${fullName(repository)}`,
    html`${repositoryHead(repository, kind)}<section class="card">${table}</section>`,
  );
}

export async function threadPage(
  repository: Repository,
  number: number,
  markdown: Markdown,
): Promise<Reply | undefined> {
  const issue = repository.issues.get(number);
  if (issue === undefined) return undefined;
  const parts = isPull(issue) ? await pullParts(repository, issue, markdown) : nothing;
  const timeline = isPull(issue)
    ? await pullTimeline(repository, issue, markdown)
    : comments(repository, issue, markdown);
  const body = html`${repositoryHead(repository, isPull(issue) ? "pulls" : "issues")}
<h1>${issue.title} <span class="number">#${issue.number}</span></h1>
<div class="meta">${stateBadge(issue)}<span>${summary(issue)}</span>${labels(issue)}</div>
${said({ id: `issue-${issue.number}`, by: issue.by, at: issue.createdAt, body: issue.body ?? "", reactions: issue.reactions }, markdown)}
${timeline}
${parts}`;
  return page(`${issue.title} · #${issue.number} · ${fullName(repository)}`, body);
}

function summary(issue: Issue): Html {
  if (!isPull(issue)) return html`${issue.by.login} opened this issue ${time(issue.createdAt)}`;
  const { head, base, merged } = issue.pull;
  const verb = merged === undefined ? html`${issue.by.login} wants to merge` : html`${merged.by.login} merged`;
  return html`${verb} <code>${head}</code> into <code>${base}</code>`;
}

type Said = {
  readonly id: string;
  readonly by: Comment["by"];
  readonly at: string;
  readonly body: string;
  readonly reactions: readonly Reaction[];
};

function said({ id, by, at, body, reactions: all }: Said, markdown: Markdown): Html {
  const text = body.trim() === "" ? html`<p class="soft">No description provided.</p>` : markdown(body);
  return html`<article class="card" id="${id}"><header>${person(by)} ${time(at)}</header><div class="text">${text}</div>${reactions(all)}</article>`;
}

type Moment = Html & { readonly at: string };

function comments(repository: Repository, { number }: Issue, markdown: Markdown): Moment[] {
  return [...repository.comments.values()]
    .filter(({ thread }) => thread === number)
    .map((comment) => ({
      at: comment.createdAt,
      ...said({ ...comment, id: `issuecomment-${comment.id}`, at: comment.createdAt }, markdown),
    }));
}

async function placed(repository: Repository, pull: Pull): Promise<PlacedThread[]> {
  return Promise.all(
    threadsOf(repository, pull).map(async (thread) => {
      const [first] = thread as [ReviewComment];
      const line = await currentLine(repository, first, first.originalLine);
      return { comments: thread, line, resolved: repository.resolvedThreads.has(first.id) };
    }),
  );
}

async function pullTimeline(repository: Repository, pull: Pull, markdown: Markdown): Promise<Moment[]> {
  const threads = await placed(repository, pull);
  const reviews = [...repository.reviews.values()]
    .filter((review) => review.pull === pull.number && review.submittedAt !== undefined)
    .map((review) => reviewMoment(review, threads, markdown))
    .filter((moment) => moment !== undefined);
  return [...comments(repository, pull, markdown), ...reviews].sort((a, b) => a.at.localeCompare(b.at));
}

const VERDICTS: Readonly<Record<Review["state"], string>> = {
  APPROVED: "approved these changes",
  CHANGES_REQUESTED: "requested changes",
  COMMENTED: "reviewed",
  DISMISSED: "reviewed (dismissed)",
  PENDING: "has not submitted yet",
};

/** A review of nothing but answers shows in the threads that it answers. */
function reviewMoment(review: Review, threads: readonly PlacedThread[], markdown: Markdown): Moment | undefined {
  const started = threads.filter(({ comments: [first] }) => first?.review === review.id);
  if (started.length === 0 && review.body === "") return undefined;
  const text = review.body === "" ? nothing : html`<div class="text">${markdown(review.body)}</div>`;
  const boxes = started.map((thread) => threadBox(thread, markdown, true));
  return {
    at: review.submittedAt ?? "",
    ...html`<article class="card" id="pullrequestreview-${review.id}"><header>${person(review.by)} ${VERDICTS[review.state]} ${time(review.submittedAt ?? "")}</header>
${text}${boxes.length === 0 ? nothing : html`<div class="threads">${boxes}</div>`}</article>`,
  };
}

function threadBox({ comments: all, line, resolved }: PlacedThread, markdown: Markdown, withHunk: boolean): Html {
  const [first] = all as [ReviewComment];
  const outdated = first.subject === "line" && line === undefined;
  const where = html`<a class="mono" href="#${first.path}">${first.path}${line === undefined ? nothing : html`:${line}`}</a>`;
  const marks = [...(outdated ? ["outdated"] : []), ...(resolved ? ["resolved"] : [])].map(
    (mark) => html` <span class="tag">${mark}</span>`,
  );
  const answers = all.map(
    (
      comment,
    ) => html`<div class="said" id="${withHunk ? "" : "diff-"}discussion_r${comment.id}"><header>${person(comment.by)} ${time(comment.createdAt)}</header>
<div class="text">${markdown(comment.body)}</div>${reactions(comment.reactions)}</div>`,
  );
  return html`<div class="thread-box"><header>${where}${marks}</header>${withHunk ? patchTable(lastLines(first.diffHunk), () => nothing) : nothing}${answers}</div>`;
}

/** The hunk's head would say wrong numbers for its tail, so a long hunk gets one that is right. */
function lastLines(hunk: string): string {
  const [head = "", ...lines] = hunk.split("\n");
  const cut = lines.slice(0, -5);
  const [, left = "1", right = "1"] = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(head) ?? [];
  const from = (start: string, sign: string): number =>
    Number(start) + cut.filter((line) => !line.startsWith(sign)).length;
  return [`@@ -${from(left, "+")} +${from(right, "-")} @@`, ...lines.slice(-5)].join("\n");
}

async function pullParts(repository: Repository, pull: Pull, markdown: Markdown): Promise<Html> {
  const { git } = repository;
  const { baseSha, headSha } = pull.pull;
  const base = pull.state === "open" ? (git.branch(pull.pull.base) ?? baseSha) : baseSha;
  const [files, commits, threads] = await Promise.all([
    pullFiles(repository, pull),
    git.log([`${base}..${headSha}`], 250),
    placed(repository, pull),
  ]);
  const rows = commits
    .reverse()
    .map((commit) => html`<section class="card"><header>${commitLine(repository, commit)}</header></section>`);
  const total = { additions: sum(files, "additions"), deletions: sum(files, "deletions") };
  const runs = [...repository.checkRuns.values()].filter((run) => run.headSha === headSha);
  return html`${runs.length === 0 ? nothing : html`<h2>Checks</h2>${runs.map((run) => checkCard(run, markdown))}`}
<h2>Commits <span class="soft">${commits.length}</span></h2>${rows}
<h2>Files changed <span class="soft">${files.length}</span> ${counts(total)}</h2>
${files.map((file) => diffFile(file, threadsBelow(file, threads, markdown)))}`;
}

const sum = (files: readonly FileDiff[], key: "additions" | "deletions"): number =>
  files.reduce((total, file) => total + file[key], 0);

function threadsBelow(file: FileDiff, threads: readonly PlacedThread[], markdown: Markdown): (line: DiffLine) => Html {
  return (line) => {
    const here = threads.filter(({ comments: [first], line: at }) => {
      if (first === undefined || first.path !== file.path || at === undefined) return false;
      return (
        (first.side === "LEFT" ? line.left : line.right) === at && (first.side === "LEFT" || line.kind !== "removed")
      );
    });
    if (here.length === 0) return nothing;
    return html`<tr class="thread"><td colspan="3">${here.map((thread) => threadBox(thread, markdown, false))}</td></tr>`;
  };
}

function checkCard(run: CheckRun, markdown: Markdown): Html {
  const word = run.conclusion ?? run.status.replaceAll("_", " ");
  const kind = run.conclusion === "success" ? "verified" : run.conclusion === "failure" ? "failed" : "";
  const details = [run.output.summary, run.output.text]
    .filter((text) => text !== null && text !== "")
    .map((text) => markdown(text as string));
  return html`<section class="card"><header><b>${run.name}</b> <span class="tag ${kind}">${word}</span> ${run.output.title ?? ""}</header>
${details.length === 0 ? nothing : html`<div class="text">${details}</div>`}</section>`;
}
