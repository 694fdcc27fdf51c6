/** A review of a pull request that is over: one word that says so and where to go. No run begins. */
import { closedMarker, renderClosed } from "../domain/command-answer.ts";
import type { Job } from "../domain/job.ts";
import type { GitHub, Store } from "../ports.ts";
import { askersOf, readReviews } from "./follow-up.ts";
import { issueOf } from "./issue-of.ts";

export type ClosedDeps = {
  readonly github: GitHub;
  readonly store: Store;
  readonly log: (line: string) => void;
};

/** Once for each person and pull request, and only where something is asked by somebody who may. May be repeated. */
export const answerClosed = async (deps: ClosedDeps, { id, trigger }: Job): Promise<void> => {
  if (trigger.kind !== "review" || !trigger.closed) throw new Error(`job ${id} is about nothing that is closed`);
  const session = await deps.github.open(trigger.repository, "acknowledge");
  try {
    const { number } = trigger.thread;
    const [asker] = await askersOf(session, trigger);
    const asked = asker && (await readReviews(deps, session, trigger, []));
    const demands = asked?.reviews.some(({ state, body }) => state !== "approved" && body.trim() !== "");
    if (!asker || (asked?.items.length === 0 && !demands)) {
      deps.log(`review ${id} of #${number} ignored: it is closed, and nobody who may write asks anything of us`);
      return;
    }
    const issue = await issueOf(deps.store, trigger);
    const marker = closedMarker(asker.id);
    const text = renderClosed(trigger.closed, { thread: trigger.thread, issue });
    const shown = await session.upsertComment(number, marker, `${marker}\n${text}`, undefined);
    if (shown === undefined)
      deps.log(`review ${id} of #${number} is answered, but the thread takes no comment of ours`);
  } finally {
    await session.close();
  }
};
