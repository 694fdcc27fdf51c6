/** The Git Data API: blobs, trees, commits and refs, written to the real repository. */
import { hasPermission, reads, writes } from "../access.ts";
import { repositoryUrl } from "../bodies/accounts.ts";
import { gitCommitBody, noreplyAddress, refBody, treeBody, WEB_FLOW } from "../bodies/commits.ts";
import { NO_SHA, type Signature, type TreeChange } from "../git/bare-repository.ts";
import { created, found, inRepository, noContent, ok, type Reply, type RepositoryCall, type Route } from "../http.ts";
import { emptyRepository, forbidden, HttpError, unprocessable, validationFailed } from "../http-error.ts";
import { moveRef } from "../ref-effects.ts";
import { timestamp } from "../state.ts";

const SHA = /^[0-9a-f]{40}$/;

/** On an empty repository the whole Git Data API answers 409. */
function requireCommits({ repository }: RepositoryCall): void {
  if (repository.git.refs.size === 0) throw emptyRepository();
}

const placeOf = ({ world, repository, author }: RepositoryCall) => ({ world, repository, sender: author.account });

async function createBlob(call: RepositoryCall): Promise<Reply> {
  requireCommits(call);
  const { world, repository, body } = call;
  const encoding = body["encoding"] === "base64" ? "base64" : "utf8";
  const sha = await repository.git.writeBlob(Buffer.from(body["content"] as string, encoding));
  return created({ sha, url: `${repositoryUrl(world, repository)}/git/blobs/${sha}` });
}

async function getBlob({ world, repository, params }: RepositoryCall): Promise<Reply> {
  const sha = params["file_sha"] as string;
  if ((await repository.git.typeOf(sha)) !== "blob") throw new HttpError(404, "Not Found");
  const content = await repository.git.readBlob(sha);
  return ok({
    sha,
    node_id: `B_${sha}`,
    size: content.length,
    url: `${repositoryUrl(world, repository)}/git/blobs/${sha}`,
    content: content.toString("base64"),
    encoding: "base64",
  });
}

async function getTree({ world, repository, params, query }: RepositoryCall): Promise<Reply> {
  const name = params["tree_sha"] as string;
  const at =
    (await repository.git.resolve(name)) ?? ((await repository.git.typeOf(name)) === "tree" ? name : undefined);
  const sha = found(at);
  const entries = await repository.git.listTree(sha, "", query.get("recursive") !== null);
  return ok(treeBody(world, repository, sha, entries));
}

type NewEntry = {
  readonly path?: string;
  readonly mode?: string;
  readonly type?: string;
  readonly sha?: string | null;
  readonly content?: string;
};

const BAD_PATH = /^\/|\/$|\/\/|(^|\/)(\.|\.\.|\.git)(\/|$)/i;

/** One entry as git takes it; what GitHub would refuse is refused. */
async function toChange({ repository }: RepositoryCall, entry: NewEntry): Promise<TreeChange> {
  const { path = "", mode = "", sha, content } = entry;
  if (path === "" || BAD_PATH.test(path)) {
    throw unprocessable("tree.path contains a malformed path component");
  }
  if (sha === undefined && content === undefined) {
    throw unprocessable("Must supply either tree.sha or tree.content, but not neither.");
  }
  if (sha !== undefined && content !== undefined) {
    throw unprocessable("Must supply either tree.sha or tree.content, but not both.");
  }
  if (mode !== "100644" && mode !== "100755" && mode !== "120000") {
    throw unprocessable(`tree.mode ${mode}: the emulator takes files and symbolic links only`);
  }
  if (sha === null) return { path, mode, sha };
  const blob = sha ?? (await repository.git.writeBlob(Buffer.from(content ?? "")));
  if ((await repository.git.typeOf(blob)) !== "blob") throw unprocessable(`tree.sha ${blob} is not a valid blob`);
  return { path, mode, sha: blob };
}

async function createTree(call: RepositoryCall): Promise<Reply> {
  requireCommits(call);
  const { world, author, repository, body } = call;
  const entries = body["tree"] as NewEntry[];
  const touchesWorkflows = entries.some(({ path }) => path?.startsWith(".github/workflows/"));
  if (touchesWorkflows && author.kind === "installation" && !hasPermission(author, "workflows", "write"))
    throw forbidden();
  const base = body["base_tree"] as string | undefined;
  if (base !== undefined) {
    const type = await repository.git.typeOf(base);
    if (type !== "tree" && type !== "commit") throw unprocessable("base_tree is not a valid tree oid");
  }
  const changes = await Promise.all(entries.map((entry) => toChange(call, entry)));
  const sha = await repository.git.writeTree(base, changes);
  if (sha === undefined) throw unprocessable("GitRPC::BadObjectState");
  return created(treeBody(world, repository, sha, await repository.git.listTree(sha, "", false)));
}

async function getGitCommit({ world, repository, params }: RepositoryCall): Promise<Reply> {
  const sha = params["commit_sha"] as string;
  if (!SHA.test(sha) || (await repository.git.typeOf(sha)) !== "commit") throw new HttpError(404, "Not Found");
  return ok(gitCommitBody(world, repository, await repository.git.readCommit(sha)));
}

/** A commit of the App that names nobody is GitHub's own, and signed. */
async function createCommit(call: RepositoryCall): Promise<Reply> {
  requireCommits(call);
  const { world, author, repository, body } = call;
  const tree = body["tree"] as string;
  if ((await repository.git.typeOf(tree)) !== "tree") throw unprocessable("Tree SHA does not exist");
  const parents = (body["parents"] as string[] | undefined) ?? [];
  for (const parent of parents) {
    if ((await repository.git.typeOf(parent)) !== "commit")
      throw unprocessable("Parent SHA does not exist or is not a commit object");
  }
  const now = timestamp(world);
  const self = { name: author.account.login, email: noreplyAddress(author.account), date: now };
  const given = body["author"] as Partial<Signature> | undefined;
  const givenCommitter = body["committer"] as Partial<Signature> | undefined;
  const signs = author.kind === "installation" && given === undefined && givenCommitter === undefined;
  const writer = { ...self, ...given };
  const sha = await repository.git.writeCommit({
    tree,
    parents,
    author: writer,
    committer: signs ? { ...WEB_FLOW, date: now } : { ...writer, ...givenCommitter },
    message: body["message"] as string,
  });
  if (signs) repository.signedCommits.add(sha);
  return created(gitCommitBody(world, repository, await repository.git.readCommit(sha)));
}

function getRef({ world, repository, params }: RepositoryCall): Reply {
  const ref = `refs/${params["ref"]}`;
  return ok(refBody(world, repository, ref, found(repository.git.refs.get(ref))));
}

/** All of them: this list has no pages. */
function listMatchingRefs({ world, repository, params }: RepositoryCall): Reply {
  const prefix = `refs/${params["ref"]}`;
  const matching = [...repository.git.refs].filter(([ref]) => ref.startsWith(prefix)).sort();
  return ok(matching.map(([ref, sha]) => refBody(world, repository, ref, sha)));
}

async function requireCommit({ repository }: RepositoryCall, sha: string): Promise<void> {
  if (!SHA.test(sha) || (await repository.git.typeOf(sha)) !== "commit") throw unprocessable("Object does not exist");
}

async function createRef(call: RepositoryCall): Promise<Reply> {
  requireCommits(call);
  const { world, repository, body } = call;
  const { ref, sha } = body as { ref: string; sha: string };
  if (!/^refs\/[^/]+\/./.test(ref))
    throw unprocessable("Reference name must start with 'refs' and have at least two slashes.");
  if (/[\s~^:?*[\\]|\.\.|@\{|\/$|\.lock$|\/\.|\/\//.test(ref)) throw unprocessable(`${ref} is not a valid ref name.`);
  await requireCommit(call, sha);
  if (repository.git.refs.has(ref)) throw unprocessable("Reference already exists");
  const clash = [...repository.git.refs.keys()].some(
    (known) => known.startsWith(`${ref}/`) || ref.startsWith(`${known}/`),
  );
  if (clash) throw unprocessable("Reference update failed");
  await moveRef(placeOf(call), { ref, before: NO_SHA, after: sha });
  return created(refBody(world, repository, ref, sha));
}

async function updateRef(call: RepositoryCall): Promise<Reply> {
  const { world, repository, params, body } = call;
  const ref = `refs/${params["ref"]}`;
  const { sha, force = false } = body as { sha: string; force?: boolean };
  const before = repository.git.refs.get(ref);
  if (before === undefined) throw unprocessable("Reference does not exist");
  await requireCommit(call, sha);
  if (!force && !(await repository.git.isAncestor(before, sha))) throw unprocessable("Update is not a fast forward");
  if (before !== sha) await moveRef(placeOf(call), { ref, before, after: sha });
  return ok(refBody(world, repository, ref, sha));
}

async function deleteRef(call: RepositoryCall): Promise<Reply> {
  const { repository, params } = call;
  const ref = `refs/${params["ref"]}`;
  const before = repository.git.refs.get(ref);
  if (before === undefined) throw unprocessable("Reference does not exist");
  if (ref === `refs/heads/${repository.defaultBranch}`)
    throw validationFailed("Reference", "ref", "custom", "Cannot delete the default branch");
  await moveRef(placeOf(call), { ref, before, after: NO_SHA });
  return noContent();
}

export const gitDataRoutes: readonly Route[] = [
  inRepository("POST /git/blobs", writes("contents"), createBlob),
  inRepository("GET /git/blobs/{file_sha}", reads("contents"), getBlob),
  inRepository("POST /git/trees", writes("contents"), createTree),
  inRepository("GET /git/trees/{tree_sha*}", reads("contents"), getTree),
  inRepository("POST /git/commits", writes("contents"), createCommit),
  inRepository("GET /git/commits/{commit_sha}", reads("contents"), getGitCommit),
  inRepository("GET /git/ref/{ref*}", reads("contents"), getRef),
  inRepository("GET /git/matching-refs/{ref*}", reads("contents"), listMatchingRefs),
  inRepository("POST /git/refs", writes("contents"), createRef),
  inRepository("PATCH /git/refs/{ref*}", writes("contents"), updateRef),
  inRepository("DELETE /git/refs/{ref*}", writes("contents"), deleteRef),
];
