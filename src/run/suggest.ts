/** Suggested changes that fit are made before the agent begins, by us and within its walls: what it then reads and runs has them. */
import type { Changeset } from "../domain/changeset.ts";
import type { FollowUp } from "../domain/follow-up.ts";
import { applySuggestions, type Suggestion } from "../domain/suggestion.ts";
import type { Walls, Worktree } from "../ports.ts";

/** @returns what the worktree holds then; undefined where nothing was suggested that fits */
export const applySuggested = async (
  followUp: FollowUp | undefined,
  worktree: Pick<Worktree, "collect">,
  walls: Walls,
): Promise<Changeset | undefined> => {
  const byPath = new Map<string, Suggestion[]>();
  for (const { planned } of followUp?.suggestions ?? [])
    if (planned.applies)
      byPath.set(planned.suggestion.path, [...(byPath.get(planned.suggestion.path) ?? []), planned.suggestion]);
  for (const [path, suggestions] of byPath) {
    const file = await walls.read(path);
    if (!file) throw new Error(`${path} is not in the worktree, though a suggestion fits it`);
    await walls.write(path, applySuggestions(file.text, suggestions), file.sha);
  }
  return byPath.size === 0 ? undefined : (await worktree.collect()).changeset;
};
