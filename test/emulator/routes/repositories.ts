/** Repositories, branches, commits and file contents; users; who may do what. */
import { reads, writes } from "../access.ts";
import { permissionBody, publicUserBody, repositoryPage, repositoryUrl } from "../bodies/accounts.ts";
import { commitBody, fileBody, gitCommitBody, noreplyAddress, totals } from "../bodies/commits.ts";
import type { Json } from "../bodies/example.ts";
import { repositoryBody } from "../bodies/repository.ts";
import { NO_SHA, type TreeEntry } from "../git/bare-repository.ts";
import {
  forAnyone,
  forAuthor,
  found,
  inRepository,
  ok,
  paginate,
  type Reply,
  type RepositoryCall,
  type Route,
} from "../http.ts";
import { emptyRepository, HttpError, unprocessable } from "../http-error.ts";
import { moveRef } from "../ref-effects.ts";
import { type Account, type Repository, timestamp, type World } from "../state.ts";

function branchBody({ world, repository }: RepositoryCall, name: string, sha: string): Json {
  return {
    name,
    commit: { sha, url: `${repositoryUrl(world, repository)}/commits/${sha}` },
    protected: false,
    protection: { enabled: false, required_status_checks: { enforcement_level: "off", contexts: [], checks: [] } },
    protection_url: `${repositoryUrl(world, repository)}/branches/${name}/protection`,
  };
}

async function getBranch(call: RepositoryCall): Promise<Reply> {
  const { world, repository, params } = call;
  const name = params["branch"] as string;
  const sha = repository.git.branch(name);
  if (sha === undefined) throw new HttpError(404, "Branch not found");
  const commit = await repository.git.readCommit(sha);
  const url = `${repositoryUrl(world, repository)}/branches/${name}`;
  return ok({
    ...branchBody(call, name, sha),
    commit: commitBody(world, repository, commit),
    _links: { self: url, html: `${repositoryPage(world, repository)}/tree/${name}` },
  });
}

function listBranches(call: RepositoryCall): Promise<Reply> {
  const branches = [...call.repository.git.refs].filter(([ref]) => ref.startsWith("refs/heads/")).sort();
  return paginate(call, branches, ([ref, sha]) => branchBody(call, ref.slice("refs/heads/".length), sha));
}

/** `ref`, or the default branch. */
async function commitAt({ repository }: RepositoryCall, ref: string | null): Promise<string> {
  if (repository.git.refs.size === 0) throw emptyRepository();
  return found(await repository.git.resolve(ref ?? repository.defaultBranch));
}

async function listCommits(call: RepositoryCall): Promise<Reply> {
  const { world, repository, query } = call;
  const sha = await commitAt(call, query.get("sha"));
  const path = query.get("path");
  const shas = await repository.git.history([sha, ...(path === null ? [] : ["--", path])], 1000);
  return paginate(call, shas, async (one) => commitBody(world, repository, await repository.git.readCommit(one)));
}

async function getCommit(call: RepositoryCall): Promise<Reply> {
  const { world, repository, params } = call;
  const sha = await repository.git.resolve(params["ref"] as string);
  if (sha === undefined) throw unprocessable(`No commit found for SHA: ${params["ref"]}`);
  const commit = await repository.git.readCommit(sha);
  const files = await repository.git.diff(commit.parents[0] ?? sha, sha);
  const { additions, deletions } = totals(files);
  return ok({
    ...commitBody(world, repository, commit),
    stats: { additions, deletions, total: additions + deletions },
    files: files.map((file) => fileBody(world, repository, sha, file)),
  });
}

async function compare(call: RepositoryCall): Promise<Reply> {
  const { world, repository, params, accept } = call;
  const { git } = repository;
  const [baseName, headName] = (params["basehead"] as string).split("...");
  const [base, head] = await Promise.all([git.resolve(baseName ?? ""), git.resolve(headName ?? "")]);
  if (base === undefined || head === undefined) throw new HttpError(404, "Not Found");
  if (accept.includes("diff")) return diffReply(await git.diffText(base, head));
  const mergeBase = found(await git.mergeBase(base, head));
  const [files, commits, ahead, behind] = await Promise.all([
    git.diff(base, head),
    git.log([`${base}..${head}`], 250),
    git.count(`${base}..${head}`),
    git.count(`${head}..${base}`),
  ]);
  const page = `${repositoryPage(world, repository)}/compare/${params["basehead"]}`;
  const read = async (sha: string): Promise<Json> => commitBody(world, repository, await git.readCommit(sha));
  return ok({
    url: `${repositoryUrl(world, repository)}/compare/${params["basehead"]}`,
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: await read(base),
    merge_base_commit: await read(mergeBase),
    status: ahead > 0 ? (behind > 0 ? "diverged" : "ahead") : behind > 0 ? "behind" : "identical",
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: commits.reverse().map((commit) => commitBody(world, repository, commit)),
    files: files.map((file) => fileBody(world, repository, head, file)),
  });
}

export const diffReply = (text: string): Reply => ({
  status: 200,
  text,
  type: "application/vnd.github.diff; charset=utf-8",
});

function contentBody({ world, repository }: RepositoryCall, ref: string, path: string, entry: TreeEntry): Json {
  const type =
    entry.type === "tree"
      ? "dir"
      : entry.mode === "120000"
        ? "symlink"
        : entry.type === "commit"
          ? "submodule"
          : "file";
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  const url = `${repositoryUrl(world, repository)}/contents/${encoded}?ref=${ref}`;
  const git = `${repositoryUrl(world, repository)}/git/${entry.type === "tree" ? "trees" : "blobs"}/${entry.sha}`;
  const page = `${repositoryPage(world, repository)}/${entry.type === "tree" ? "tree" : "blob"}/${ref}/${encoded}`;
  return {
    type,
    size: entry.size ?? 0,
    name: path.slice(path.lastIndexOf("/") + 1),
    path,
    sha: entry.sha,
    url,
    git_url: git,
    html_url: page,
    download_url: type === "file" ? `${repositoryPage(world, repository)}/raw/${ref}/${encoded}` : null,
    _links: { self: url, git, html: page },
  };
}

async function getContent(call: RepositoryCall): Promise<Reply> {
  const { repository, params, query, accept } = call;
  const path = (params["path"] ?? "").replace(/\/$/, "");
  const ref = query.get("ref") ?? repository.defaultBranch;
  if (repository.git.refs.size === 0) throw new HttpError(404, "This repository is empty.");
  const sha = await repository.git.resolve(ref);
  if (sha === undefined) throw new HttpError(404, `No commit found for the ref ${ref}`);
  const entry = path === "" ? undefined : found(await repository.git.entryAt(sha, path));
  if (entry === undefined || entry.type === "tree") {
    const entries = await repository.git.listTree(sha, path, false);
    const prefix = path === "" ? "" : `${path}/`;
    return ok(entries.map((child) => contentBody(call, ref, prefix + child.path, child)));
  }
  const content = entry.type === "blob" ? await repository.git.readBlob(entry.sha) : Buffer.alloc(0);
  if (accept.includes("raw")) return { status: 200, text: content, type: "application/vnd.github.raw; charset=utf-8" };
  const body = contentBody(call, ref, path, entry);
  if (entry.mode === "120000") return ok({ ...body, target: content.toString() });
  return ok({ ...body, encoding: "base64", content: content.toString("base64").replace(/.{60}/g, "$&\n") });
}

async function putContent(call: RepositoryCall): Promise<Reply> {
  const { world, author, repository, params, body } = call;
  const path = params["path"] as string;
  const branch = (body["branch"] as string | undefined) ?? repository.defaultBranch;
  const { git } = repository;
  const before = git.branch(branch);
  const entry = before === undefined ? undefined : await git.entryAt(before, path);
  if (entry !== undefined && body["sha"] === undefined) {
    throw unprocessable(`Invalid request.\n\n"sha" wasn't supplied.`);
  }
  if (entry !== undefined && body["sha"] !== entry.sha) {
    throw new HttpError(409, `${path} does not match ${body["sha"]}`);
  }
  const blob = await git.writeBlob(Buffer.from(body["content"] as string, "base64"));
  const tree = (await git.writeTree(before, [{ path, mode: entry?.mode ?? "100644", sha: blob }])) as string;
  const signature = { name: author.account.login, email: noreplyAddress(author.account), date: timestamp(world) };
  const parents = before === undefined ? [] : [before];
  const message = body["message"] as string;
  const sha = await git.writeCommit({ tree, parents, author: signature, committer: signature, message });
  const at = { world, repository, sender: author.account };
  await moveRef(at, { ref: `refs/heads/${branch}`, before: before ?? NO_SHA, after: sha });
  const now = found(await git.entryAt(sha, path));
  return {
    status: entry === undefined ? 201 : 200,
    body: {
      content: contentBody(call, branch, path, now),
      commit: gitCommitBody(world, repository, await git.readCommit(sha)),
    },
  };
}

function accountNamed(world: World, login: string | undefined): Account {
  return found(world.accounts.get((login ?? "").toLowerCase()));
}

const rates = (world: World): Json => {
  const limit = { limit: 5000, used: 0, remaining: 5000, reset: Math.floor(world.clock().getTime() / 1000) + 3600 };
  return { resources: { core: limit, search: limit, graphql: limit }, rate: limit };
};

export const repositoryOf = (world: World, owner: string, name: string): Repository | undefined =>
  world.repositories.get(`${owner}/${name}`.toLowerCase());

export const repositoryRoutes: readonly Route[] = [
  inRepository("GET ", reads("metadata"), ({ world, repository }) => ok(repositoryBody(world, repository))),
  inRepository("GET /branches", reads("contents"), listBranches),
  inRepository("GET /branches/{branch*}", reads("contents"), getBranch),
  inRepository("GET /commits", reads("contents"), listCommits),
  inRepository("GET /compare/{basehead*}", reads("contents"), compare),
  inRepository("GET /contents", reads("contents"), getContent),
  inRepository("GET /contents/{path*}", reads("contents"), getContent),
  inRepository("PUT /contents/{path*}", writes("contents"), putContent),
  inRepository("GET /collaborators/{username}/permission", reads("metadata"), ({ world, params }) => {
    const account = accountNamed(world, params["username"]);
    if (account.type !== "User") throw new HttpError(404, `${account.login} is not a user`);
    return ok(permissionBody(world, account));
  }),
  forAuthor("GET /user", ({ world, author }) => ok(publicUserBody(world, author.account))),
  forAuthor("GET /user/{account_id}", ({ world, params }) =>
    ok(
      publicUserBody(world, found([...world.accounts.values()].find(({ id }) => id === Number(params["account_id"])))),
    ),
  ),
  forAnyone("GET /users/{username}", ({ world, params }) =>
    ok(publicUserBody(world, accountNamed(world, params["username"]))),
  ),
  forAuthor("GET /rate_limit", ({ world }) => ok(rates(world))),
  // Last, because a ref may have slashes and so would take the longer paths for its own.
  inRepository("GET /commits/{ref*}", reads("contents"), getCommit),
];
