/** Issues, labels, comments and reactions as GitHub writes them. */
import {
  type Account,
  type Comment,
  fullName,
  type Issue,
  type Label,
  type Reaction,
  type Repository,
  type World,
} from "../state.ts";
import { accountBody, appBody, association, nodeId, repositoryPage, repositoryUrl } from "./accounts.ts";
import type { Json } from "./example.ts";

const CONTENTS = ["+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket"];

export function reactionCounts(url: string, reactions: readonly Reaction[]): Json {
  const count = (content: string): number => reactions.filter((reaction) => reaction.content === content).length;
  return {
    url: `${url}/reactions`,
    total_count: reactions.length,
    ...Object.fromEntries(CONTENTS.map((content) => [content, count(content)])),
  };
}

export function reactionBody(world: World, { id, content, by, createdAt }: Reaction): Json {
  return { id, node_id: nodeId("REA", id), user: accountBody(world, by), content, created_at: createdAt };
}

export function labelBody(world: World, repository: Repository, { id, name, color, description }: Label): Json {
  return {
    id,
    node_id: nodeId("LA", id),
    url: `${repositoryUrl(world, repository)}/labels/${encodeURIComponent(name)}`,
    name,
    color,
    default: false,
    description,
  };
}

export const labelsOf = (repository: Repository, issue: Issue): Label[] =>
  issue.labels.map((name) => repository.labels.get(name.toLowerCase())).filter((label) => label !== undefined);

/** The App, where its bot wrote something. */
const viaApp = (world: World, by: Account): Json | null => (by.id === world.bot.id ? appBody(world) : null);

export function issueBody(world: World, repository: Repository, issue: Issue): Json {
  const url = `${repositoryUrl(world, repository)}/issues/${issue.number}`;
  const assignees = issue.assignees
    .map((login) => world.accounts.get(login.toLowerCase()))
    .filter((account) => account !== undefined)
    .map((account) => accountBody(world, account));
  return {
    id: issue.id,
    node_id: nodeId(issue.pull === undefined ? "I" : "PR", issue.id),
    url,
    repository_url: repositoryUrl(world, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: threadPage(world, repository, issue),
    number: issue.number,
    state: issue.state,
    state_reason: issue.stateReason,
    title: issue.title,
    body: issue.body,
    user: accountBody(world, issue.by),
    labels: labelsOf(repository, issue).map((label) => labelBody(world, repository, label)),
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    locked: issue.locked,
    active_lock_reason: null,
    comments: [...repository.comments.values()].filter(({ thread }) => thread === issue.number).length,
    ...(issue.pull === undefined ? {} : { draft: issue.pull.draft, pull_request: pullLinks(world, repository, issue) }),
    closed_at: issue.closedAt,
    closed_by: issue.closedBy === null ? null : accountBody(world, issue.closedBy),
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    author_association: association(world, issue.by, repository),
    performed_via_github_app: viaApp(world, issue.by),
    reactions: reactionCounts(url, issue.reactions),
  };
}

/** By which a client tells a pull request in a list of issues. */
function pullLinks(world: World, repository: Repository, { number, pull }: Issue): Json {
  const page = `${repositoryPage(world, repository)}/pull/${number}`;
  return {
    url: `${repositoryUrl(world, repository)}/pulls/${number}`,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    merged_at: pull?.merged?.at ?? null,
  };
}

export const threadPage = (world: World, repository: Repository, { number, pull }: Issue): string =>
  `${world.web}/${fullName(repository)}/${pull === undefined ? "issues" : "pull"}/${number}`;

export function commentBody(world: World, repository: Repository, comment: Comment): Json {
  const base = repositoryUrl(world, repository);
  const url = `${base}/issues/comments/${comment.id}`;
  const issue = repository.issues.get(comment.thread) as Issue;
  return {
    id: comment.id,
    node_id: nodeId("IC", comment.id),
    url,
    html_url: `${threadPage(world, repository, issue)}#issuecomment-${comment.id}`,
    issue_url: `${base}/issues/${comment.thread}`,
    user: accountBody(world, comment.by),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(world, comment.by, repository),
    performed_via_github_app: viaApp(world, comment.by),
    reactions: reactionCounts(url, comment.reactions),
  };
}
