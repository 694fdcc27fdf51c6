/** Labels of a repository and of a thread. */
import { reads, triages } from "../access.ts";
import { labelBody, labelsOf } from "../bodies/issues.ts";
import {
  created,
  found,
  inRepository,
  noContent,
  ok,
  paginate,
  type Reply,
  type RepositoryCall,
  type Route,
} from "../http.ts";
import { HttpError, validationFailed } from "../http-error.ts";
import { type Issue, type Label, timestamp } from "../state.ts";
import { labelEvent } from "../webhooks/events.ts";
import { ensureLabel, issueOf, placeOf, replaceLabels } from "./threads.ts";

function createLabel({ world, repository, body }: RepositoryCall): Reply {
  const name = body["name"] as string;
  if (repository.labels.has(name.toLowerCase())) throw validationFailed("Label", "name", "already_exists");
  const color = (body["color"] as string | undefined) ?? "ededed";
  const description = (body["description"] as string | undefined) ?? null;
  const label: Label = { id: world.nextId(), name, color, description };
  repository.labels.set(name.toLowerCase(), label);
  return created(labelBody(world, repository, label));
}

const labelBodies = ({ world, repository }: RepositoryCall, issue: Issue) =>
  labelsOf(repository, issue).map((label) => labelBody(world, repository, label));

async function addLabels(call: RepositoryCall): Promise<Reply> {
  const { world, repository, body } = call;
  const issue = issueOf(call, "write");
  const given = (Array.isArray(body) ? body : ((body["labels"] as unknown[] | undefined) ?? [])) as (
    | string
    | { name: string }
  )[];
  for (const entry of given) {
    const label = ensureLabel(world, repository, typeof entry === "string" ? entry : entry.name);
    if (issue.labels.includes(label.name)) continue;
    issue.labels.push(label.name);
    issue.updatedAt = timestamp(world);
    await labelEvent(placeOf(call), issue, "labeled", label);
  }
  return ok(labelBodies(call, issue));
}

async function removeLabel(call: RepositoryCall): Promise<Reply> {
  const { repository, params } = call;
  const issue = issueOf(call, "write");
  const label = repository.labels.get((params["name"] as string).toLowerCase());
  if (label === undefined || !issue.labels.includes(label.name)) throw new HttpError(404, "Label does not exist");
  issue.labels = issue.labels.filter((name) => name !== label.name);
  await labelEvent(placeOf(call), issue, "unlabeled", label);
  return ok(labelBodies(call, issue));
}

async function setLabels(call: RepositoryCall): Promise<Reply> {
  const issue = issueOf(call, "write");
  await replaceLabels(call, issue, (call.body["labels"] as string[] | undefined) ?? []);
  return ok(labelBodies(call, issue));
}

async function removeAllLabels(call: RepositoryCall): Promise<Reply> {
  await replaceLabels(call, issueOf(call, "write"), []);
  return noContent();
}

const THREADS = ["issues", "pull_requests"] as const;

export const labelRoutes: readonly Route[] = [
  inRepository("GET /labels", reads(...THREADS), (call) =>
    paginate(call, [...call.repository.labels.values()], (label) => labelBody(call.world, call.repository, label)),
  ),
  inRepository("POST /labels", triages(...THREADS), createLabel),
  inRepository("GET /labels/{name}", reads(...THREADS), ({ world, repository, params }) =>
    ok(labelBody(world, repository, found(repository.labels.get((params["name"] as string).toLowerCase())))),
  ),
  inRepository("GET /issues/{issue_number}/labels", reads(...THREADS), (call) =>
    paginate(call, labelsOf(call.repository, issueOf(call, "read")), (label) =>
      labelBody(call.world, call.repository, label),
    ),
  ),
  inRepository("POST /issues/{issue_number}/labels", triages(...THREADS), addLabels),
  inRepository("PUT /issues/{issue_number}/labels", triages(...THREADS), setLabels),
  inRepository("DELETE /issues/{issue_number}/labels", triages(...THREADS), removeAllLabels),
  inRepository("DELETE /issues/{issue_number}/labels/{name}", triages(...THREADS), removeLabel),
];
