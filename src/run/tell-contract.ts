/** The contract for those who build on the API, as one comment on the pull request. */
import { contractMarker, renderContract } from "../domain/render-contract.ts";
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
