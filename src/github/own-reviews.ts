/** Reviews that the App writes: each found again by its hidden marker, whole or not at all; and the files that they are about. */
import type { Octokit } from "@octokit/rest";
import type { Person } from "../domain/repository.ts";
import type { GitHubSession, PostedReview, PullFile, ReviewWritten } from "../ports.ts";
import { makeOnce, once, statusOf, unless } from "./client.ts";
import { whereTaken } from "./comments.ts";
import { checkBody, type Place } from "./shapes.ts";

type ReviewPart = Pick<GitHubSession, "fetchPullFiles" | "fetchOwnReviews" | "postReview">;

/** Of GitHub's words; a mode that changed is a change, and a copy is a new file. */
const kinds: Readonly<Record<string, PullFile["kind"]>> = {
  added: "added",
  copied: "added",
  removed: "removed",
  renamed: "renamed",
};

export const createOwnReviews = (client: Octokit, place: Place, whoami: () => Promise<Person>): ReviewPart => {
  const fetchPullFiles: ReviewPart["fetchPullFiles"] = async (number) => {
    const wanted = { ...place, pull_number: number, per_page: 100 };
    const files = await client.paginate(client.rest.pulls.listFiles, wanted);
    return files.map(({ filename, status, previous_filename: before, patch }) => ({
      path: filename,
      kind: kinds[status] ?? "modified",
      ...(before === undefined ? {} : { before }),
      ...(patch === undefined ? {} : { patch }),
    }));
  };

  const listOwn = async (pull: number) => {
    const { id: self } = await whoami();
    const wanted = { ...place, pull_number: pull, per_page: 100 };
    return (await client.paginate(client.rest.pulls.listReviews, wanted)).filter(({ user }) => user?.id === self);
  };

  const fetchOwnReviews: ReviewPart["fetchOwnReviews"] = async (pull) => {
    const submitted = (await listOwn(pull)).filter(({ state }) => state.toUpperCase() !== "PENDING");
    if (submitted.length === 0) return [];
    const { id: self } = await whoami();
    const wanted = { ...place, pull_number: pull, per_page: 100 };
    const all = await client.paginate(client.rest.pulls.listReviewComments, wanted);
    const comments = Map.groupBy(
      all.filter(({ user }) => user?.id === self),
      ({ pull_request_review_id }) => pull_request_review_id,
    );
    return submitted.map((review) => ({
      ...shown(review),
      commit: review.commit_id ?? "",
      submittedAt: review.submitted_at ?? "",
      body: review.body,
      comments: (comments.get(review.id) ?? []).map(({ path, body }) => ({ path, body })),
    }));
  };

  /** Of a person there is one draft at a time: what a crash left of another review would be in the way for ever. */
  const takeUp = async (pull: number, marker: string): Promise<Pick<PostedReview, "id" | "url"> | undefined> => {
    const own = await listOwn(pull);
    const known = own.find(({ body }) => body.includes(marker));
    if (known && known.state.toUpperCase() !== "PENDING") return shown(known);
    const at = { ...place, pull_number: pull };
    if (known) {
      const { data } = await client.rest.pulls.submitReview({ ...at, review_id: known.id, event: "COMMENT" });
      return shown(data);
    }
    for (const { id } of own.filter(({ state }) => state.toUpperCase() === "PENDING"))
      await unless([404], () => client.rest.pulls.deletePendingReview({ ...at, review_id: id }));
    return undefined;
  };

  const create = async (pull: number, { commit, body, comments }: ReviewWritten) => {
    const { data } = await client.rest.pulls.createReview({
      ...{ ...place, ...once, pull_number: pull, commit_id: commit, event: "COMMENT", body },
      comments: comments.map(({ path, line, side, body: text }) => ({ path, line, side, body: text })),
    });
    return shown(data);
  };

  const postReview: ReviewPart["postReview"] = async (pull, review) => {
    for (const { body } of [review, ...review.comments]) checkBody(body, "a review");
    if (!review.body.includes(review.marker)) throw new Error("a review without its marker would not be found again");
    const known = await takeUp(pull, review.marker);
    if (known) return known;
    const make = () =>
      makeOnce(
        () => create(pull, review),
        () => takeUp(pull, review.marker),
      );
    try {
      return await whereTaken(make);
    } catch (error) {
      if (statusOf(error) !== 422 || review.comments.length === 0) throw error;
      client.log.warn(`a review of ${place.owner}/${place.repo}#${pull} goes without its lines: ${String(error)}`);
      return "unplaced";
    }
  };

  return { fetchPullFiles, fetchOwnReviews, postReview };
};

const shown = ({ id, html_url }: { readonly id: number; readonly html_url: string }) => ({ id, url: html_url });
