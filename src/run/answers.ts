/** What is said on a pull request beside its description: an answer in each thread of a review, and the contract. */
import { contractMarker, renderContract } from "../domain/render-contract.ts";
import { renderThreadAnswer, threadMarker } from "../domain/render-status.ts";
import { contractMailbox, mailsTo } from "../domain/team.ts";
import { teamIn } from "../domain/team-events.ts";
import type { Pull } from "../ports.ts";
import type { Publication } from "./publication.ts";

/** One comment holds the contract; what earlier runs of the issue wrote stands below what this one wrote. */
export const tellContract = async ({ deps, session, run, settled }: Publication, pull: Pull): Promise<void> => {
  if (settled.contract.length === 0) return;
  const runs = (await deps.store.runsOf(run.job.trigger.repository, run.issue)).filter(({ id }) => id !== run.id);
  const earlier = await Promise.all(
    runs
      .filter(({ outcome }) => outcome?.pull?.number === pull.number)
      .reverse()
      .map(async ({ id }) => mailsTo(teamIn(await deps.store.events(id)) ?? { mails: [] }, contractMailbox)),
  );
  const body = renderContract([...earlier.flat(), ...settled.contract]);
  await session.upsertComment(pull.number, contractMarker, body, undefined);
};

/** One answer in each thread; where the run ended without a report, the answer says why. */
export const answer = async (
  { session, run, gathered, settled }: Publication,
  pull: Pull,
  work: string | undefined,
) => {
  for (const comment of gathered.review?.comments ?? []) {
    const given = settled.report.threads.find(({ comment_id }) => comment_id === comment.id);
    const said = given ?? {
      comment_id: comment.id,
      outcome: "declined" as const,
      answer: `Not done: ${settled.report.blockers[0] ?? settled.report.summary}`,
    };
    const commitUrl = work === undefined ? undefined : `${pull.url}/commits/${work}`;
    const marker = threadMarker(run.id, comment.id);
    await session.answerThread(
      pull.number,
      comment.threadId,
      marker,
      `${marker}\n${renderThreadAnswer(said, commitUrl)}`,
    );
  }
};
