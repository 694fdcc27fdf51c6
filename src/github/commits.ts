/** Commits through the Git Data API, so that GitHub signs them in the App's name, and our branches that point at them. */
import type { Octokit } from "@octokit/rest";
import { blobSha, bytesOf, type FileChange } from "../domain/changeset.ts";
import { ConflictError } from "../domain/errors.ts";
import type { GitHubSession } from "../ports.ts";
import { statusOf, unless } from "./client.ts";
import type { Place } from "./shapes.ts";

type CommitPart = Pick<GitHubSession, "commit" | "fetchVerification" | "pointBranch" | "fetchBranch">;

type TreeEntry = { path: string; mode: "100644" | "100755"; type: "blob"; sha: string | null };

export const createCommits = (client: Octokit, place: Place): CommitPart => {
  const treeEntry = async (change: FileChange): Promise<TreeEntry> => {
    // GitHub deletes what has no SHA; the mode must be there and counts for nothing.
    if (change.kind === "deleted") return { path: change.path, mode: "100644", type: "blob", sha: null };
    const { data } = await client.rest.git.createBlob({ ...place, content: change.content, encoding: "base64" });
    if (data.sha !== blobSha(bytesOf(change)))
      throw new Error(`GitHub stored other bytes of ${change.path} than were sent`);
    return { path: change.path, mode: change.mode, type: "blob", sha: data.sha };
  };

  /** One write after the other, as GitHub asks. No author is named: with one, GitHub would not sign. */
  const commit: CommitPart["commit"] = async ({ parent, message, changes }) => {
    const { data: base } = await client.rest.git.getCommit({ ...place, commit_sha: parent });
    const tree: TreeEntry[] = [];
    for (const change of changes) tree.push(await treeEntry(change));
    const { data: made } = await client.rest.git.createTree({ ...place, base_tree: base.tree.sha, tree });
    const { data } = await client.rest.git.createCommit({ ...place, message, tree: made.sha, parents: [parent] });
    return data.sha;
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
      if (!isConflict(error)) throw error;
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

  return { commit, fetchVerification, pointBranch, fetchBranch };
};

const isConflict = (error: unknown): boolean =>
  error instanceof Error &&
  [409, 422].includes(statusOf(error) ?? 0) &&
  /fast.?forward|reference (?:already exists|does not exist)|cannot lock ref/i.test(error.message);
