/** Pull requests of one repository: found by branch, opened once, changed. */
import type { Octokit } from "@octokit/rest";
import type { RepositoryRef } from "../domain/repository.ts";
import type { GitHubSession, Pull } from "../ports.ts";
import { makeOnce, once, statusOf } from "./client.ts";
import { checkBody, type Place, personOf } from "./shapes.ts";

type PullData = {
  readonly number: number;
  readonly node_id: string;
  readonly html_url: string;
  readonly state: string;
  readonly merged_at: string | null;
  readonly draft?: boolean | undefined;
  readonly updated_at: string;
  readonly labels: readonly { readonly name: string }[];
  readonly title: string;
  readonly body: string | null;
  readonly user: Parameters<typeof personOf>[0];
  readonly head: { readonly ref: string; readonly sha: string; readonly repo: { readonly id: number } | null };
  readonly base: { readonly ref: string; readonly sha: string };
};

const toPull = (data: PullData, repository: RepositoryRef): Pull => ({
  number: data.number,
  nodeId: data.node_id,
  url: data.html_url,
  state: data.state === "open" ? "open" : "closed",
  merged: data.merged_at !== null,
  draft: data.draft ?? false,
  title: data.title,
  body: data.body ?? "",
  author: personOf(data.user),
  branch: data.head.ref,
  base: data.base.ref,
  headSha: data.head.sha,
  baseSha: data.base.sha,
  sameRepository: data.head.repo?.id === repository.id,
  ...(data.head.repo === null ? { headGone: true } : {}),
  updatedAt: data.updated_at,
  labels: data.labels.map(({ name }) => name),
});

type PullPart = Pick<GitHubSession, "findPull" | "fetchPull" | "openPull" | "openPulls" | "updatePull">;

const maxListed = 1_000;

export const createPulls = (client: Octokit, repository: RepositoryRef, place: Place): PullPart => {
  const fetchPull = async (number: number): Promise<Pull> => {
    const { data } = await client.rest.pulls.get({ ...place, pull_number: number });
    return toPull(data, repository);
  };

  /** The newest open one of this branch, else the newest closed one. */
  const findPull = async (branch: string): Promise<Pull | undefined> => {
    const { data } = await client.rest.pulls.list({
      ...place,
      head: `${place.owner}:${branch}`,
      state: "all",
      sort: "created",
      direction: "desc",
      per_page: 100,
    });
    const pulls = data
      .map((pull) => toPull(pull, repository))
      .filter((pull) => pull.sameRepository && pull.branch === branch)
      .sort((a, b) => b.number - a.number);
    return pulls.find((pull) => pull.state === "open") ?? pulls[0];
  };

  const openPulls: PullPart["openPulls"] = async (base) => {
    const query = { ...place, base, state: "open", sort: "created", direction: "desc", per_page: 100 } as const;
    const pulls: Pull[] = [];
    for await (const { data } of client.paginate.iterator(client.rest.pulls.list, query)) {
      pulls.push(...data.map((pull) => toPull(pull, repository)));
      if (pulls.length >= maxListed) break;
    }
    return pulls;
  };

  const findOpen = async (branch: string): Promise<Pull | undefined> => {
    const pull = await findPull(branch);
    return pull?.state === "open" ? pull : undefined;
  };

  const openPull: PullPart["openPull"] = async ({ branch, base, title, body, draft }) => {
    checkBody(body, "the pull request's body");
    const make = (asDraft: boolean) => async () => {
      const { data } = await client.rest.pulls.create({
        ...place,
        ...once,
        head: branch,
        base,
        title,
        body,
        draft: asDraft,
      });
      return toPull(data, repository);
    };
    try {
      return await makeOnce(make(draft), () => findOpen(branch));
    } catch (error) {
      if (statusOf(error) !== 422) throw error;
      const pull = await findOpen(branch);
      if (pull) return pull;
      if (!draft || !refusesDrafts(error)) throw error;
      client.log.warn(`${place.owner}/${place.repo} has no draft pull requests on its plan: opened as an ordinary one`);
      return await makeOnce(make(false), () => findOpen(branch));
    }
  };

  const updatePull: PullPart["updatePull"] = async (pull, { title, body, draft, base }) => {
    if (body !== undefined) checkBody(body, "the pull request's body");
    const changed = (title !== undefined && title !== pull.title) || (body !== undefined && body !== pull.body);
    const moved = base !== undefined && base !== pull.base;
    if (changed || moved)
      await client.rest.pulls.update({
        ...place,
        pull_number: pull.number,
        ...(title === undefined ? {} : { title }),
        ...(body === undefined ? {} : { body }),
        ...(moved ? { base } : {}),
      });
    const now = await fetchPull(pull.number);
    if (draft === undefined || draft === now.draft) return now;
    if (!(await setDraft(client, now.nodeId, draft))) return now;
    return { ...now, draft };
  };

  return { findPull, fetchPull, openPull, openPulls, updatePull };
};

/** Private repositories of some plans have no drafts. */
const refusesDrafts = (error: unknown): boolean =>
  error instanceof Error && /draft pull requests? (?:are|is) not supported/i.test(error.message);

/** REST cannot do it. @returns false where the repository has no drafts */
const setDraft = async (client: Octokit, id: string, draft: boolean): Promise<boolean> => {
  const change = draft ? "convertPullRequestToDraft" : "markPullRequestReadyForReview";
  try {
    await client.graphql(
      `mutation ($id: ID!) { ${change}(input: { pullRequestId: $id }) { pullRequest { isDraft } } }`,
      { id },
    );
    return true;
  } catch (error) {
    if (!draft || !refusesDrafts(error)) throw error;
    client.log.warn("the repository has no draft pull requests on its plan: it stays an ordinary one");
    return false;
  }
};
