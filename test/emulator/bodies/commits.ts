/** Commits, files of a diff and git objects as GitHub writes them. */
import type { Commit, TreeEntry } from "../git/bare-repository.ts";
import type { FileDiff } from "../git/diff.ts";
import type { Account, Repository, World } from "../state.ts";
import { accountBody, nodeId, repositoryPage, repositoryUrl } from "./accounts.ts";
import type { Json } from "./example.ts";

/** Who GitHub is as a committer: of merges, and of commits that an App makes without naming anybody. */
export const WEB_FLOW = { name: "GitHub", email: "noreply@github.com" } as const;

export const noreplyAddress = ({ id, login }: Account): string => `${id}+${login}@users.noreply.github.com`;

/** The account behind a commit's address, where GitHub would know it. */
export function accountOf(world: World, email: string): Account | undefined {
  return [...world.accounts.values()].find((account) => noreplyAddress(account) === email);
}

function verificationBody(repository: Repository, sha: string): Json {
  const verified = repository.signedCommits.has(sha);
  return {
    verified,
    reason: verified ? "valid" : "unsigned",
    signature: verified
      ? "-----BEGIN PGP SIGNATURE-----\n(a local GitHub signs nothing)\n-----END PGP SIGNATURE-----"
      : null,
    payload: verified ? sha : null,
    verified_at: null,
  };
}

export function gitCommitBody(world: World, repository: Repository, commit: Commit): Json {
  const base = `${repositoryUrl(world, repository)}/git`;
  const page = repositoryPage(world, repository);
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url: `${base}/commits/${commit.sha}`,
    html_url: `${page}/commit/${commit.sha}`,
    author: commit.author,
    committer: commit.committer,
    message: commit.message,
    tree: { sha: commit.tree, url: `${base}/trees/${commit.tree}` },
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${base}/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
    })),
    verification: verificationBody(repository, commit.sha),
  };
}

export function commitBody(world: World, repository: Repository, commit: Commit): Json {
  const base = repositoryUrl(world, repository);
  const page = repositoryPage(world, repository);
  const url = `${base}/commits/${commit.sha}`;
  const person = (email: string): Json | null => {
    const account = accountOf(world, email);
    return account === undefined ? null : accountBody(world, account);
  };
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url,
    html_url: `${page}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${base}/git/commits/${commit.sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.tree, url: `${base}/git/trees/${commit.tree}` },
      comment_count: 0,
      verification: verificationBody(repository, commit.sha),
    },
    author: person(commit.author.email),
    committer: person(commit.committer.email),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${base}/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
    })),
  };
}

export const totals = (files: readonly FileDiff[]): { additions: number; deletions: number } => ({
  additions: files.reduce((sum, file) => sum + file.additions, 0),
  deletions: files.reduce((sum, file) => sum + file.deletions, 0),
});

export function fileBody(world: World, repository: Repository, headSha: string, file: FileDiff): Json {
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  const page = repositoryPage(world, repository);
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${headSha}/${path}`,
    raw_url: `${page}/raw/${headSha}/${path}`,
    contents_url: `${repositoryUrl(world, repository)}/contents/${path}?ref=${headSha}`,
    ...(file.previousPath === undefined ? {} : { previous_filename: file.previousPath }),
    ...(file.patch === undefined ? {} : { patch: file.patch }),
  };
}

export function refBody(world: World, repository: Repository, ref: string, sha: string): Json {
  const base = `${repositoryUrl(world, repository)}/git`;
  return {
    ref,
    node_id: nodeId("REF", repository.id),
    url: `${base}/${ref}`,
    object: { type: "commit", sha, url: `${base}/commits/${sha}` },
  };
}

export function treeBody(world: World, repository: Repository, sha: string, entries: readonly TreeEntry[]): Json {
  const base = `${repositoryUrl(world, repository)}/git`;
  return {
    sha,
    url: `${base}/trees/${sha}`,
    tree: entries.map((entry) => ({
      path: entry.path,
      mode: entry.mode,
      type: entry.type,
      sha: entry.sha,
      ...(entry.size === undefined ? {} : { size: entry.size }),
      url: `${base}/${entry.type === "tree" ? "trees" : "blobs"}/${entry.sha}`,
    })),
    truncated: false,
  };
}
