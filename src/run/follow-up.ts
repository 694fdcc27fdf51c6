/** What reviews of our pull request ask: their threads, whole, and their suggestions, of those who may write. Reads GitHub and the mirror; writes nothing. */
import type { RunEvent } from "../domain/event.ts";
import type { FollowUp, GivenReview } from "../domain/follow-up.ts";
import type { Boundary } from "../domain/policy.ts";
import type { Person, RepositoryRef } from "../domain/repository.ts";
import { type Who, whyNotBy } from "../domain/repository-rules.ts";
import { itemId, itemsOf, type ThreadItem } from "../domain/review-thread.ts";
import { planSuggestions, suggestionsIn } from "../domain/suggestion.ts";
import { latestOf, type ThreadEntry } from "../domain/thread-ledger.ts";
import type { ReviewTrigger, Trigger } from "../domain/trigger.ts";
import type { GitHub, GitHubSession, Pull, RunRecord, Store, Workspace } from "../ports.ts";
import { mayWrite } from "./rights.ts";

/** As a run has stored it. */
export const followUpIn = (events: readonly RunEvent[]): FollowUp | undefined => {
  const event = events.findLast(({ type }) => type === "review");
  return event?.type === "review" ? event.followUp : undefined;
};

/** Nothing to do: `silent` where nobody asked us anything. */
export type NothingAsked = { readonly reason: string; readonly silent: boolean };

/** Those who ask and may: who gave a command, or each who gave one of the reviews. */
export const askersOf = async (session: GitHubSession, trigger: Trigger): Promise<readonly Person[]> =>
  writersAmong(session, [trigger.sender, ...(trigger.kind === "review" ? trigger.reviews.map(({ by }) => by) : [])]);

/** Each once, in their order. @param who whom the repository hears, of those with write access */
export const writersAmong = async (
  session: Pick<GitHubSession, "permissionOf">,
  people: readonly Person[],
  who?: Who | undefined,
): Promise<readonly Person[]> => {
  const each = [...new Map(people.map((person) => [person.id, person])).values()];
  const may = await Promise.all(
    each.map(async (person) => {
      const permission = await session.permissionOf(person);
      return mayWrite(permission) && whyNotBy(who, person, permission) === undefined;
    }),
  );
  return each.filter((_, at) => may[at]);
};

type Deps = {
  readonly github: Pick<GitHub, "whoami">;
  readonly store: Pick<Store, "threadsOf">;
  readonly workspace: Pick<Workspace, "readFiles">;
};

/**
 * @param known.begun what the run's agent was told of: these comments are answered, and no others, wherever they stand by
 * now. Else it is all but those that an earlier run has dealt with.
 */
export const gatherFollowUp = async (
  deps: Deps,
  session: GitHubSession,
  run: Pick<RunRecord, "id">,
  known: {
    readonly trigger: ReviewTrigger;
    readonly pull: Pull;
    readonly commit: string;
    /** None where the run writes nothing, so that nothing suggested is applied. */
    readonly boundary: Boundary | undefined;
    readonly begun: FollowUp | undefined;
    readonly who: Who | undefined;
  },
): Promise<FollowUp | NothingAsked> => {
  const { trigger, pull, commit, boundary, begun } = known;
  if (begun?.commit === commit) return begun;
  const told = begun && new Set(begun.items.map(itemId));
  const { repository } = trigger;
  const entries = (await deps.store.threadsOf(repository, pull.number)).filter((entry) => entry.run !== run.id);
  const given = await readReviews(deps, session, trigger, entries, known.who);
  const changed = new Set(entries.filter(({ outcome }) => outcome === "changed").map(({ comment }) => comment));
  const items = given.items.filter((item) => (told ? told.has(itemId(item)) : !changed.has(itemId(item))));
  const demands = given.reviews.filter(({ state, body }) => state !== "approved" && body.trim() !== "");
  if (items.length === 0 && given.items.length > 0 && !told)
    return { reason: "Nothing was started: every thread of this review has its change already.", silent: false };
  if (items.length === 0 && demands.length === 0 && !told)
    return { reason: "nothing in this review is for us", silent: true };
  const suggestions = boundary
    ? planSuggestions(items, { boundary, text: await textsOf(deps, repository, commit, items) })
    : [];
  const { reviews, others } = given;
  return { commit, reviews, items, suggestions, ...(others.length > 0 ? { others } : {}) };
};

/** What is for us in a trigger's reviews, whether or not it was dealt with. */
export const readReviews = async (
  deps: Pick<Deps, "github">,
  session: GitHubSession,
  trigger: ReviewTrigger,
  entries: readonly ThreadEntry[],
  who?: Who | undefined,
): Promise<{
  readonly reviews: readonly GivenReview[];
  readonly others: readonly GivenReview[];
  readonly items: readonly ThreadItem[];
}> => {
  const ids = trigger.reviews.map(({ id }) => id);
  const { reviews, threads } = await session.fetchReviews(trigger.thread.number, ids);
  const self = await deps.github.whoami();
  const people = [...reviews, ...threads.flatMap(({ comments }) => comments)].map(({ author }) => author);
  const writers = new Set(
    (
      await writersAmong(
        session,
        people.filter(({ id }) => id !== self.id),
        who,
      )
    ).map(({ id }) => id),
  );
  const letsIn = who?.untrusted === "as-data";
  const asked = latestOf(entries).filter(({ outcome }) => outcome === "question");
  return {
    reviews: reviews.filter(({ author }) => writers.has(author.id)),
    others: letsIn ? reviews.filter(({ author, body }) => !writers.has(author.id) && body.trim() !== "") : [],
    items: itemsOf(threads, {
      letsIn,
      reviews: new Set(ids),
      self,
      writers,
      asked: new Set(asked.map(({ thread }) => thread)),
    }),
  };
};

/** Of the files that a suggestion stands in. */
const textsOf = async (
  { workspace }: Deps,
  repository: RepositoryRef,
  commit: string,
  items: readonly ThreadItem[],
): Promise<(path: string) => string | undefined> => {
  const suggesting = items.filter(({ said }) => said.some(({ body }) => suggestionsIn(body).length > 0));
  const paths = [...new Set(suggesting.map(({ thread }) => thread.path))];
  if (paths.length === 0) return () => undefined;
  const { texts } = await workspace.readFiles(repository, commit, paths);
  return (path) => texts.get(path);
};
