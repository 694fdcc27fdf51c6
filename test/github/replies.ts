/** What GitHub answers, with all its fields: its own examples where it gives one, and a test's facts in them. */
import type { RepositoryRef } from "../../src/domain/repository.ts";
import { loadContract } from "../emulator/contract/contract.ts";

export type Json = Record<string, unknown>;
type Account = { readonly login: string; readonly id: number; readonly type: string };

export const repository: RepositoryRef = {
  id: 1296269,
  owner: "acme",
  name: "shop",
  installationId: 9001,
  defaultBranch: "main",
};
export const bot: Account = { login: "architect-app[bot]", id: 77, type: "Bot" };
export const maintainer: Account = { login: "maintainer", id: 501, type: "User" };
export const shop = "/repos/acme/shop";
export const shaOf = (digit: string): string => digit.repeat(40);

const contract = loadContract();
const url = "https://api.github.com/x";
const at = "2026-11-20T10:00:00Z";

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const merge = (base: unknown, changes: unknown): unknown => {
  if (!isObject(base) || !isObject(changes)) return changes;
  const merged: Json = { ...base };
  for (const [key, value] of Object.entries(changes)) merged[key] = key in base ? merge(base[key], value) : value;
  return merged;
};

const example = (operationId: string, changes: Json): Json => merge(contract.exampleOf(operationId), changes) as Json;

const accountKeys =
  "node_id avatar_url gravatar_id url html_url followers_url following_url gists_url starred_url subscriptions_url organizations_url repos_url events_url received_events_url site_admin".split(
    " ",
  );

/** An account as it stands inside other answers. */
const account = (person: Account): Json => {
  const whole = contract.exampleOf("users/get-by-username");
  return { ...Object.fromEntries(accountKeys.map((key) => [key, whole[key]])), ...person };
};

export const accountReply = (person: Account): Json => example("users/get-by-username", { ...person });

export const appReply = (): Json => example("apps/get-authenticated", { slug: "architect-app" });

export const installationReply = (): Json => ({
  ...example("apps/get-installation", { id: repository.installationId }),
  account: {
    ...account({ login: "acme", id: 600, type: "Organization" }),
    // In this one list GitHub's description wants an account to be an enterprise as well.
    ...{ name: "acme", slug: "acme", created_at: at, updated_at: at },
  },
});

export const repositoryReply = (changes: Json = {}): Json => {
  const facts = { id: repository.id, name: "shop", full_name: "acme/shop", language: "Python" };
  const owner = account({ login: "acme", id: 600, type: "Organization" });
  return merge({ ...example("repos/get", facts), owner }, changes) as Json;
};

export const tokenReply = (changes: Json = {}): Json => ({
  token: "ghs_x",
  expires_at: "2026-11-20T11:00:00Z",
  permissions: { contents: "read" },
  repositories: [repositoryReply()],
  ...changes,
});

export const permissionReply = (permission: string, role: string, id = maintainer.id): Json => ({
  permission,
  role_name: role,
  user: { ...account({ ...maintainer, id }), role_name: role },
});

export const reactionReply = (content: string): Json => ({
  id: 1,
  node_id: "x",
  user: account(bot),
  content,
  created_at: at,
});

export const refReply = (branch: string, sha: string): Json => ({
  ref: `refs/heads/${branch}`,
  node_id: "x",
  url,
  object: { type: "commit", sha, url },
});

export const blobReply = (sha: string): Json => ({ url, sha });

export const treeReply = (sha: string): Json => ({ sha, url, truncated: false, tree: [] });

export const commitReply = (sha: string, tree: string, parents: readonly string[] = []): Json => {
  const by = { name: "architect-app[bot]", email: "x@e.invalid", date: at };
  return {
    sha,
    node_id: "x",
    url,
    html_url: url,
    message: "x",
    author: by,
    committer: by,
    tree: { sha: tree, url },
    parents: parents.map((parent) => ({ sha: parent, url, html_url: url })),
    verification: { verified: true, reason: "valid", signature: null, payload: null, verified_at: null },
  };
};

export const commentReply = (id: number, body: string, author: Account = bot, number = 7): Json => ({
  ...example("issues/create-comment", { id, body, issue_url: `https://api.github.com${shop}/issues/${number}` }),
  user: account(author),
  performed_via_github_app: null,
});

/** A pull request of ours, open, from a branch of the same repository. */
export const pullReply = (changes: Json = {}): Json => {
  const repo = repositoryReply();
  const facts = {
    number: 8,
    node_id: "PR_8",
    html_url: "https://github.com/acme/shop/pull/8",
    state: "open",
    draft: true,
    merged: false,
    merged_at: null,
    updated_at: "2026-11-20T10:00:00Z",
    title: "User registration",
    body: "the report",
    head: { ref: "architect/issue-7-users", sha: shaOf("a"), repo },
    base: { ref: "main", sha: shaOf("b"), repo },
    requested_teams: [],
  };
  return merge({ ...example("pulls/get", facts), user: account(bot) }, changes) as Json;
};

export const reviewReply = (changes: Json = {}): Json => ({
  id: 42,
  node_id: "x",
  user: account(maintainer),
  body: "two points",
  state: "CHANGES_REQUESTED",
  html_url: url,
  pull_request_url: url,
  _links: { html: { href: url }, pull_request: { href: url } },
  submitted_at: at,
  commit_id: shaOf("a"),
  author_association: "MEMBER",
  ...changes,
});

export const reviewCommentReply = (id: number, changes: Json = {}): Json => ({
  url,
  id,
  node_id: "x",
  pull_request_review_id: 42,
  diff_hunk: "@@ -1 +1 @@",
  path: "backend/app/models/user.py",
  position: 1,
  original_position: 1,
  commit_id: shaOf("a"),
  original_commit_id: shaOf("a"),
  user: account(maintainer),
  body: "rename it",
  created_at: at,
  updated_at: at,
  html_url: url,
  pull_request_url: url,
  author_association: "MEMBER",
  _links: { self: { href: url }, html: { href: url }, pull_request: { href: url } },
  line: 3,
  original_line: 3,
  side: "RIGHT",
  ...changes,
});

export const byBot = account(bot);

/** What GitHub says when it refuses. */
export const refusal = (message: string): Json => ({ message, documentation_url: "https://docs.github.com/rest" });
