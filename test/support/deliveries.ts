/** Payloads of GitHub's own examples, about one repository, one maintainer and one App. */
import { createRequire } from "node:module";
import type { Self } from "../../src/domain/parse-trigger.ts";

type Payload = Record<string, unknown>;
type Example = { readonly name: string; readonly examples: readonly Payload[] };

export const repositoryId = 186_853_002;
export const self: Self = { login: "architect-app[bot]", id: 77, slug: "architect-app" };
export const maintainer = { login: "maintainer", id: 501, type: "User" };

/** A copy of GitHub's example with what a test says in place of its own: objects are merged, all else is replaced. */
export const payloadOf = (event: string, action: string | undefined, changes: Payload = {}): Payload => {
  const examples = createRequire(import.meta.url)("@octokit/webhooks-examples") as readonly Example[];
  const found = examples
    .find(({ name }) => name === event)
    ?.examples.find((example) => example["action"] === action && example["repository"] !== undefined);
  if (!found) throw new Error(`no example of ${event}.${action}`);
  const common = {
    installation: { id: 9001, node_id: "x" },
    sender: maintainer,
    repository: {
      id: repositoryId,
      name: "shop",
      full_name: "acme/shop",
      owner: { login: "acme" },
      default_branch: "main",
    },
  };
  return merge(merge(structuredClone(found), common), changes) as Payload;
};

const isObject = (value: unknown): value is Payload =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const merge = (base: unknown, changes: unknown): unknown => {
  if (!isObject(base) || !isObject(changes)) return changes;
  const merged: Payload = { ...base };
  for (const [key, value] of Object.entries(changes)) merged[key] = key in base ? merge(base[key], value) : value;
  return merged;
};

export const labeled = (changes: Payload = {}): Payload =>
  payloadOf("issues", "labeled", merge({ label: { name: "architect" }, issue: issue() }, changes) as Payload);

export const commented = (body: string, changes: Payload = {}): Payload =>
  payloadOf(
    "issue_comment",
    "created",
    merge({ comment: { id: 11, body, user: maintainer }, issue: issue() }, changes) as Payload,
  );

const issue = (): Payload => ({
  number: 7,
  title: "Create users",
  body: "With a name",
  state: "open",
  user: maintainer,
});

const ownPull = (): Payload => ({
  number: 8,
  title: "User registration",
  state: "open",
  user: { login: self.login, id: self.id, type: "Bot" },
  head: { ref: "architect/issue-7-create-users", repo: { id: repositoryId } },
  base: { repo: { id: repositoryId } },
});

export const reviewed = (review: Payload, changes: Payload = {}): Payload =>
  payloadOf(
    "pull_request_review",
    "submitted",
    merge({ pull_request: ownPull(), review: { id: 42, user: maintainer, ...review } }, changes) as Payload,
  );

export const reviewCommented = (changes: Payload = {}): Payload =>
  payloadOf(
    "pull_request_review_comment",
    "created",
    merge(
      { pull_request: ownPull(), comment: { id: 43, body: "rename it", pull_request_review_id: 42, user: maintainer } },
      changes,
    ) as Payload,
  );

/** The checks of GitHub Actions on the head of our pull request have failed. */
export const suiteCompleted = (suite: Payload = {}, changes: Payload = {}): Payload => {
  const { number, head, base } = ownPull() as { number: number; head: Payload; base: Payload };
  const headSha = "a".repeat(40);
  const own = {
    ...{ head_branch: head["ref"], head_sha: headSha, conclusion: "failure", app: { slug: "github-actions" } },
    pull_requests: [{ number, head: { ...head, sha: headSha }, base }],
  };
  return payloadOf("check_suite", "completed", merge({ check_suite: merge(own, suite) }, changes) as Payload);
};

/** Somebody pushed to the default branch. */
export const branchPushed = (changes: Payload = {}): Payload =>
  payloadOf("push", undefined, {
    ...{ ref: "refs/heads/main", before: "a".repeat(40), after: "b".repeat(40) },
    ...{ created: false, deleted: false, forced: false, ...changes },
  });
