/** What the routes of issues, labels, comments and pull requests share: finding a thread, making one, labelling it. */
import { authorizeThread } from "../access.ts";
import { found, type RepositoryCall } from "../http.ts";
import { forbidden, HttpError, validationFailed } from "../http-error.ts";
import {
  type Author,
  hasRole,
  type Issue,
  type Label,
  nextNumber,
  type Repository,
  timestamp,
  type World,
} from "../state.ts";
import { labelEvent } from "../webhooks/events.ts";

export const placeOf = ({ world, repository, author }: RepositoryCall) => ({
  world,
  repository,
  sender: author.account,
});

/** The thread of `{issue_number}`, where this author may do this with it. */
export function issueOf({ repository, params, author }: RepositoryCall, level: "read" | "write"): Issue {
  const number = Number(params["issue_number"]);
  if (repository.gone.has(number) && repository.gone.get(number) === undefined)
    throw new HttpError(410, "This issue was deleted");
  const issue = found(repository.issues.get(number));
  authorizeThread(author, issue, level);
  return issue;
}

/** Where an issue was moved to, for the routes that say so. */
export function whereItWent({ repository, params }: RepositoryCall): void {
  const url = repository.gone.get(Number(params["issue_number"]));
  if (url !== undefined) throw new HttpError(301, "Moved Permanently", { url });
}

/** A locked conversation takes words of people with write access alone, and of no App. */
export function requireUnlocked({ world, repository, author }: RepositoryCall, issue: Issue): void {
  if (!issue.locked || (author.kind === "user" && hasRole(world, author.account, "write", repository))) return;
  throw forbidden("Unable to create comment because issue is locked.");
}

/** Apps may what their permissions say; people need the role, or to have written it themselves. */
export function requireAuthorOr(
  { world, repository, author }: { world: World; repository: Repository; author: Author },
  role: "triage" | "write",
  by: Issue["by"],
): void {
  if (author.kind === "user" && author.account.id !== by.id && !hasRole(world, author.account, role, repository)) {
    throw forbidden(`Must have ${role} rights to Repository.`);
  }
}

export function newIssue(
  world: World,
  repository: Repository,
  author: Author,
  title: string,
  body: string | null,
): Issue {
  const now = timestamp(world);
  const issue: Issue = {
    id: world.nextId(),
    number: nextNumber(repository),
    title,
    body,
    state: "open",
    stateReason: null,
    by: author.account,
    labels: [],
    assignees: [],
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    closedBy: null,
    locked: false,
    reactions: [],
  };
  repository.issues.set(issue.number, issue);
  return issue;
}

/** Names are one whatever their case; a new one gets GitHub's grey. */
export function ensureLabel(world: World, repository: Repository, name: string): Label {
  const known = repository.labels.get(name.toLowerCase());
  if (known !== undefined) return known;
  const label: Label = { id: world.nextId(), name, color: "ededed", description: null };
  repository.labels.set(name.toLowerCase(), label);
  return label;
}

export async function replaceLabels(call: RepositoryCall, issue: Issue, names: readonly string[]): Promise<void> {
  const { world, repository } = call;
  const labels = names.map((name) => ensureLabel(world, repository, name));
  const before = issue.labels;
  issue.labels = labels.map(({ name }) => name);
  for (const label of labels.filter(({ name }) => !before.includes(name))) {
    await labelEvent(placeOf(call), issue, "labeled", label);
  }
  for (const name of before.filter((one) => !issue.labels.includes(one))) {
    await labelEvent(placeOf(call), issue, "unlabeled", ensureLabel(world, repository, name));
  }
}

/** GitHub's limit, in characters. */
const MAX_BODY = 65_536;

export function checkText(resource: string, body: unknown): string {
  const text = String(body ?? "");
  if (text.trim() === "") throw validationFailed(resource, "body", "missing_field");
  if (text.length > MAX_BODY) {
    throw validationFailed(resource, "body", "custom", `body is too long (maximum is ${MAX_BODY} characters)`);
  }
  return text;
}
