/** What reviews of our pull request ask: their threads, whole, and their suggestions, of those who may write. Reads GitHub and the mirror; writes nothing. */
import type { Boundary } from "../domain/policy.ts";
import type { Person, RepositoryRef } from "../domain/repository.ts";
import { itemId, itemsOf, type ThreadItem } from "../domain/review-thread.ts";
import { type Planned, planSuggestions, suggestionsIn } from "../domain/suggestion.ts";
import { latestOf, type ThreadEntry } from "../domain/thread-ledger.ts";
import type { ReviewTrigger, Trigger } from "../domain/trigger.ts";
import type { GitHub, GitHubSession, Pull, Review, RunRecord, Store, Workspace } from "../ports.ts";
import { mayWrite } from "./rights.ts";

export type FollowUp = {
  readonly reviews: readonly Review[];
  readonly items: readonly ThreadItem[];
  /** By item. */
  readonly suggestions: ReadonlyMap<number, Planned>;
};

/** Nothing to do: `silent` where nobody asked us anything. */
export type NothingAsked = { readonly reason: string; readonly silent: boolean };

/** Those who ask and may: who gave a command, or each who gave one of the reviews. */
export const askersOf = async (session: GitHubSession, trigger: Trigger): Promise<readonly Person[]> =>
  writersAmong(session, [trigger.sender, ...(trigger.kind === "review" ? trigger.reviews.map(({ by }) => by) : [])]);

/** Each once, in their order. */
export const writersAmong = async (
  session: Pick<GitHubSession, "permissionOf">,
  people: readonly Person[],
): Promise<readonly Person[]> => {
  const each = [...new Map(people.map((person) => [person.id, person])).values()];
  const may = await Promise.all(each.map(async (person) => mayWrite(await session.permissionOf(person))));
  return each.filter((_, at) => may[at]);
};

type Deps = {
  readonly github: Pick<GitHub, "whoami">;
  readonly store: Pick<Store, "threadsOf">;
  readonly workspace: Pick<Workspace, "readFiles">;
};

/**
 * @param known.told comments that the run's agent was told of, where its conversation has begun: these are answered, and
 * no others. Else it is all but those that an earlier run has dealt with.
 */
export const gatherFollowUp = async (
  deps: Deps,
  session: GitHubSession,
  run: Pick<RunRecord, "id">,
  known: {
    readonly trigger: ReviewTrigger;
    readonly pull: Pull;
    readonly commit: string;
    readonly boundary: Boundary;
    readonly told: ReadonlySet<number> | undefined;
  },
): Promise<FollowUp | NothingAsked> => {
  const { trigger, pull, commit, boundary, told } = known;
  const { repository } = trigger;
  const entries = (await deps.store.threadsOf(repository, pull.number)).filter((entry) => entry.run !== run.id);
  const given = await readReviews(deps, session, trigger, entries);
  const changed = new Set(entries.filter(({ outcome }) => outcome === "changed").map(({ comment }) => comment));
  const items = given.items.filter((item) => (told ? told.has(itemId(item)) : !changed.has(itemId(item))));
  const demands = given.reviews.filter(({ state, body }) => state !== "approved" && body.trim() !== "");
  if (items.length === 0 && given.items.length > 0 && !told)
    return { reason: "Nothing was started: every thread of this review has its change already.", silent: false };
  if (items.length === 0 && demands.length === 0 && !told)
    return { reason: "nothing in this review is for us", silent: true };
  const suggestions = planSuggestions(items, { boundary, text: await textsOf(deps, repository, commit, items) });
  return { reviews: given.reviews, items, suggestions };
};

/** What is for us in a trigger's reviews, whether or not it was dealt with. */
export const readReviews = async (
  deps: Pick<Deps, "github">,
  session: GitHubSession,
  trigger: ReviewTrigger,
  entries: readonly ThreadEntry[],
): Promise<{ readonly reviews: readonly Review[]; readonly items: readonly ThreadItem[] }> => {
  const ids = trigger.reviews.map(({ id }) => id);
  const { reviews, threads } = await session.fetchReviews(trigger.thread.number, ids);
  const self = await deps.github.whoami();
  const people = [...reviews, ...threads.flatMap(({ comments }) => comments)].map(({ author }) => author);
  const writers = new Set(
    (
      await writersAmong(
        session,
        people.filter(({ id }) => id !== self.id),
      )
    ).map(({ id }) => id),
  );
  const asked = latestOf(entries).filter(({ outcome }) => outcome === "question");
  return {
    reviews: reviews.filter(({ author }) => writers.has(author.id)),
    items: itemsOf(threads, {
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
