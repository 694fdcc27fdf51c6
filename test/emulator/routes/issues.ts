/** Issues: open, read, list, change, assign. Pull requests answer here as the issues that they are. */
import { contributes, reads, triages } from "../access.ts";
import { fullText } from "../attachments.ts";
import { issueBody } from "../bodies/issues.ts";
import { created, inRepository, ok, paginate, type Reply, type RepositoryCall, type Route } from "../http.ts";
import { hasRole, type Issue, timestamp } from "../state.ts";
import { labelEvent, threadEvent } from "../webhooks/events.ts";
import { ensureLabel, issueOf, newIssue, placeOf, replaceLabels, requireAuthorOr, whereItWent } from "./threads.ts";

const labelNames = (given: unknown): string[] =>
  ((given as (string | { name: string })[] | undefined) ?? []).map((label) =>
    typeof label === "string" ? label : label.name,
  );

async function createIssue(call: RepositoryCall): Promise<Reply> {
  const { world, author, repository, body } = call;
  const issue = newIssue(world, repository, author, String(body["title"]), (body["body"] as string | null) ?? null);
  // Labels and assignees of someone who may not triage are dropped without a word.
  const trusted = author.kind === "installation" || hasRole(world, author.account, "triage");
  const labels = trusted ? labelNames(body["labels"]).map((name) => ensureLabel(world, repository, name)) : [];
  issue.labels = labels.map(({ name }) => name);
  issue.assignees = trusted ? ((body["assignees"] as string[] | undefined) ?? []) : [];
  await threadEvent(placeOf(call), issue, "opened");
  for (const label of labels) await labelEvent(placeOf(call), issue, "labeled", label);
  return created(issueBody(world, repository, issue));
}

function listIssues(call: RepositoryCall): Promise<Reply> {
  const { world, repository, query } = call;
  const state = query.get("state") ?? "open";
  const labels = query.get("labels")?.split(",") ?? [];
  const since = query.get("since");
  const creator = query.get("creator");
  const matching = [...repository.issues.values()].filter(
    (issue) =>
      (state === "all" || issue.state === state) &&
      labels.every((label) => issue.labels.some((name) => name.toLowerCase() === label.toLowerCase())) &&
      (since === null || issue.updatedAt >= since) &&
      (creator === null || issue.by.login === creator),
  );
  const key = query.get("sort") === "updated" ? "updatedAt" : "createdAt";
  const sorted = matching.sort((a, b) => b[key].localeCompare(a[key]) || b.number - a.number);
  if (query.get("direction") === "asc") sorted.reverse();
  return paginate(call, sorted, (issue) => issueBody(world, repository, issue));
}

async function updateIssue(call: RepositoryCall): Promise<Reply> {
  const { world, repository, body } = call;
  const issue = issueOf(call, "write");
  requireAuthorOr(call, "triage", issue.by);
  issue.updatedAt = timestamp(world);
  await editText(call, issue);
  if (body["labels"] !== undefined) await replaceLabels(call, issue, labelNames(body["labels"]));
  if (body["assignees"] !== undefined) issue.assignees = body["assignees"] as string[];
  await changeState(call, issue);
  return ok(issueBody(world, repository, issue));
}

async function editText(call: RepositoryCall, issue: Issue): Promise<void> {
  const { title = issue.title, body = issue.body } = call.body as { title?: string; body?: string | null };
  const changes = {
    ...(title === issue.title ? {} : { title: { from: issue.title } }),
    ...(body === issue.body ? {} : { body: { from: issue.body ?? "" } }),
  };
  if (Object.keys(changes).length === 0) return;
  Object.assign(issue, { title: String(title), body });
  await threadEvent(placeOf(call), issue, "edited", { changes });
}

async function changeState(call: RepositoryCall, issue: Issue): Promise<void> {
  const { state, state_reason: reason } = call.body as { state?: "open" | "closed"; state_reason?: string | null };
  if (state === undefined || state === issue.state) return;
  const closed = state === "closed";
  issue.state = state;
  issue.stateReason = closed ? (reason ?? "completed") : "reopened";
  issue.closedAt = closed ? timestamp(call.world) : null;
  issue.closedBy = closed ? call.author.account : null;
  await threadEvent(placeOf(call), issue, closed ? "closed" : "reopened");
}

function changeAssignees(change: (now: readonly string[], logins: readonly string[]) => string[]) {
  return (call: RepositoryCall): Reply => {
    const issue = issueOf(call, "write");
    issue.assignees = change(issue.assignees, (call.body["assignees"] as string[] | undefined) ?? []);
    return { status: 201, body: issueBody(call.world, call.repository, issue) };
  };
}

const THREADS = ["issues", "pull_requests"] as const;

export const issueRoutes: readonly Route[] = [
  inRepository("POST /issues", contributes("issues"), createIssue),
  inRepository("GET /issues", reads(...THREADS), listIssues),
  inRepository("GET /issues/{issue_number}", reads(...THREADS), (call) => {
    whereItWent(call);
    const issue = issueOf(call, "read");
    return ok({ ...issueBody(call.world, call.repository, issue), ...fullText(call.world, call.accept, issue.body) });
  }),
  inRepository("PATCH /issues/{issue_number}", contributes(...THREADS), updateIssue),
  inRepository(
    "POST /issues/{issue_number}/assignees",
    triages(...THREADS),
    changeAssignees((now, logins) => [...new Set([...now, ...logins])]),
  ),
  inRepository("DELETE /issues/{issue_number}/assignees", triages(...THREADS), (call) => ({
    ...changeAssignees((now, logins) => now.filter((login) => !logins.includes(login)))(call),
    status: 200,
  })),
];
