/** Suggested changes that fit are made by us: before the agent begins and within its walls, so that what it then reads and runs has them; or in the files that we write ourselves. */
import type { Changeset, FileChange } from "../domain/changeset.ts";
import type { FollowUp } from "../domain/follow-up.ts";
import { applySuggestions, putSuggestion, type Suggestion } from "../domain/suggestion.ts";
import type { FilesRead, RunRecord, Store, Walls, Worktree } from "../ports.ts";
import { followUpIn } from "./follow-up.ts";

const fitting = (followUp: FollowUp | undefined): readonly Suggestion[] =>
  (followUp?.suggestions ?? []).flatMap(({ planned }) => (planned.applies ? [planned.suggestion] : []));

/** @returns what the worktree holds then; undefined where nothing was suggested that fits */
export const applySuggested = async (
  followUp: FollowUp | undefined,
  worktree: Pick<Worktree, "collect">,
  walls: Walls,
): Promise<Changeset | undefined> => {
  const byPath = Map.groupBy(fitting(followUp), ({ path }) => path);
  for (const [path, suggestions] of byPath) {
    const file = await walls.read(path);
    if (!file) throw new Error(`${path} is not in the worktree, though a suggestion fits it`);
    await walls.write(path, applySuggestions(file.text, suggestions), file.sha);
  }
  return byPath.size === 0 ? undefined : (await worktree.collect()).changeset;
};

/** What people suggested on the pull request so far, oldest first: what is written anew still has it. */
export const suggestedSoFar = async (
  store: Pick<Store, "runsOf" | "events">,
  { id, issue, job }: Pick<RunRecord, "id" | "issue" | "job">,
  followUp: FollowUp | undefined,
): Promise<readonly Suggestion[]> => {
  const runs = (await store.runsOf(job.trigger.repository, issue)).filter((run) => run.id !== id && run.outcome?.pull);
  const earlier = await Promise.all(runs.toReversed().map(async (run) => followUpIn(await store.events(run.id))));
  const all = [...earlier, followUp].flatMap(fitting);
  // A run that goes on from another one has its suggestions, too.
  return [...new Map(all.map((one) => [JSON.stringify([one.path, one.from, one.by]), one])).values()];
};

/** @param text as it is written anew */
export const withSuggestions = (path: string, text: string, suggested: readonly Suggestion[]): string =>
  suggested.filter((one) => one.path === path).reduce(putSuggestion, text);

/** The files as they are, with what a review suggests and nothing else: where its agent came to no end. */
export const suggestedAlone = async (
  followUp: FollowUp | undefined,
  readFiles: (paths: readonly string[]) => Promise<FilesRead>,
): Promise<Changeset> => {
  const byPath = Map.groupBy(fitting(followUp), ({ path }) => path);
  const { texts } = await readFiles([...byPath.keys()]);
  return [...byPath].flatMap(([path, suggestions]): FileChange[] => {
    const text = texts.get(path);
    if (text === undefined) return [];
    const content = Buffer.from(applySuggestions(text, suggestions)).toString("base64");
    return [{ path, kind: "modified", mode: "100644", content }];
  });
};
