/** Commits through the Git Data API, so that GitHub signs them in the App's name, and our branches that point at them. */
import type { Octokit } from "@octokit/rest";
import { blobSha, bytesOf, type FileChange } from "../domain/changeset.ts";
import { ConflictError, RefusedError } from "../domain/errors.ts";
import type { GitHubSession, TreeEntry } from "../ports.ts";
import { statusOf, unless } from "./client.ts";
import type { Place } from "./shapes.ts";

type CommitPart = Pick<
  GitHubSession,
  "commit" | "commitTree" | "fetchAuthor" | "fetchVerification" | "pointBranch" | "fetchBranch"
>;

type Mode = "100644" | "100755" | "040000" | "160000" | "120000";
type Entry = { path: string; mode: Mode; type: "blob" | "commit"; sha: string | null };

export const createCommits = (client: Octokit, place: Place): CommitPart => {
  /** One write after the other, as GitHub asks. No author is named: with one, GitHub would not sign. */
  const commitTree: CommitPart["commitTree"] = async ({ tree: on, parents, message, entries }) => {
    const { data: base } = await client.rest.git.getCommit({ ...place, commit_sha: on });
    const tree: Entry[] = [];
    for (const entry of entries) tree.push(await treeEntry(entry));
    // GitHub refuses a tree without entries: it is the other one.
    const made = tree.length === 0 ? base.tree.sha : await createTree(base.tree.sha, tree);
    const { data } = await client.rest.git.createCommit({ ...place, message, tree: made, parents: [...parents] });
    return data.sha;
  };

  const createTree = async (base_tree: string, tree: Entry[]): Promise<string> =>
    (await client.rest.git.createTree({ ...place, base_tree, tree })).data.sha;

  const treeEntry = async (entry: TreeEntry): Promise<Entry> => {
    const { path } = entry;
    // GitHub deletes what has no SHA; the mode must be there and counts for nothing.
    if (entry.kind === "deleted") return { path, mode: "100644", type: "blob", sha: null };
    const { mode, sha, content } = entry;
    if (content !== undefined) {
      const { data } = await client.rest.git.createBlob({ ...place, content, encoding: "base64" });
      if (data.sha !== sha) throw new Error(`GitHub stored other bytes of ${path} than were sent`);
    }
    return { path, mode: mode as Mode, type: mode === "160000" ? "commit" : "blob", sha };
  };

  const commit: CommitPart["commit"] = ({ parent, message, changes }) =>
    commitTree({ tree: parent, parents: [parent], message, entries: changes.map(entryOf) });

  const fetchAuthor: CommitPart["fetchAuthor"] = async (sha) => {
    const { data } = await client.rest.repos.getCommit({ ...place, ref: sha, per_page: 1 });
    const { author } = data;
    return author && "login" in author ? { login: author.login, id: author.id, type: author.type } : undefined;
  };

  const fetchVerification: CommitPart["fetchVerification"] = async (sha) => {
    const { data } = await client.rest.git.getCommit({ ...place, commit_sha: sha });
    const { verified, reason } = data.verification;
    return { verified, reason };
  };

  /** 409: the repository has no commit at all. */
  const fetchBranch: CommitPart["fetchBranch"] = async (branch) => {
    const found = await unless([404, 409], () => client.rest.git.getRef({ ...place, ref: `heads/${branch}` }));
    return found?.data.object.sha;
  };

  const write = async (branch: string, sha: string, exists: boolean): Promise<void> => {
    try {
      if (exists) await client.rest.git.updateRef({ ...place, ref: `heads/${branch}`, sha, force: false });
      else await client.rest.git.createRef({ ...place, ref: `refs/heads/${branch}`, sha });
    } catch (error) {
      if (!isConflict(error)) throw refusalOf(error, branch, exists) ?? error;
      // Another was quicker, or an answer of ours got lost: what the branch is now decides.
      if ((await fetchBranch(branch)) === sha) return;
      throw new ConflictError(`branch ${branch} moved: GitHub does not point it at ${sha.slice(0, 12)}`, {
        cause: error,
      });
    }
  };

  const pointBranch: CommitPart["pointBranch"] = async (branch, sha, expected) => {
    if (!branch.startsWith("architect/")) throw new Error(`${branch} is no branch of ours: ours start with architect/`);
    const before = await fetchBranch(branch);
    if (before === sha) return;
    if (before !== expected)
      throw new ConflictError(
        `branch ${branch} ${before === undefined ? "is gone" : `points at ${before.slice(0, 12)}`}, and ${expected?.slice(0, 12) ?? "no such branch"} was expected`,
      );
    await write(branch, sha, before !== undefined);
    const after = await fetchBranch(branch);
    if (after !== sha)
      throw new ConflictError(`branch ${branch} points at ${after ?? "nothing"} and not at the new commit ${sha}`);
  };

  return { commit, commitTree, fetchAuthor, fetchVerification, pointBranch, fetchBranch };
};

const entryOf = (change: FileChange): TreeEntry =>
  change.kind === "deleted"
    ? change
    : { path: change.path, kind: "file", mode: change.mode, sha: blobSha(bytesOf(change)), content: change.content };

/** GitHub's generic word for rules is `Reference update failed`; newer rulesets say which rule it is. */
const refusalOf = (error: unknown, branch: string, exists: boolean): RefusedError | undefined => {
  const status = statusOf(error);
  if (!(error instanceof Error) || (status !== 422 && status !== 403) || /rate limit/i.test(error.message))
    return undefined;
  const said = error.message.split(" - https://")[0]?.replace(/\s+/g, " ").trim().replace(/[.]$/, "");
  const what = `GitHub does not let the App ${exists ? "move" : "create"} the branch \`${branch}\` (${status}: ${said}).`;
  const mend =
    status === 403
      ? "The App needs the permission “Contents: write” here, and the repository must not be archived."
      : "A ruleset or a branch protection rule is the usual reason: leave `architect/**` out of it, or put the App on its bypass list. A branch that is called `architect` is in the way, too.";
  return new RefusedError(`${what} ${mend}`);
};

const isConflict = (error: unknown): boolean =>
  error instanceof Error &&
  [409, 422].includes(statusOf(error) ?? 0) &&
  /fast.?forward|reference (?:already exists|does not exist)|cannot lock ref/i.test(error.message);
